"""Features as GeoJSON, written by PostGIS: one text a feature.

Raw SQL is wrapped around a QuerySet's own SQL, so what a person may see is decided in one place.
Property names are identifiers (a system check holds it), so they may stand in SQL as literals.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import chain, islice
from queue import SimpleQueue
from threading import Event, Semaphore
from typing import Any

from django.contrib.gis.db.models import Extent
from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Count, Max, Min, QuerySet

from layers.base import Layer, Property, User
from layers.crs import Crs
from layers.geodataframe import to_geodataframe as to_geodataframe  # noqa: PLC0414 - a door of this module
from layers.permissions import properties_for
from layers.provenance import newest_of
from layers.selection import EVERY_ROW, BBox, Query, select

TIMEOUT = "10s"
PIECE = 500  # rows that the database sends at a time
AT_ONCE = 5_001  # rows of a page, and the one that proves there is another
CHUNK = 10_001  # rows of a query
EXTENT_SECONDS = 60  # an extent is a scan of all rows: asked for by every visitor, it may be so old

Feature = tuple[int, str]


@dataclass(frozen=True)
class Extents:
    """Where and when the rows are that one person sees, and when they last changed; None without
    any."""

    bbox: BBox | None = None
    first: Any = None
    last: Any = None
    updated: datetime | None = None


def _feature_sql(
    rows: QuerySet, properties: Sequence[Property], crs: Crs
) -> tuple[str, tuple[Any, ...]]:
    """SQL for (fid, GeoJSON text) around `selection.select`. Raises EmptyResultSet for no rows."""
    inner, params = rows.query.get_compiler(connection=connection).as_sql()
    # Each || makes a copy of all before it: what is long, the geometry, is joined in last.
    told = ",".join(
        f""""{prop.name}":' || coalesce(to_json(p{number})::text, 'null') || '"""
        for number, prop in enumerate(properties)
    )
    sql = f"""
        SELECT fid, ('{{"type":"Feature","id":' || fid || ',"geometry":')
            || coalesce({_geojson(crs)}, 'null') || (',"properties":{{{told}}}}}')
        FROM ({inner}) AS selected"""
    return sql, params


def _geojson(crs: Crs) -> str:
    geometry = "ST_FlipCoordinates(g)" if crs.flipped else "g"
    if not crs.in_degrees:
        geometry = f"ST_Transform(g, {crs.srid})"
    return f"ST_AsGeoJSON({geometry}, {crs.decimals}, 0)"


def features(
    layer: Layer, user: User, query: Query = EVERY_ROW, *, limit: int
) -> Iterator[tuple[int, str]]:
    """(id, GeoJSON Feature text) in order of id, at most `limit`."""
    return chain.from_iterable(pieces(layer, user, query, limit=limit))


def pieces(
    layer: Layer, user: User, query: Query = EVERY_ROW, *, limit: int
) -> Iterator[list[Feature]]:
    """The same in lists: so many as fit on a page are read before the first is given, so that what
    cannot be answered is found out; of more, the first are given while PostgreSQL writes the rest.

    A slow reader holds neither a connection nor a transaction: what it has not taken yet waits in
    memory, two chunks at most. Not so within a transaction, whose rows only its own connection
    sees.
    """
    found = _pieces(layer, user, query, limit)
    if limit <= AT_ONCE:
        return iter(list(found))
    return filter(None, found) if connection.in_atomic_block else _beside(found)


def _pieces(layer: Layer, user: User, query: Query, limit: int) -> Generator[list[Feature]]:
    """Each chunk is a query of its own. Between two of them, outside both, comes an empty piece."""
    properties = properties_for(layer, user)
    while limit > 0:
        last, left = None, min(limit, CHUNK)
        rows = select(layer, user, properties, query).order_by("pk")[:left]
        for piece in _read(rows, properties, query.crs):
            yield piece
            last, left = piece[-1][0], left - len(piece)
        limit -= CHUNK
        if left or limit <= 0:
            return
        query = replace(query, after=last)
        yield []


def _read(rows: QuerySet, properties: Sequence[Property], crs: Crs) -> Generator[list[Feature]]:
    try:
        sql, params = _feature_sql(rows, properties, crs)
    except EmptyResultSet:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{TIMEOUT}'")
        with (
            connection.wrap_database_errors,
            closing(cursor.cursor.stream(sql, params, size=PIECE)) as features,
        ):
            while piece := list(islice(features, PIECE)):
                yield piece


def _beside(pieces: Generator[list[Feature]]) -> Iterator[list[Feature]]:
    """Read in a thread, with the one connection that this takes."""
    connection.close()
    found: SimpleQueue[list[Feature] | None] = SimpleQueue()
    room, left = Semaphore(1), Event()

    def read() -> None:
        try:
            for piece in pieces:
                if not piece:
                    connection.close()
                    room.acquire()
                if left.is_set():
                    break
                found.put(piece)
            pieces.close()
        finally:
            found.put(None)
            connection.close()

    with ThreadPoolExecutor(1) as beside:
        reading = beside.submit(read)
        try:
            while (piece := found.get()) is not None:
                if piece:
                    yield piece
                else:
                    room.release()
        finally:  # also where the reader has left
            left.set()
            room.release()
        reading.result()


def feature(layer: Layer, user: User, query: Query) -> str | None:
    """The first GeoJSON Feature as text, or None where this person has no such row."""
    return next((text for _, text in features(layer, user, query, limit=1)), None)


def count(layer: Layer, user: User, query: Query = EVERY_ROW) -> int:
    """How many rows match."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{TIMEOUT}'")
        return select(layer, user, (), query).count()


def extents(layer: Layer, user: User) -> Extents:
    """Where and when the rows are that this person may see, at most a minute old. It is kept under
    the very SQL that says which rows those are: nobody is told of another's."""
    rows = layer.visible_to(user)
    try:
        sql = repr(rows.values("pk").query.get_compiler(connection=connection).as_sql())
    except EmptyResultSet:
        return Extents()
    told = f"{connection.settings_dict['NAME']} {layer.id} {layer.geometry} {layer.time} {sql}"
    key = f"extents:{sha256(told.encode()).hexdigest()}"
    found: Extents | None = cache.get(key)
    if found is None:
        wanted: dict[str, Any] = {"bbox": Extent(layer.geometry)}
        if layer.time:
            wanted |= {"first": Min(layer.time), "last": Max(layer.time)}
        found = Extents(**rows.aggregate(**wanted), updated=newest_of(layer, rows))
        cache.set(key, found, EXTENT_SECONDS)
    return found


def extent(layer: Layer, user: User) -> BBox | None:
    """West, south, east, north in degrees of the rows this person may see; None without any."""
    return extents(layer, user).bbox


def time_extent(layer: Layer, user: User) -> tuple[Any, Any]:
    """The oldest and newest time among the rows this person may see; (None, None) without any."""
    found = extents(layer, user)
    return found.first, found.last


def facet_values(layer: Layer, user: User) -> list[Any]:
    """The values of the layer's facet among the rows this person may see, in their own order."""
    prop = next((p for p in layer.properties if p.name == layer.facet), None)
    if prop is None:
        return []
    rows = layer.visible_to(user).values(prop.path).annotate(rows=Count("pk")).order_by(prop.path)
    return [row[prop.path] for row in rows]
