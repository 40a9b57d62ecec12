"""Features as GeoJSON, written by PostGIS: one text a feature.

Raw SQL is wrapped around a QuerySet's own SQL, so what a person may see is decided in one place.
Property names are identifiers (a system check holds it), so they may stand in SQL as literals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.contrib.gis.db.models import Extent
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Count, Max, Min, QuerySet

from layers.base import Layer, Property, User
from layers.permissions import properties_for
from layers.selection import EVERY_ROW, BBox, Query, select

DECIMALS = 7  # of a degree: about a centimetre
TIMEOUT = "10s"
CHUNK = 2_000


def _feature_sql(rows: QuerySet, properties: Sequence[Property]) -> tuple[str, tuple[Any, ...]]:
    """SQL for (fid, GeoJSON text) around `selection.select`. Raises EmptyResultSet for no rows."""
    inner, params = rows.query.get_compiler(connection=connection).as_sql()
    members = " || ',' || ".join(
        f"""'"{prop.name}":' || coalesce(to_json(p{number})::text, 'null')"""
        for number, prop in enumerate(properties)
    )
    sql = f"""
        SELECT fid, '{{"type":"Feature","id":' || to_json(fid)
            || ',"geometry":' || coalesce(ST_AsGeoJSON(g, {DECIMALS}), 'null')
            || ',"properties":{{' || {members or "''"} || '}}}}'
        FROM ({inner}) AS selected"""
    return sql, params


def features(
    layer: Layer, user: User, query: Query = EVERY_ROW, *, limit: int
) -> Iterator[tuple[int, str]]:
    """(id, GeoJSON Feature text) in order of id, at most `limit`.

    Read in chunks, each a short query of its own, so that a slow reader holds neither a connection
    nor a transaction, and memory stays flat.
    """
    properties = properties_for(layer, user)
    while limit > 0:
        size = min(limit, CHUNK)
        chunk = _read(select(layer, user, properties, query).order_by("pk")[:size], properties)
        yield from chunk
        if len(chunk) < size:
            return
        limit -= size
        query = replace(query, after=chunk[-1][0])


def _read(rows: QuerySet, properties: Sequence[Property]) -> list[tuple[int, str]]:
    try:
        sql, params = _feature_sql(rows, properties)
    except EmptyResultSet:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{TIMEOUT}'")
        cursor.execute(sql, params)
        return cursor.fetchall()


def feature(layer: Layer, user: User, pk: int) -> str | None:
    """One GeoJSON Feature as text, or None where this person has no such row."""
    return next((text for _, text in features(layer, user, Query(pk=pk), limit=1)), None)


def count(layer: Layer, user: User, query: Query = EVERY_ROW) -> int:
    """How many rows match."""
    return select(layer, user, (), query).count()


def extent(layer: Layer, user: User) -> BBox | None:
    """West, south, east, north in degrees of the rows this person may see; None without any."""
    return layer.visible_to(user).aggregate(box=Extent(layer.geometry))["box"]


def time_extent(layer: Layer, user: User) -> tuple[Any, Any]:
    """The oldest and newest time among the rows this person may see; (None, None) without any."""
    if not layer.time:
        return None, None
    extent = layer.visible_to(user).aggregate(first=Min(layer.time), last=Max(layer.time))
    return extent["first"], extent["last"]


def facet_values(layer: Layer, user: User) -> list[Any]:
    """The values of the layer's facet among the rows this person may see, in their own order."""
    prop = next((p for p in layer.properties if p.name == layer.facet), None)
    if prop is None:
        return []
    rows = layer.visible_to(user).values(prop.path).annotate(rows=Count("pk")).order_by(prop.path)
    return [row[prop.path] for row in rows]
