"""What a step leaves besides the move itself. Each returns the fields of the application that
change with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.utils import timezone

from layers.base import Refused
from layers.catalog.permits.applications import Application
from layers.catalog.permits.checks import Check
from layers.catalog.permits.decisions import Decision, Outcome, Recommendation
from layers.catalog.permits.guards import standing_recommendation

Changes = Mapping[str, Any]


def nothing(**_: Any) -> Changes:
    return {}


def recommend(
    *,
    application: Application,
    by: Any,
    reason: str,
    outcome: str,
    refused_part: GEOSGeometry | None = None,
    conditions: Sequence[Mapping[str, str]] = (),
) -> Changes:
    """A recommendation that rests on the last check. `conditions` are {"code", "text"}; a refusal
    has none. Raises Refused."""
    if outcome not in Outcome.values:
        raise Refused({"outcome": "Pilih usulan: disetujui, disetujui sebagian, atau ditolak."})
    in_part, refused = outcome == Outcome.GRANTED_IN_PART, outcome == Outcome.REFUSED
    if in_part != (refused_part is not None):
        told = "Gambar bagian yang ditolak." if in_part else "Hanya usulan sebagian yang punya itu."
        raise Refused({"refused_part": told})
    approved = None if refused else application.geom
    if refused_part is not None:
        refused_part = multi(application.geom.intersection(refused_part))
        approved = multi(application.geom.difference(refused_part))
        if refused_part.empty or approved.empty:
            told = "Bagian yang ditolak harus memotong bidang dan menyisakan sebagian."
            raise Refused({"refused_part": told})
    Recommendation.objects.create(
        application=application,
        basis=Check.objects.filter(application=application).latest("pk"),
        outcome=outcome,
        reason=reason,
        conditions=[] if refused else list(conditions),
        approved=approved,
        refused_part=refused_part,
        by=by,
    )
    return {}


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


def multi(shape: GEOSGeometry) -> MultiPolygon:
    """The polygons of a geometry, whatever else an intersection left of it."""
    parts: list[Any] = [shape] if shape.geom_type == "Polygon" else [*shape]  # type: ignore[misc]
    polygons = [part for part in parts if part.geom_type == "Polygon"]
    return MultiPolygon(polygons, srid=shape.srid)
