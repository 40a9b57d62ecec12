"""What would be different: by another plan, or with an earlier red line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from layers.catalog.permits.applications import Application
from layers.catalog.permits.check import evidence
from layers.catalog.permits.check.differences import Difference, compare
from layers.catalog.permits.parcels import Parcel
from layers.catalog.zoning.around import zones_around
from layers.catalog.zoning.plans import Plan
from layers.catalog.zoning.rules import RuleSet
from maps.review.picture import around, collection, geometry

Json = dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """`sides` are two maps: title, zones, red line."""

    titles: tuple[str, str]
    differences: Sequence[Difference]
    sides: tuple[Json, Json]


def with_plan(application: Application, rules: RuleSet, standing: Plan, other: Plan) -> Comparison:
    """The same parcel and activity by the plan in force and by another."""
    at = timezone.now()
    before, after = (
        evidence.evidence_for(
            shape=application.geom, kbli=application.kbli, plan=plan, rule_set=rules, at=at,
            application=application, revision=None,
        )
        for plan in (standing, other)
    )  # fmt: skip
    box, line = around(application.geom), geometry(application.geom)
    left, right = (
        {"title": plan.title, "zones": collection(zones_around(plan, box)), "line": line}
        for plan in (standing, other)
    )
    told = compare(before, after)
    return Comparison((standing.title, other.title), told, (left, right))


def with_parcel(
    application: Application, rules: RuleSet, plan: Plan, earlier: Parcel
) -> Comparison:
    """By the plan in force: the red line that stood once, and the one that stands."""
    at = timezone.now()
    before, after = (
        evidence.evidence_for(
            shape=shape, kbli=application.kbli, plan=plan, rule_set=rules, at=at,
            application=application, revision=earlier.revision,
        )
        for shape in (earlier.geom, application.geom)
    )  # fmt: skip
    zones = collection(zones_around(plan, around(application.geom)))
    titles = _("Batas ke-%(n)s") % {"n": earlier.revision}, _("Batas sekarang")
    left, right = (
        {"title": title, "zones": zones, "line": geometry(shape)}
        for title, shape in zip(titles, (earlier.geom, application.geom), strict=True)
    )
    return Comparison(titles, compare(before, after), (left, right))
