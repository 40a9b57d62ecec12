"""Arrivals into a table: new ones inserted, changed ones updated, equal ones left alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db import DataError, IntegrityError, InternalError, transaction
from django.db.models import Model, ProtectedError, RestrictedError

from layers.base import Ingest, Layer, Refused
from layers.bulk import append, change
from layers.ingest.arrivals import Arrival, attribute
from layers.ingest.report import Refusal, Report
from layers.ingest.vector_file import Progress

BATCH = 500

Pair = tuple[Arrival, Model]


class StillNeeded(Exception):
    """A row is not to be deleted; the message names the models whose records hang on it."""


def write(
    layer: Layer,
    ingest: Ingest,
    arrivals: Sequence[Arrival],
    report: Report,
    progress: Progress,
) -> list[Model]:
    """Insert and update; refusals and counts go to the report. Returns the layer's rows that the
    arrivals do not name."""
    there = {key(row, ingest): row for row in _locked(layer)}
    new: list[Pair] = []
    changed: list[Pair] = []
    for arrival in arrivals:
        row = there.pop(arrival.key, None)
        try:
            if row is None:
                new.append((arrival, _made(layer, arrival)))
            elif not _belongs(layer, row):
                raise Refused(dict.fromkeys(ingest.key, "Sudah dipakai oleh lapisan lain."))
            elif _differs(row, arrival):
                changed.append((arrival, _set(layer, row, arrival)))
            else:
                report.unchanged += 1
        except Refused as refused:
            report.refused.append(Refusal(arrival.row, refused.reasons))
    report.inserted = _save_all(layer, new, [], "inserting", report, progress)
    names = {name for arrival, _ in changed for name in arrival.values} | {layer.geometry}
    report.updated = _save_all(layer, changed, sorted(names), "updating", report, progress)
    report.refused.sort(key=lambda refusal: refusal.row)
    return [row for row in there.values() if _belongs(layer, row)]


def key(row: Model, ingest: Ingest) -> tuple[Any, ...]:
    return tuple(getattr(row, attribute(type(row), name)) for name in ingest.key)


def _locked(layer: Layer) -> Iterator[Model]:
    """Every row of the table, for another layer may share it; each with its geometry as WKB, which
    compares faster than parsed."""
    rows = layer.model._default_manager.select_for_update(of=("self",))
    return rows.defer(layer.geometry).annotate(wkb=AsWKB(layer.geometry)).iterator()


def _belongs(layer: Layer, row: Model) -> bool:
    return all(getattr(row, name) == value for name, value in layer.fixed.items())


def _differs(row: Any, arrival: Arrival) -> bool:
    moved = bytes(row.wkb) != shapely.to_wkb(arrival.shape, byte_order=1)
    return moved or any(getattr(row, name) != value for name, value in arrival.values.items())


def _made(layer: Layer, arrival: Arrival) -> Model:
    """A new row. Raises Refused where the file does not say enough for one."""
    row = layer.model(**layer.fixed)
    for field in row._meta.concrete_fields:
        given = field.attname in arrival.values or field.name in (layer.geometry, *layer.fixed)
        optional = field.null or field.blank or field.has_default() or field.has_db_default()
        if not (given or optional or field.generated):
            raise Refused({field.name: "Kosong, dan baris ini baru."})
    return _set(layer, row, arrival)


def _set(layer: Layer, row: Model, arrival: Arrival) -> Model:
    for name, value in arrival.values.items():
        setattr(row, name, value)
    shape = shapely.set_srid(arrival.shape, 4326)
    setattr(row, layer.geometry, shapely.to_wkb(shape, hex=True, include_srid=True))
    return row


def _save_all(
    layer: Layer,
    pairs: Sequence[Pair],
    update: Sequence[str],
    stage: str,
    report: Report,
    progress: Progress,
) -> int:
    """How many were saved; `update` names what changes in rows that exist."""
    refused = 0
    for start in range(0, len(pairs), BATCH):
        batch = pairs[start : start + BATCH]
        for refusal in _save(layer, batch, update):
            report.refused.append(refusal)
            refused += 1
        progress(stage, start + len(batch), len(pairs))
    return len(pairs) - refused


def _save(layer: Layer, batch: Sequence[Pair], update: Sequence[str]) -> Iterator[Refusal]:
    """Save a batch; where the database refuses it, halve it until the guilty row stands alone."""
    try:
        with transaction.atomic():
            _write([row for _, row in batch], update)
    except (IntegrityError, DataError, InternalError) as error:
        if len(batch) == 1:
            yield Refusal(batch[0][0].row, {"row": _told(error)})
            return
        middle = len(batch) // 2
        yield from _save(layer, batch[:middle], update)
        yield from _save(layer, batch[middle:], update)


def _write(rows: Sequence[Model], update: Sequence[str]) -> None:
    fields = rows[0]._meta.concrete_fields
    if update:
        change(rows, update)
    elif any(field.has_db_default() and not field.has_default() for field in fields):
        type(rows[0])._default_manager.bulk_create(rows)  # some rows may tell it, and others not
    else:
        append(rows)


def _told(error: Exception) -> str:
    diagnosis = getattr(error.__cause__, "diag", None)
    rule = getattr(diagnosis, "constraint_name", None) or getattr(diagnosis, "message_primary", "")
    return f"Basis data menolak baris ini: {rule}."


def remove(ingest: Ingest, arrivals: Sequence[Arrival], missing: Sequence[Model]) -> int:
    """Delete the missing rows that share the group of an arrival; how many those were.

    Raises StillNeeded where a record of another kind hangs on one of them.
    """
    if not missing:
        return 0
    model = type(missing[0])
    names = [attribute(model, name) for name in ingest.group]
    groups = {tuple(arrival.values[name] for name in names) for arrival in arrivals}
    gone = [row.pk for row in missing if tuple(getattr(row, name) for name in names) in groups]
    try:
        _, deleted = model._default_manager.filter(pk__in=gone).delete()
    except (ProtectedError, RestrictedError) as error:
        raise StillNeeded(str(error.args[0])) from error
    # A cascade would take with it what no file brings back: released figures, working areas.
    expected = {model._meta.label, *ingest.derived}
    if others := [label for label, count in deleted.items() if count and label not in expected]:
        raise StillNeeded(", ".join(others))
    return len(gone)
