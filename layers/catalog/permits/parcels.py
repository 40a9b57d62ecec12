"""The red line: every boundary that an application ever had, and who moved it why.

`Application.geom` is the one that stands; a revision is never changed or removed.
"""

from __future__ import annotations

from typing import Any

import shapely
from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.gis.geos import MultiPolygon
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from layers.base import Refused
from layers.catalog.boundaries import kelurahan_at
from layers.catalog.permits import acts
from layers.catalog.permits.applications import Application
from layers.catalog.permits.entries import typed
from layers.catalog.permits.roles import PLANNER, S, hold
from layers.geometry import to_geos, to_shapely


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


DRAWING = frozenset({S.REGISTERED, S.COMPLETENESS, S.RETURNED})


@transaction.atomic
def redraw(
    *,
    application: Application,
    shape: Any,
    by: Any,
    reason: str,
    notation: str = "drawn",
    crs: str = "EPSG:4326",
    sent_sha256: str = "",
) -> Parcel:
    """A new red line instead of the standing one, before the assessment. Raises Refused."""
    hold(application, by, {PLANNER}, during=DRAWING)
    reason = typed("reason", reason, missing="Tuliskan mengapa batas bidang diubah.")
    return revise(
        application=application,
        geom=outline(shape),
        by=by,
        reason=reason,
        notation=notation,
        crs=crs,
        sent_sha256=sent_sha256,
    )


def revise(
    *, application: Application, geom: MultiPolygon, by: Any, reason: str, **source: str
) -> Parcel:
    """Close the revision that stands and open the next, of a file that is held. `source` is
    `notation`, `crs` and `sent_sha256`. Raises Refused where nothing would change."""
    standing = Parcel.objects.get(application=application, stood_until=None)
    if standing.geom.equals_exact(geom):
        raise Refused({"parcel": "Batas ini sama dengan yang sekarang berlaku."})
    now = timezone.now()
    standing.stood_until = max(now, standing.stood_from)
    standing.save(update_fields=["stood_until"])
    opened = Parcel.objects.create(
        application=application,
        revision=standing.revision + 1,
        geom=geom,
        stood_from=standing.stood_until,
        by=by,
        reason=reason,
        **source,
    )
    application.geom, application.kelurahan = geom, kelurahan_at(geom.point_on_surface)
    application.save(update_fields=["geom", "kelurahan"])
    application.refresh_from_db(fields=["area_m2", "shown"])
    acts.record(application=application, kind="redraw", by=by, why=reason, revision=opened.revision)
    return opened


def outline(shape: Any, field: str = "parcel") -> MultiPolygon:
    """A polygon of GEOS or shapely (EPSG:4326) as a valid MultiPolygon in Indonesia. Raises
    Refused with the place of what is wrong."""
    from layers.outline.fitness import judge

    polygon = shapely.force_2d(to_shapely(shape))
    if polygon.geom_type == "Polygon":
        polygon = shapely.MultiPolygon([] if polygon.is_empty else [polygon])
    if polygon.geom_type != "MultiPolygon":
        raise Refused({field: "Gambar bidang sebagai poligon."})
    wrong = [flaw.sentence for flaw in judge(polygon) if flaw.blocking]
    if wrong:
        raise Refused({field: " ".join(wrong[:3])})
    return to_geos(polygon)
