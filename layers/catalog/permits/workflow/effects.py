"""What a step leaves besides the move itself. Each returns the fields of the application that
change with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils import timezone

from layers.base import Refused
from layers.catalog.permits.applications import Application
from layers.catalog.permits.check.checks import Check
from layers.catalog.permits.entries import typed
from layers.catalog.permits.partition import partition
from layers.catalog.permits.workflow.decisions import Decision, Outcome, Recommendation
from layers.catalog.permits.workflow.guards import standing_recommendation

Changes = Mapping[str, Any]
MOST_CONDITIONS = 50


def nothing(**_: Any) -> Changes:
    return {}


def recommend(
    *,
    application: Application,
    by: Any,
    reason: str,
    outcome: str = "",
    refused_part: Any = None,
    conditions: Sequence[Mapping[str, str]] = (),
) -> Changes:
    """A recommendation that rests on the last check. `refused_part` (GEOS or shapely) goes with an
    outcome in part; `conditions` are {"code", "text"}, a refusal has none. Raises Refused."""
    if outcome not in Outcome.values:
        raise Refused({"outcome": "Pilih usulan: disetujui, disetujui sebagian, atau ditolak."})
    in_part, refused = outcome == Outcome.GRANTED_IN_PART, outcome == Outcome.REFUSED
    if in_part != (refused_part is not None):
        told = "Gambar bagian yang ditolak." if in_part else "Hanya usulan sebagian yang punya itu."
        raise Refused({"refused_part": told})
    approved = None if refused else application.geom
    if refused_part is not None:
        approved, refused_part = partition(application.geom, refused_part)
    Recommendation.objects.create(
        application=application,
        basis=Check.objects.filter(application=application).latest("pk"),
        outcome=outcome,
        reason=reason,
        conditions=[] if refused else _conditions(conditions),
        approved=approved,
        refused_part=refused_part,
        by=by,
    )
    return {}


def _conditions(given: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    if len(given) > MOST_CONDITIONS:
        raise Refused({"conditions": f"Paling banyak {MOST_CONDITIONS} ketentuan."})
    return [
        {
            "code": typed("conditions", one.get("code"), most=20),
            "text": typed("conditions", one.get("text"), missing="Ada ketentuan tanpa isi."),
        }
        for one in given
    ]


def challenge(*, application: Application, by: Any, reason: str) -> Changes:
    proposal = standing_recommendation(application)
    if proposal is not None:
        proposal.challenged_at, proposal.challenged_by = timezone.now(), by
        proposal.challenge = reason
        proposal.save(update_fields=["challenged_at", "challenged_by", "challenge"])
    return {}


def decide(outcome: str) -> Callable[..., Changes]:
    def effect(*, application: Application, by: Any, reason: str) -> Changes:
        proposal = standing_recommendation(application)
        assert proposal is not None  # the guards hold it
        Decision.objects.create(
            application=application,
            recommendation=proposal,
            outcome=outcome,
            reason=reason,
            approved=proposal.approved,
            by=by,
            recommended_by=proposal.by,
        )
        in_part = outcome == Outcome.GRANTED_IN_PART
        return {
            "decided_on": timezone.localdate(),
            "granted": proposal.approved if in_part else None,
        }

    return effect
