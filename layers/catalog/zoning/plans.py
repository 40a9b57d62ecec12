"""The zones of spatial plans, as they are drawn on the map.

Those of a plan that is or was in force do not change any more (a trigger holds it): decisions rest
on them.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.gis.db import models
from django.db.models import Q

from layers.base import Format, Ingest, Layer, Property, Style, StyleClass, Text
from layers.catalog.zoning.versions import THEME, Plan, Standing, SubZone, Vocabulary
from layers.catalog.zoning.zone_files import FIELDS, derive_overlays, zones_from_rows
from layers.mercator import mercator
from layers.registry import register

__all__ = ["THEME", "ZONES", "Plan", "Standing", "SubZone", "Vocabulary", "Zone", "ZonePart"]


class Zone(models.Model):
    """A polygon of a plan with its sub-zone. `block` is the plan's own number for it; `provisions`
    are what the columns of its file say of overlays and intensity ("" for nothing), from which the
    overlay areas of the plan are made."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="zones")
    sub_zone = models.ForeignKey(SubZone, on_delete=models.PROTECT, related_name="zones")
    block = models.CharField(max_length=60)
    provisions = models.JSONField(null=True, blank=True)
    geom = models.MultiPolygonField()
    geom_3857 = mercator("geom")

    class Meta:
        verbose_name = "zona"
        verbose_name_plural = "zona"
        constraints = [
            models.UniqueConstraint(fields=("plan", "block"), name="layers_zone_block_once"),
            models.CheckConstraint(
                condition=Q(geom__isvalid=True), name="layers_zone_geom_is_valid"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sub_zone_id} · {self.block}"


class ZonePart(models.Model):
    """A zone cut into pieces of at most 128 vertices (`ST_Subdivide`), so that a parcel meets the
    few that lie around it. A trigger keeps them with the zone."""

    zone = models.ForeignKey(Zone, on_delete=models.CASCADE, related_name="parts")
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="+")
    sub_zone = models.ForeignKey(SubZone, on_delete=models.PROTECT, related_name="+")
    geom = models.PolygonField()

    class Meta:
        verbose_name = "potongan zona"
        verbose_name_plural = "potongan zona"

    def __str__(self) -> str:
        return str(self.zone_id)


def _zone(value: str, colour: str, id: str, en: str) -> StyleClass:
    return StyleClass(value, colour, Text(id, en))


ZONES = register(
    Layer(
        id="zones",
        theme=THEME,
        title=Text("Rencana pola ruang", "Zoning plan"),
        description=Text(
            "Zona dan subzona menurut rencana detail tata ruang yang berlaku.",
            "Zones and sub-zones of the detailed spatial plan in force.",
        ),
        model=Zone,
        owner="Dinas Pekerjaan Umum dan Penataan Ruang",
        update_every=timedelta(days=5 * 365),
        policy="open",
        published=Q(plan__status=Plan.Status.ACTIVE),
        updated="plan__moves__at",
        public=(
            Property(
                "sub_zone",
                Text("Subzona", "Sub-zone"),
                source="sub_zone__code",
                tile=True,
                filter=True,
            ),
            Property(
                "sub_zone_name",
                Text("Nama subzona", "Sub-zone name"),
                source="sub_zone__name",
            ),
            Property(
                "zone",
                Text("Zona", "Zone"),
                source="sub_zone__zone_code",
                tile=True,
                filter=True,
            ),
            Property(
                "zone_name",
                Text("Nama zona", "Zone name"),
                source="sub_zone__zone_name",
            ),
            Property("plan", Text("Rencana", "Plan"), source="plan__title"),
            Property(
                "valid_from",
                Text("Berlaku sejak", "In force since"),
                source="plan__valid_from",
                format=Format.DATE,
            ),
            Property("block", Text("Blok", "Block")),
        ),
        private=("id", "geom", "provisions"),
        edition=True,
        search=("sub_zone", "sub_zone_name", "zone_name", "block"),
        overview="coverage",
        minzoom=9,
        style=Style(
            kind="fill",
            by="zone",
            opacity=0.55,
            colour="#cbd5e1",
            classes=(
                _zone("R", "#f6d55c", "Perumahan", "Housing"),
                _zone("K", "#e4572e", "Perdagangan dan jasa", "Trade and services"),
                _zone("C", "#f29e4c", "Campuran", "Mixed use"),
                _zone("KT", "#b56576", "Perkantoran", "Offices"),
                _zone("SPU", "#6d597a", "Sarana pelayanan umum", "Public services"),
                _zone("KPI", "#8d99ae", "Industri", "Industry"),
                _zone("W", "#e5989b", "Pariwisata", "Tourism"),
                _zone("P", "#c9d67b", "Pertanian", "Farming"),
                _zone("RTH", "#7fb069", "Ruang terbuka hijau", "Green open space"),
                _zone("PS", "#2a9d8f", "Perlindungan setempat", "Setbacks"),
                _zone("HL", "#386641", "Hutan lindung", "Protected forest"),
                _zone("TR", "#5c677d", "Transportasi", "Transport"),
                _zone("HK", "#606c38", "Pertahanan dan keamanan", "Defence"),
            ),
        ),
        ingest=Ingest(
            key=("plan", "block"),
            fields=FIELDS,
            required=("sub_zone_code",),
            build=zones_from_rows,
            after=derive_overlays,
            coverage=True,
            group=("plan",),
            derived=("layers.ZonePart",),
            beside=("layers.SubZone", "layers.MappedKind", "layers.OverlayKind"),
        ),
    )
)
