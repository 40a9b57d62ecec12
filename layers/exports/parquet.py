"""GeoParquet 1.1: WKB, CRS84, and the box of each row as its covering, by which readers skip."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

from layers.exports import arrow
from layers.exports.facts import facts
from layers.exports.table import Table

SIDES = ("xmin", "ymin", "xmax", "ymax")
BOX = pa.struct([(side, pa.float64()) for side in SIDES])


def geoparquet(table: Table, path: Path) -> None:
    made = arrow.schema(table).append(pa.field("bbox", BOX))
    kinds: set[str] = set()
    whole = np.full(4, np.nan)
    with pq.ParquetWriter(path, made, compression="zstd") as writer:
        for batch in arrow.batches(table):
            shapes = shapely.from_wkb(batch.column(arrow.GEOMETRY).to_numpy(zero_copy_only=False))
            boxes = shapely.bounds(shapes)
            whole = _around(whole, shapely.total_bounds(shapes))
            kinds |= {shape.geom_type for shape in shapes if shape is not None}
            columns = [*batch.columns, _covering(boxes)]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=made))
        writer.add_key_value_metadata({"geo": json.dumps(_geo(kinds, whole))})
        writer.add_key_value_metadata(facts(table).as_text())


def _around(one: Any, other: Any) -> Any:
    least = np.fmin(one[:2], other[:2])
    return np.concatenate([least, np.fmax(one[2:], other[2:])])


def _covering(boxes: Any) -> pa.StructArray:
    return pa.StructArray.from_arrays(
        [pa.array(boxes[:, side]) for side in range(4)], fields=list(BOX), mask=None
    )


def _geo(kinds: set[str], whole: Any) -> dict[str, Any]:
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted(kinds),
        "crs": pyproj.CRS("OGC:CRS84").to_json_dict(),
        "covering": {"bbox": {side: ["bbox", side] for side in SIDES}},
    }
    if not np.isnan(whole).any():
        column["bbox"] = whole.tolist()
    return {
        "version": "1.1.0",
        "primary_column": arrow.GEOMETRY,
        "columns": {arrow.GEOMETRY: column},
    }
