"""Running numbers of a year: one after another without a gap, however many ask at once."""

from __future__ import annotations

from collections.abc import Callable

from django.db import models
from django.db.models import F


class RunningNumber(models.Model):
    """The last number given of a series in a year."""

    series = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        verbose_name = "nomor urut"
        verbose_name_plural = "nomor urut"
        constraints = [
            models.UniqueConstraint(
                fields=("series", "year"), name="layers_runningnumber_one_of_a_year"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.year}: {self.last}"


def next_number(series: str, year: int, *, given: Callable[[], int] = lambda: 0) -> int:
    """The next of the series in a year, held by a lock until the transaction ends: who fails gives
    it back. `given` tells the last one that was given before this series was counted here."""
    counter = RunningNumber.objects.filter(series=series, year=year)
    if not counter.exists():
        first = RunningNumber(series=series, year=year, last=given())
        RunningNumber.objects.bulk_create([first], ignore_conflicts=True)
    counter.update(last=F("last") + 1)
    return counter.get().last
