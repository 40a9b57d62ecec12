"""Three-way merge of what an officer sends of a record that somebody else has changed meanwhile.

A record's content is flat: `values.<name>` for each answer, `position` for where it was seen (its
geometry, accuracy, altitude and mock flag belong together) and `observed_at`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from field_api.trust import metres

Content = dict[str, Any]

_PLACE = ("geometry", "accuracy", "altitude", "mock")
SAME_PLACE = 1.0  # metres: nearer than any phone can tell


def flat(item: Mapping[str, Any], values: Mapping[str, Any]) -> Content:
    """The content of an item whose answers, in the words of the present form, are `values`."""
    place = {name: item[name] for name in _PLACE if item.get(name) is not None}
    answers = {f"values.{name}": value for name, value in values.items() if value not in (None, "")}
    return {"observed_at": item.get("observed_at"), "position": place, **answers}


def unflat(content: Mapping[str, Any]) -> tuple[Content, Content]:
    """The members of an item, and its answers, out of a content."""
    answers = {
        name.removeprefix("values."): value
        for name, value in content.items()
        if name.startswith("values.")
    }
    return {"observed_at": content["observed_at"], **content["position"]}, answers


def merge(base: Content, standing: Content, sent: Content) -> tuple[Content, dict[str, Content]]:
    """(merged, conflicts). What only one side changed is taken; where both changed a member to
    different values, `standing` stays and the conflict says {base, standing, sent}."""
    merged: Content = {}
    conflicts: dict[str, Content] = {}
    for name in {**standing, **sent, **base}:
        was, stands, asks = base.get(name), standing.get(name), sent.get(name)
        taken = stands
        if not _same(asks, was):
            if _same(stands, was):
                taken = asks
            elif not _same(asks, stands):
                conflicts[name] = {"base": was, "standing": stands, "sent": asks}
        if taken is not None:
            merged[name] = taken
    return merged, conflicts


def _same(one: Any, other: Any) -> bool:
    if one == other:
        return True
    try:
        points = [side["geometry"]["coordinates"][:2] for side in (one, other)]
        return metres(*points) < SAME_PLACE
    except (TypeError, KeyError, ValueError):
        return False
