"""Columns of Arrow into a table, by COPY in its binary format: nothing is looked at row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection
from django.db.models import Model

from layers.bulk import column_type, quoted

T = TypeVar("T")
_NUMBERS = {"double precision": ">f8", "bigint": ">i8", "integer": ">i4", "smallint": ">i2"}


def seize(model: type[Model]) -> None:
    """Nobody else reads or writes the table until the transaction ends."""
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(model._meta.db_table)
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")


def copy(model: type[Model], fields: Sequence[Any], batches: Iterable[Sequence[Any]]) -> int:
    """Copy rows into a table that holds none, and how many those were: each batch is the columns
    (Arrow arrays) of the fields, a geometry as WKB. Indexes are built once all is there, several
    times as fast as row by row, and what the planner is told is rough: autovacuum looks closer
    within a minute."""
    table, rows = connection.ops.quote_name(model._meta.db_table), 0
    names = ", ".join(map(quoted, fields))
    with connection.cursor() as cursor:
        rebuilt = _take_indexes(cursor, table)
        with (
            connection.wrap_database_errors,
            cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT binary)") as out,
        ):
            out.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            for number, data in _ahead((len(one[0]), copied(one, fields)) for one in batches):
                rows += number
                out.write(data)
            out.write(b"\xff\xff")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # with a check pending, no index is made
        for statement in rebuilt:
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SET LOCAL default_statistics_target = 10")
        cursor.execute(f"ANALYZE {table}")
        cursor.execute("SET LOCAL default_statistics_target TO DEFAULT")
    return rows


def _ahead(items: Iterator[T]) -> Iterator[T]:
    """Each is made in a thread while the one before is used."""
    with ThreadPoolExecutor(1) as beside:
        following = beside.submit(next, items, None)
        while (item := following.result()) is not None:
            following = beside.submit(next, items, None)
            yield item


def _take_indexes(cursor: Any, table: str) -> list[str]:
    """Drop those on which nothing else rests, with the keys that are theirs, where that is ours to
    do, and return what makes them again."""
    cursor.execute(
        """
        SELECT conname IS NULL, coalesce(quote_ident(conname), indexrelid::regclass::text),
               coalesce(pg_get_constraintdef(kept.oid), pg_get_indexdef(indexrelid))
        FROM pg_index JOIN pg_class AS held ON held.oid = indrelid
             LEFT JOIN pg_constraint AS kept ON conindid = indexrelid AND conrelid = indrelid
        WHERE indrelid = to_regclass(%s) AND pg_has_role(relowner, 'USAGE')
          AND NOT indisclustered AND NOT indisreplident AND coalesce(contype IN ('p', 'u'), true)
          AND NOT EXISTS (
              SELECT FROM pg_depend
              WHERE refobjid IN (indexrelid, kept.oid) AND deptype = 'n')
        ORDER BY contype""",
        [table],
    )
    rebuilt = []
    for alone, name, definition in cursor.fetchall():
        alter = f"ALTER TABLE {table}"
        cursor.execute(f"DROP INDEX {name}" if alone else f"{alter} DROP CONSTRAINT {name}")
        rebuilt.append(definition if alone else f"{alter} ADD CONSTRAINT {name} {definition}")
    return rebuilt


def copied(columns: Sequence[Any], fields: Sequence[Any]) -> memoryview:
    """Rows in the binary format of COPY, put together by the column: of each row the number of its
    fields, and of each field its length (-1 for null) and its bytes."""
    rows = len(columns[0])
    parts = [_repeated(len(columns).to_bytes(2, "big"), rows)]
    for column, field in zip(columns, fields, strict=True):
        parts += _binary(column, column_type(field))
    joined = pc.binary_join_element_wise(*parts, b"")
    _, ends, data = joined.buffers()
    return memoryview(data)[: np.frombuffer(ends, dtype=np.int32)[rows]]


def _binary(column: Any, kind: str) -> tuple[Any, Any]:
    """(lengths, bytes) of a column, as COPY wants them."""
    empty = column.is_null().to_numpy(zero_copy_only=False)
    if kind in _NUMBERS:
        numbers = column.fill_null(0).to_numpy(zero_copy_only=False).astype(_NUMBERS[kind])
        told = _fixed(numbers)
    else:
        told = column.cast(pa.binary()).fill_null(b"")
    lengths = pc.binary_length(told).to_numpy(zero_copy_only=False).astype(">i4")
    lengths[empty] = -1
    if kind in _NUMBERS:
        told = pc.if_else(pa.array(empty), pa.scalar(b""), told)
    return _fixed(lengths), told


def _fixed(numbers: Any) -> Any:
    width = pa.binary(numbers.dtype.itemsize)
    buffers = [None, pa.py_buffer(np.ascontiguousarray(numbers))]
    return pa.Array.from_buffers(width, len(numbers), buffers).cast(pa.binary())


def _repeated(value: bytes, rows: int) -> Any:
    return pc.take(pa.array([value]), pa.array(np.zeros(rows, dtype=np.int64)))
