"""The check that a file shows: the one that was kept, or, where that is none or no longer true, one
computed for this look alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from layers.base import Refused
from layers.catalog.permits.applications import CLOSED, Application
from layers.catalog.permits.check import evidence
from layers.catalog.permits.check.checks import Check
from layers.catalog.permits.check.differences import compare
from layers.catalog.permits.check.pieces import pieces
from layers.catalog.permits.parcels import Parcel
from layers.catalog.permits.workflow import guards
from layers.catalog.zoning.in_force import rules_in_force
from layers.catalog.zoning.plans import Plan, Standing
from maps.review import comparison

Json = dict[str, Any]


@dataclass(frozen=True)
class Checked:
    """`kept` is the stored check that the file rests on; `outdated` says why it is none to decide
    by. `evidence` is what the page shows; `live` where it was computed just now and is not kept."""

    kept: Check | None = None
    outdated: str = ""
    evidence: Mapping[str, Any] | None = None
    live: bool = False
    impossible: str = ""
    pieces: list[Json] = field(default_factory=list)
    changes: Sequence[Any] = ()
    recomputed: Any = None
    comparison: comparison.Comparison | None = None
    compared: str = ""


def checked(
    request: HttpRequest,
    application: Application,
    *,
    parcels: Sequence[Parcel],
    plans: Sequence[Plan],
) -> Checked:
    kept = evidence.last_check(application)
    closed = application.status in CLOSED
    outdated = "" if closed else guards.check_is_current(application, request.user)
    plan, rules = kept.plan if kept and not outdated else in_force(plans), rules_in_force()
    found: dict[str, Any] = {"kept": kept, "outdated": outdated if kept else ""}
    if kept and not outdated:
        found |= {"evidence": kept.evidence}
        rules = kept.rule_set
    elif plan is None or rules is None:
        return Checked(**found, impossible="Belum ada rencana atau aturan yang berlaku.")
    else:
        shown = _live(application, plan, rules, parcels)
        found |= {"evidence": shown, "live": True}
        found |= {"changes": compare(kept.evidence, shown) if kept else ()}
    assert plan is not None
    standing = _standing(parcels)
    found["pieces"] = pieces(
        shape=application.geom,
        plan=plan,
        rule_set=rules,
        application=application,
        revision=standing.revision if standing else None,
        at=kept.at if kept and not outdated else None,
    )
    if kept and "recompute" in request.GET:
        found["recomputed"] = evidence.recompute(kept)
    return Checked(**found, **_compared(request, application, parcels, plans))


def shown_evidence(application: Application, user: Any) -> Mapping[str, Any] | None:
    """The kept check, where that still holds."""
    kept = evidence.last_check(application)
    return kept.evidence if kept and not guards.check_is_current(application, user) else None


def _live(application: Application, plan: Plan, rules: Any, parcels: Sequence[Parcel]) -> Json:
    standing = _standing(parcels)
    return evidence.evidence_for(
        shape=application.geom,
        kbli=application.kbli,
        plan=plan,
        rule_set=rules,
        at=timezone.now(),
        application=application,
        revision=standing.revision if standing else None,
    )


def _standing(parcels: Sequence[Parcel]) -> Parcel | None:
    return next((one for one in parcels if one.stood_until is None), None)


def in_force(plans: Sequence[Plan]) -> Plan | None:
    return next((plan for plan in plans if plan.status == Standing.ACTIVE), None)


def _compared(
    request: HttpRequest,
    application: Application,
    parcels: Sequence[Parcel],
    plans: Sequence[Plan],
) -> dict[str, Any]:
    """What `?compare=plan:CODE` or `?compare=parcel:2` asks for; nothing where there is no such."""
    asked = request.GET.get("compare", "")
    what, _, which = asked.partition(":")
    if not which:
        return {}
    standing, rules = in_force(plans), rules_in_force()
    if standing is None or rules is None:
        return {}
    try:
        if what == "plan":
            other = next((plan for plan in plans if plan.code == which), None)
            made = comparison.with_plan(application, rules, standing, other) if other else None
        else:
            line = next((one for one in parcels if str(one.revision) == which), None)
            made = comparison.with_parcel(application, rules, standing, line) if line else None
    except Refused as refused:
        return {"compared": asked, "impossible": " ".join(refused.reasons.values())}
    return {"compared": asked, "comparison": made}
