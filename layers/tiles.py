"""Mapbox Vector Tiles on the WebMercatorQuad matrix, made by PostGIS in one statement a layer.

Geometry is found in degrees and read as it is stored once more in EPSG:3857. Where a tile would
hold too many rows of a layer it carries its overview (`layers.overviews`): the same name, and with
each feature the number `n` of rows that it stands for. Several layers may share a tile: tiles are
protobuf messages, so the bytes of one layer may follow those of another.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection
from django.db.models import QuerySet

from layers.base import Layer, Property, User
from layers.functions import TILE_BUFFER, TILE_EXTENT, TileBox, tile_box
from layers.overviews import grid
from layers.overviews.rows import LEVELS, has_overview, kind_of, overview_of
from layers.overviews.weight import MOST_ROWS
from layers.permissions import NOTHING, properties_for, staff_rows
from layers.queryables import queryables
from layers.selection import EVERY_ROW, BadQuery, Interval, Query, drawn
from layers.tile_matrix import bounds_of, side

MAX_ZOOM = 22
MAX_FEATURES = 10_000  # a layer in a tile; beyond that it is cut
TIMEOUT = "5s"

UNCUT = 0.5  # tile sides around a tile: what ends within them need not be cut off
POLYGONS = ("POLYGON", "MULTIPOLYGON")
OF_MANY = ", n, properties"  # ST_AsMVT unfolds JSON

log = logging.getLogger(__name__)
_told: set[str] = set()  # the layers of which a cut tile was reported


@dataclass(frozen=True)
class Rows:
    """SQL for rows of (fid, g, …), the names of what a feature carries, and whether all are
    polygons."""

    sql: str
    params: Sequence[Any]
    columns: str
    polygons: bool = False

    def at(self, tile: tuple[int, int, int]) -> Rows:
        """The same in this tile instead of `_ANYWHERE`."""
        params = list(self.params)
        place = params.index(tile_box(*_ANYWHERE)[0])
        params[place : place + 4] = tile_box(*tile)
        return replace(self, params=params)


class Known(NamedTuple):
    """What a tile must know of the overview of its layer (`Overview`)."""

    pk: int
    raw_from: int

    def level(self, zoom: int) -> int:
        return self.pk * LEVELS + zoom


class Drawn(NamedTuple):
    """A tile, and what stood when it was drawn: a snapshot of the database, the number of the
    layer's version (`tile_changes`), its overview."""

    content: bytes
    seen: str
    number: int
    overview: Known


NO_ROWS = Rows("SELECT NULL::bigint AS fid, NULL::geometry AS g WHERE false", (), "")
_known: dict[str, Known] = {}  # of layers of which a tile was drawn
_ANYWHERE = (MAX_ZOOM + 1, 0, 0)  # stands for a tile where a statement is composed


def in_range(z: int, x: int, y: int) -> bool:
    """Whether the matrix has such a tile."""
    return 0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z


def tile_properties(layer: Layer, user: User) -> list[Property]:
    """The properties of the layer that its tiles carry for this person."""
    return [prop for prop in properties_for(layer, user) if prop.tile]


def describe(layer: Layer) -> dict[str, Any]:
    """What a map must know to draw it: below the zoom `rawFrom` features stand for `n` rows, drawn
    as `overview` says (grid: points, areas: outlines, coverage: rougher shapes)."""
    found = overview_of(layer)
    return {"overview": layer.overview, "rawFrom": found.raw_from if found else 0}


def tile(
    layers: Sequence[Layer],
    user: User,
    z: int,
    x: int,
    y: int,
    equals: Mapping[str, str] | None = None,
    interval: Interval | None = None,
) -> bytes:
    """The tile of these layers as this person may see it; empty bytes where there is nothing.

    `equals` narrows by filterable properties, `interval` by time. Raises ValueError outside the
    matrix.
    """
    if not in_range(z, x, y):
        raise ValueError(f"No tile {z}/{x}/{y} in WebMercatorQuad.")
    asked = [layer for layer in layers if layer.minzoom <= z <= layer.maxzoom]
    query = Query(equals=equals or {}, interval=interval)
    return b"".join(_Tile(layer, user, z, x, y).drawn(query).content for layer in asked)


def everybodys(layer: Layer, z: int, x: int, y: int, equals: Mapping[str, str]) -> Drawn:
    """The tile of a public layer as the public sees it, within the layer's own zooms."""
    return _Tile(layer, AnonymousUser(), z, x, y).drawn(Query(equals=equals))


class _Tile:
    """One layer in one tile for one person."""

    def __init__(self, layer: Layer, user: User, z: int, x: int, y: int) -> None:
        self.layer, self.user, self.z, self.at = layer, user, z, (z, x, y)
        self.properties = tile_properties(layer, user)

    def drawn(self, query: Query) -> Drawn:
        narrowed = query.interval or not set(query.equals) <= {self.layer.facet}
        try:
            if has_overview(self.layer) and not narrowed:
                return self._shared(query.equals)
            return self._own(query)
        except EmptyResultSet:
            return self._draw(NO_ROWS)

    def _shared(self, equals: Mapping[str, str]) -> Drawn:
        """From the overview of all where it counts. What was known of it is looked at again by the
        statement that draws: it may have been made anew, and a level gone or come."""
        known = _known.get(self.layer.id) or _seen(self.layer)
        while True:
            in_overview = self.z < known.raw_from
            drawn = self._draw(
                self._overview(known, equals) if in_overview else self._rows(Query(equals=equals))
            )
            now = _known[self.layer.id] = drawn.overview
            if now == known or not (in_overview or self.z < now.raw_from):
                return drawn
            known = now

    def _own(self, query: Query) -> Drawn:
        """From this person's own rows alone, counted now where they are too many."""
        crowded = self.layer.overview == "grid" and self._found(query)[MOST_ROWS:].exists()
        return self._draw(self._cells(query) if crowded else self._rows(query))

    def _found(self, query: Query, properties: Sequence[Property] = ()) -> QuerySet[Any]:
        rows = drawn(self.layer, self.user, properties, query)
        return rows.filter(**{f"{self.layer.geometry}__bboverlaps": TileBox(*self.at)})

    def _rows(self, query: Query) -> Rows:
        if query == EVERY_ROW and staff_rows(self.layer, self.user) is NOTHING:
            return _of_all(self.layer).at(self.at)
        return self._compiled(query)

    def _compiled(self, query: Query) -> Rows:
        inner, params = _sql(self._found(query, self.properties))
        names = [f'p{number} AS "{prop.name}"' for number, prop in enumerate(self.properties)]
        # OFFSET 0: the rows are found by their place, and only then put in order
        sql = f"SELECT {', '.join(['fid', 'm AS g', *names])} FROM ({inner} OFFSET 0) AS found"
        columns = "".join(f', "{prop.name}"' for prop in self.properties)
        return Rows(sql, params, columns, self.layer.geometry_field.geom_type in POLYGONS)

    def _cells(self, query: Query) -> Rows:
        kind = kind_of(self.layer, self.properties)
        rows = self._found(query, [kind] if kind else [])
        inner, params = grid.counted(rows, min(self.z, grid.FINEST), kind=kind, facet=None)
        told = f"jsonb_build_object('{kind.name}', commonest)" if kind else "NULL::jsonb"
        sql = f"""SELECT CASE WHEN n = 1 THEN fid END AS fid, {grid.MIDDLE} AS g, n::int AS n,
                         {told} AS properties FROM ({inner}) AS cell"""
        return Rows(sql, params, OF_MANY)

    def _overview(self, overview: Known, equals: Mapping[str, str]) -> Rows:
        zoom = min(self.z, grid.FINEST)
        level = overview.level(zoom)
        params: list[Any]
        if self.layer.overview == "grid":
            bounds = bounds_of(*self.at, TILE_BUFFER / TILE_EXTENT)
            found, params = grid.Cells.touching(bounds, zoom).of(level)
        else:
            found = f"""(SELECT * FROM layers_overviewrow
                         WHERE level = %s AND geom && {_ENVELOPE}) AS found"""
            params = [level, *self.at]
        sql = f"SELECT fid, geom AS g, n, properties FROM {found}"
        if equals:
            sql, params = f"{sql} WHERE facet = %s", [*params, self._facet(equals)]
        if more := self._unpublished(equals):
            sql, params = f"{sql} UNION ALL {more.sql}", [*params, *more.params]
        return Rows(sql, params, OF_MANY)

    def _facet(self, equals: Mapping[str, str]) -> str:
        ((name, text),) = equals.items()
        try:
            return str(queryables(self.layer, self.user)[name].read(text))
        except ValueError as error:
            raise BadQuery(name, str(error)) from error

    def _unpublished(self, equals: Mapping[str, str]) -> Rows | None:
        """What this person sees more than all others, row by row."""
        layer = self.layer
        if not layer.published or staff_rows(layer, self.user) is NOTHING:
            return None
        rows = self._found(Query(equals=equals), self.properties).exclude(layer.published)
        try:
            inner, params = _sql(rows[:MAX_FEATURES])
        except EmptyResultSet:
            return None
        told = ", ".join(f"'{prop.name}', p{number}" for number, prop in enumerate(self.properties))
        sql = f"""SELECT fid, m AS g, NULL AS n, jsonb_build_object({told}) AS properties
                  FROM ({inner}) AS selected"""
        return Rows(sql, params, OF_MANY)

    def _draw(self, rows: Rows) -> Drawn:
        """The tile of these rows, the first of them where they are too many. In one message to the
        server, which is a transaction of its own where there is none."""
        on_grid = _on_grid(*self.at) if rows.polygons else "NULL::geometry"
        sql = f"""
            SET LOCAL statement_timeout = '{TIMEOUT}';
            SELECT content, count, pg_current_snapshot()::text, coalesce(
                       (SELECT version FROM layers_tileversion AS v WHERE v.layer_id = %s), 0),
                   coalesce(id, 0), coalesce(raw_from, 0) FROM (
                SELECT coalesce(ST_AsMVT(t, %s, {TILE_EXTENT}, 'geom', 'fid')
                                FILTER (WHERE geom IS NOT NULL), '') AS content, count(*) FROM (
                    SELECT fid, {_fitted(*self.at)} AS geom{rows.columns} FROM (
                        SELECT fid, g, {on_grid} AS s{rows.columns}
                        FROM ({rows.sql}) AS row ORDER BY fid LIMIT {MAX_FEATURES}
                    ) AS placed OFFSET 0  -- else it is worked out once more for the filter
                ) AS t
            ) AS drawn LEFT JOIN layers_overview ON layer_id = %s"""
        name = self.layer.id
        with connection.cursor() as cursor:
            try:
                cursor.execute(sql, [name, name, *rows.params, name])
            except OperationalError:
                _known.pop(name, None)  # its own rows may have become too many meanwhile
                raise
            cursor.nextset()
            content, count, seen, number, *overview = cursor.fetchone()
        if count >= MAX_FEATURES and name not in _told:
            _told.add(name)
            log.warning("Tile %s of %s was cut at %s features.", self.at, name, count)
        return Drawn(bytes(content), seen, number, Known(*overview))


def _seen(layer: Layer) -> Known:
    found = overview_of(layer)
    return Known(found.pk, found.raw_from) if found else Known(0, 0)


@lru_cache(maxsize=256)
def _of_all(layer: Layer) -> Rows:
    """The rows of a tile for everybody, to be had `at` any tile: composing this costs more than
    most tiles take to draw."""
    return _Tile(layer, AnonymousUser(), *_ANYWHERE)._compiled(EVERY_ROW)


def _fitted(z: int, x: int, y: int) -> str:
    """SQL for what a tile shows of `g`, which on its grid is `s`. ST_AsMVTGeom rebuilds a polygon;
    one that is still valid on the grid need not be, and to find that out is less work."""
    return f"""CASE WHEN ST_IsValid(s) AND NOT ST_IsEmpty(s) THEN s ELSE ST_AsMVTGeom(
        g, ST_TileEnvelope({z}, {x}, {y}), {TILE_EXTENT}, {TILE_BUFFER}, true) END"""


def _on_grid(z: int, x: int, y: int) -> str:
    """SQL for the polygon `g` in the units of a tile; NULL where it reaches far beyond it."""
    west, south, east, north = bounds_of(z, x, y, UNCUT)
    left, _, _, top = bounds_of(z, x, y)
    scale = TILE_EXTENT / side(z)
    affine = f"{scale!r},0,0, 0,{-scale!r},0, 0,0,1, {-left * scale!r},{top * scale!r},0"
    return f"""CASE WHEN g @ ST_MakeEnvelope({west!r}, {south!r}, {east!r}, {north!r}, 3857)
        THEN ST_SnapToGrid(ST_Affine(ST_ForcePolygonCW(g), {affine}), 0, 0, 1, 1) END"""


_ENVELOPE = f"ST_TileEnvelope(%s, %s, %s, margin => {TILE_BUFFER / TILE_EXTENT})"


def _sql(rows: QuerySet[Any]) -> tuple[str, Sequence[Any]]:
    sql, params = rows.query.get_compiler(connection=connection).as_sql()
    return sql, params
