"""Special provisions that lie over the zones (ketentuan khusus): airport safety, farmland, hazard,
setbacks, heritage. Which kinds there are is data; which of them a plan was mapped for is too, so
that "does not apply" and "not checked" are told apart.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.gis.db import models
from django.db.models import Q

from layers.base import Ingest, Layer, Property, Style, StyleClass, Text
from layers.catalog.zoning.overlay_files import FIELDS, overlays_from_rows
from layers.catalog.zoning.provisions import MappedKind, OverlayKind
from layers.catalog.zoning.versions import THEME, Plan
from layers.mercator import mercator
from layers.registry import register

__all__ = ["PLAN_OVERLAYS", "MappedKind", "OverlayArea", "OverlayKind", "OverlayPart"]


class OverlayArea(models.Model):
    """Where a provision holds. `value` is its class in the plan (a hazard's degree); `mark` is what
    a file calls it by, so that the file can be loaded again."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="overlay_areas")
    kind = models.ForeignKey(OverlayKind, on_delete=models.PROTECT, related_name="areas")
    value = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=200, blank=True)
    mark = models.CharField(max_length=80, blank=True, default="", db_default="")
    geom = models.MultiPolygonField()
    geom_3857 = mercator("geom")

    class Meta:
        verbose_name = "ketentuan khusus"
        verbose_name_plural = "ketentuan khusus"
        constraints = [
            models.UniqueConstraint(
                fields=("plan", "kind", "mark"),
                condition=~Q(mark=""),
                name="layers_overlayarea_mark_once",
            ),
            models.CheckConstraint(
                condition=Q(geom__isvalid=True), name="layers_overlayarea_geom_is_valid"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind_id} {self.value}"


class OverlayPart(models.Model):
    """A provision's area cut into pieces of at most 128 vertices; a trigger keeps them with it."""

    overlay = models.ForeignKey(OverlayArea, on_delete=models.CASCADE, related_name="parts")
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="+")
    geom = models.PolygonField()

    class Meta:
        verbose_name = "potongan ketentuan khusus"
        verbose_name_plural = "potongan ketentuan khusus"

    def __str__(self) -> str:
        return str(self.overlay_id)


PLAN_OVERLAYS = register(
    Layer(
        id="plan-overlays",
        theme=THEME,
        title=Text("Ketentuan khusus", "Special provisions"),
        description=Text(
            "Ketentuan khusus di atas zona: keselamatan penerbangan, lahan pertanian, rawan "
            "bencana, sempadan, cagar budaya.",
            "Special provisions over the zones: airport safety, farmland, hazard, setbacks, "
            "heritage.",
        ),
        model=OverlayArea,
        owner="Dinas Pekerjaan Umum dan Penataan Ruang",
        update_every=timedelta(days=5 * 365),
        policy="open",
        published=Q(plan__status=Plan.Status.ACTIVE),
        updated="plan__moves__at",
        public=(
            Property("kind", Text("Kode", "Code"), source="kind__code", tile=True, filter=True),
            Property("kind_name", Text("Ketentuan", "Provision"), source="kind__name"),
            Property("value", Text("Kelas", "Class"), tile=True),
            Property("name", Text("Nama", "Name")),
            Property("plan", Text("Rencana", "Plan"), source="plan__title"),
        ),
        private=("id", "geom", "mark"),
        edition=True,
        minzoom=9,
        style=Style(
            kind="line",
            by="kind",
            label="value",
            colour="#6b7280",
            classes=(
                StyleClass("KKOP", "#0072b2", Text("Keselamatan penerbangan", "Airport safety")),
                StyleClass(
                    "LP2B", "#b45309", Text("Lahan pertanian dilindungi", "Protected farmland")
                ),
                StyleClass("KRB", "#c2185b", Text("Rawan bencana", "Hazard")),
                StyleClass("KSMPDN", "#008b8b", Text("Sempadan", "Setback")),
                StyleClass("CAGBUD", "#6a1b9a", Text("Cagar budaya", "Heritage")),
                StyleClass("TEB", "#2e7d32", Text("Evakuasi bencana", "Evacuation")),
            ),
        ),
        ingest=Ingest(
            key=("plan", "kind", "mark"),
            fields=FIELDS,
            required=("kind",),
            build=overlays_from_rows,
            group=("plan", "kind"),
            derived=("layers.OverlayPart",),
            beside=("layers.MappedKind", "layers.OverlayKind"),
        ),
    )
)
