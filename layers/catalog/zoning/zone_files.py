"""RDTR files: rows that become zones, and what their columns say besides."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.gis.db.models import Union
from django.contrib.gis.geos import MultiPolygon
from django.db.models.fields.json import KT

from layers.base import Build, Refused
from layers.catalog.zoning.cells import content_mark, name_told, text_told
from layers.catalog.zoning.provisions import MET_IN_FILES, MappedKind, kind_named, know_kinds
from layers.catalog.zoning.versions import Plan, Standing, SubZone, Vocabulary, draft_named

OF_ZONES = "Kolom berkas zona"
INTENSITIES = ("KDB", "KLB", "KDH")
_BESIDES = {code: tuple(columns.split()) for code, columns, _ in MET_IN_FILES}
_BESIDES |= {code: (code.lower(),) for code in INTENSITIES}
FIELDS = {
    "sub_zone_code": ("kodszn", "kode_szn", "sub_zone"),
    "sub_zone_name": ("namszn", "nama_szn", "sub_zone_name"),
    "zone_code": ("kodzon", "kode_zona", "zone"),
    "zone_name": ("namzon", "nama_zona", "zone_name"),
    "block": ("block", "kodblk_id", "objectid", "fid", "id"),
    "plan": ("plan",),
    **{code.lower(): columns for code, columns in _BESIDES.items()},
}


def zones_from_rows() -> Build:
    """Model values of a zone from a row with RDTR field names. Raises Refused without a code.

    A zone that is not divided has no KODSZN: its zone code stands for it. The plan is the draft
    that `plan` names, or the only draft. Without a block number the content names the row.
    """
    plan_of, sub_zone_of = cache(draft_named), cache(_sub_zone_of)

    def zone(row: dict[str, Any]) -> dict[str, Any]:
        zone_code = name_told(row, "zone_code")
        code = name_told(row, "sub_zone_code") or zone_code
        if not code:
            raise Refused({"sub_zone_code": "KODSZN dan KODZON tidak berisi kode zona."})
        plan = plan_of(text_told(row, "plan"))
        number = row.get("block")
        block = content_mark(code, row["shape"]) if number is None else str(number)
        names = name_told(row, "sub_zone_name")[:100], name_told(row, "zone_name")[:100]
        sub_zone = sub_zone_of(plan.vocabulary, code, zone_code, *names)
        return {"plan": plan, "sub_zone": sub_zone, "block": block, "provisions": _besides(row)}

    return zone


def _sub_zone_of(
    vocabulary: Vocabulary | None, code: str, zone_code: str, name: str, zone_name: str
) -> SubZone:
    zone_code = zone_code or code.partition("-")[0]
    sub_zone, _ = SubZone.objects.get_or_create(
        vocabulary=vocabulary,
        code=code,
        defaults={
            "name": name or code,
            "zone_code": zone_code,
            "zone_name": zone_name or zone_code,
        },
    )
    return sub_zone


def _besides(row: dict[str, Any]) -> dict[str, str] | None:
    """By kind; "" where the file has the column and says nothing in it. A coded value is kept: it
    says that something holds there."""
    told = {code: text_told(row, code.lower()) for code in _BESIDES if code.lower() in row}
    return told or None


def derive_overlays() -> None:
    """The overlay areas of drafts from the columns of their zones: one for each kind and class. A
    kind that came in a file of its own stays as that file has it."""
    know_kinds()
    for plan in Plan.objects.filter(status=Standing.DRAFT):
        there = [
            code
            for code, _, _ in MET_IN_FILES
            if plan.zones.filter(provisions__has_key=code).exists()
        ]
        gone = plan.mapped_kinds.filter(of_zones=True).exclude(kind__code__in=there)
        plan.overlay_areas.filter(kind__in=gone.values("kind")).delete()
        gone.delete()
        for code in there:
            _derive(plan, code)


def _derive(plan: Plan, code: str) -> None:
    mapping, _ = MappedKind.objects.get_or_create(
        plan=plan, kind=kind_named(code), defaults={"source": OF_ZONES, "of_zones": True}
    )
    if not mapping.of_zones:
        return
    areas = plan.overlay_areas
    areas.filter(kind=mapping.kind).delete()
    told = plan.zones.filter(provisions__has_key=code).exclude(**{f"provisions__{code}": ""})
    dissolved = told.values_list(KT(f"provisions__{code}")).annotate(area=Union("geom"))
    areas.bulk_create(
        areas.model(
            plan=plan,
            kind=mapping.kind,
            value=value[:100],
            name=value[:200] if len(value) > 100 else "",
            geom=shape if shape.geom_type == "MultiPolygon" else MultiPolygon(shape, srid=4326),
        )
        for value, shape in dissolved.order_by(KT(f"provisions__{code}"))
    )
