"""Stunting per kelurahan and month: what the public sees, once the walidata has released it.

A figure that few children stand behind is hidden: count, denominator and rate together. The least
number is a dated row with its source (UU 27/2022 protects the data of children; public health
practice hides counts below 10, never below 5).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.gis.db import models
from django.db import transaction
from django.db.models import Count, Q

from layers.base import Format, Layer, Property, Style, StyleClass, Text
from layers.catalog.boundaries import Area
from layers.catalog.stunting.children import THEME, Child, Measurement
from layers.registry import reference, register

FLOOR = 5  # no rule may go below it


@reference
class SuppressionRule(models.Model):
    """The least number of children that may stand behind a published figure, from a date on."""

    valid_from = models.DateField(unique=True)
    minimum = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=200)

    class Meta:
        verbose_name = "ambang penyembunyian"
        verbose_name_plural = "ambang penyembunyian"
        constraints = [
            models.CheckConstraint(
                condition=Q(minimum__gte=FLOOR), name="layers_suppression_floor"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.minimum} sejak {self.valid_from}"


class Prevalence(models.Model):
    """A released figure. Where `hidden`, the counts and the rate are null in the database itself:
    what is not there cannot leak."""

    kelurahan = models.ForeignKey(Area, on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    measured = models.PositiveIntegerField(null=True)
    stunted = models.PositiveIntegerField(null=True)
    rate = models.FloatField(null=True)
    hidden = models.BooleanField()
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        verbose_name = "prevalensi stunting"
        verbose_name_plural = "prevalensi stunting"
        constraints = [
            models.UniqueConstraint(
                fields=("kelurahan", "month"), name="layers_prevalence_month_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    hidden=False,
                    measured__isnull=False,
                    stunted__lte=models.F("measured"),
                )
                | Q(hidden=True, measured=None, stunted=None, rate=None),
                name="layers_prevalence_hidden_is_empty",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) ^ Q(released_by__isnull=False),
                name="layers_prevalence_released_at_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kelurahan} · {self.month:%Y-%m}"


def minimum_on(day: date) -> int:
    """The rule in force on a day; raises SuppressionRule.DoesNotExist where there is none."""
    return SuppressionRule.objects.filter(valid_from__lte=day).latest("valid_from").minimum


def is_hidden(measured: int, stunted: int, minimum: int) -> bool:
    """Whether a figure must be hidden: too few measured, too few stunted or too few not stunted.
    A zero of stunted children is as telling about each child as a small count, so it is hidden
    too.
    """
    return min(stunted, measured - stunted) < minimum


@transaction.atomic
def compile_month(*, month: date) -> int:
    """Work out the unreleased figures of a month (its first day) from each child's last plausible
    measurement in it. Released figures stand. Returns the number of kelurahan written."""
    end = (month + timedelta(days=32)).replace(day=1)
    last = (
        Measurement.objects.filter(measured_on__gte=month, measured_on__lt=end, flagged=False)
        .order_by("child", "-measured_on", "-pk")
        .distinct("child")
    )
    counts = (
        Child.objects.filter(measurements__in=last.values("pk"), kelurahan__isnull=False)
        .values("kelurahan")
        .annotate(n=Count("pk"), s=Count("pk", filter=Q(measurements__stunted=True)))
        .order_by("kelurahan")
    )
    minimum = minimum_on(month)
    standing = set(
        Prevalence.objects.filter(month=month, released_at__isnull=False).values_list(
            "kelurahan", flat=True
        )
    )
    Prevalence.objects.filter(month=month, released_at__isnull=True).delete()
    return len(
        Prevalence.objects.bulk_create(
            _figure(row["kelurahan"], month, row["n"], row["s"], minimum)
            for row in counts
            if row["kelurahan"] not in standing
        )
    )


def _figure(kelurahan: int, month: date, measured: int, stunted: int, minimum: int) -> Prevalence:
    if is_hidden(measured, stunted, minimum):
        return Prevalence(kelurahan_id=kelurahan, month=month, hidden=True)
    return Prevalence(
        kelurahan_id=kelurahan,
        month=month,
        measured=measured,
        stunted=stunted,
        rate=round(100 * stunted / measured, 1),
        hidden=False,
    )


def release_month(*, month: date, by: Any, at: datetime) -> int:
    """Publish the compiled figures of a month; returns how many. What is released stays."""
    waiting = Prevalence.objects.filter(month=month, released_at__isnull=True)
    return waiting.update(released_at=at, released_by=by)


def _step(lower: float, colour: str, id: str, en: str) -> StyleClass:
    return StyleClass(lower, colour, Text(id, en))


PREVALENCE = register(
    Layer(
        id="stunting-prevalence",
        theme=THEME,
        title=Text("Prevalensi stunting", "Stunting prevalence"),
        description=Text(
            "Persentase balita stunting per kelurahan dan bulan. Angka kecil disembunyikan.",
            "Share of stunted children per kelurahan and month. Small numbers are hidden.",
        ),
        model=Prevalence,
        owner="Dinas Kesehatan",
        update_every=timedelta(days=92),
        policy="release",
        published=Q(released_at__isnull=False),
        public=(
            Property(
                "kelurahan",
                Text("Kelurahan", "Kelurahan"),
                source="kelurahan__name",
                tile=True,
                filter=True,
            ),
            Property(
                "month",
                Text("Bulan", "Month"),
                format=Format.MONTH,
                tile=True,
                filter=True,
            ),
            Property("rate", Text("Stunting", "Stunted"), format=Format.PERCENT, tile=True),
            Property(
                "measured",
                Text("Balita diukur", "Children measured"),
                format=Format.NUMBER,
            ),
            Property(
                "stunted",
                Text("Balita stunting", "Stunted children"),
                format=Format.NUMBER,
            ),
            Property(
                "hidden",
                Text("Disembunyikan demi privasi", "Hidden for privacy"),
                format=Format.FLAG,
                tile=True,
            ),
            Property("released_at", Text("Dirilis", "Released"), format=Format.DATETIME),
        ),
        staff=(
            Property(
                "released_by", Text("Dirilis oleh", "Released by"), source="released_by__username"
            ),
        ),
        private=("id",),
        edition=True,
        geometry="kelurahan__geom",
        time="month",
        updated="released_at",
        area="kelurahan",
        facet="month",
        style=Style(
            kind="fill",
            by="rate",
            scale="step",
            opacity=0.7,
            # WHO-UNICEF severity classes (de Onis 2019), colours ColorBrewer YlOrRd
            classes=(
                StyleClass(None, "#d4d4d8", Text("Disembunyikan", "Hidden"), pattern="hatch"),
                _step(0, "#ffffb2", "Sangat rendah (< 2,5 %)", "Very low (< 2.5 %)"),
                _step(2.5, "#fecc5c", "Rendah (2,5–10 %)", "Low (2.5–10 %)"),
                _step(10, "#fd8d3c", "Sedang (10–20 %)", "Medium (10–20 %)"),
                _step(20, "#f03b20", "Tinggi (20–30 %)", "High (20–30 %)"),
                _step(30, "#bd0026", "Sangat tinggi (≥ 30 %)", "Very high (≥ 30 %)"),
            ),
        ),
    )
)
