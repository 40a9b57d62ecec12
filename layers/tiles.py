"""Mapbox Vector Tiles on the WebMercatorQuad matrix, made by PostGIS in one statement.

Layer geometry is EPSG:4326; it is transformed to EPSG:3857 for the tile. Several layers may share a
tile: tiles are protobuf messages, so the bytes of one layer may follow those of another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction

from layers.base import Layer, Property, User
from layers.functions import TILE_BUFFER, TILE_EXTENT, TileEnvelope
from layers.permissions import properties_for
from layers.selection import Query, select

MAX_ZOOM = 22
MAX_FEATURES = 10_000  # a layer in a tile
TIMEOUT = "5s"


def in_range(z: int, x: int, y: int) -> bool:
    """Whether the matrix has such a tile."""
    return 0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z


def tile_properties(layer: Layer, user: User) -> list[Property]:
    """The properties of the layer that its tiles carry for this person."""
    return [prop for prop in properties_for(layer, user) if prop.tile]


def tile(
    layers: Sequence[Layer],
    user: User,
    z: int,
    x: int,
    y: int,
    equals: Mapping[str, str] | None = None,
) -> bytes:
    """The tile of these layers as this person may see it; empty bytes where there is nothing.

    `equals` narrows by filterable properties. Raises ValueError outside the matrix.
    """
    if not in_range(z, x, y):
        raise ValueError(f"No tile {z}/{x}/{y} in WebMercatorQuad.")
    parts, params = [], []
    for layer in layers:
        if layer.minzoom <= z <= layer.maxzoom:
            try:
                sql, values = _layer_sql(layer, user, z, x, y, equals or {})
            except EmptyResultSet:
                continue
            parts.append(sql)
            params.extend(values)
    if not parts:
        return b""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{TIMEOUT}'")
        cursor.execute("SELECT " + " || ".join(f"({part})" for part in parts), params)
        (content,) = cursor.fetchone()
    return bytes(content or b"")


def _layer_sql(
    layer: Layer, user: User, z: int, x: int, y: int, equals: Mapping[str, str]
) -> tuple[str, list[Any]]:
    properties = tile_properties(layer, user)
    rows = select(layer, user, properties, Query(equals=equals))
    rows = rows.filter(**{f"{layer.geometry}__bboverlaps": TileEnvelope(z, x, y)})[:MAX_FEATURES]
    inner, params = rows.query.get_compiler(connection=connection).as_sql()
    names = "".join(f', p{number} AS "{prop.name}"' for number, prop in enumerate(properties))
    sql = f"""
        SELECT coalesce(ST_AsMVT(t, %s, {TILE_EXTENT}, 'geom', 'fid'), '') FROM (
            SELECT fid, ST_AsMVTGeom(ST_Transform(g, 3857), ST_TileEnvelope(%s, %s, %s),
                                     {TILE_EXTENT}, {TILE_BUFFER}, true) AS geom{names}
            FROM ({inner}) AS selected
        ) AS t WHERE geom IS NOT NULL"""
    return sql, [layer.id, z, x, y, *params]
