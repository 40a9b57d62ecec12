"""A plan, its rules and parcels, drawn in metres east and north of one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, cast

import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from shapely.geometry.base import BaseGeometry

from layers.catalog.permits.applications import Application
from layers.catalog.permits.check import evidence
from layers.catalog.permits.parcels import Parcel
from layers.catalog.zoning.in_force import plan_named, rules_named
from layers.catalog.zoning.overlays import MappedKind, OverlayArea, OverlayKind
from layers.catalog.zoning.plans import Plan, SubZone, Vocabulary, Zone
from layers.catalog.zoning.rules import (
    Activity,
    Equivalent,
    Intensity,
    OverlayRule,
    RuleSet,
    UseCondition,
    UseRule,
)

LON, LAT = 123.6, -10.17
EAST, NORTH = 1 / 109_600, 1 / 110_600  # degrees, of a metre there
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)

Use = tuple[str, Sequence[str]]


def at(shape: BaseGeometry) -> BaseGeometry:
    """A shape in metres, where it lies on the earth."""
    return shapely.transform(shape, lambda xy: xy * (EAST, NORTH) + (LON, LAT))


def box(west: float, south: float, east: float, north: float) -> BaseGeometry:
    return at(shapely.box(west, south, east, north))


def geos(shape: BaseGeometry) -> MultiPolygon:
    whole = shapely.MultiPolygon([shape]) if shape.geom_type == "Polygon" else shape
    return cast(MultiPolygon, GEOSGeometry(memoryview(whole.wkb), srid=4326))


def vocabulary(code: str = "2021") -> Vocabulary:
    return Vocabulary.objects.get_or_create(code=code, defaults={"name": f"Kode {code}"})[0]


def sub_zone(code: str, words: str = "2021") -> SubZone:
    zone = code.partition("-")[0]
    return SubZone.objects.get_or_create(
        vocabulary=vocabulary(words),
        code=code,
        defaults={"name": f"Nama {code}", "zone_code": zone, "zone_name": f"Zona {zone}"},
    )[0]


def plan(
    zones: Iterable[tuple[str, BaseGeometry]],
    *,
    code: str = "RDTR",
    words: str = "2021",
    overlays: Iterable[tuple[str, str, BaseGeometry]] = (),
    mapped: Iterable[str] = (),
    status: str = "active",
) -> Plan:
    """Zones are (sub-zone, shape), overlays (kind, value, shape)."""
    made = Plan.objects.create(
        code=code,
        title=f"Rencana {code}",
        valid_from=date(2020, 1, 1),
        vocabulary=vocabulary(words),
    )
    for number, (name, shape) in enumerate(zones):
        Zone.objects.create(
            plan=made, sub_zone=sub_zone(name, words), block=f"B{number}", geom=geos(shape)
        )
    for name, value, shape in overlays:
        OverlayArea.objects.create(plan=made, kind=kind(name), value=value, geom=geos(shape))
    for name in mapped:
        MappedKind.objects.create(plan=made, kind=kind(name), source="uji")
    return in_force(made) if status == "active" else made


def in_force(one: Any) -> Any:
    """Instead of whatever was."""
    type(one).objects.filter(status="active").update(status="replaced")
    one.status = "active"
    one.save(update_fields=["status"])
    return one


def kind(code: str) -> OverlayKind:
    return OverlayKind.objects.get_or_create(code=code, defaults={"name": f"Ketentuan {code}"})[0]


def rules(
    uses: Mapping[str, str | Use],
    *,
    code: str = "ITBX",
    kbli: Sequence[str] = ("47",),
    conditions: Mapping[str, str] | None = None,
    words: Iterable[tuple[str, str, str]] = (),
    intensities: Mapping[str, Mapping[str, Any]] | None = None,
    overlays: Iterable[tuple[str, str, str, str]] = (),
    **more: Any,
) -> RuleSet:
    """Uses are sub-zone: verdict, or (verdict, conditions); words are (word of 2011, code, source);
    overlays are (kind, value, verdict, text)."""
    made = RuleSet.objects.create(
        code=code, title=f"Aturan {code}", source="Perda uji", vocabulary=vocabulary(),
        valid_from=date(2020, 1, 1), **more,
    )  # fmt: skip
    activity = Activity.objects.create(rule_set=made, code="K.3", name="Toko", kbli=list(kbli))
    for name, use in uses.items():
        verdict, numbers = (use, ()) if isinstance(use, str) else use
        UseRule.objects.create(rule_set=made, activity=activity, sub_zone=sub_zone(name),
                               verdict=verdict, conditions=list(numbers))  # fmt: skip
    for number, text in (conditions or {}).items():
        UseCondition.objects.create(rule_set=made, number=number, text=text)
    for word, name, source in words:
        Equivalent.objects.create(rule_set=made, word=sub_zone(word, "2011"), code=sub_zone(name),
                                  source=source)  # fmt: skip
    for name, limits in (intensities or {}).items():
        Intensity.objects.create(rule_set=made, sub_zone=sub_zone(name), **limits)
    for name, value, verdict, text in overlays:
        OverlayRule.objects.create(rule_set=made, kind=kind(name), value=value, verdict=verdict,
                                   text=text)  # fmt: skip
    return in_force(made)


def application(
    shape: BaseGeometry, number: str = "KKPR-2026-0001", status: str = "assessment", **more: Any
) -> Application:
    decided = {"decided_on": date(2026, 11, 1)} if status in DECIDED else {}
    made = Application.objects.create(
        number=number, status=status, applicant="Pemohon", activity="Toko", geom=geos(shape),
        **({"kbli": "47111", "submitted_at": NOW.replace(day=1)} | decided | more),
    )  # fmt: skip
    Parcel.objects.create(
        application=made, revision=1, geom=made.geom, stood_from=made.submitted_at
    )
    return made


DECIDED = ("granted", "granted-in-part", "refused")


def checked(shape: BaseGeometry, **more: Any) -> dict[str, Any]:
    """The evidence for a shop there, by the plan and the rules in force."""
    asked: dict[str, Any] = {
        "kbli": "47111",
        "at": NOW,
        "plan": plan_named(),
        "rule_set": rules_named(),
    }
    return evidence.evidence_for(shape=shape, **(asked | more))


def told(found: Mapping[str, Any]) -> str:
    return " ".join(found["reasons"])
