"""Spatial plans: versions, zone and sub-zone codes as data, and the zones drawn on the map.

Codes differ between plans (Perda 12/2011 predates the codes of Permen ATR/BPN 11/2021), so they are
rows, never an enumeration.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.gis.db import models
from django.db.models import Q

from layers.base import (
    Format,
    Ingest,
    Layer,
    Property,
    Refused,
    Style,
    StyleClass,
    Text,
)
from layers.registry import register


class Plan(models.Model):
    """A version of a spatial plan (RDTR). At most one is active."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Rancangan"
        ACTIVE = "active", "Berlaku"
        REPLACED = "replaced", "Diganti"

    code = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    regulation = models.CharField(max_length=200, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)

    class Meta:
        verbose_name = "rencana tata ruang"
        verbose_name_plural = "rencana tata ruang"
        constraints = [
            models.UniqueConstraint(
                fields=("status",),
                condition=Q(status="active"),
                name="layers_plan_one_active",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True)
                | Q(valid_until__gt=models.F("valid_from")),
                name="layers_plan_valid_period",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class SubZone(models.Model):
    """A sub-zone code (R-2) with the zone it belongs to (R), as the plan in force names them."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    zone_code = models.CharField(max_length=20)
    zone_name = models.CharField(max_length=100)

    class Meta:
        verbose_name = "subzona"
        verbose_name_plural = "subzona"
        ordering = ("code",)

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Zone(models.Model):
    """A polygon of a plan with its sub-zone. `block` is the plan's own number for it."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="zones")
    sub_zone = models.ForeignKey(
        SubZone, on_delete=models.PROTECT, related_name="zones"
    )
    block = models.CharField(max_length=60)
    geom = models.MultiPolygonField()

    class Meta:
        verbose_name = "zona"
        verbose_name_plural = "zona"
        constraints = [
            models.UniqueConstraint(
                fields=("plan", "block"), name="layers_zone_block_once"
            ),
            models.CheckConstraint(
                condition=Q(geom__isvalid=True), name="layers_zone_geom_is_valid"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sub_zone_id} · {self.block}"


def _absent(value: Any) -> bool:
    """Real RDTR files write "Tidak Ada" where they mean null."""
    return value is None or str(value).strip().lower() in {
        "",
        "nan",
        "none",
        "tidak ada",
    }


def zone_from_row(row: dict[str, Any]) -> dict[str, Any]:
    """Model values of a zone from a row with RDTR field names. Raises Refused without a code.

    The plan is the one named by `plan`, else the active one.
    """
    if _absent(row.get("sub_zone_code")):
        raise Refused({"sub_zone_code": "KODSZN kosong."})
    code = str(row["sub_zone_code"]).strip()
    zone_code = (
        code.split("-")[0] if _absent(row.get("zone_code")) else str(row["zone_code"])
    )
    sub_zone, _ = SubZone.objects.get_or_create(
        code=code,
        defaults={
            "name": code if _absent(row.get("sub_zone_name")) else row["sub_zone_name"],
            "zone_code": zone_code,
            "zone_name": zone_code
            if _absent(row.get("zone_name"))
            else row["zone_name"],
        },
    )
    named = row.get("plan")
    plan = Plan.objects.filter(
        **({"status": "active"} if _absent(named) else {"code": named})
    ).first()
    if plan is None:
        raise Refused(
            {"plan": f"Tidak ada rencana tata ruang {named or 'yang berlaku'}."}
        )
    if _absent(row.get("block")):
        raise Refused(
            {"block": "Tidak ada kode blok atau OBJECTID yang mengenali zona ini."}
        )
    return {"plan": plan, "sub_zone": sub_zone, "block": str(row["block"]).strip()}


def _zone(value: str, colour: str, id: str, en: str) -> StyleClass:
    return StyleClass(value, colour, Text(id, en))


ZONES = register(
    Layer(
        id="zones",
        theme="zoning",
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
        private=("id", "geom"),
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
            fields={
                "sub_zone_code": ("kodszn", "kode_szn", "sub_zone"),
                "sub_zone_name": ("namszn", "nama_szn", "sub_zone_name"),
                "zone_code": ("kodzon", "kode_zona", "zone"),
                "zone_name": ("namzon", "nama_zona", "zone_name"),
                "block": ("kodblk_id", "objectid", "fid", "id", "block"),
                "plan": ("plan",),
            },
            build=zone_from_row,
            coverage=True,
        ),
    )
)
