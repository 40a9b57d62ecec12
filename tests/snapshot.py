"""Rows that take long to make are made once, and put back in one message of SQL: so are those of
the cast, and those that a new database has."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import is_
from typing import Any

from django.db import ProgrammingError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from layers.registry import LAYERS

Rows = dict[str, list[tuple[str, ...]]]  # by table; each value as SQL writes it

# What is generated is generated anew, and the tables of PostGIS are its own.
COLUMNS = """
    SELECT c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid), k.indexrelid IS NOT NULL
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    LEFT JOIN pg_index k ON k.indrelid = c.oid AND k.indisprimary AND a.attnum = ANY(k.indkey)
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
        AND c.relname <> 'spatial_ref_sys' AND a.attgenerated = ''
    ORDER BY c.relname, a.attnum"""


# Rows that were deleted lie about: those of many megabytes would slow down whoever comes next.
LARGE = """
    SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace
        AND relname = ANY(%s) AND pg_relation_size(oid) > 1000000"""


@dataclass(frozen=True)
class Column:
    name: str
    default: str | None
    is_key: bool

    @property
    def literal(self) -> str:
        """SQL of the value as SQL writes it. The time and the number of a transaction are left to
        that in which the row is put back."""
        value = f'quote_nullable("{self.name}"::text)'
        if not re.search(r"(now|_timestamp|_xact_id)\(", self.default or ""):
            return value
        begin = str(self.default).replace("statement_timestamp", "now")
        return f"CASE WHEN \"{self.name}\" >= {begin} THEN 'DEFAULT' ELSE {value} END"


def tables() -> dict[str, list[Column]]:
    found: dict[str, list[Column]] = {}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, *column in cursor.fetchall():
            found.setdefault(table, []).append(Column(*column))
    return found


def content() -> Rows:
    """Every row of every table."""
    selections = [
        f"SELECT '{table}', ARRAY[{', '.join(column.literal for column in columns)}]"
        f' FROM "{table}"'
        for table, columns in tables().items()
    ]
    found: Rows = {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selections))
        for table, values in cursor.fetchall():
            found.setdefault(table, []).append(tuple(values))
    return found


class Snapshot:
    """What `make` returned, and the rows that it wrote, those of triggers among them. Their ids
    stay taken: sequences never go back."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.layers = [*LAYERS.values()]
        self.allowed = is_allowed()
        with transaction.atomic():
            before = content()
            self.value = pickle.dumps(make())
            after = content()
            transaction.set_rollback(True)
        self.sql = _putting_back(before, after)
        filled = " UNION ALL ".join(f'SELECT FROM "{table}"' for table in after.keys() - before)
        self.is_free = f"SELECT NOT EXISTS ({filled})"

    def fits(self) -> bool:
        """Whether the rows may be put in here: their tables are empty, and the layers are those
        that there were."""
        same = len(LAYERS) == len(self.layers) and all(map(is_, LAYERS.values(), self.layers))
        if not (self.allowed and same):
            return False
        with connection.cursor() as cursor:
            cursor.execute(self.is_free)
            return bool(cursor.fetchone()[0])

    def put_back(self) -> Any:
        """The rows, and copies of what was returned."""
        with transaction.atomic(savepoint=False), connection.cursor() as cursor:
            cursor.execute(self.sql)
        return pickle.loads(self.value)


def is_allowed() -> bool:
    """Whether this role may do without triggers: another's server may refuse it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            transaction.set_rollback(True)
    except ProgrammingError:
        return False
    return True


def _putting_back(before: Rows, after: Rows) -> str:
    statements = []
    for table, columns in tables().items():
        standing = set(before.get(table, []))
        new = [row for row in after.get(table, []) if row not in standing]
        if new and standing:
            key = next(number for number, column in enumerate(columns) if column.is_key)
            keys = ", ".join(row[key] for row in new)
            statements.append(f'DELETE FROM "{table}" WHERE "{columns[key].name}" IN ({keys})')
        if new:
            statements.append(_insertion(table, new))
    return _undisturbed(statements)


def _insertion(table: str, rows: Iterable[tuple[str, ...]]) -> str:
    names = ", ".join(f'"{column.name}"' for column in tables()[table])
    values = ", ".join(f"({', '.join(row)})" for row in rows)
    return f'INSERT INTO "{table}" ({names}) OVERRIDING SYSTEM VALUE VALUES {values}'


def _undisturbed(statements: Iterable[str]) -> str:
    """The rows are whole already: neither triggers nor foreign keys have to look at them."""
    return "; ".join(
        [
            "SET LOCAL session_replication_role = replica",
            *statements,
            "SET LOCAL session_replication_role = origin",
        ]
    )


class Beginning:
    """The database as it was when nobody had used it yet."""

    def __init__(self) -> None:
        rows = content()
        self.tables = [
            table for table in tables() if table != MigrationRecorder.Migration._meta.db_table
        ]
        self.sql = [_insertion(table, rows[table]) for table in self.tables if table in rows]

    def come_again(self) -> None:
        """In the place of `flush`, which makes all files of the tables anew and then asks Django
        for rows that are known."""
        names = ", ".join(f'"{table}"' for table in self.tables)
        with transaction.atomic(), connection.cursor() as cursor:
            # Whoever still writes ends first; readers, foreign keys among them, are not waited for.
            cursor.execute(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
            cursor.execute(LARGE, [self.tables])
            large = ", ".join(f'"{table}"' for (table,) in cursor.fetchall())
            emptied = [f'DELETE FROM "{table}"' for table in self.tables]
            if large:
                emptied.insert(0, f"TRUNCATE {large} CASCADE")
            cursor.execute(_undisturbed([*emptied, *self.sql]))
