"""How heavy the tiles of a layer would be with its own rows, zoom by zoom."""

from __future__ import annotations

from itertools import product

from django.core.exceptions import EmptyResultSet
from django.db import connection

from layers.base import Layer
from layers.functions import TileBox
from layers.overviews.rows import NEVER, facet_of, public_rows
from layers.tile_matrix import HALF, BBox, side, tiles_over

MOST_ROWS = 5_000  # in a tile
MOST_BYTES = 400_000
DEEPEST = 16  # rows that lie as close as this are few at no zoom
MOST_TILES = 64  # a change over more of them is one of the whole layer
ROW, VERTEX = 24, 3  # bytes of a tile, about


def lightest_zoom(layer: Layer) -> int:
    """The lowest zoom at which no tile of the layer (of one value of its facet) holds more rows or
    bytes than a tile may; NEVER where there is none."""
    heavy = [zoom for zoom, n, size in _weights(layer) if n > MOST_ROWS or size > MOST_BYTES]
    if not heavy:
        return 0
    return max(heavy) + 1 if max(heavy) < DEEPEST else NEVER


def is_too_heavy(layer: Layer, zoom: int, within: BBox) -> bool:
    """Whether one of the tiles of this zoom that a box touches has come to hold too many rows; or
    the box touches too many of them to tell."""
    if zoom >= NEVER:
        return False
    columns, rows = tiles_over(within, zoom)
    overlaps = f"{layer.geometry}__bboverlaps"
    return len(columns) * len(rows) > MOST_TILES or any(
        public_rows(layer, ()).filter(**{overlaps: TileBox(zoom, x, y)})[MOST_ROWS:].exists()
        for x, y in product(columns, rows)
    )


def _weights(layer: Layer) -> list[tuple[int, int, int]]:
    """(zoom, most rows, most bytes) of a tile, where a row counts in the tile of its middle."""
    facet = facet_of(layer)
    try:
        inner, params = (
            public_rows(layer, [facet] if facet else []).query.get_compiler(connection=connection)
        ).as_sql()
    except EmptyResultSet:
        return []
    wide = side(DEEPEST)
    steps = "".join(
        f""", w{zoom} AS MATERIALIZED (
            SELECT facet, x >> 1 AS x, y >> 1 AS y, sum(n) AS n, sum(size) AS size
            FROM w{zoom + 1} GROUP BY 1, 2, 3)"""
        for zoom in range(DEEPEST - 1, layer.minzoom - 1, -1)
    )
    told = " UNION ALL ".join(
        f"SELECT {zoom}, coalesce(max(n), 0)::bigint, coalesce(max(size), 0)::bigint FROM w{zoom}"
        for zoom in range(min(layer.minzoom, DEEPEST), DEEPEST + 1)
    )
    sql = f"""
        WITH w{DEEPEST} AS MATERIALIZED (
            SELECT {"coalesce(p0::text, '')" if facet else "''"} AS facet,
                   floor(((ST_XMin(m) + ST_XMax(m)) / 2 + {HALF}) / {wide})::bigint AS x,
                   floor(({HALF} - (ST_YMin(m) + ST_YMax(m)) / 2) / {wide})::bigint AS y,
                   count(*) AS n, sum({ROW} + {VERTEX} * ST_NPoints(m)) AS size
            FROM ({inner}) AS selected WHERE m IS NOT NULL GROUP BY 1, 2, 3
        ) {steps} {told}"""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
