"""A vector file as rows, in any format of the allow-list, read by a confined `vector_reader`."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from threading import Timer
from typing import IO, Any, Literal

import numpy as np
import shapely

from layers.ingest.archive import Damaged, members

# Formats of which GDAL opens the given file and what lies beside it, never what the file names.
DRIVERS = frozenset(
    {
        "DXF",
        "ESRI Shapefile",
        "ESRIJSON",
        "FlatGeobuf",
        "GPKG",
        "GeoJSON",
        "GeoJSONSeq",
        "KML",
        "LIBKML",
        "MapInfo File",
        "OpenFileGDB",
        "TopoJSON",
    }
)
ENDINGS = (
    *(".shp", ".gpkg", ".geojson", ".json", ".kml", ".kmz", ".dxf"),
    *(".gdb", ".tab", ".mif", ".fgb", ".geojsonl", ".topojson"),
)
ZIP_MEMBERS = 2_000
ZIP_BYTES = 4 * 1024**3
MEMORY = 6 * 1024**3  # bytes of address space; a file of 200,000 parcels needs about 1 GiB
CPU_SECONDS = 600

Code = Literal["missing", "unknown", "layers", "damaged", "zip", "unpacks", "shapes"]
Progress = Callable[[str, int, int], None]  # stage, done, of how many


@dataclass(frozen=True)
class Limits:
    """How much of a machine one file may take: `seconds` of work, and twice as many on the clock.
    `shape_bytes` (0: any) are those of its shapes; `cells` are for who needs more than shapes."""

    zip_members: int
    zip_bytes: int
    memory: int
    seconds: int
    shape_bytes: int = 0
    cells: bool = True


LIMITS = Limits(ZIP_MEMBERS, ZIP_BYTES, MEMORY, CPU_SECONDS)


class Unreadable(Exception):
    """A file that gives no rows; the message is one sentence for whoever runs a command, `code` and
    `layers` are for those who say it in their own words."""

    def __init__(self, message: str, code: Code, layers: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.layers = tuple(layers)


@dataclass(frozen=True)
class VectorFile:
    """`shapes` are as the file has them but flat (no Z, no M); None where a row has no geometry."""

    name: str
    sha256: str
    driver: str
    layer: str
    crs: str | None
    columns: tuple[str, ...]
    shapes: np.ndarray[Any, Any]
    cells: list[list[Any]]

    def says(self, column: str) -> bool:
        """Whether any row has something in it."""
        place = self.columns.index(column)
        return any(row[place] is not None for row in self.cells)


@dataclass(frozen=True)
class VectorTable:
    """The same, column by column: `batches` are Arrow record batches, `geometry` names their column
    of WKB."""

    name: str
    sha256: str
    driver: str
    crs: str | None
    columns: tuple[str, ...]
    geometry: str
    batches: Iterable[Any]

    def says(self, column: str) -> bool:
        """Nobody has looked at the rows yet."""
        return column in self.columns


def read(
    path: Path, progress: Progress, *, layer: str = "", limits: Limits | None = None
) -> VectorFile:
    """The rows of one layer of a file. Raises Unreadable."""
    path = path.absolute()
    if not path.is_file():
        raise Unreadable(f"There is no file {path}.", "missing")
    lines = _lines(path, layer, limits or LIMITS)
    about = next(lines, None)
    if not about or "error" in about:
        raise _not_read(path, about["error"] if about else "")
    if "layers" in about:
        raise _which_layer(path, about["layers"], layer)
    if "shape_bytes" in about:
        raise Unreadable(f"{path.name} has more to draw than is taken at once.", "shapes")
    wkb: list[str | None] = []
    cells = []
    for geometry, *row in lines:
        wkb.append(geometry)
        cells.append(row)
        progress("reading", len(cells), about["rows"])
    return VectorFile(
        name=path.name,
        sha256=_digest(path),
        driver=about["driver"],
        layer=about["layer"],
        crs=about["crs"],
        columns=tuple(about["columns"]),
        shapes=shapely.from_wkb(np.array(wkb, dtype=object), on_invalid="ignore"),
        cells=cells,
    )


def _not_read(path: Path, error: str) -> Unreadable:
    if error and "not recognized" not in error:
        return Unreadable(f"{path.name} could not be read: {error.rstrip('.')}.", "damaged")
    return Unreadable(
        f"{path.name} is not a vector file that the portal reads: give it GeoJSON, a zipped "
        "shapefile, GeoPackage, KML, DXF, MapInfo, FlatGeobuf or a zipped file geodatabase.",
        "unknown",
    )


def _which_layer(path: Path, layers: list[str], wanted: str) -> Unreadable:
    if not layers:
        return Unreadable(f"{path.name} holds no layer with geometry.", "layers")
    told = f"no layer {wanted!r}" if wanted else f"{len(layers)} layers"
    return Unreadable(
        f"{path.name} holds {told}: say --from-layer with one of {', '.join(layers)}.",
        "layers",
        layers,
    )


def _lines(path: Path, layer: str, limits: Limits) -> Iterator[Any]:
    """What the confined process says, line by line; ends early where it dies."""
    with _confined(path, layer, limits, table=False) as out:
        try:
            yield from map(json.loads, out)
        except ValueError as error:
            raise _broken(path) from error


@contextmanager
def table(path: Path, *, layer: str = "", limits: Limits | None = None) -> Iterator[VectorTable]:
    """The rows of one layer of a file as Arrow record batches, read as they are asked for. Raises
    Unreadable, also while they are read."""
    import pyarrow as pa

    path = path.absolute()
    if not path.is_file():
        raise Unreadable(f"There is no file {path}.", "missing")
    with (
        _confined(path, layer, limits or LIMITS, table=True) as out,
        ThreadPoolExecutor(1) as meanwhile,
    ):
        digest = meanwhile.submit(_digest, path)  # the process takes a while to start
        about = json.loads(out.readline() or "{}")
        if not about or "error" in about:
            raise _not_read(path, about.get("error", ""))
        if "layers" in about:
            raise _which_layer(path, about["layers"], layer)
        try:
            yield VectorTable(
                name=path.name,
                sha256=digest.result(),
                driver=about["driver"],
                crs=about["crs"],
                columns=tuple(about["columns"]),
                geometry=about["geometry"],
                batches=pa.ipc.open_stream(out),
            )
        except (pa.ArrowInvalid, OSError) as error:
            raise _broken(path) from error


@contextmanager
def _confined(path: Path, layer: str, limits: Limits, *, table: bool) -> Iterator[IO[bytes]]:
    """What the confined process says. Raises Unreadable where it dies."""
    address = str(path)
    if zipfile.is_zipfile(path):
        address, layer = _in_archive(path, layer, limits)
    script = Path(__file__).with_name("vector_reader.py")
    order = {
        "path": address,
        "layer": layer,
        "memory": limits.memory,
        "seconds": limits.seconds,
        "shape_bytes": limits.shape_bytes,
        "cells": limits.cells,
        "table": table,
    }
    with subprocess.Popen(
        [sys.executable, "-I", str(script), json.dumps(order)],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        end = Timer(2 * limits.seconds, process.kill)
        end.daemon = True
        end.start()
        try:
            yield process.stdout  # type: ignore[misc]
            if process.wait() != 0:
                raise _broken(path)
        finally:
            end.cancel()
            process.kill()


def _broken(path: Path) -> Unreadable:
    return Unreadable(
        f"{path.name} could not be read to its end: it is damaged, or too large to read.",
        "damaged",
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def environment() -> dict[str, str]:
    import pyogrio  # it brings geopandas, half a second that every start would pay

    forbidden = set(pyogrio.list_drivers()) - DRIVERS
    return {
        "GDAL_SKIP": ",".join(sorted(forbidden)),
        # GDAL fetches addresses that it finds in files: this proxy answers to no one.
        "GDAL_HTTP_PROXY": "http://127.0.0.1:9",
        # CAD draws a parcel as a closed line.
        "DXF_CLOSED_LINE_AS_POLYGON": "TRUE",
        "OPENBLAS_NUM_THREADS": "1",
        "LC_ALL": "C.UTF-8",
    }


def _in_archive(path: Path, layer: str, limits: Limits) -> tuple[str, str]:
    """Where GDAL finds the one data set of a zip, and which of its layers is meant."""
    names = _within_bounds(path, limits)
    if path.suffix.lower() == ".kmz":
        return str(path), layer
    found = sorted(_datasets(names))
    if len(found) > 1 and layer:
        found, layer = [name for name in found if PurePosixPath(name).stem == layer], ""
    if len(found) != 1:
        raise _which_layer(
            path, sorted(PurePosixPath(name).stem for name in _datasets(names)), layer
        )
    return f"/vsizip/{{{path}}}/{found[0]}", layer


def _within_bounds(path: Path, limits: Limits) -> list[str]:
    """The names in an archive. Raises Unreadable where it would unpack to something enormous."""
    try:
        listed = members(path)
    except Damaged as error:
        raise Unreadable(f"{path.name} is a damaged zip archive.", "zip") from error
    size = sum(member.file_size for member in listed)
    if len(listed) > limits.zip_members or size > limits.zip_bytes:
        raise Unreadable(
            f"{path.name} unpacks to more than {limits.zip_bytes // 1024**3} GiB or "
            f"{limits.zip_members} files.",
            "unpacks",
        )
    return [member.filename for member in listed]


def _datasets(names: list[str]) -> set[str]:
    """Files of an archive that are data sets; a file geodatabase is a folder."""
    found = set()
    for name in names:
        parts = PurePosixPath(name).parts
        if any(part.startswith((".", "__MACOSX")) for part in parts):
            continue
        folders = [number for number, part in enumerate(parts) if part.lower().endswith(".gdb")]
        if folders:
            found.add("/".join(parts[: folders[0] + 1]))
        elif PurePosixPath(name).suffix.lower() in ENDINGS:
            found.add(name)
    return found
