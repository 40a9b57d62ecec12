"""Layers as a document draws them: what the public may see, simplified, styled and in words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import shapely
from django.contrib.auth.models import AnonymousUser
from django.utils.html import escape
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from layers.base import Layer, Style, StyleClass
from layers.features import count, features
from layers.permissions import properties_for
from layers.selection import Query, select
from maps.documents.page import Feature, Json, Overlay
from maps.formats import written

PUBLIC = AnonymousUser()  # the only reader a document knows: it is made to be passed on
MAX_ROWS = 3_000  # a layer; beyond, the newest
MAX_NAMES = 300  # beyond, a layer's names are not written on the map
DECIMALS = 5  # of a degree: about a metre
TOLERANCE = 2e-5  # degrees, about two metres: corners that stand out by less are left out
AREAS = {"Polygon", "MultiPolygon"}
KINDS = ("fill", "line", "circle")  # from the ground up


@dataclass(frozen=True)
class Drawing:
    """A layer in a document: `total` rows there are, `counts` those drawn by the value of their
    style class ("" for those in none), `mean_area` in square degrees."""

    layer: Layer
    overlay: Overlay
    total: int
    counts: Counter[Any]
    mean_area: float

    @property
    def drawn(self) -> int:
        return len(self.overlay.features)

    @property
    def depth(self) -> tuple[int, float]:
        """Rises from the bottom of the map to its top: large fills lie beneath small ones, fine
        outlines beneath coarse ones, crowds of circles beneath the few."""
        kind = self.layer.style.kind
        rank = {"fill": -self.mean_area, "line": self.mean_area, "circle": -self.drawn}
        return KINDS.index(kind), rank[kind]


def draw(layer: Layer, *, facet: str | None = None, ground: bool = False) -> Drawing:
    """The layer's public rows; of one with a facet those with one value of it."""
    query = Query(equals={} if facet is None else {layer.facet: facet})
    total = count(layer, PUBLIC, query)
    rows = [row for row in _newest(layer, query, total) if row["geometry"]]
    shapes = _simplified([shape(row["geometry"]) for row in rows])
    classes = [layer.style.class_of(row["properties"].get(layer.style.by)) for row in rows]
    drawn = [
        Feature(
            id=row["id"],
            geometry=mapping(where),
            style=look(layer.style, one),
            name=_name(layer, row["properties"], one),
            rows=_rows(layer, row["properties"]),
        )
        for row, where, one in zip(rows, shapes, classes, strict=True)
    ]
    overlay = Overlay(
        id=layer.id,
        title=escape(layer.title),
        titles=[escape(prop.title) for prop in properties_for(layer, PUBLIC)],
        features=drawn,
        shown=layer.shown,
        names=bool(layer.style.label) and len(drawn) <= MAX_NAMES,
        ground=ground,
    )
    counts = Counter(one.value if one else "" for one in classes)
    mean_area = sum(where.area for where in shapes) / len(shapes) if shapes else 0.0
    return Drawing(layer, overlay, total, counts, mean_area)


def _newest(layer: Layer, query: Query, total: int) -> Iterator[Json]:
    if total > MAX_ROWS and layer.time:
        rows = select(layer, PUBLIC, (), query).order_by(f"-{layer.time}")
        oldest = rows.values_list(layer.time, flat=True)[MAX_ROWS - 1]
        query = replace(query, interval=(oldest, None))
    return (json.loads(text) for _, text in features(layer, PUBLIC, query, limit=MAX_ROWS))


def _simplified(shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Neighbouring areas keep their common border, whichever corners are left out of it."""
    if not shapes:
        return []
    areas = {one.geom_type for one in shapes} <= AREAS
    simplify = shapely.coverage_simplify if areas else shapely.simplify
    return list(shapely.transform(simplify(shapes, TOLERANCE), lambda xy: xy.round(DECIMALS)))


def look(style: Style, one: StyleClass | None) -> Json:
    """Leaflet's path options for a class, or for a layer without."""
    colour, pattern = (one.colour, one.pattern) if one else (style.colour, "")
    if style.kind == "line":
        return {"color": colour, "weight": 1.5, "opacity": 0.9, "fill": False}
    if style.kind == "circle":
        edge, fill = (colour, "#ffffff") if pattern else ("#ffffff", colour)
        return {
            "radius": style.radius,
            "color": edge,
            "weight": 2 if pattern else 1,
            "opacity": 1,
            "fill": True,
            "fillColor": fill,
            "fillOpacity": 0.9,
        }
    return {
        "color": colour,
        "weight": 2 if pattern == "hollow" else 1,
        "hatch": pattern == "hatch",
        "fill": True,
        "fillColor": colour,
        "fillOpacity": 0 if pattern == "hollow" else style.opacity,
    }


def _name(layer: Layer, values: Json, one: StyleClass | None) -> str:
    """What is written on the map, else its class, else its layer."""
    label = next((prop for prop in layer.public if prop.name == layer.style.label), None)
    said = written(values[label.name], label) if label else str(one.title) if one else ""
    return escape(said or layer.title)


def _rows(layer: Layer, values: Json) -> list[str]:
    return [escape(written(values[prop.name], prop)) for prop in properties_for(layer, PUBLIC)]
