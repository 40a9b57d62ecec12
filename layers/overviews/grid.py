"""Points as cells, 64 a tile side: one point in the middle of its members, with their number.

A cell of a zoom is the tile six zooms further down, so each level comes from the one below it.
Positions are summed in whole centimetres: in whatever order, the same middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from layers.base import Layer, Property
from layers.overviews.rows import Overview, facet_of, kind_of, public_rows
from layers.tile_matrix import HALF, BBox, degrees, side, tiles_over

FINEST = 16  # deeper zooms draw its cells too: they are 10 m wide
DEEPER = 6  # zooms from a tile down to its cells: 2⁶ = 64
BITS = 22  # of a row number in a key
COLUMN, ROW = f"(key >> {BITS})", f"(key & {(1 << BITS) - 1})"
SLACK = 1.0  # metres around cells, for what the way to degrees and back may lose
MIDDLE = "ST_SetSRID(ST_MakePoint(round(east / n) / 100.0, round(north / n) / 100.0), 3857)"


@dataclass(frozen=True)
class Cells:
    """Columns and rows of the cells of a zoom, both ends included."""

    zoom: int
    west: int
    north: int
    east: int
    south: int

    @classmethod
    def touching(cls, bounds: BBox, zoom: int) -> Cells:
        """Those that a box in EPSG:3857 touches."""
        columns, rows = tiles_over(bounds, zoom + DEEPER)
        return cls(zoom, columns[0], rows[0], columns[-1], rows[-1])

    def above(self) -> Cells:
        ends = self.west >> 1, self.north >> 1, self.east >> 1, self.south >> 1
        return Cells(self.zoom - 1, *ends)

    def below(self) -> Cells:
        ends = self.west << 1, self.north << 1, self.east << 1 | 1, self.south << 1 | 1
        return Cells(self.zoom + 1, *ends)

    @property
    def box(self) -> BBox:
        """Around them, in degrees."""
        wide = side(self.zoom + DEEPER)
        west, east = self.west * wide - HALF, (self.east + 1) * wide - HALF
        south, north = HALF - (self.south + 1) * wide, HALF - self.north * wide
        return degrees((west - SLACK, south - SLACK, east + SLACK, north + SLACK))

    def hold(self) -> tuple[str, list[float]]:
        """SQL for whether a row with the geometry `g` and a column `key` lies in one of them."""
        sql = (
            "g && ST_MakeEnvelope(%s, %s, %s, %s, 4326) "
            f"AND {COLUMN} BETWEEN %s AND %s AND {ROW} BETWEEN %s AND %s"
        )
        return sql, [*self.box, self.west, self.east, self.north, self.south]

    def of(self, level: int) -> tuple[str, list[Any]]:
        """SQL after FROM for those that a level has. Column by column, each a piece of the index:
        without OFFSET the planner would join otherwise, for it cannot tell how few they are."""
        sql = (
            "generate_series(%s::bigint, %s) AS across, LATERAL ("
            "SELECT ctid, * FROM layers_overviewcell WHERE level = %s AND "
            f"key BETWEEN (across << {BITS}) + %s AND (across << {BITS}) + %s OFFSET 0) AS found"
        )
        return sql, [self.west, self.east, level, self.north, self.south]


def build(layer: Layer, overview: Overview, finest: int, within: BBox | None = None) -> None:
    """Make the levels from `finest` up anew, wholly or for the cells that a box touches."""
    cells = Cells.touching(within, finest) if within else None
    for zoom in range(finest, layer.minzoom - 1, -1):
        if cells:
            _forget(overview.level(zoom), cells)
        if zoom == finest:
            _from_rows(layer, overview.level(zoom), zoom, cells)
        else:
            _from_below(layer, overview, zoom, cells)
        cells = cells and cells.above()


def tell_planner() -> None:
    """How many rows a level has, and where: until it knows, it may read one whole for a tile."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE layers_overviewcell (level, key), layers_overviewrow (level, facet, geom)"
        )


def _forget(level: int, cells: Cells) -> None:
    found, params = cells.of(level)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM layers_overviewcell"
            f" WHERE ctid = ANY (ARRAY(SELECT found.ctid FROM {found}))",
            params,
        )


def _from_rows(layer: Layer, level: int, zoom: int, cells: Cells | None) -> None:
    kind, facet = kind_of(layer), facet_of(layer)
    rows = public_rows(layer, [prop for prop in (kind, facet) if prop])
    try:
        sql, params = counted(rows, zoom, kind=kind, facet=facet, cells=cells)
    except EmptyResultSet:
        return
    _insert(layer, level, sql, params)


def _from_below(layer: Layer, overview: Overview, zoom: int, cells: Cells | None) -> None:
    kind = kind_of(layer)
    each = "jsonb_each_text(kinds)" if kind else "LATERAL (VALUES ('', n))"
    level = overview.level(zoom + 1)
    whole = "layers_overviewcell WHERE level = %s", [level]
    below, params = cells.below().of(level) if cells else whole
    sql = _together(
        kind,
        f"""
        SELECT facet, (({COLUMN} >> 1) << {BITS}) + ({ROW} >> 1) AS key, kind,
               sum(many::int) AS n, min(fid) AS fid,
               sum(round(ST_X(geom) * 100)::bigint * many::int) AS east,
               sum(round(ST_Y(geom) * 100)::bigint * many::int) AS north
        FROM (SELECT * FROM {below}) AS below, {each} AS counted (kind, many) GROUP BY 1, 2, 3""",
    )
    _insert(layer, overview.level(zoom), sql, params)


def counted(
    rows: QuerySet[Any],
    zoom: int,
    *,
    kind: Property | None,
    facet: Property | None,
    cells: Cells | None = None,
) -> tuple[str, list[Any]]:
    """SQL for the cells (`_together`) of rows whose first properties are these.
    Raises EmptyResultSet."""
    inner, params = rows.query.get_compiler(connection=connection).as_sql()
    where, bounds = cells.hold() if cells else ("true", [])
    last, wide = (1 << (zoom + DEEPER)) - 1, side(zoom + DEEPER)
    sql = _together(
        kind,
        f"""
        SELECT facet, key, kind, count(*) AS n, min(fid) AS fid,
               sum(round(ST_X(m) * 100)::bigint) AS east,
               sum(round(ST_Y(m) * 100)::bigint) AS north
        FROM (
            SELECT fid, g, m, {facet_sql(kind, facet)} AS facet,
                   {"coalesce(to_jsonb(p0), 'null')::text" if kind else "''"} AS kind,
                   (least(floor((ST_X(m) + {HALF}) / {wide}), {last})::bigint << {BITS})
                   + least(floor(({HALF} - ST_Y(m)) / {wide}), {last})::bigint AS key
            FROM ({inner}) AS selected WHERE m IS NOT NULL
        ) AS placed WHERE {where} GROUP BY facet, key, kind""",
    )
    return sql, [*params, *bounds]


def _together(kind: Property | None, by_kind: str) -> str:
    """SQL for cells: (facet, key, n, east, north, fid, kinds, commonest) of what was counted by the
    kind too. Of two kinds as common, the first by name."""
    kinds = "jsonb_object_agg(kind, n)" if kind else "NULL::jsonb"
    commonest = "(array_agg(kind ORDER BY n DESC, kind))[1]::jsonb" if kind else "NULL::jsonb"
    return f"""
        SELECT facet, key, sum(n) AS n, sum(east) AS east, sum(north) AS north, min(fid) AS fid,
               {kinds} AS kinds, {commonest} AS commonest
        FROM ({by_kind}) AS by_kind GROUP BY facet, key"""


def facet_sql(kind: Property | None, facet: Property | None) -> str:
    """The value of the facet as text, where the rows have the columns `kind`, `facet`."""
    return f"coalesce(p{1 if kind else 0}::text, '')" if facet else "''"


def properties_sql(layer: Layer) -> str:
    """JSON of what a cell tells besides its number, from its columns `facet` and `commonest`."""
    kind, facet = kind_of(layer), facet_of(layer)
    parts = [f"'{kind.name}', commonest"] if kind else []
    parts += [f"'{facet.name}', facet"] if facet else []
    return f"jsonb_build_object({', '.join(parts)})"


def _insert(layer: Layer, level: int, sql: str, params: Sequence[Any]) -> None:
    """What `counted` tells becomes rows of a level."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO layers_overviewcell
                    (level, facet, key, n, fid, kinds, properties, geom)
                SELECT %s, facet, key, n, CASE WHEN n = 1 THEN fid END, kinds,
                       {properties_sql(layer)}, {MIDDLE}
                FROM ({sql}) AS cell ORDER BY key, facet""",
            [level, *params],
        )
