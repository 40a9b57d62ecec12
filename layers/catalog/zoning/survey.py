"""What is wrong with the zones of a plan: looked for before it may be put in force.

The survey is kept with the plan (`Plan.report`), with a print of the zones that it is of.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db import transaction
from django.db.models.functions import MD5
from django.utils import timezone

from layers.catalog.boundaries import Area
from layers.catalog.zoning.cells import number_told
from layers.catalog.zoning.rules import RuleSet
from layers.catalog.zoning.versions import Plan
from layers.catalog.zoning.zone_files import INTENSITIES
from layers.figures import grouped
from layers.ingest import coverage
from layers.ingest.coverage import Flaws
from layers.ingest.repair import to_metres

VERSION = 1
KEPT = 200  # places of a kind
THIN = 0.5  # metres: no street, ditch or wall is drawn as a zone that narrow
TOLERANCE_M2 = RuleSet._meta.get_field("sliver_m2").default

# What the parts of a survey are called; the first two stand in the way of a plan.
TITLES = {
    "gaps": "Celah di antara zona",
    "overlaps": "Tumpang tindih zona",
    "slivers": "Zona terlalu kecil atau tipis",
    "outside_city": "Zona di luar batas kota",
    "uncovered_city": "Bagian kota di luar rencana",
    "invalid": "Geometri tidak sah",
}
BLOCKING = ("gaps", "overlaps")


@transaction.atomic
def survey(*, plan: Plan, rule_set: RuleSet | None = None) -> dict[str, Any]:
    """Look through a plan's zones, and return what was found; all but the smallest of many places
    is kept with the plan. `rule_set` is held against the sub-zones, and says what is small."""
    plan = Plan.objects.select_for_update().get(pk=plan.pk)
    zones = plan.zones.order_by("block").values_list("block", AsWKB("geom"))
    names: tuple[str, ...]
    names, wkb = zip(*zones, strict=True) if zones else ((), ())
    shapes = shapely.from_wkb(np.array([bytes(one) for one in wkb], dtype=object))
    least = rule_set.sliver_m2 if rule_set else TOLERANCE_M2
    flaws = _flaws(shapes, names, least) if len(names) else {}
    report: dict[str, Any] = {
        "version": VERSION,
        "plan": plan.code,
        "at": timezone.now().isoformat(timespec="seconds"),
        "zones": len(names),
        "zones_sha256": fingerprint(plan),
        "tolerance_m2": least,
        "thin_m": THIN,
        "plan_m2": round(float(shapely.area(to_metres(shapes)).sum()), 2) if names else 0.0,
        **{what: found and _as_json(found, least) for what, found in flaws.items()},
        "rules": rule_set and rule_set.code,
        "without_rule": without_rule(plan, rule_set) if rule_set else None,
        "intensities": intensities(plan),
        "mapped": sorted(plan.mapped_kinds.values_list("kind__code", flat=True)),
    }
    plan.report = {
        name: {**told, "places": told["places"][:KEPT]} if name in TITLES and told else told
        for name, told in report.items()
    }
    plan.save(update_fields=["report"])
    return report


def _flaws(shapes: Any, names: Sequence[str], least: float) -> dict[str, Flaws | None]:
    """By the names of TITLES; None where it could not be looked for."""
    union = shapely.union_all(shapes)
    found = coverage.survey(shapes, names, union)
    thin = coverage.slivers(shapes, names, least_m2=least, least_width=THIN)
    wrong = np.flatnonzero(~shapely.is_valid(shapes))
    city = Area.objects.filter(level=Area.Level.CITY).values_list(AsWKB("geom"), flat=True).first()
    whole = shapely.from_wkb(bytes(city)) if city else None
    return {
        "gaps": found.gaps,
        "overlaps": found.overlaps,
        "slivers": thin,
        "outside_city": whole and coverage.outside(shapes, names, whole, least_m2=least),
        "uncovered_city": whole and coverage.uncovered(union, whole, least_m2=least),
        "invalid": coverage.places(shapes[wrong], [(names[int(one)],) for one in wrong]),
    }


def _as_json(found: Flaws, least: float) -> dict[str, Any]:
    """`large`: how many of them are above the tolerance."""
    large = sum(place.area_m2 > least for place in found.places)
    return {**found.as_json(None), "large": large}


def fingerprint(plan: Plan) -> str:
    """Changes with every change of the plan's zones."""
    digest = hashlib.sha256()
    rows = plan.zones.order_by("block").values_list("block", "sub_zone_id", MD5(AsWKB("geom")))
    for row in rows.iterator():
        digest.update(repr(row).encode())
    return digest.hexdigest()


def without_rule(plan: Plan, rule_set: RuleSet) -> list[str]:
    """The sub-zones of a plan for which no activity has a verdict, by code or by crosswalk."""
    ruled = set(rule_set.uses.values_list("sub_zone_id", flat=True).distinct())
    ruled |= set(rule_set.equivalents.filter(code__in=ruled).values_list("word_id", flat=True))
    used = plan.zones.order_by("sub_zone__code").values_list("sub_zone__code", "sub_zone_id")
    return [code for code, pk in used.distinct() if pk not in ruled]


def intensities(plan: Plan) -> dict[str, dict[str, list[float]]]:
    """What the columns of the zones say of each sub-zone: several values where they differ."""
    told: dict[str, dict[str, set[float]]] = defaultdict(lambda: defaultdict(set))
    rows = plan.zones.filter(provisions__has_any_keys=INTENSITIES)
    for code, provisions in rows.values_list("sub_zone__code", "provisions").iterator():
        for name in INTENSITIES:
            number = number_told((provisions or {}).get(name) or "")
            if number is not None:
                told[code][name.lower()].add(number)
    return {
        code: {name: sorted(values) for name, values in found.items()}
        for code, found in sorted(told.items())
    }


def standing_survey(plan: Plan) -> Mapping[str, Any] | None:
    """The plan's survey, where it is of the zones as they are now."""
    report = plan.report
    if not report or report.get("zones_sha256") != fingerprint(plan):
        return None
    return report


def blocking(report: Mapping[str, Any]) -> list[str]:
    """What stands in the way of putting the plan in force, in words."""
    return [
        f"{TITLES[what].lower()}: {report[what]['large']} tempat, "
        f"{written(report[what]['area_m2'])} m²"
        for what in BLOCKING
        if report.get(what) and report[what]["large"]
    ]


def lines(report: Mapping[str, Any], shown: int = 5) -> Iterator[str]:
    """A survey for people."""
    yield (
        f"Rencana {report['plan']}: {report['zones']} zona, "
        f"{written(report['plan_m2'] / 10_000)} ha; toleransi {written(report['tolerance_m2'])} m²."
    )
    for what, title in TITLES.items():
        found = report.get(what)
        if found is None:
            yield f"{title}: tidak diperiksa."
            continue
        yield f"{title}: {found['count']} tempat, {written(found['area_m2'])} m²."
        for place in found["places"][:shown]:
            between = f", {' dan '.join(place['between'])}" if place["between"] else ""
            where = f"bujur {place['lon']}, lintang {place['lat']}"
            yield f"  {written(place['area_m2'])} m² di {where}{between}"
        if found["count"] > shown:
            yield f"  … dan {found['count'] - shown} tempat lagi."
    if report["without_rule"]:
        yield f"Subzona tanpa aturan {report['rules']}: {', '.join(report['without_rule'])}."
    elif report["rules"]:
        yield f"Semua subzona punya aturan {report['rules']}."
    if report["mapped"]:
        yield f"Ketentuan khusus yang dipetakan: {', '.join(report['mapped'])}."
    for code, found in report["intensities"].items():
        told = "; ".join(
            f"{name.upper()} {' atau '.join(written(value) for value in values)}"
            for name, values in found.items()
        )
        yield f"Intensitas di berkas zona, {code}: {told}."


def written(number: float) -> str:
    """A number as Indonesians write it: 12.345,6."""
    digits = 0 if number >= 1000 or number == int(number) else 2
    return grouped(number, digits)
