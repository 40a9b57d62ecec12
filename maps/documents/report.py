"""What the reports share: a letterhead, the ground of their map, and sentences of change."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from layers.base import Layer, Style
from layers.catalog.boundaries import CITIES
from layers.provenance import demo_layer_ids
from layers.registry import LAYERS
from layers.selection import BBox
from maps.catalogue import ground
from maps.documents.drawing import PUBLIC, draw
from maps.documents.page import Json, Overlay
from maps.formats import number


def letterhead(*layers: Layer) -> dict[str, Any]:
    """Who answers for the figures of these layers, and whether they are invented."""
    city = CITIES.visible_to(PUBLIC).values_list("name", flat=True).first() or "Kota"
    return {
        "city": city,
        "offices": list(dict.fromkeys(layer.owner for layer in layers)),
        "demo": bool(demo_layer_ids() & {layer.id for layer in layers}),
    }


def base() -> tuple[BBox, list[Overlay]]:
    """The city's own areas, to draw something else upon."""
    told = ground(PUBLIC)
    drawings = [draw(LAYERS[one["id"]], ground=True) for one in told["layers"]]
    drawings.sort(key=lambda one: one.depth)
    return told["bounds"], [one.overlay for one in drawings]


def legend(style: Style, counts: Any = None) -> list[Json]:
    """The lines of a style, with how many there are of each where they were counted."""
    return [
        {
            "title": str(one.title),
            "colour": one.colour,
            "pattern": one.pattern,
            "count": None if counts is None else counts.get(one.value, 0),
        }
        for one in style.classes
        if counts is None or counts.get(one.value)
    ]


def signed(value: float | None, unit: str = "%") -> str:
    """+1,5 %, −2 %, 0 %; "" for none."""
    if value is None:
        return ""
    rounded = round(value, 1)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else ""
    return f"{sign}{number(abs(rounded), decimals=1)}{f' {unit}' if unit else ''}"


def middle(values: Sequence[float]) -> float | None:
    return median(values) if values else None
