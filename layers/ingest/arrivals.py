"""Rows of a file on their way into a layer: each becomes an `Arrival`, or is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.db.models import Model
from shapely.geometry.base import BaseGeometry

from layers.base import Build, Ingest, Layer, Refused
from layers.ingest.repair import Fitted
from layers.ingest.report import Refusal, Repaired, Report
from layers.ingest.vector_file import Progress, VectorFile

NOTHING_SAID = {"", "-", "tidak ada", "null", "<null>", "none", "nan"}


@dataclass(frozen=True)
class Arrival:
    """A row that may be stored. `values` by attribute of the model, those of its key among them;
    what the row does not say is not in it."""

    row: int
    key: tuple[Any, ...]
    values: dict[str, Any]
    shape: BaseGeometry

    @property
    def name(self) -> str:
        return " ".join(str(part) for part in self.key)


def arrivals(
    layer: Layer,
    ingest: Ingest,
    file: VectorFile,
    fitted: Sequence[Fitted],
    report: Report,
    progress: Progress,
) -> Iterator[Arrival]:
    """The rows that may be written; the others go to the report."""
    places = {name: file.columns.index(column) for name, column in report.columns.items()}
    build = ingest.build() if ingest.build else _as_told
    first: dict[tuple[Any, ...], int] = {}
    for row, (cells, fit) in enumerate(zip(file.cells, fitted, strict=True), start=1):
        progress("checking", row, report.rows)
        told = {name: said(cells[place]) for name, place in places.items()}
        try:
            if fit.shape is None:
                raise Refused({layer.geometry: fit.reason})
            values = _values(layer, build, {**told, **report.constants, "shape": fit.shape})
            arrival = Arrival(row, _key(layer, ingest, values), values, fit.shape)
            if (before := first.setdefault(arrival.key, row)) != row:
                raise Refused(dict.fromkeys(ingest.key, f"Sama dengan baris {before}."))
        except Refused as refused:
            report.refused.append(Refusal(row, refused.reasons))
            continue
        if fit.repair:
            report.repaired.append(Repaired(row, arrival.name, fit.repair))
        yield arrival


def said(cell: Any) -> Any:
    """What a cell says; None for the many ways to say nothing. A code that came as a decimal number
    loses its ".0"."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, str):
        cell = cell.strip()
        return None if cell.lower() in NOTHING_SAID else cell
    return cell


def _as_told(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "shape"}


def _values(layer: Layer, build: Build, told: dict[str, Any]) -> dict[str, Any]:
    """What the row says, by attribute of the model. Raises Refused with all that is wrong."""
    try:
        built = build(told)
    except DatabaseError as error:
        raise Refused({"row": f"Basis data menolak baris ini: {error}"}) from error
    values: dict[str, Any] = {}
    reasons = {}
    for name, value in built.items():
        if isinstance(value, Model):
            values[attribute(layer.model, name)] = value.pk
        elif value is not None:
            field: Any = layer.model._meta.get_field(name)
            try:
                values[field.attname] = field.clean(value, None)
            except ValidationError as error:
                reasons[name] = " ".join(error.messages)
    if reasons:
        raise Refused(reasons)
    return values


def _key(layer: Layer, ingest: Ingest, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Raises Refused where a part of it is not told."""
    key = {name: values.get(attribute(layer.model, name)) for name in ingest.key}
    if nameless := [name for name, value in key.items() if value is None]:
        raise Refused(dict.fromkeys(nameless, "Kosong, padahal mengenali baris ini."))
    return tuple(key.values())


def attribute(model: type[Model], name: str) -> str:
    """Where an instance holds the value of a field: `plan_id` for `plan`."""
    field: Any = model._meta.get_field(name)
    return str(field.attname)
