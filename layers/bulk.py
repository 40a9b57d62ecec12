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
from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.expressions import DatabaseDefault
from django.utils import timezone
from psycopg.types.json import Json

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
    twin, state = type(row).__new__(type(row)), ModelState()
    state.fields_cache = dict(row._state.fields_cache)
    twin.__dict__ = {**row.__dict__, **values, "_state": state}
    return twin


def hold(models: Sequence[type[Model]]) -> None:
    """Nobody else writes these tables until the transaction ends; who reads them does not wait."""
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")


def append(rows: Sequence[Model]) -> None:
    """Insert rows of one model that nothing can be in the way of; their primary keys stay unset."""
    if rows:
        _insert(type(rows[0]), _to_insert(rows))


def repeat(row: Row, **columns: list[Any]) -> None:
    """Insert as many rows like this one as `columns` are long, each with its own values of these;
    they never become instances."""
    if next(iter(columns.values())):
        own: Columns = {row._meta.get_field(name): values for name, values in columns.items()}
        _insert(type(row), _to_insert([row]) | own)


def add(rows: Sequence[Model], *, key: str) -> None:
    """Insert new rows of one model and set their primary keys. Raises IntegrityError, having
    inserted nothing, where one is there already. In the order of `key`, a unique UUID of theirs:
    its index is then walked once, from one end to the other."""
    if not rows:
        return
    rows = _ordered(rows, key)
    meta = rows[0]._meta
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval((SELECT pg_get_serial_sequence(%s, %s)::regclass))"
            " FROM generate_series(1, %s)",
            [connection.ops.quote_name(meta.db_table), meta.pk.column, len(rows)],
        )
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.__dict__[meta.pk.attname] = pk
    _insert(type(rows[0]), _to_insert(rows))
    _stand(rows)


def add_new(rows: Sequence[Model]) -> set[Any]:
    """Insert those rows whose primary key, a UUID, is not there yet; returns the keys that are. In
    the order of the key, so that two that send the same do not lock each other."""
    if not rows:
        return set()
    key = rows[0]._meta.pk
    columns = _to_insert(_ordered(rows, key.attname))
    made = _insert(type(rows[0]), columns, f"ON CONFLICT DO NOTHING RETURNING {quoted(key)}")
    _stand(rows)
    if len(made) == len(rows):
        return set()
    return {row.pk for row in rows} - {pk for (pk,) in made}


def _ordered(rows: Sequence[Row], key: str) -> list[Row]:
    return sorted(rows, key=lambda row: row.__dict__[key].bytes)


def _stand(rows: Sequence[Model]) -> None:
    alias = connection.alias
    for row in rows:
        row._state.adding, row._state.db = False, alias


def change(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Update these fields of rows of one model, each to its own value. The caller holds their
    locks: they are taken in no order here."""
    if not rows:
        return
    meta = rows[0]._meta
    fields: list[Any] = [meta.get_field(name) for name in names]
    sets = ", ".join(f"{quoted(field)} = new.{quoted(field)}" for field in fields)
    table, pk = connection.ops.quote_name(meta.db_table), quoted(meta.pk)
    source, parameters = _source(_values(rows, [meta.pk, *fields]))
    with _binding_cursor() as cursor:
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
        cursor.execute(sql, [*parameters, *map(_array, zip(*points, strict=True))])
        return [found for (found,) in cursor.fetchall()]


def quoted(field: Any) -> str:
    return connection.ops.quote_name(field.column)


def column_type(field: Any) -> str:
    found = field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
    return str(found)


# -- rows as columns: the values of each field, or a single one that all rows share

Columns = dict[Any, list[Any]]


def _to_insert(rows: Sequence[Model]) -> Columns:
    """The columns of new rows, but for those that the database fills in."""
    first, now = rows[0], timezone.now()
    fields = [
        field
        for field in first._meta.concrete_fields
        if not field.generated
        and not (field.primary_key and first.pk is None)
        and not isinstance(first.__dict__[field.attname], DatabaseDefault)
    ]
    for field in fields:
        if getattr(field, "auto_now_add", False):
            for row in rows:
                row.__dict__[field.attname] = now
    return _values(rows, fields)


def _values(rows: Sequence[Model], fields: Sequence[Any]) -> Columns:
    told = [row.__dict__ for row in rows]
    columns = {field: [one[field.attname] for one in told] for field in fields}
    shared = [field for field in fields if not field.primary_key and _alike(columns[field])]
    if len(shared) == len(fields):
        shared.pop()  # one of them tells how many rows there are
    return columns | {field: columns[field][:1] for field in shared}


def _alike(values: Sequence[Any]) -> bool:
    """Whether all are the same. GEOS complains where a geometry is compared with its text."""
    return len({*map(type, values)}) == 1 and values.count(values[0]) == len(values)


def _insert(model: type[Model], columns: Columns, then: str = "") -> list[Any]:
    names = ", ".join(map(quoted, columns))
    source, parameters = _source(columns)
    table = connection.ops.quote_name(model._meta.db_table)
    with _binding_cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM {source} {then}", parameters
        )
        return cursor.fetchall() if then else []


def _binding_cursor() -> Any:
    """Its parameters travel beside the statement: long ones that are written into it would be
    quoted here, and read as SQL there."""
    connection.ensure_connection()
    cursor = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]
    return connection._prepare_cursor(cursor)  # type: ignore[attr-defined]


def _source(columns: Columns) -> tuple[str, list[Json]]:
    """(SQL after FROM, its parameters) of these columns. Unfolding costs by the value, so what all
    rows share is said once."""
    longest = max(map(len, columns.values()))
    own = {field: values for field, values in columns.items() if len(values) == longest}
    shared = {field: values for field, values in columns.items() if field not in own}
    told = {"own": own, "shared": shared} if shared else {"own": own}
    sources = " CROSS JOIN ".join(
        f"json_to_recordset(%s) AS {name}({_typed(part)})" for name, part in told.items()
    )
    return sources, [_folded(part) for part in told.values()]


def _typed(columns: Columns) -> str:
    return ", ".join(f"{quoted(field)} {column_type(field)}" for field in columns)


def _folded(columns: Columns) -> Json:
    names = [field.column for field in columns]
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return Json(rows, dumps=_dumped)


def _dumped(rows: Any) -> bytes:
    return orjson.dumps(rows, default=_plain)


def _plain(value: Any) -> Any:
    """A value that JSON does not know, as PostgreSQL reads it."""
    if isinstance(value, GEOSGeometry):
        return value.hexewkb.decode()
    return str(value)


def _array(numbers: Sequence[float]) -> str:
    """As PostgreSQL writes an array: several times as fast as to let the driver do it."""
    return f"{{{','.join(map(repr, numbers))}}}"
