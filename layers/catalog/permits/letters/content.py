"""What is written on a letter, frozen when it is issued: a letter is drawn from this and from
nothing else. Of the applicant it holds the name, and of the NIK what may be shown.

The outline is a list of rings, each a list of corners [longitude, latitude, easting, northing]: the
degrees exactly as they are stored, so that the hash can be made again, the metres to the centimetre
in the UTM zone of the place.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from shapely.geometry import MultiPolygon

from layers.catalog.boundaries import CITIES, Area
from layers.catalog.permits.applicants import Applicant
from layers.catalog.permits.applications import PERMIT_PARCELS, PUBLISHABLE, Application
from layers.catalog.permits.letters.legal_basis import cited_on
from layers.catalog.permits.letters.map import map_of
from layers.catalog.permits.workflow.decisions import Decision, Outcome
from layers.geometry import sha256_of, to_shapely
from layers.outline import coordinates
from layers.permissions import Role
from layers.provenance import demo_layer_ids

if TYPE_CHECKING:
    from layers.catalog.permits.letters.letters import Letter

Json = dict[str, Any]
FORM = 1  # of this content: counted up when its shape changes


def content_of(letter: Letter, *, replaced: Letter | None) -> Json:
    decision = letter.decision
    proposal, application = decision.recommendation, decision.application
    basis = proposal.basis
    asked = to_shapely(basis.parcel.geom)
    approved = to_shapely(decision.approved) if decision.approved else None
    refused = to_shapely(proposal.refused_part) if proposal.refused_part else None
    evidence = told_to_all(basis.evidence)
    issued_on = timezone.localdate(letter.issued_at)
    return {
        "form": FORM,
        "number": letter.number,
        "version": letter.version,
        "issued_on": issued_on.isoformat(),
        "reissued": _reissued(letter, replaced),
        "demo": PERMIT_PARCELS.id in demo_layer_ids(),
        "office": PERMIT_PARCELS.owner,
        "city": CITIES.rows().values_list("name", flat=True).first() or "Kota",
        "application": _application(application),
        "applicant": _applicant(application),
        "place": _place(application.kelurahan),
        "outcome": _outcome(decision),
        "areas": {
            "asked_m2": basis.evidence["parcel"]["area_m2"],
            "granted_m2": round(decision.approved_m2, 2) if decision.approved_m2 else None,
        },
        "outline": {"of": "approved" if approved else "asked", **_outline(approved or asked)},
        "conditions": list(proposal.conditions),
        "evidence": evidence,
        "evidence_sha256": basis.sha256,
        "withheld": evidence != basis.evidence,
        "recommended": _signed(proposal, Role.PLANNER),
        "decided": _signed(decision, Role.APPROVER),
        "legal_basis": cited_on(issued_on),
        "map": map_of(
            plan=basis.plan, asked=asked, approved=approved, refused=refused, evidence=evidence
        ),
    }


def told_to_all(evidence: Json) -> Json:
    """The evidence without the numbers of applications that are not public yet: a letter is passed
    on."""
    around = [*evidence["overlaps"], *evidence["neighbours"]]
    hidden = {one["number"] for one in around if one["status"] not in PUBLISHABLE}
    hidden.discard(evidence["application"])
    if not hidden:
        return evidence
    names = "|".join(re.escape(number) for number in sorted(hidden))
    text = json.dumps(evidence, ensure_ascii=False)
    told: Json = json.loads(re.sub(rf"\b(?:{names})(?!\d)", "(belum terbuka)", text))
    return told


def _reissued(letter: Letter, replaced: Letter | None) -> Json | None:
    if replaced is None:
        return None
    on = timezone.localdate(replaced.issued_at).isoformat()
    return {"replaces": replaced.version, "of": on, "reason": letter.reason}


def _application(application: Application) -> Json:
    return {
        "number": application.number,
        "submitted_on": timezone.localdate(application.submitted_at).isoformat(),
        "kbli": application.kbli,
        "activity": application.activity,
    }


def _applicant(application: Application) -> Json:
    held = Applicant.objects.filter(application=application).first()
    return {
        "name": application.applicant,
        "nik": held.masked_nik if held else "",
        "nib": held.nib if held and held.kind == Applicant.Kind.COMPANY else "",
    }


def _place(kelurahan: Area | None) -> Json:
    above = kelurahan.parent if kelurahan else None
    return {
        "kelurahan": kelurahan.name if kelurahan else "",
        "kecamatan": above.name if above else "",
    }


def _outcome(decision: Decision) -> Json:
    title = str(Outcome(decision.outcome).label)
    reasons = dict.fromkeys((decision.recommendation.reason, decision.reason))
    return {"code": decision.outcome, "title": title, "reasons": [one for one in reasons if one]}


def _signed(deed: Any, role: Role) -> Json:
    return {
        "name": deed.by.get_full_name() or deed.by.get_username(),
        "role": str(role.label),
        "on": timezone.localdate(deed.at).isoformat(),
    }


def _outline(shape: MultiPolygon) -> Json:
    system = coordinates.system_of(shape, "utm")
    rings: dict[tuple[int, int], list[list[float]]] = {}
    degrees, metres = coordinates.table(shape), coordinates.table(shape, system.code)
    for row, flat in zip(degrees, metres, strict=True):
        corner = [row.x, row.y, round(flat.x, 2), round(flat.y, 2)]
        rings.setdefault((row.part, row.ring), []).append(corner)
    return {
        "sha256": sha256_of(shape),
        "vertices": len(degrees),
        "polygons": len(shape.geoms),
        "system": {"code": system.code, "name": system.name},
        "rings": [
            {"part": part, "ring": ring, "corners": corners}
            for (part, ring), corners in rings.items()
        ],
    }
