"""Evidence that was recomputed, in the words of the evidence that was kept.

What decides has versions: plan, rules, red lines. Names of sub-zones and provisions, the borders of
kelurahan, and which provisions are known besides those of the plan have none: a new name or border
makes no answer of a year ago another one.
"""

from __future__ import annotations

from typing import Any

from layers.catalog.permits.check.reasons import reasons

Json = dict[str, Any]
NAMES = ("name", "zone_name")


def as_worded(evidence: Json, kept: Json) -> Json:
    """The evidence with what has no versions as `kept` tells it."""
    zones = {one["id"]: one for one in (*kept["parts"], *kept["slivers"])}
    worded = evidence | {
        "parcel": evidence["parcel"] | {"kelurahan": kept["parcel"]["kelurahan"]},
        "parts": [_zone(one, zones.get(one["id"])) for one in evidence["parts"]],
        "slivers": [_zone(one, zones.get(one["id"])) for one in evidence["slivers"]],
        "overlays": _overlays(evidence["overlays"], kept["overlays"]),
    }
    return worded | {"reasons": reasons(worded)}


def _zone(one: Json, kept: Json | None) -> Json:
    if kept is None:
        return one
    via, was = one.get("via"), kept.get("via")
    if via and was and via["code"] == was["code"]:
        one = one | {"via": via | {"name": was["name"]}}
    return one | {name: kept[name] for name in NAMES if name in one and name in kept}


def _overlays(found: list[Json], kept: list[Json]) -> list[Json]:
    """In the order of then, without what nobody knew of then and nobody mapped."""
    known = {one["id"]: (at, one["name"]) for at, one in enumerate(kept)}
    told = [
        one | {"name": known[one["id"]][1] if one["id"] in known else one["name"]}
        for one in found
        if one["id"] in known or one["state"] != "not-checked"
    ]
    return sorted(told, key=lambda one: known.get(one["id"], (len(kept), ""))[0])
