"""Many rows in one statement, and many points in one look.

The rows travel as one JSON parameter, unfolded by `json_to_recordset`: as fast as COPY into a
staging table and several times as fast as `bulk_create` (see tests/bench), and it can pass over
rows that are there already.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, TypeVar

import orjson
from django.contrib.gis.geos import GEOSGeometry
from django.db import IntegrityError, connection
from django.db.models import Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.expressions import DatabaseDefault
from django.utils import timezone

from layers.functions import Stored

Row = TypeVar("Row", bound=Model)

_EWKB_POINT = struct.Struct("<BIIdd")
_SRID_POINT = 0x20000001


def point(position: tuple[float, float] | None) -> str | None:
    """A (lon, lat), EPSG:4326, as EWKB in hexadecimal: what a geometry attribute also takes, and
    turns into a GEOS object only when somebody asks for one."""
    if position is None:
        return None
    return _EWKB_POINT.pack(1, _SRID_POINT, 4326, *position).hex()


def alike(row: Row, **values: Any) -> Row:
    """A new row like another but for these attributes, without the cost of a model's `__init__`,
    which is more than that of all the rest of a row's way."""
    twin = type(row).__new__(type(row))
    twin.__dict__.update(row.__dict__)
    twin.__dict__.update(values)
    twin._state = ModelState()
    twin._state.fields_cache = dict(row._state.fields_cache)
    return twin


def hold(models: Sequence[type[Model]]) -> None:
    """Nobody else writes these tables until the transaction ends; who reads them does not wait."""
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")


def append(rows: Sequence[Model]) -> None:
    """Insert rows of one model that nothing can be in the way of; their primary keys stay unset."""
    if rows:
        _insert(rows, "")


def add(rows: Sequence[Model], *, key: str) -> None:
    """Insert new rows of one model and set their primary keys; `key` is a unique field of theirs.
    Raises IntegrityError, having inserted nothing, where one is there already."""
    if len(add_new(rows, key=key)) < len(rows):
        raise IntegrityError(f"{type(rows[0]).__name__}: a row with such a {key} exists.")


def add_new(rows: Sequence[Model], *, key: str) -> set[Any]:
    """Insert those rows whose unique `key` is not there yet, set their primary keys and return
    their keys. In the order of the key, so that two that send the same do not lock each other."""
    if not rows:
        return set()
    meta = rows[0]._meta
    told = f"ON CONFLICT DO NOTHING RETURNING {quoted(meta.get_field(key))}, {quoted(meta.pk)}"
    made = dict(_insert(sorted(rows, key=lambda row: str(getattr(row, key))), told))
    for row in rows:
        if (known := made.get(getattr(row, key))) is not None:
            row.pk = known
            row._state.adding, row._state.db = False, connection.alias
    return set(made)


def _insert(rows: Sequence[Model], then: str) -> list[Any]:
    meta = rows[0]._meta
    fields = [
        field
        for field in meta.concrete_fields
        if not field.generated
        and not (field.primary_key and rows[0].pk is None)
        and not isinstance(getattr(rows[0], field.attname), DatabaseDefault)
    ]
    now = timezone.now()
    for field in fields:
        if getattr(field, "auto_now_add", False):
            for row in rows:
                setattr(row, field.attname, now)
    names = ", ".join(map(quoted, fields))
    source, parameters = _source(rows, fields)
    table = connection.ops.quote_name(meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM {source} {then}", parameters
        )
        return cursor.fetchall() if then else []


def change(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Update these fields of rows of one model, each to its own value. The caller holds their
    locks: they are taken in no order here."""
    if not rows:
        return
    meta = rows[0]._meta
    fields: list[Any] = [meta.get_field(name) for name in names]
    sets = ", ".join(f"{quoted(field)} = new.{quoted(field)}" for field in fields)
    table, pk = connection.ops.quote_name(meta.db_table), quoted(meta.pk)
    source, parameters = _source(rows, [meta.pk, *fields])
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {sets} FROM (SELECT * FROM {source}) AS new "
            f"WHERE {table}.{pk} = new.{pk}",
            parameters,
        )


def covering(areas: QuerySet[Any], points: Sequence[tuple[float, float]]) -> list[Any]:
    """For each point (lon, lat) the primary key of one of `areas` that covers it, or None."""
    if not points:
        return []
    inner, parameters = areas.values_list("pk", Stored("geom")).query.sql_with_params()
    sql = f"""
        SELECT (SELECT pk FROM ({inner}) AS area (pk, geom)
                WHERE ST_Covers(area.geom, ST_SetSRID(ST_MakePoint(lon, lat), 4326)) LIMIT 1)
        FROM unnest(%s::float8[], %s::float8[]) WITH ORDINALITY AS given (lon, lat, place)
        ORDER BY place"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [*parameters, *map(list, zip(*points, strict=True))])
        return [found for (found,) in cursor.fetchall()]


def quoted(field: Any) -> str:
    return connection.ops.quote_name(field.column)


def _source(rows: Sequence[Model], fields: Sequence[Any]) -> tuple[str, list[str]]:
    """(SQL after FROM, its parameters) of these rows. Unfolding costs by the value, so what all
    rows share is said once."""
    first = rows[0].__dict__
    shared: list[Any] = []
    own: list[Any] = []
    for field in fields:
        name, value = field.attname, first[field.attname]
        kind = type(value)  # GEOS complains where a geometry is compared with its text
        same = not field.primary_key and all(
            (one := row.__dict__[name]) is value or (type(one) is kind and one == value)
            for row in rows
        )
        (shared if same else own).append(field)
    own = own or [shared.pop()]
    sources = [f"json_to_recordset(%s) AS own({_typed(own)})"]
    parameters = [_folded(rows, own)]
    if shared:
        sources.append(f"json_to_recordset(%s) AS shared({_typed(shared)})")
        parameters.append(_folded(rows[:1], shared))
    return " CROSS JOIN ".join(sources), parameters


def _typed(fields: Sequence[Any]) -> str:
    return ", ".join(f"{quoted(field)} {column_type(field)}" for field in fields)


def column_type(field: Any) -> str:
    found = field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
    return str(found)


def _folded(rows: Sequence[Model], fields: Sequence[Any]) -> str:
    columns = [(field.column, field.attname) for field in fields]
    told = [{column: row.__dict__[name] for column, name in columns} for row in rows]
    return orjson.dumps(told, default=_plain).decode()


def _plain(value: Any) -> Any:
    """A value that JSON does not know, as PostgreSQL reads it."""
    if isinstance(value, GEOSGeometry):
        return value.hexewkb.decode()
    return str(value)
