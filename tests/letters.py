"""A file that was decided, by the way through the offices, in a quarter with a plan of its own."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from django.contrib.gis.geos import MultiPolygon, Polygon

from layers.catalog.permits.check import evidence
from layers.catalog.permits.letters import letters
from layers.catalog.permits.letters.legal_basis import LegalBasis
from layers.catalog.permits.letters.letters import Letter
from layers.catalog.permits.workflow import steps
from layers.catalog.permits.workflow.decisions import Decision
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
from tests.factories import application, box, identified

LON, LAT = 123.61, -10.21  # the corner where three zones of the quarter meet
ZONES = {
    "R-2": ("Perumahan kepadatan tinggi", "R", "Perumahan", (-0.004, -0.004, 0.0, 0.004)),
    "K-3": ("Perdagangan skala SWP", "K", "Perdagangan dan jasa", (0.0, -0.004, 0.004, 0.0)),
    "PS-1": ("Sempadan sungai", "PS", "Perlindungan setempat", (0.0, 0.0, 0.004, 0.004)),
}


def quarter() -> Plan:
    """A plan in force with three zones around a corner, a flood area, and rules with conditions."""
    words = Vocabulary.objects.create(code="2021", name="Permen ATR/BPN 11/2021")
    plan = Plan.objects.create(
        code="rdtr-2026", title="RDTR Kawasan Uji", regulation="Perwali 7 Tahun 2026",
        valid_from=date(2026, 1, 2), vocabulary=words,
    )  # fmt: skip
    sub_zones = {}
    for code, (name, zone, zone_name, (west, south, east, north)) in ZONES.items():
        sub_zones[code] = SubZone.objects.create(
            vocabulary=words, code=code, name=name, zone_code=zone, zone_name=zone_name
        )
        shape = box(LON + west, LAT + south, LON + east, LAT + north)
        Zone.objects.create(plan=plan, sub_zone=sub_zones[code], block=code, geom=shape)
    flood = OverlayKind.objects.create(code="KRB", name="Kawasan rawan bencana")
    farmland = OverlayKind.objects.create(code="LP2B", name="Lahan pertanian berkelanjutan")
    OverlayKind.objects.create(code="CB", name="Cagar budaya")
    for kind in (flood, farmland):
        MappedKind.objects.create(plan=plan, kind=kind, source="uji")
    OverlayArea.objects.create(
        plan=plan, kind=flood, value="sedang",
        geom=box(LON - 0.004, LAT + 0.0001, LON + 0.004, LAT + 0.004),
    )  # fmt: skip
    rules(words, sub_zones, flood)
    Plan.objects.filter(status="active").update(status="replaced")
    Plan.objects.filter(pk=plan.pk).update(status="active")
    return plan


def rules(words: Vocabulary, sub_zones: dict[str, SubZone], flood: OverlayKind) -> RuleSet:
    made = RuleSet.objects.create(
        code="itbx-2026", title="Aturan pemanfaatan ruang 2026", source="Lampiran Perwali 7/2026",
        vocabulary=words, valid_from=date(2026, 1, 2),
    )  # fmt: skip
    shop = Activity.objects.create(rule_set=made, code="K.3", name="Toko eceran", kbli=["4711"])
    UseCondition.objects.create(
        rule_set=made, number="B3", text="Menyediakan parkir di dalam persil."
    )
    for code, verdict, conditions in (("R-2", "B", ["B3"]), ("K-3", "I", []), ("PS-1", "X", [])):
        UseRule.objects.create(
            rule_set=made, activity=shop, sub_zone=sub_zones[code], verdict=verdict,
            conditions=conditions,
        )  # fmt: skip
    Intensity.objects.create(
        rule_set=made, sub_zone=sub_zones["R-2"], kdb=60, klb=1.2, kdh=20, source="Pasal 12"
    )
    OverlayRule.objects.create(
        rule_set=made, kind=flood, verdict="B", text="Lantai paling rendah 50 cm di atas jalan."
    )
    RuleSet.objects.filter(status="active").update(status="replaced")
    RuleSet.objects.filter(pk=made.pk).update(status="active")
    return made


def cited() -> None:
    for rank, title, since, until in (
        (1, "Peraturan Pemerintah Nomor 21 Tahun 2021 tentang Penyelenggaraan Penataan Ruang",
         date(2021, 2, 2), None),
        (2, "Peraturan Pemerintah Nomor 5 Tahun 2021", date(2021, 2, 2), date(2025, 6, 5)),
    ):  # fmt: skip
        LegalBasis.objects.create(
            title=title, rank=rank, valid_from=since, valid_until=until, source="uji"
        )


def decided(cast: Any, outcome: str = "granted", **more: Any) -> Decision:
    """A decision of this outcome on a parcel over all three zones; in part, its northeast is
    refused. The planner recommends, the approver decides."""
    if not Plan.objects.filter(code="rdtr-2026").exists():
        quarter()
        cited()
    conditions = more.pop("conditions", [{"code": "P1", "text": "Menyediakan sumur resapan."}])
    number = more.pop("number", "KKPR-2026-0777")
    shape = more.pop("geom", None) or box(LON - 0.0005, LAT - 0.0004, LON + 0.0005, LAT + 0.0003)
    given = {"applicant": "Maria Ndaumanu", "activity": "Toko kelontong", "geom": shape} | more
    file = application(cast.town.kelurahan["Tenggara"], number, "assessment", **given)
    identified(file)
    evidence.check(application=file, by=cast.planner)
    refused_part = box(LON, LAT, LON + 1, LAT + 1) if outcome == "granted-in-part" else None
    steps.take(
        application=file, step="recommend", by=cast.planner, reason="Sesuai hasil kajian.",
        outcome=outcome, refused_part=refused_part, conditions=conditions,
    )  # fmt: skip
    step = {"granted": "grant", "granted-in-part": "grant-in-part", "refused": "refuse"}[outcome]
    steps.take(application=file, step=step, by=cast.approver, reason="Sependapat.")
    return Decision.objects.get(application=file)


def letter(cast: Any, outcome: str = "granted", **more: Any) -> Letter:
    return letters.issue(decision=decided(cast, outcome, **more), by=cast.approver)


def circle(vertices: int, *, radius: float = 0.0004, hole: bool = False) -> MultiPolygon:
    """A parcel of many corners, all of them different."""
    turn = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    wobble = radius * (1 + 0.1 * np.sin(turn * 7))
    ring = [
        (LON - 0.001 + r * np.cos(a), LAT - 0.001 + r * np.sin(a))
        for a, r in zip(turn, wobble, strict=True)
    ]
    holes = []
    if hole:
        edge = radius / 4
        x, y = LON - 0.001, LAT - 0.001
        holes = [[(x - edge, y - edge), (x + edge, y - edge), (x, y + edge), (x - edge, y - edge)]]
    return MultiPolygon(Polygon([*ring, ring[0]], *holes), srid=4326)
