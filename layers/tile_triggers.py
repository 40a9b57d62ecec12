"""The triggers that write what `layers.tile_changes` reads, derived from the registry: a statement
that changes a column on which tiles depend (`layers.tile_sources`) tells where."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from layers.base import Layer
from layers.registry import LAYERS
from layers.tile_changes import CELL, bump, changed_everywhere, numbers, public_layers
from layers.tile_sources import Source, sources, way_to_geometry

PREFIX = "layers_tiles_"
EVENTS = ("insert", "update", "delete", "truncate")

# -- the bodies of the functions


def _area(source: Source) -> tuple[str, str]:
    """SQL of the geometry that belongs to a row `t` of the table, and the joins it takes. NULL
    where the row is not on the way to it."""
    chain, column = way_to_geometry(source.layer)
    if source.columns is None or source.chain != chain[: len(source.chain)]:
        return "NULL::geometry", ""
    joins, above = [], "t"
    for number, step in enumerate(chain[len(source.chain) :]):
        (ours, theirs), alias = step.related_fields[0], f"j{number}"
        table = theirs.model._meta.db_table
        joins.append(
            f'JOIN "{table}" {alias} ON {alias}."{theirs.column}" = {above}."{ours.column}"'
        )
        above = alias
    return f'{above}."{column}"', " ".join(joins)


def _touched(source: Source, event: str) -> str:
    """SQL of the areas (`g`) of the rows that the statement changed for this layer."""
    g, joins = _area(source)
    fixed = [] if source.chain or source.columns is None else _fixed(source.layer)
    if event != "update":
        rows = "old_rows" if event == "delete" else "new_rows"
        where = f" WHERE {' AND '.join(fixed)}" if fixed else ""
        return f"SELECT {g} AS g FROM {rows} t {joins}{where}"
    halves = []
    for mine, other in (("old_rows", "new_rows"), ("new_rows", "old_rows")):
        where = " AND ".join([*fixed, *_differs(source, other)])
        halves.append(
            f"SELECT {g} AS g FROM {mine} t {joins}" + (f" WHERE {where}" if where else "")
        )
    return " UNION ALL ".join(halves)


def _fixed(layer: Layer) -> list[str]:
    told = []
    for name, value in sorted(layer.fixed.items()):
        column = layer.model._meta.get_field(name).column  # type: ignore[union-attr]
        told.append(f"t.\"{column}\"::text = '{str(value).replace(chr(39), chr(39) * 2)}'")
    return told


def _differs(source: Source, other: str) -> list[str]:
    if source.columns is None or source.model is None:
        return []
    key = source.model._meta.pk.column
    mine, theirs = (
        ", ".join(f'{alias}."{column}"' for column in sorted({*source.columns, str(key)}))
        for alias in ("t", "o")
    )
    return [
        f'NOT EXISTS (SELECT FROM {other} o WHERE o."{key}" = t."{key}"'
        f" AND ROW({theirs}) IS NOT DISTINCT FROM ROW({mine}))"
    ]


def _told(layer: Layer, touched: str) -> list[str]:
    """The statements that tell of these areas: few rows for many, and a new version of an
    edition."""
    cells = f"floor(ST_XMin(g) / {CELL}), floor(ST_YMin(g) / {CELL})"
    told = [
        "INSERT INTO layers_tilechange (layer_id, area)"
        f" SELECT '{layer.id}', ST_SetSRID(ST_Extent(g)::geometry, 3857)"
        f" FROM ({touched}) touched GROUP BY {cells};"
    ]
    if layer.edition:
        told.append(
            "IF FOUND THEN INSERT INTO layers_tileversion AS standing (layer_id, version)"
            f" VALUES ('{layer.id}', extract(epoch FROM clock_timestamp())::bigint)"
            " ON CONFLICT (layer_id) DO UPDATE SET changed_at = now(),"
            " version = greatest(standing.version + 1, excluded.version); END IF;"
        )
    return told


def bodies() -> dict[tuple[str, str], str]:
    """The body of each trigger function by table and event."""
    by_table: dict[str, dict[str, list[Source]]] = defaultdict(dict)
    for layer in sorted(public_layers(), key=lambda layer: layer.id):
        for table, found in sources(layer).items():
            by_table[table][layer.id] = found
    return {
        (table, event): _body(concerned, event)
        for table, concerned in sorted(by_table.items())
        for event in EVENTS
    }


def _body(concerned: dict[str, list[Source]], event: str) -> str:
    lines = ["BEGIN"]
    for layer_id, found in concerned.items():
        if event == "truncate":
            touched = "SELECT NULL::geometry AS g"
        else:
            touched = " UNION ALL ".join(_touched(source, event) for source in found)
        lines += _told(LAYERS[layer_id], touched)
    return "\n".join([*lines, "RETURN NULL;", "END"])


# -- in the database


def install() -> bool:
    """Put the triggers in place where they are missing or tell something else than the registry.
    Returns whether anything had to be done; then all tiles count as changed."""
    if not _is_there():
        return False
    layers = public_layers()
    wanted = {(table, _name(table, event)): body for (table, event), body in bodies().items()}
    standing = _standing()
    if wanted == standing:
        _birth(layers)
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        for _, name in standing.keys() - wanted.keys():
            cursor.execute(f'DROP FUNCTION "{name}" CASCADE')
        for (table, event), body in bodies().items():
            if standing.get((table, _name(table, event))) != body:
                cursor.execute(_creation(table, event, body))
        _birth(layers)
        changed_everywhere(layers)
    return True


def stand() -> bool:
    """Whether writes are told of: not while tables change their shape, nor after that failed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_proc WHERE starts_with(proname, %s)"
            " AND pronamespace = current_schema()::regnamespace)",
            [PREFIX],
        )
        return bool(cursor.fetchone()[0])


@contextmanager
def told_at_once(table: str) -> Iterator[None]:
    """What is inserted into a table meanwhile is not looked at row by row: tiles count as changed
    everywhere. For one who holds the table until the transaction ends, which undoes it where it
    fails."""
    assert connection.in_atomic_block
    trigger = _name(table, "insert")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM pg_trigger JOIN pg_class AS held ON held.oid = tgrelid"
            " WHERE tgrelid = to_regclass(%s) AND tgname = %s AND pg_has_role(relowner, 'USAGE')",
            [f'"{table}"', trigger],
        )
        if cursor.fetchone() is None:
            yield
            return
        cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER "{trigger}"')
        yield
        cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER "{trigger}"')
    changed_everywhere(layer for layer in public_layers() if table in sources(layer))


def remove() -> None:
    """Take the triggers away: while tables change their shape, none may name what is gone."""
    with transaction.atomic(), connection.cursor() as cursor:
        for _, name in _standing():
            cursor.execute(f'DROP FUNCTION "{name}" CASCADE')


def _name(table: str, event: str) -> str:
    """PostgreSQL cuts names after 63 bytes, and the event would be lost."""
    if len(table) > 40:
        table = f"{table[:30]}_{hashlib.sha256(table.encode()).hexdigest()[:8]}"
    return f"{PREFIX}{table}_{event}"


def _is_there() -> bool:
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    needed = {layer.model._meta.db_table for layer in public_layers() if layer.model._meta.managed}
    return {"layers_tilechange", "layers_tileversion"} | needed <= tables


def _birth(layers: Iterable[Layer]) -> None:
    """Every public layer has a version from the beginning."""
    known = numbers()
    bump(layer for layer in layers if layer.id not in known)


def _standing() -> dict[tuple[str, str], str]:
    """The bodies in the database by table and function."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, p.proname, p.prosrc FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE starts_with(p.proname, %s) AND c.relnamespace = current_schema()::regnamespace",
            [PREFIX],
        )
        return {(table, function): body for table, function, body in cursor.fetchall()}


def _creation(table: str, event: str, body: str) -> str:
    seen = {
        "insert": "REFERENCING NEW TABLE AS new_rows",
        "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
        "delete": "REFERENCING OLD TABLE AS old_rows",
        "truncate": "",
    }[event]
    name = _name(table, event)
    return f"""
        CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql
            AS $body${body}$body$;
        CREATE OR REPLACE TRIGGER "{name}" AFTER {event} ON "{table}" {seen}
            FOR EACH STATEMENT EXECUTE FUNCTION "{name}"();"""


def before_migrations(plan: list[Any], **_: Any) -> None:
    if any(migration.app_label == "layers" for migration, _ in plan):
        remove()


def after_migrations(**_: Any) -> None:
    install()
