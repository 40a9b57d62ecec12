"""Downloads read back by their own readers, so that tests hold them against the items."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq
import pyogrio

Rows = dict[int, dict[str, Any]]  # properties by feature id
KML = "{http://www.opengis.net/kml/2.2}"


def content_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def read(name: str, body: bytes) -> Rows:
    return READERS[name](body)


def _geojson(body: bytes) -> Rows:
    return {one["id"]: one["properties"] for one in json.loads(body)["features"]}


def _csv(body: bytes) -> Rows:
    rows = csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    return {int(row.pop("fid")): {n: v for n, v in row.items() if n != "wkt"} for row in rows}


def _kml(body: bytes) -> Rows:
    """A property without a value has no element: its name is not told either."""
    found: dict[int, dict[Any, Any]] = {}
    for place in ET.fromstring(body).iter(f"{KML}Placemark"):
        values = {one.get("name"): one.find(f"{KML}value").text for one in place.iter(f"{KML}Data")}
        found[int(place.get("id").rsplit(".", 1)[1])] = values
    return found


def _parquet(body: bytes) -> Rows:
    rows = pq.read_table(io.BytesIO(body)).to_pylist()
    own = ("fid", "geometry", "bbox")
    return {row["fid"]: {n: v for n, v in row.items() if n not in own} for row in rows}


def _vector(suffix: str) -> Callable[[bytes], Rows]:
    def reader(body: bytes) -> Rows:
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"file.{suffix}"
            path.write_bytes(body)
            meta, fids, _, columns = pyogrio.raw.read(path, return_fids=True)
        names = list(meta["fields"])
        rows = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
        if "fid" in names:
            return {int(row.pop("fid")): row for row in rows}
        return {int(fid): row for fid, row in zip(fids, rows or [{}] * len(fids), strict=True)}

    return reader


READERS: Mapping[str, Callable[[bytes], Rows]] = {
    "geojson": _geojson,
    "csv": _csv,
    "kml": _kml,
    "parquet": _parquet,
    "gpkg": _vector("gpkg"),
    "fgb": _vector("fgb"),
}
