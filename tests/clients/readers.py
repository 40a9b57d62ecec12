"""Run in a process of its own, in the portal's environment: one reader counts what it gets.

Usage: python -m tests.clients.readers READER ADDRESS LAYER [west south east north]. Prints one line
of JSON.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import geopandas
import pyarrow
import pyarrow.parquet as pq
import pyogrio

Read = tuple[str, int]  # the reader's version, and how many rows it counted
Box = tuple[float, ...]


def items(address: str, layer: str, form: str) -> str:
    return f"{address}/ogc/collections/{layer}/items?f={form}"


def fetched(address: str, layer: str, form: str) -> bytes:
    with urlopen(items(address, layer, form), timeout=120) as answer:
        body: bytes = answer.read()
    return body


def gdal(address: str, layer: str, box: Box) -> Read:
    frame = pyogrio.read_dataframe(f"OAPIF:{address}/ogc", layer=layer, bbox=box or None)
    return pyogrio.__gdal_version_string__, len(frame)


def geopandas_page(address: str, layer: str, box: Box) -> Read:
    source = items(address, layer, "fgb")
    if box:
        source += f"&bbox={','.join(map(str, box))}"
    return geopandas.__version__, len(geopandas.read_file(source))


def geopandas_parquet(address: str, layer: str, box: Box) -> Read:
    frame = geopandas.read_parquet(io.BytesIO(fetched(address, layer, "parquet")))
    return geopandas.__version__, len(frame)


def flatgeobuf_box(address: str, layer: str, box: Box) -> Read:
    """The index of the file finds what lies in a box."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "layer.fgb"
        path.write_bytes(fetched(address, layer, "fgb"))
        frame = pyogrio.read_dataframe(path, bbox=box)
    return pyogrio.__gdal_version_string__, len(frame)


def parquet(address: str, layer: str, box: Box) -> Read:
    table = pq.read_table(io.BytesIO(fetched(address, layer, "parquet")))
    return pyarrow.__version__, table.num_rows


def sqlite(address: str, layer: str, box: Box) -> Read:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "layer.gpkg"
        path.write_bytes(fetched(address, layer, "gpkg"))
        with sqlite3.connect(path) as database:
            (count,) = database.execute(f'SELECT count(*) FROM "{layer}"').fetchone()
        database.close()
    return sqlite3.sqlite_version, int(count)


def spreadsheet(address: str, layer: str, box: Box) -> Read:
    text = fetched(address, layer, "csv").decode("utf-8-sig")
    version = ".".join(map(str, sys.version_info[:3]))
    return version, sum(1 for _ in csv.DictReader(io.StringIO(text, newline="")))


READERS: Mapping[str, Callable[[str, str, Box], Read]] = {
    "gdal": gdal,
    "geopandas": geopandas_page,
    "geopandas-parquet": geopandas_parquet,
    "flatgeobuf-box": flatgeobuf_box,
    "pyarrow": parquet,
    "sqlite": sqlite,
    "csv": spreadsheet,
}

if __name__ == "__main__":
    reader, address, layer, *sides = sys.argv[1:]
    version, count = READERS[reader](address, layer, tuple(map(float, sides)))
    sys.stdout.write(json.dumps({"version": version, "count": count}) + "\n")
