"""Shapes that meet, drawn more roughly: what lies between two of them stays one line.

A coverage is simplified zoom by zoom; where its shapes are only a few pixels wide, those of one
kind and place become one. Of `areas` there is one shape each, with the number of its rows.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import shapely
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F

from layers.base import Layer
from layers.bulk import append
from layers.functions import Stored
from layers.mercator import SUFFIX
from layers.overviews.grid import facet_sql
from layers.overviews.rows import (
    Overview,
    OverviewRow,
    facet_of,
    kind_of,
    public_rows,
)
from layers.tile_matrix import HALF, bounds_of, side

PIXELS = 512  # a tile side on a screen
FEW_PIXELS = 8  # a side: what is smaller is drawn with its neighbours of the same kind
CHUNK = 500
CITY_UNTIL, DISTRICT_UNTIL = 8, 10  # below these zooms areas are two above, one above their own
ELSEWHERE = 2  # zooms from a tile to the squares in which rows without an area are counted


@dataclass
class Shape:
    """What will be drawn: an outline and what it stands for."""

    outline: Any
    facet: str
    n: int
    fid: int | None = None
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def kind(self) -> str:
        """The commonest; of two as common, the first by name."""
        return min(self.kinds, key=lambda kind: (-self.kinds[kind], kind), default="null")


def pixel(zoom: int) -> float:
    """Metres along it."""
    return side(zoom) / PIXELS


def coverage(layer: Layer, overview: Overview, finest: int) -> None:
    """The levels from `finest` up of shapes that meet."""
    rows = _read(layer, f"fid, {_facet(layer)}, {_kind(layer)}, ST_AsBinary(m)")
    outlines = shapely.from_wkb([row[3] for row in rows])
    shapes = [
        Shape(outline, facet, 1, fid, Counter([kind]))
        for (fid, facet, kind, _), outline in zip(rows, outlines, strict=True)
    ]
    for zoom in range(finest, layer.minzoom - 1, -1):
        for facet in {shape.facet for shape in shapes}:
            _simplify([shape for shape in shapes if shape.facet == facet], zoom)
        shapes = _joined(shapes, zoom)
        _write(layer, overview.level(zoom), shapes)


def areas(layer: Layer, overview: Overview, finest: int) -> None:
    """The levels from `finest` up of areas, each with the number of rows in it."""
    facet, kind = _facet(layer), _kind(layer)
    inside = _read(layer, f"{facet}, {kind}, a, count(*)", "a IS NOT NULL GROUP BY 1, 2, 3")
    x, y = f"(ST_XMin(m) + ST_XMax(m)) / 2 + {HALF}", f"{HALF} - (ST_YMin(m) + ST_YMax(m)) / 2"
    square = side(finest + ELSEWHERE)
    outside = _read(
        layer,
        f"{facet}, {kind}, floor(({x}) / {square})::bigint, floor(({y}) / {square})::bigint, "
        "count(*)",
        "a IS NULL GROUP BY 1, 2, 3, 4",
    )
    above, outlines = _areas_of(layer)
    for zoom in range(finest, layer.minzoom - 1, -1):
        steps = (zoom < DISTRICT_UNTIL) + (zoom < CITY_UNTIL)
        within = [(f, k, _climb(area, above, steps), n) for f, k, area, n in inside]
        drawn = [Shape(outlines[area], "", 0, area) for area in sorted({row[2] for row in within})]
        _simplify(drawn, zoom)
        shapes = _counted(within, {shape.fid: shape.outline for shape in drawn})
        up = finest - zoom
        beside = [(f, k, (column >> up, line >> up), n) for f, k, column, line, n in outside]
        squares = {row[2]: shapely.box(*bounds_of(zoom + ELSEWHERE, *row[2])) for row in beside}
        _write(layer, overview.level(zoom), shapes + _counted(beside, squares))


def _counted(
    counts: Iterable[tuple[str, str, Any, int]], outlines: Mapping[Any, Any]
) -> list[Shape]:
    """One shape for each facet and place of (facet, kind, place, number)."""
    kinds: defaultdict[tuple[str, Any], Counter[str]] = defaultdict(Counter)
    for facet, kind, place, n in counts:
        kinds[facet, place][kind] += n
    return [
        Shape(outlines[place], facet, found.total(), kinds=found)
        for (facet, place), found in kinds.items()
    ]


def _areas_of(layer: Layer) -> tuple[dict[int, int | None], dict[int, Any]]:
    """Of the areas by which the layer is counted, and those above: the one above, the outline."""
    model = layer.field_at(layer.area).related_model
    outline = Stored(F(f"geom{SUFFIX}"))
    rows = list(model._default_manager.values_list("pk", "parent_id", outline))
    outlines = shapely.from_wkb([row[2] for row in rows])
    above = {pk: parent for pk, parent, _ in rows}
    return above, {row[0]: shape for row, shape in zip(rows, outlines, strict=True)}


def _climb(area: int, above: dict[int, int | None], steps: int) -> int:
    for _ in range(steps):
        area = above[area] or area
    return area


def _simplify(shapes: list[Shape], zoom: int) -> None:
    """To half a pixel, the lines between them together."""
    if not shapes:
        return
    rough = shapely.coverage_simplify([shape.outline for shape in shapes], pixel(zoom) / 2)
    for shape, outline in zip(shapes, rough, strict=True):
        shape.outline = outline


def _joined(shapes: list[Shape], zoom: int) -> list[Shape]:
    """Shapes of a few pixels become one with those of their kind in the same square."""
    small, square = (FEW_PIXELS * pixel(zoom)) ** 2, 4 * FEW_PIXELS * pixel(zoom)
    groups: defaultdict[tuple[Any, ...], list[Shape]] = defaultdict(list)
    for number, shape in enumerate(shapes):
        if shapely.area(shape.outline) >= small:
            groups[(number,)].append(shape)
            continue
        west, south, east, north = shapely.bounds(shape.outline)
        at = (west + east) // (2 * square), (south + north) // (2 * square)
        groups[(shape.facet, shape.kind, *at)].append(shape)
    return [found[0] if len(found) == 1 else _one(found, zoom) for found in groups.values()]


def _one(shapes: list[Shape], zoom: int) -> Shape:
    outlines = shapely.make_valid([shape.outline for shape in shapes])
    parts = shapely.get_parts(shapely.union_all(outlines))
    parts = parts[shapely.get_dimensions(parts) == 2]
    sizes = shapely.area(parts)
    kept = parts[(sizes >= (pixel(zoom) / 2) ** 2) | (sizes == sizes.max(initial=0))]
    kinds = sum((shape.kinds for shape in shapes), Counter())
    return Shape(
        shapely.multipolygons(kept), shapes[0].facet, sum(s.n for s in shapes), kinds=kinds
    )


def _facet(layer: Layer) -> str:
    return facet_sql(kind_of(layer), facet_of(layer))


def _kind(layer: Layer) -> str:
    return "coalesce(to_jsonb(p0), 'null')::text" if kind_of(layer) else "'null'"


def _read(layer: Layer, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    """Columns of the public rows, which are fid, m (the geometry), a (the area), p0 and p1."""
    kind, facet = kind_of(layer), facet_of(layer)
    rows = public_rows(layer, [prop for prop in (kind, facet) if prop])
    if layer.overview == "areas":
        rows = rows.annotate(a=F(layer.area))
    try:
        inner, params = rows.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM ({inner}) AS selected WHERE m IS NOT NULL AND {where}", params
        )
        return cursor.fetchall()


def _write(layer: Layer, level: int, shapes: list[Shape]) -> None:
    kind, facet = kind_of(layer), facet_of(layer)
    for start in range(0, len(shapes), CHUNK):
        append([
            OverviewRow(
                level=level,
                facet=shape.facet,
                key=start + number,
                n=shape.n,
                fid=shape.fid,
                properties=({kind.name: json.loads(shape.kind)} if kind else {})
                | ({facet.name: shape.facet} if facet else {}),
                geom=shapely.to_wkb(
                    shapely.set_srid(shape.outline, 3857), hex=True, include_srid=True
                ),
            )
            for number, shape in enumerate(shapes[start : start + CHUNK])
        ])  # fmt: skip
