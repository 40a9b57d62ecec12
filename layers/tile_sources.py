"""What the tiles of a public layer depend on, derived from its declaration.

That is the table of its rows, every table along the paths of its geometry, of the properties that
tiles carry and of what is published, and, where one of them is a view, the tables below it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Model, Q

from layers.base import Layer

Step = Any  # a field of a model


@dataclass(eq=False)
class Source:
    """A table that tiles of `layer` depend on, reached along `chain` of foreign keys. `columns`
    decide; None means all of them."""

    layer: Layer
    model: type[Model] | None
    chain: tuple[Step, ...]
    columns: set[str] | None = field(default_factory=set)


def sources(layer: Layer) -> dict[str, list[Source]]:
    """The sources of the layer's tiles by table."""
    found: dict[tuple[Step, ...], Source] = {}
    for path in sorted(_paths(layer)):
        _follow(layer, path.split("__"), found)
    tables: dict[str, list[Source]] = defaultdict(list)
    for source in found.values():
        assert source.model is not None
        table = source.model._meta.db_table
        if source.model._meta.managed:
            tables[table].append(source)
            continue
        for base in tables_below(table):
            tables[base].append(Source(layer, None, (), None))
    return tables


def _paths(layer: Layer) -> set[str]:
    shown = {prop.path for prop in layer.public if prop.tile or prop.name == layer.facet}
    return {layer.mercator, *shown, *layer.fixed, *_asked(layer.published)}


def _asked(condition: Q) -> Iterator[str]:
    for child in condition.children:
        if isinstance(child, Q):
            yield from _asked(child)
        elif isinstance(child, tuple):
            yield child[0]


def _follow(layer: Layer, steps: list[str], found: dict[tuple[Step, ...], Source]) -> None:
    model: Any = layer.model
    chain: tuple[Step, ...] = ()
    for step in steps:
        source = found.setdefault(chain, Source(layer, model, chain))
        names = {one.name for one in model._meta.get_fields()} | {"pk"}
        if step not in names:
            return  # a lookup such as `in`
        reached = model._meta.pk if step == "pk" else model._meta.get_field(step)
        if reached.is_relation and not reached.concrete:
            # Whatever points here from elsewhere counts as a whole.
            found[*chain, reached] = Source(layer, reached.related_model, (*chain, reached), None)
            return
        if source.columns is not None:
            source.columns.add(reached.column)
        if not reached.is_relation:
            return
        model, chain = reached.related_model, (*chain, reached)
    # A path that ends at a foreign key needs nothing of the table behind it.


def way_to_geometry(layer: Layer) -> tuple[tuple[Step, ...], str]:
    """The foreign keys to the table that holds the geometry, and the column there."""
    model: Any = layer.model
    chain: tuple[Step, ...] = ()
    *steps, last = layer.mercator.split("__")
    for step in steps:
        reached = model._meta.get_field(step)
        model, chain = reached.related_model, (*chain, reached)
    return chain, model._meta.get_field(last).column


def tables_below(view: str) -> list[str]:
    """The tables that a view reads, through other views too."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH RECURSIVE below AS (
                SELECT c.oid, c.relkind FROM pg_class c WHERE c.oid = to_regclass(%s)
                UNION
                SELECT t.oid, t.relkind FROM below
                JOIN pg_rewrite r ON r.ev_class = below.oid
                JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                    AND d.refclassid = 'pg_class'::regclass
                JOIN pg_class t ON t.oid = d.refobjid
            ) SELECT oid::regclass::text FROM below WHERE relkind IN ('r', 'p') ORDER BY 1""",
            [view],
        )
        return [name for (name,) in cursor.fetchall()]
