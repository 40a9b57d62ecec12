"""The check of a parcel and an activity against a plan and its rules, as evidence.

One rule engine for page, letter, command line and batch: `zoning.measures.one` or `.many` measures,
everything after that is `judged`. The form (JSON):

    version, at, application; parcel {revision, sha256, area_m2, vertices, polygons,
    kelurahan [{code, name, m2, percent}]}; activity {kbli, code, name}; plan; rules; tolerance_m2;
    parts [{id, sub_zone, name, zone, zone_name, blocks, m2, percent, verdict, conditions, via,
    intensity}], the largest first; slivers; unzoned; contested {…, between, verdict};
    overlays [{id, kind, name, state, value, m2, percent, verdict, text}];
    overlaps [{id, number, revision, status, relation, m2, percent}];
    neighbours [{number, status, metres}]; verdict; reasons; engine

Parts, slivers, unzoned and contested sum to the area and to 100 % exactly. A verdict "?" says that
it cannot be said; the reasons say why.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction
from django.utils import timezone
from shapely.geometry.base import BaseGeometry

from layers.base import Refused
from layers.catalog.permits import acts
from layers.catalog.permits.applications import Application
from layers.catalog.permits.check.checks import Check
from layers.catalog.permits.check.differences import Difference, compare
from layers.catalog.permits.check.judgement import judged
from layers.catalog.permits.check.rulebook import Rulebook
from layers.catalog.permits.check.surroundings import around
from layers.catalog.permits.check.wording import as_worded
from layers.catalog.permits.parcels import Parcel
from layers.catalog.permits.roles import OFFICIALS, hold
from layers.catalog.zoning.in_force import plan_named, rules_named
from layers.catalog.zoning.measures import one as overlay
from layers.catalog.zoning.plans import Plan
from layers.catalog.zoning.rules import RuleSet

NOT_ANSWER = ("at", "engine")  # of the evidence: when and with what, not what it says


@transaction.atomic
def check(
    *, application: Application, by: Any, plan: Plan | None = None, rule_set: RuleSet | None = None
) -> Check:
    """Check the red line that stands and keep the evidence. Plan and rules are those in force
    unless others are named; without `by` it is the office's own batch. What a decided file rests
    on stays its last check. Raises Refused."""
    if by is not None:
        hold(application, by, OFFICIALS)
    plan, rule_set = plan or plan_named(), rule_set or rules_named()
    parcel = standing_parcel(application)
    at = timezone.now()
    evidence = evidence_for(
        shape=parcel.geom,
        kbli=application.kbli,
        plan=plan,
        rule_set=rule_set,
        at=at,
        application=application,
        revision=parcel.revision,
    )
    return keep(evidence, parcel=parcel, plan=plan, rule_set=rule_set, at=at, by=by)


@transaction.atomic
def keep(
    evidence: dict[str, Any],
    *,
    parcel: Parcel,
    plan: Plan,
    rule_set: RuleSet,
    at: datetime,
    by: Any,
) -> Check:
    """Append a check to the file of a parcel."""
    made = Check.objects.create(
        application=parcel.application,
        parcel=parcel,
        plan=plan,
        rule_set=rule_set,
        kbli=parcel.application.kbli,
        at=at,
        by=by,
        evidence=evidence,
        sha256=digest(evidence),
    )
    acts.record(
        application=parcel.application,
        kind="check",
        by=by,
        check=made.pk,
        verdict=evidence["verdict"],
        sha256=made.sha256,
    )
    return made


def evidence_for(
    *,
    shape: GEOSGeometry | BaseGeometry,
    kbli: str,
    plan: Plan,
    rule_set: RuleSet,
    at: datetime,
    application: Application | None = None,
    revision: int | None = None,
) -> dict[str, Any]:
    """The evidence, as of `at`; nothing is stored. Raises Refused for a shape that cannot be
    measured."""
    drawn = overlay.measurable(shape)
    return judged(
        shape=drawn,
        measured=overlay.measure(drawn, plan=plan.pk),
        surroundings=around(drawn, at=at, application=application, revision=revision),
        kbli=kbli,
        book=Rulebook(rule_set, plan),
        at=at,
        number=application.number if application else None,
        revision=revision,
    )


@dataclass(frozen=True)
class Recomputed:
    same: bool
    evidence: dict[str, Any]
    differences: list[Difference]


def recompute(check: Check) -> Recomputed:
    """The check once more: the same red line, plan, rules and moment. What has no versions is told
    as it was; `differences` say what it is today."""
    evidence = evidence_for(
        shape=check.parcel.geom,
        kbli=check.kbli,
        plan=check.plan,
        rule_set=check.rule_set,
        at=check.at,
        application=check.application,
        revision=check.parcel.revision,
    )
    worded = as_worded(evidence, check.evidence)
    same = digest(worded) == check.sha256 == digest(check.evidence)
    return Recomputed(same, evidence, compare(check.evidence, evidence))


def last_check(application: Application) -> Check | None:
    return (
        Check.objects.filter(application=application)
        .select_related("parcel", "plan", "rule_set", "by")
        .last()
    )


def standing_parcel(application: Application) -> Parcel:
    parcel = Parcel.objects.filter(application=application, stood_until=None).first()
    if parcel is None:
        raise Refused({"parcel": "Permohonan ini belum punya batas bidang."})
    parcel.application = application
    return parcel


def digest(evidence: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of what it says."""
    said = {name: value for name, value in evidence.items() if name not in NOT_ANSWER}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
