"""Many rows in one statement, and many points in one look.

The rows travel as one JSON parameter, unfolded by `json_to_recordset`: as fast as COPY into a
staging table and several times as fast as `bulk_create` (see tests/bench), and it can pass over
rows that are there already.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import GEOSGeometry
from django.db import IntegrityError, connection
from django.db.models import Field, Model, QuerySet
from django.db.models.expressions import DatabaseDefault

from layers.functions import Stored


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
    fields = [
        field
        for field in meta.concrete_fields
        if not field.generated
        and not (field.primary_key and rows[0].pk is None)
        and not isinstance(getattr(rows[0], field.attname), DatabaseDefault)
    ]
    named = ", ".join(_quoted(field) for field in fields)
    sql = (
        f"INSERT INTO {connection.ops.quote_name(meta.db_table)} ({named}) "
        f"SELECT {named} FROM {_unfolded(fields)} ON CONFLICT DO NOTHING "
        f"RETURNING {_quoted(meta.get_field(key))}, {_quoted(meta.pk)}"
    )
    ordered = sorted(rows, key=lambda row: getattr(row, key))
    with connection.cursor() as cursor:
        cursor.execute(sql, [_folded(ordered, fields, add=True)])
        made = dict(cursor.fetchall())
    for row in rows:
        if (known := made.get(getattr(row, key))) is not None:
            row.pk = known
            row._state.adding, row._state.db = False, connection.alias
    return set(made)


def change(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Update these fields of rows of one model, each to its own value."""
    if not rows:
        return
    meta = rows[0]._meta
    fields = [meta.get_field(name) for name in names]
    sets = ", ".join(f"{_quoted(field)} = given.{_quoted(field)}" for field in fields)
    table = connection.ops.quote_name(meta.db_table)
    pk = _quoted(meta.pk)
    sql = (
        f"UPDATE {table} SET {sets} FROM {_unfolded([meta.pk, *fields])} "
        f"WHERE {table}.{pk} = given.{pk}"
    )
    ordered = sorted(rows, key=lambda row: row.pk)
    with connection.cursor() as cursor:
        cursor.execute(sql, [_folded(ordered, [meta.pk, *fields], add=False)])


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


def _quoted(field: Any) -> str:
    return connection.ops.quote_name(field.column)


def _unfolded(fields: Sequence[Any]) -> str:
    types = ", ".join(f"{_quoted(field)} {_type(field)}" for field in fields)
    return f"json_to_recordset(%s) AS given({types})"


def _type(field: Any) -> str:
    found = field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
    return str(found)


def _folded(rows: Sequence[Model], fields: Sequence[Field[Any, Any]], *, add: bool) -> str:
    columns = [field.column for field in fields]
    return json.dumps(
        [
            dict(zip(columns, [field.pre_save(row, add) for field in fields], strict=True))
            for row in rows
        ],
        default=_plain,
        ensure_ascii=False,
    )


def _plain(value: Any) -> Any:
    """A value as PostgreSQL reads it out of JSON text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, GEOSGeometry):
        return value.hexewkb.decode()
    if isinstance(value, UUID | Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a row.")
