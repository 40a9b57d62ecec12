"""Special provisions that lie over the zones (ketentuan khusus): airport safety, farmland, hazard,
setbacks, heritage. Which kinds there are is data; which of them a plan was mapped for is too, so
that "does not apply" and "not checked" are told apart.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.gis.db import models
from django.db.models import Q

from layers.base import Layer, Property, Style, Text
from layers.catalog.zoning.plans import THEME, Plan
from layers.registry import register


class OverlayKind(models.Model):
    """A kind of provision. `columns` are the field names that RDTR files have for it."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=150)
    columns = models.CharField(max_length=200, blank=True)
    rank = models.PositiveSmallIntegerField(default=100)
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "jenis ketentuan khusus"
        verbose_name_plural = "jenis ketentuan khusus"
        ordering = ("rank", "code")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class MappedKind(models.Model):
    """A kind that was mapped for a plan, whether or not anything of it was found in the city."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="mapped_kinds")
    kind = models.ForeignKey(OverlayKind, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=200)

    class Meta:
        verbose_name = "ketentuan khusus yang dipetakan"
        verbose_name_plural = "ketentuan khusus yang dipetakan"
        constraints = [
            models.UniqueConstraint(fields=("plan", "kind"), name="layers_mappedkind_once"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.kind_id}"


class OverlayArea(models.Model):
    """Where a provision holds. `value` is its class in the plan (a hazard's degree)."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="overlay_areas")
    kind = models.ForeignKey(OverlayKind, on_delete=models.PROTECT, related_name="areas")
    value = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=200, blank=True)
    geom = models.MultiPolygonField()

    class Meta:
        verbose_name = "ketentuan khusus"
        verbose_name_plural = "ketentuan khusus"
        constraints = [
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
        public=(
            Property("kind", Text("Kode", "Code"), source="kind__code", tile=True, filter=True),
            Property("kind_name", Text("Ketentuan", "Provision"), source="kind__name"),
            Property("value", Text("Kelas", "Class"), tile=True),
            Property("name", Text("Nama", "Name")),
            Property("plan", Text("Rencana", "Plan"), source="plan__title"),
        ),
        private=("id", "geom"),
        minzoom=9,
        style=Style(kind="line", colour="#7c3aed", by="", label=""),
    )
)
