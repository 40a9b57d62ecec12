"""The straight way: a file without a fault into an empty table, judged by the column and copied as
it was read. A file that is not plainly right goes the way that judges each row and tells why.

The rules are those of `repair.fit` and `arrivals`, said of whole columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from django.db import DatabaseError, transaction
from django.db.models import CharField, Field, FloatField, IntegerField, TextField
from pyproj import CRS

from layers.arrow import copy, seize
from layers.base import Layer
from layers.ingest import repair, vector_file
from layers.ingest.arrivals import NOTHING_SAID
from layers.ingest.load import LoadError, Options, begun, crs_of, record, timed
from layers.ingest.report import Report
from layers.ingest.vector_file import VectorTable
from layers.tile_triggers import told_at_once

Array = Any  # of Arrow
DRIVERS = ("GPKG", "FlatGeobuf", "ESRI Shapefile", "GeoJSON")  # each column once, and with a type


class NotStraight(Exception):
    """Something has to be looked at row by row."""


@dataclass(frozen=True)
class Plan:
    """Which column of the file, or which constant, goes into which field of the model."""

    layer: Layer
    crs: CRS
    columns: Mapping[Field, str]
    constants: Mapping[Field, Any]

    @property
    def fields(self) -> list[Field]:
        """In the order of the columns that `judged` gives."""
        geometry: Any = self.layer.model._meta.get_field(self.layer.geometry)
        return [*self.columns, *self.constants, geometry]


def load(layer: Layer, path: Path, options: Options) -> Report | None:
    """Write a whole file as it is into a layer that has no rows, and report; None, with nothing
    written, where `load.load` has to look at the rows."""
    if layer.ingest is None or not applies(layer):
        return None
    seconds: dict[str, float] = {}
    try:
        with (
            timed(seconds, "copy"),
            vector_file.table(path, layer=options.from_layer) as table,
            transaction.atomic(),
        ):
            crs = crs_of(table, options.crs)
            report = begun(layer, table, crs, options, seconds)
            asked = plan(layer, table, report.columns, options.constants, crs)
            seize(layer.model)
            if layer.model._default_manager.exists():  # somebody was faster
                raise NotStraight
            batches = judged(asked, table, layer.ingest.key)
            with told_at_once(layer.model._meta.db_table):
                report.rows = report.inserted = copy(layer.model, asked.fields, batches)
            if layer.ingest.after:
                layer.ingest.after()
            record(layer, options, report, by=None)
            transaction.set_rollback(options.dry_run)
    except (NotStraight, vector_file.Unreadable, LoadError, DatabaseError):
        return None
    return report


def plan(
    layer: Layer, table: VectorTable, columns: Mapping[str, str], constants: Mapping[str, Any],
    crs: CRS,
) -> Plan:  # fmt: skip
    """Raises NotStraight where a field wants more than its column as it is."""
    if table.driver not in DRIVERS:
        raise NotStraight
    meta = layer.model._meta
    taken = {_simple(meta.get_field(name)): column for name, column in columns.items()}
    given: dict[Field, Any] = {}
    for field in meta.concrete_fields:
        told = {**layer.fixed, **constants}.get(field.name)
        if field in taken or field.generated or field.primary_key or field.name == layer.geometry:
            continue
        if told is None and (field.null or field.has_db_default()):
            continue
        value = field.get_default() if told is None else told
        if value is None or not isinstance(value, str | int | float):
            raise NotStraight
        given[_simple(field)] = value
    return Plan(layer, crs, taken, given)


def _simple(field: Any) -> Field:
    plain = isinstance(field, CharField | TextField | FloatField | IntegerField)
    if not plain or field.is_relation or field._validators or field.unique_for_date:
        raise NotStraight
    return field


def applies(layer: Layer) -> bool:
    """Whether the layer asks nothing of a row but to be there, and has none yet."""
    ingest = layer.ingest
    if ingest is None or ingest.build or ingest.coverage or "__" in layer.geometry:
        return False
    return not layer.model._default_manager.exists()


def judged(asked: Plan, table: VectorTable, key: Sequence[str]) -> Iterator[list[Array]]:
    """The columns of each batch. Raises NotStraight."""
    seen: list[Any] = []
    for batch in table.batches:
        yield _noted(_batch(asked, table.geometry, batch), asked, key, seen)
    names = [str(number) for number in range(len(key))]
    keys = pa.table([pa.chunked_array(parts) for parts in zip(*seen, strict=True)], names=names)
    if keys.group_by(names).aggregate([]).num_rows < keys.num_rows:
        raise NotStraight


def _noted(columns: list[Array], asked: Plan, key: Sequence[str], seen: list[Any]) -> list[Array]:
    fields = [field.name for field in asked.fields]
    parts = [columns[fields.index(name)] for name in key]
    if any(part.null_count for part in parts):
        raise NotStraight
    seen.append(parts)
    return columns


def _batch(asked: Plan, geometry: str, batch: Any) -> list[Array]:
    batch.validate(full=True)  # another process wrote it
    columns = [_column(field, batch.column(name)) for field, name in asked.columns.items()]
    columns += [_constant(field, value, len(batch)) for field, value in asked.constants.items()]
    return [*columns, _shapes(asked, batch.column(geometry))]


def _column(field: Any, column: Array) -> Array:
    """The cells as the field stores them."""
    if isinstance(field, CharField | TextField):
        cells = _texts(field, column)
    elif isinstance(field, FloatField) and pa.types.is_floating(column.type):
        cells = column.cast(pa.float64())
        if not pc.all(pc.is_finite(cells), min_count=0).as_py():
            raise NotStraight
    elif isinstance(field, IntegerField) and pa.types.is_integer(column.type):
        cells = column
    else:
        raise NotStraight
    if cells.null_count and not field.null:
        raise NotStraight
    if field.choices and not _among(cells, [value for value, _ in field.flatchoices]):
        raise NotStraight
    return cells


def _texts(field: Any, column: Array) -> Array:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise NotStraight
    cells = pc.utf8_trim_whitespace(column.cast(pa.string()))
    silent = pc.is_in(pc.utf8_lower(cells), pa.array(sorted(NOTHING_SAID)))
    cells = pc.if_else(silent, None, cells)
    longest = pc.max(pc.utf8_length(cells)).as_py() or 0
    if field.max_length and longest > field.max_length:
        raise NotStraight
    return cells


def _among(cells: Array, values: Sequence[Any]) -> bool:
    found = pc.is_in(cells.drop_null(), pa.array(values, cells.type))
    return bool(pc.all(found, min_count=0).as_py())


def _constant(field: Any, value: Any, rows: int) -> Array:
    cleaned = pa.array([field.clean(value, None)])
    return pc.take(cleaned, pa.array(np.zeros(rows, dtype=np.int64)))


def _shapes(asked: Plan, column: Array) -> Array:
    """As the layer stores them: EPSG:4326, valid, of its type. What is so already stays the very
    bytes."""
    read = shapely.from_wkb(column.to_numpy(zero_copy_only=False), on_invalid="ignore")
    if (shapely.is_missing(read) | shapely.is_empty(read) | shapely.has_z(read)).any():
        raise NotStraight
    shapes = _fitting(asked, repair.to_stored(read, asked.crs))
    return column if shapes is read else pa.array(shapely.to_wkb(shapes))


def _fitting(asked: Plan, shapes: Any) -> Any:
    """The very shapes, or each as the multi-geometry that the layer wants."""
    if not repair.within_indonesia(shapes).all() or not shapely.is_valid(shapes).all():
        raise NotStraight
    wanted = asked.layer.geometry_field.geom_type
    single = wanted.removeprefix("MULTI")
    kinds = shapely.get_type_id(shapes)
    if single not in repair.DIMENSION:
        return shapes
    alone = kinds == {"POINT": 0, "LINESTRING": 1, "POLYGON": 3}[single]
    if alone.all() and wanted == single:
        return shapes
    if alone.all():
        gather = {"POINT": shapely.multipoints, "LINESTRING": shapely.multilinestrings}
        return gather.get(single, shapely.multipolygons)(shapes, indices=np.arange(len(shapes)))
    if wanted != single and (kinds == {"POINT": 4, "LINESTRING": 5, "POLYGON": 6}[single]).all():
        return shapes
    raise NotStraight
