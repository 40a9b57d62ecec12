"""Spatial plans: versions, zone and sub-zone codes as data, and the zones drawn on the map.

Codes differ between plans (Perda 12/2011 predates the codes of Permen ATR/BPN 11/2021), so they are
rows of a vocabulary, never an enumeration. The zones of a plan that is or was in force do not
change any more (a trigger holds it): decisions rest on them.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from functools import cache
from typing import Any

import shapely
from django.contrib.gis.db import models
from django.db.models import Q

from layers.base import (
    Build,
    Format,
    Ingest,
    Layer,
    Property,
    Refused,
    Style,
    StyleClass,
    Text,
    Theme,
)
from layers.registry import register

THEME = Theme("zoning", Text("Tata ruang", "Spatial plan"), rank=20)


class Standing(models.TextChoices):
    """Of a plan, and of the rules to it."""

    DRAFT = "draft", "Rancangan"
    ACTIVE = "active", "Berlaku"
    REPLACED = "replaced", "Diganti"


class Vocabulary(models.Model):
    """The words and codes of a regulation, in which a plan names its sub-zones."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "kosakata zona"
        verbose_name_plural = "kosakata zona"

    def __str__(self) -> str:
        return self.name


class Plan(models.Model):
    """A version of a spatial plan (RDTR). At most one is active. `report` is the last survey of its
    coverage (`plan_report`)."""

    Status = Standing

    code = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    regulation = models.CharField(max_length=200, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Standing, default=Standing.DRAFT)
    vocabulary = models.ForeignKey(
        Vocabulary, on_delete=models.PROTECT, null=True, blank=True, related_name="plans"
    )
    report = models.JSONField(null=True, blank=True)

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
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=models.F("valid_from")),
                name="layers_plan_valid_period",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class SubZone(models.Model):
    """A sub-zone code (R-2) with the zone it belongs to (R), as its vocabulary names them."""

    vocabulary = models.ForeignKey(
        Vocabulary, on_delete=models.PROTECT, null=True, blank=True, related_name="sub_zones"
    )
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=100)
    zone_code = models.CharField(max_length=20)
    zone_name = models.CharField(max_length=100)

    class Meta:
        verbose_name = "subzona"
        verbose_name_plural = "subzona"
        ordering = ("code",)
        constraints = [
            models.UniqueConstraint(
                fields=("vocabulary", "code"),
                nulls_distinct=False,
                name="layers_subzone_code_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Zone(models.Model):
    """A polygon of a plan with its sub-zone. `block` is the plan's own number for it."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="zones")
    sub_zone = models.ForeignKey(SubZone, on_delete=models.PROTECT, related_name="zones")
    block = models.CharField(max_length=60)
    geom = models.MultiPolygonField()

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


_CODED = re.compile(r"\d{6,}")  # 31010000: a feature code where a name or a zone code is expected


def _told(row: dict[str, Any], name: str) -> str:
    """What a row says, or "": real RDTR files write "Tidak Ada", or a feature code, for nothing."""
    text = str(row.get(name) or "").strip()
    return "" if text.lower() == "tidak ada" or _CODED.fullmatch(text) else text


def zones_from_rows() -> Build:
    """Model values of a zone from a row with RDTR field names. Raises Refused without a code.

    A zone that is not divided has no KODSZN: its zone code stands for it. The plan is the one named
    by `plan`, else the active one. Without a block number the content names the row.
    """
    plan_named, sub_zone_of = cache(_plan_named), cache(_sub_zone_of)

    def zone(row: dict[str, Any]) -> dict[str, Any]:
        zone_code = _told(row, "zone_code")
        code = _told(row, "sub_zone_code") or zone_code
        if not code:
            raise Refused({"sub_zone_code": "KODSZN dan KODZON tidak berisi kode zona."})
        named = str(row.get("plan") or "")
        plan = plan_named(named)
        if plan is None:
            raise Refused({"plan": f"Tidak ada rencana tata ruang {named or 'yang berlaku'}."})
        number = row.get("block")
        block = _content_key(code, row["shape"]) if number is None else str(number)
        names = _told(row, "sub_zone_name"), _told(row, "zone_name")
        return {"plan": plan, "sub_zone": sub_zone_of(code, zone_code, *names), "block": block}

    return zone


def _plan_named(code: str) -> Plan | None:
    return Plan.objects.filter(**({"code": code} if code else {"status": "active"})).first()


def _sub_zone_of(code: str, zone_code: str, name: str, zone_name: str) -> SubZone:
    zone_code = zone_code or code.partition("-")[0]
    sub_zone, _ = SubZone.objects.get_or_create(
        code=code,
        defaults={
            "name": name or code,
            "zone_code": zone_code,
            "zone_name": zone_name or zone_code,
        },
    )
    return sub_zone


def _content_key(code: str, shape: Any) -> str:
    """The same for the same outline (to 0.1 m) and code, wherever its rings begin."""
    rounded = shapely.transform(shape, lambda points: points.round(6)).normalize()
    return "isi-" + hashlib.sha256(rounded.wkb + code.encode()).hexdigest()[:32]


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
                "block": ("block", "kodblk_id", "objectid", "fid", "id"),
                "plan": ("plan",),
            },
            required=("sub_zone_code",),
            build=zones_from_rows,
            coverage=True,
            group=("plan",),
        ),
    )
)
