"""From measures to evidence: tolerance, verdicts, provisions, surroundings and their wording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from layers.catalog.permits.check.reasons import reasons
from layers.catalog.permits.check.rulebook import Answer, Rulebook
from layers.catalog.permits.check.shares import shares
from layers.catalog.permits.check.surroundings import OWN, Around
from layers.catalog.permits.check.verdicts import UNKNOWN, square_metres, strictest
from layers.catalog.zoning.measures.one import NOTHING, Measured, engine
from layers.catalog.zoning.overlays import OverlayKind
from layers.catalog.zoning.plans import SubZone
from layers.catalog.zoning.rules import Activity
from layers.geometry import sha256_of
from layers.outline.coordinates import vertices_of

VERSION = 1
CHECK = "1"  # of this engine: counted up when the same measures would be judged differently


@dataclass(frozen=True)
class Piece:
    """A sub-zone's, the unzoned or the contested share of the parcel, rounded."""

    m2: float
    percent: float


def judged(
    *,
    shape: BaseGeometry,
    measured: Measured,
    surroundings: Sequence[Around],
    kbli: str,
    book: Rulebook,
    at: datetime,
    number: str | None = None,
    revision: int | None = None,
) -> dict[str, Any]:
    """The evidence."""
    area = round(measured.area_m2, 2)
    activity = book.activity(kbli)
    zones, unzoned, contested = _pieces(measured, area)
    tolerance = _tolerance(book, area, [*zones.values(), unzoned, contested])
    known = book.sub_zones(measured.sub_zones)
    ranked = sorted(zones.items(), key=lambda one: (-one[1].m2, known[one[0]].code))
    judged_zones = {key: book.answer(activity, key) for key in measured.sub_zones}
    parts = [
        {**_named(known[key], piece), **_of_plan(known[key], measured.blocks[key])}
        | _answered(judged_zones[key])
        for key, piece in ranked
        if piece.m2 >= tolerance
    ]
    over = {key: judged_zones[key].verdict for key in measured.contested}
    disputed = strictest(over.values()) if over and contested.m2 >= tolerance else None
    evidence: dict[str, Any] = {
        "version": VERSION,
        "at": at.isoformat(),
        "application": number,
        "parcel": _parcel(shape, revision, area, measured),
        "activity": _activity(kbli, activity),
        **_versions(book),
        "tolerance_m2": tolerance,
        "parts": parts,
        "slivers": [_named(known[key], piece) for key, piece in ranked if piece.m2 < tolerance],
        "unzoned": {**vars(unzoned)},
        "contested": {
            **vars(contested),
            "between": sorted(known[key].code for key in measured.contested),
            "verdict": disputed,
        },
        "overlays": _overlays(book, measured, area, tolerance),
        "overlaps": _overlaps(surroundings, area, tolerance),
        "neighbours": _neighbours(surroundings, tolerance),
    }
    evidence["verdict"] = _verdict(evidence)
    evidence["reasons"] = reasons(evidence)
    evidence["engine"] = {"check": CHECK, **engine()}
    return evidence


def _versions(book: Rulebook) -> dict[str, dict[str, Any]]:
    plan, rules = book.plan, book.rule_set
    return {
        "plan": {
            "code": plan.code,
            "title": plan.title,
            "regulation": plan.regulation,
            "valid_from": plan.valid_from.isoformat(),
        },
        "rules": {
            "code": rules.code,
            "title": rules.title,
            "source": rules.source,
            "sliver_m2": rules.sliver_m2,
            "sliver_share": rules.sliver_share,
        },
    }


def _pieces(measured: Measured, area: float) -> tuple[dict[int, Piece], Piece, Piece]:
    """Of sub-zones, of what no zone has and of what several have: they sum to the whole."""
    keys = [key for key, m2 in measured.sub_zones.items() if m2 >= NOTHING]
    values = [measured.sub_zones[key] for key in keys]
    values += [m2 if m2 >= NOTHING else 0.0 for m2 in (measured.unzoned_m2, measured.contested_m2)]
    rounded = zip(shares(values, area), shares(values, 100.0), strict=True)
    pieces = [Piece(m2, percent) for m2, percent in rounded]
    return dict(zip(keys, pieces, strict=False)), pieces[-2], pieces[-1]


def _tolerance(book: Rulebook, area: float, pieces: Sequence[Piece]) -> float:
    """None where nothing would be left: a parcel that is all slivers is judged by each."""
    told = max(book.rule_set.sliver_m2, book.rule_set.sliver_share * area)
    return round(told, 2) if any(piece.m2 >= round(told, 2) for piece in pieces) else 0.0


def _parcel(
    shape: BaseGeometry, revision: int | None, area: float, measured: Measured
) -> dict[str, Any]:
    found = sorted(measured.kelurahan.items(), key=lambda one: (-one[1], one[0]))
    found = [(area_of, m2) for area_of, m2 in found if m2 >= NOTHING]
    beside = max(measured.area_m2 - sum(m2 for _, m2 in found), 0.0)
    values = [m2 for _, m2 in found] + [beside if beside >= NOTHING else 0.0]
    rounded = zip(shares(values, area), shares(values, 100.0), strict=True)
    return {
        "revision": revision,
        "sha256": sha256_of(shape),
        "area_m2": area,
        "vertices": vertices_of(shape),
        "polygons": int(shapely.get_num_geometries(shape)),
        "kelurahan": [
            {"code": code, "name": name, "m2": m2, "percent": percent}
            for ((code, name), _), (m2, percent) in zip(found, rounded, strict=False)
        ],
    }


def _activity(kbli: str, activity: Activity | None) -> dict[str, Any]:
    if activity is None:
        return {"kbli": kbli, "code": None, "name": None}
    return {"kbli": kbli, "code": activity.code, "name": activity.name}


def _named(sub_zone: SubZone, piece: Piece) -> dict[str, Any]:
    return {
        "id": sub_zone.code,
        "sub_zone": sub_zone.code,
        "name": sub_zone.name,
        **vars(piece),
    }


def _of_plan(sub_zone: SubZone, blocks: Sequence[str]) -> dict[str, Any]:
    return {"zone": sub_zone.zone_code, "zone_name": sub_zone.zone_name, "blocks": list(blocks)}


def _answered(answer: Answer) -> dict[str, Any]:
    return {
        "verdict": answer.verdict,
        "conditions": answer.conditions,
        "via": answer.via,
        "intensity": answer.intensity,
    }


def _overlays(
    book: Rulebook, measured: Measured, area: float, tolerance: float
) -> list[dict[str, Any]]:
    """Every kind there is: it applies, or does not, or was not mapped for this plan."""
    told = []
    for kind in book.kinds:
        found = {value: m2 for (key, value), m2 in measured.overlays.items() if key == kind.pk}
        hit = [(value, round(m2, 2)) for value, m2 in sorted(found.items())]
        applying = [(value, m2) for value, m2 in hit if m2 >= max(tolerance, 2 * NOTHING)]
        for value, m2 in applying:
            provision = book.provision(kind, value)
            one = _overlay(kind, "applies", provision.text, area, value, m2)
            told.append(one | {"verdict": provision.verdict})
        if applying:
            continue
        if slight := sum(m2 for _, m2 in hit):
            text = f"Hanya {square_metres(slight)}, di bawah toleransi."
            told.append(_overlay(kind, "does-not-apply", text, area))
        elif kind.pk in book.mapped:
            told.append(_overlay(kind, "does-not-apply", "", area))
        else:
            text = "Belum dipetakan untuk rencana ini: periksa tersendiri."
            told.append(_overlay(kind, "not-checked", text, area))
    return told


def _overlay(
    kind: OverlayKind, state: str, text: str, area: float, value: str = "", m2: float = 0.0
) -> dict[str, Any]:
    return {
        "id": overlay_id(kind.code, value),
        "kind": kind.code,
        "name": kind.name,
        "state": state,
        "value": value,
        "m2": m2,
        "percent": _percent(m2, area),
        "verdict": None,
        "text": text,
    }


def overlay_id(kind: str, value: str) -> str:
    return f"{kind}:{value}" if value else kind


def overlap_id(number: str, revision: int) -> str:
    return f"{number}#{revision}"


def _percent(m2: float, area: float) -> float:
    return min(round(100 * m2 / area, 2), 100.0) if area else 0.0


def _overlaps(
    surroundings: Sequence[Around], area: float, tolerance: float
) -> list[dict[str, Any]]:
    return [
        {
            "id": overlap_id(one.number, one.revision),
            "number": one.number,
            "revision": one.revision,
            "status": one.status,
            "relation": one.relation,
            "m2": round(one.m2, 2),
            "percent": _percent(one.m2, area),
        }
        for one in surroundings
        if round(one.m2, 2) >= max(tolerance, 2 * NOTHING)
    ]


def _neighbours(surroundings: Sequence[Around], tolerance: float) -> list[dict[str, Any]]:
    near = [
        one
        for one in surroundings
        if one.relation != OWN and round(one.m2, 2) < max(tolerance, 2 * NOTHING)
    ]
    return [
        {"number": one.number, "status": one.status, "metres": round(one.metres, 2)}
        for one in sorted(near, key=lambda one: (round(one.metres, 2), one.number))
    ]


def _verdict(evidence: dict[str, Any]) -> str:
    """The strictest of what decides. What lies outside the plan decides nothing but that it cannot
    be said."""
    verdicts = [part["verdict"] for part in evidence["parts"]]
    verdicts += [one["verdict"] for one in evidence["overlays"] if one["verdict"]]
    if evidence["contested"]["verdict"]:
        verdicts.append(evidence["contested"]["verdict"])
    unzoned = evidence["unzoned"]["m2"]
    if unzoned and unzoned >= evidence["tolerance_m2"]:
        verdicts.append(UNKNOWN)
    return strictest(verdicts)
