"""What officials draw and write on the map of a file (redlining)."""

from __future__ import annotations

from typing import Any

import shapely
from django.conf import settings
from django.contrib.gis.db import models
from django.db import transaction
from django.utils import timezone

from layers.base import Refused
from layers.catalog.permits import acts
from layers.catalog.permits.applications import Application
from layers.catalog.permits.entries import typed
from layers.catalog.permits.roles import OFFICIALS, hold
from layers.geometry import to_geos, to_shapely
from layers.ingest.repair import INDONESIA


class Markup(models.Model):
    """A remark at a place. Erased ones stay, and are no longer drawn."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="markups")
    geom = models.GeometryField()
    text = models.CharField(max_length=500)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "catatan peta"
        verbose_name_plural = "catatan peta"
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.text


MOST_VERTICES = 2_000
MOST_MARKUPS = 500


@transaction.atomic
def mark(*, application: Application, geom: Any, text: str, by: Any) -> Markup:
    """Draw a remark: a point, a line or an area (GEOS or shapely, EPSG:4326). Raises Refused."""
    hold(application, by, OFFICIALS)
    text = typed("text", text, missing="Tuliskan catatannya.", most=500)
    shape = shapely.force_2d(to_shapely(geom))
    if shape.is_empty or not shape.is_valid or not shapely.box(*INDONESIA).covers(shape):
        raise Refused({"geom": "Gambar ini tidak dapat dipakai; gambar sekali lagi."})
    if shapely.get_num_coordinates(shape) > MOST_VERTICES:
        raise Refused({"geom": "Gambar ini terlalu rumit: paling banyak 2.000 titik."})
    if Markup.objects.filter(application=application).count() >= MOST_MARKUPS:
        raise Refused({"geom": f"Sebuah berkas memuat paling banyak {MOST_MARKUPS} catatan."})
    made = Markup.objects.create(
        application=application,
        geom=to_geos(shape),
        text=text,
        by=by,
    )
    acts.record(application=application, kind="markup", by=by, why=text, markup=made.pk)
    return made


@transaction.atomic
def erase(*, markup: Markup, by: Any) -> Markup:
    """Draw a remark no longer; erased twice is erased once. Raises Refused."""
    hold(markup.application, by, OFFICIALS)
    markup.refresh_from_db(fields=["erased_at"])
    if markup.erased_at is None:
        markup.erased_at = timezone.now()
        markup.save(update_fields=["erased_at"])
        acts.record(application=markup.application, kind="markup-erased", by=by, markup=markup.pk)
    return markup
