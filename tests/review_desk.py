"""A planner's desk: a plan of two zones whose border crosses a parcel, rules, provisions, an office
to ask, and files of several kinds."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from django.contrib.gis.geos import MultiPolygon
from django.utils import timezone

from layers.catalog.permits.applicants import Applicant
from layers.catalog.permits.applications import Application
from layers.catalog.permits.check import evidence
from layers.catalog.permits.clock.limits import StepLimit
from layers.catalog.permits.consultations import Consultee
from layers.catalog.permits.workflow.decisions import ConditionTemplate
from layers.catalog.zoning.overlays import MappedKind, OverlayArea, OverlayKind
from layers.catalog.zoning.plans import Plan, SubZone, Vocabulary, Zone
from layers.catalog.zoning.rules import (
    Activity,
    Intensity,
    OverlayRule,
    RuleSet,
    UseCondition,
    UseRule,
)
from tests.factories import CENTRE, EAST, NORTH, SOUTH, WEST, application, box

SIDE = 0.001
NIK = "5371012345670001"


def desk(cast: Any) -> SimpleNamespace:
    made = SimpleNamespace(cast=cast, town=cast.town)
    made.rules = _rules()
    made.plan = _plan("dua", "Rencana dua zona", CENTRE.x)
    made.draft = _plan("geser", "Rancangan bergeser", CENTRE.x + SIDE / 4)
    Plan.objects.filter(status="active").update(status="replaced", valid_until=date(2026, 1, 1))
    Plan.objects.filter(pk=made.plan.pk).update(status="active")
    RuleSet.objects.filter(pk=made.rules.pk).update(status="active")
    made.consultee = Consultee.objects.create(code="lanud", name="Lanud El Tari")
    made.template = ConditionTemplate.objects.create(
        code="KDH", title="Ruang hijau", text="Sediakan ruang hijau sesuai KDH."
    )
    for step, days in (("assessment", 5), ("completeness", 1), ("total", 20)):
        StepLimit.objects.create(
            step=step, working_days=days, office="Dinas PUPR", valid_from=date(2021, 2, 2),
            source="uji", deemed=step == "total",
        )  # fmt: skip
    kelurahan = cast.town.kelurahan["Barat Laut"]
    made.file = application(
        kelurahan, "KKPR-2026-0101", "assessment", geom=parcel(), submitted_at=timezone.now()
    )
    made.beside = application(
        kelurahan, "KKPR-2026-0102", geom=parcel(shift=SIDE * 0.9), activity="Gudang"
    )
    Applicant.objects.create(application=made.file, nik=NIK, phone="081234567890")
    return made


def parcel(shift: float = 0.0) -> MultiPolygon:
    """A square of about 110 m a side whose middle is the border of the zones."""
    half = SIDE / 2
    x, y = CENTRE.x + shift, CENTRE.y
    return box(x - half, y - half, x + half, y + half)


def checked(made: SimpleNamespace, file: Application | None = None) -> Any:
    return evidence.check(application=file or made.file, by=made.cast.planner)


def soon(days: int = 7) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def _words() -> Vocabulary:
    return Vocabulary.objects.get_or_create(code="dua", defaults={"name": "Kosakata"})[0]


def _sub_zone(code: str, name: str) -> SubZone:
    zone = code.partition("-")[0]
    found, _ = SubZone.objects.get_or_create(
        vocabulary=_words(), code=code,
        defaults={"name": name, "zone_code": zone, "zone_name": name},
    )  # fmt: skip
    return found


def _plan(code: str, title: str, border: float) -> Plan:
    """Trade in the west, housing in the east of a border."""
    plan = Plan.objects.create(
        code=code, title=title, regulation="Perda uji", valid_from=date(2026, 1, 1),
        vocabulary=_words(),
    )  # fmt: skip
    trade, housing = _sub_zone("K-3", "Perdagangan"), _sub_zone("R-2", "Perumahan")
    Zone.objects.create(plan=plan, sub_zone=trade, block="1", geom=box(WEST, SOUTH, border, NORTH))
    Zone.objects.create(
        plan=plan, sub_zone=housing, block="2", geom=box(border, SOUTH, EAST, NORTH)
    )
    for rank, (kind, name) in enumerate(
        {
            "KKOP": "Keselamatan penerbangan",
            "LP2B": "Lahan pertanian",
            "KRB": "Rawan bencana",
        }.items()
    ):
        known, _ = OverlayKind.objects.get_or_create(
            code=kind, defaults={"name": name, "rank": rank}
        )
        if kind != "KRB":
            MappedKind.objects.create(plan=plan, kind=known, source="uji")
        if kind == "KKOP":
            west = CENTRE.x - 0.01
            OverlayArea.objects.create(
                plan=plan, kind=known, value="Horizontal", name="",
                geom=box(west, SOUTH, CENTRE.x, NORTH),
            )  # fmt: skip
    return plan


def _rules() -> RuleSet:
    rules = RuleSet.objects.create(
        code="dua", title="Aturan uji", source="uji", vocabulary=_words(),
        valid_from=date(2026, 1, 1),
    )  # fmt: skip
    shop = Activity.objects.create(rule_set=rules, code="K.1", name="Toko", kbli=["4711"])
    UseCondition.objects.create(rule_set=rules, number="B1", text="Parkir di dalam persil.")
    trade, housing = _sub_zone("K-3", "Perdagangan"), _sub_zone("R-2", "Perumahan")
    UseRule.objects.create(rule_set=rules, activity=shop, sub_zone=trade, verdict="I")
    UseRule.objects.create(
        rule_set=rules, activity=shop, sub_zone=housing, verdict="B", conditions=["B1"]
    )
    Intensity.objects.create(rule_set=rules, sub_zone=trade, kdb=70, klb=2.8, kdh=10)
    kind, _ = OverlayKind.objects.get_or_create(
        code="KKOP", defaults={"name": "Keselamatan penerbangan"}
    )
    OverlayRule.objects.create(
        rule_set=rules, kind=kind, verdict="B", text="Tinggi bangunan menurut KKOP."
    )
    return rules
