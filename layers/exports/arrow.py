"""A table as Arrow record batches, geometry as WKB: what GDAL and Parquet write from, and what a
GeoDataFrame is made of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import shapely

from layers.exports.table import Kind, Row, Table

GEOMETRY = "geometry"
TYPES = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.TIME: pa.timestamp("us", tz="UTC"),
}


def schema(table: Table) -> pa.Schema:
    fields = [
        pa.field(name, TYPES[kind]) for name, kind in zip(table.names, table.kinds, strict=True)
    ]
    return pa.schema([pa.field("fid", pa.int64()), *fields, pa.field(GEOMETRY, pa.binary())])


def batches(table: Table) -> Iterator[pa.RecordBatch]:
    made = schema(table)
    for rows in table.chunks():
        yield _batch(rows, table.shapes(rows), made)


def reader(table: Table) -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(schema(table), batches(table))


def _batch(rows: Sequence[Row], shapes: Any, made: pa.Schema) -> pa.RecordBatch:
    fids, _, *columns = zip(*rows, strict=True)
    arrays = [
        pa.array(fids, made.field("fid").type),
        *(
            pa.array([plain(value) for value in column], field.type)
            for column, field in zip(columns, list(made)[1:-1], strict=True)
        ),
        pa.array(shapely.to_wkb(shapes), made.field(GEOMETRY).type),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=made)


def plain(value: Any) -> Any:
    """A value as files hold it: numbers as they are, lists and objects as JSON, the rest as
    text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value if hasattr(value, "isoformat") else str(value)
