"""The regulations that a letter cites, as dated rows: ministries replace them."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q

from layers.registry import reference


@reference
class LegalBasis(models.Model):
    """A regulation as a letter names it, in the order of `rank`, from when until when."""

    title = models.TextField()
    rank = models.PositiveSmallIntegerField(default=100)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200)

    class Meta:
        verbose_name = "dasar hukum"
        verbose_name_plural = "dasar hukum"
        ordering = ("rank", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="layers_legalbasis_valid_period",
            ),
        ]

    def __str__(self) -> str:
        return self.title


def cited_on(day: date) -> list[str]:
    """What a letter of that day cites."""
    standing = Q(valid_until__isnull=True) | Q(valid_until__gt=day)
    rows = LegalBasis.objects.filter(standing, valid_from__lte=day)
    return list(rows.values_list("title", flat=True))
