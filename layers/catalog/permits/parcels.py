"""The red line: every boundary that an application ever had, and who moved it why.

`Application.geom` is the one that stands; a revision is never changed or removed.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils import timezone

from layers.catalog.permits.applications import Application


class Parcel(models.Model):
    """A revision of the red line. It stood from `stood_from` until `stood_until` (null: it still
    does). `notation` tells how it came (drawn, decimal, dms, utm, tm3, geojson …); `sent_sha256`
    is the hash of the file or text as sent."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="parcels")
    revision = models.PositiveSmallIntegerField()
    geom = models.MultiPolygonField()
    stood_from = models.DateTimeField(default=timezone.now)
    stood_until = models.DateTimeField(null=True, blank=True)
    notation = models.CharField(max_length=20, default="drawn")
    crs = models.CharField(max_length=20, default="EPSG:4326")
    sent_sha256 = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        verbose_name = "batas bidang"
        verbose_name_plural = "batas bidang"
        ordering = ("revision",)
        constraints = [
            models.UniqueConstraint(
                fields=("application", "revision"), name="layers_parcel_revision_once"
            ),
            models.UniqueConstraint(
                fields=("application",),
                condition=Q(stood_until__isnull=True),
                name="layers_parcel_one_stands",
            ),
            models.CheckConstraint(
                condition=Q(geom__isvalid=True), name="layers_parcel_geom_is_valid"
            ),
            models.CheckConstraint(
                condition=Q(stood_until__isnull=True) | Q(stood_until__gte=models.F("stood_from")),
                name="layers_parcel_stood_a_while",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} · {self.revision}"
