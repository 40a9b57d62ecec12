"""What a publication changes: rows of tables as they stand, where two readings of them differ, and
how they are put back."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.apps import apps
from django.contrib.gis.db.models import GeometryField
from django.db.models import Model, TextField
from django.db.models.functions import Cast

from layers import bulk
from layers.base import Layer

Values = dict[str, Any]
Rows = dict[type[Model], dict[Any, tuple[Any, ...]]]

NEW = "new"  # what stands for the key of a row that is not there yet


@dataclass(frozen=True)
class Change:
    """A row before and after, by attribute; None where it is not there. Geometries are EWKB in
    hexadecimal, so that nothing of them is lost."""

    model: type[Model]
    pk: Any
    before: Values | None
    after: Values | None

    @property
    def values(self) -> Values:
        return self.after or self.before or {}


def tables(layer: Layer) -> list[type[Model]]:
    """What a load of the layer writes and cannot make again."""
    beside = layer.ingest.beside if layer.ingest else ()
    return [layer.model, *(apps.get_model(label) for label in beside)]


def fields_of(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not field.generated]


def rows_of(models: Iterable[type[Model]], pks: Sequence[Any] | None = None) -> Rows:
    """All rows as they stand, or those with these primary keys."""
    return {model: _rows_of(model, pks) for model in models}


def _rows_of(model: type[Model], pks: Sequence[Any] | None) -> dict[Any, tuple[Any, ...]]:
    rows = model._default_manager.order_by()
    if pks is not None:
        rows = rows.filter(pk__in=pks)
    shapes = {
        f"{field.attname}_hex": Cast(field.name, TextField())
        for field in fields_of(model)
        if isinstance(field, GeometryField)
    }
    names = [
        f"{field.attname}_hex" if isinstance(field, GeometryField) else field.attname
        for field in fields_of(model)
    ]
    found = rows.annotate(**shapes).values_list("pk", *names).iterator(chunk_size=2000)
    return {pk: tuple(values) for pk, *values in found}


def between(before: Rows, after: Rows) -> list[Change]:
    """What differs, in the order of the keys."""
    found = []
    for model, old in before.items():
        new = after[model]
        names = [field.attname for field in fields_of(model)]
        for pk in sorted(old.keys() | new.keys()):
            if old.get(pk) != new.get(pk):
                was, now = old.get(pk), new.get(pk)
                found.append(
                    Change(
                        model,
                        pk,
                        dict(zip(names, was, strict=True)) if was else None,
                        dict(zip(names, now, strict=True)) if now else None,
                    )
                )
    return found


def digest(changes: Sequence[Change]) -> str:
    """The same for the same changes: keys that new rows get by chance do not count."""
    made = {(one.model, one.pk) for one in changes if one.before is None}

    def said(change: Change, values: Values | None) -> Values | None:
        if values is None:
            return None
        told = {}
        for field in fields_of(change.model):
            value = values[field.attname]
            target = field.related_model if field.is_relation else change.model
            is_key = field.primary_key or field.is_relation
            told[field.attname] = NEW if is_key and (target, value) in made else value
        return told

    lines = sorted(
        _json([one.model._meta.label, said(one, one.before), said(one, one.after)])
        for one in changes
    )
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def packed(changes: Iterable[Change]) -> bytes:
    """For a file that outlives the rows."""
    lines = (
        _json([one.model._meta.label, one.pk, one.before, one.after]) + b"\n" for one in changes
    )
    return gzip.compress(b"".join(lines), 6, mtime=0)


def unpacked(content: bytes) -> list[Change]:
    return [
        Change(apps.get_model(label), pk, before, after)
        for label, pk, before, after in map(orjson.loads, gzip.decompress(content).splitlines())
    ]


def plain(values: Values | None) -> Values | None:
    """As a packed row is read."""
    return None if values is None else orjson.loads(_json(values))


def _json(value: Any) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS)


def standing(changes: Sequence[Change]) -> list[Change]:
    """Those of them whose row is not any longer as it was left."""
    moved = []
    for model in dict.fromkeys(one.model for one in changes):
        ours = [one for one in changes if one.model is model]
        names = [field.attname for field in fields_of(model)]
        there = _rows_of(model, [one.pk for one in ours])
        for one in ours:
            now = there.get(one.pk)
            found = plain(dict(zip(names, now, strict=True))) if now else None
            if found != plain(one.after):
                moved.append(one)
    return moved


def put_back(changes: Sequence[Change]) -> None:
    """Rows that were changed or removed, as they were before. Those that were added are for the
    caller to delete, who knows what may go with them."""
    for model in dict.fromkeys(one.model for one in changes):
        ours = [one for one in changes if one.model is model and one.before is not None]
        names = [field.name for field in fields_of(model) if not field.primary_key]
        bulk.change([_row(one) for one in ours if one.after is not None], names)
        bulk.append([_row(one) for one in ours if one.after is None])


def _row(change: Change) -> Model:
    told = {}
    for field in fields_of(change.model):
        value = (change.before or {})[field.attname]
        is_shape = isinstance(field, GeometryField)
        told[field.attname] = value if value is None or is_shape else field.to_python(value)
    return change.model(**told)
