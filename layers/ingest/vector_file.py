"""A vector file as rows, in any format of the allow-list, read by a confined `vector_reader`."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np
import pyogrio
import shapely

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

Progress = Callable[[str, int, int], None]  # stage, done, of how many


class Unreadable(Exception):
    """A file that gives no rows; the message is one sentence for whoever sent it."""


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


def read(path: Path, progress: Progress, *, layer: str = "") -> VectorFile:
    """The rows of one layer of a file. Raises Unreadable."""
    path = path.absolute()
    if not path.is_file():
        raise Unreadable(f"There is no file {path}.")
    lines = _lines(path, layer)
    about = next(lines, None)
    if not about or "error" in about:
        raise Unreadable(_not_read(path, about["error"] if about else ""))
    if "layers" in about:
        raise Unreadable(_which_layer(path, about["layers"], layer))
    wkb: list[str | None] = []
    cells = []
    for geometry, *row in lines:
        wkb.append(geometry)
        cells.append(row)
        progress("reading", len(cells), about["rows"])
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return VectorFile(
        name=path.name,
        sha256=digest,
        driver=about["driver"],
        layer=about["layer"],
        crs=about["crs"],
        columns=tuple(about["columns"]),
        shapes=shapely.from_wkb(np.array(wkb, dtype=object), on_invalid="ignore"),
        cells=cells,
    )


def _not_read(path: Path, error: str) -> str:
    if error and "not recognized" not in error:
        return f"{path.name} could not be read: {error.rstrip('.')}."
    return (
        f"{path.name} is not a vector file that the portal reads: give it GeoJSON, a zipped "
        "shapefile, GeoPackage, KML, DXF, MapInfo, FlatGeobuf or a zipped file geodatabase."
    )


def _which_layer(path: Path, layers: list[str], wanted: str) -> str:
    if not layers:
        return f"{path.name} holds no layer with geometry."
    told = f"no layer {wanted!r}" if wanted else f"{len(layers)} layers"
    return f"{path.name} holds {told}: say --from-layer with one of {', '.join(layers)}."


def _lines(path: Path, layer: str) -> Iterator[Any]:
    """What the confined process says, line by line; ends early where it dies."""
    address, layer = _in_archive(path, layer) if zipfile.is_zipfile(path) else (str(path), layer)
    script = Path(__file__).with_name("vector_reader.py")
    with subprocess.Popen(
        [sys.executable, "-I", str(script), address, layer],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    ) as process:
        out: IO[str] = process.stdout  # type: ignore[assignment]
        try:
            yield from map(json.loads, out)
            broken = process.wait() != 0
        except json.JSONDecodeError:
            broken = True
        if broken:
            raise Unreadable(
                f"{path.name} could not be read to its end: it is damaged, or too large to read."
            )


def environment() -> dict[str, str]:
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


def _in_archive(path: Path, layer: str) -> tuple[str, str]:
    """Where GDAL finds the one data set of a zip, and which of its layers is meant."""
    if path.suffix.lower() == ".kmz":
        _within_bounds(path)
        return str(path), layer
    found = sorted(_datasets(_within_bounds(path)))
    if len(found) > 1 and layer:
        found, layer = [name for name in found if PurePosixPath(name).stem == layer], ""
    if len(found) != 1:
        names = sorted(PurePosixPath(name).stem for name in _datasets(_within_bounds(path)))
        raise Unreadable(_which_layer(path, names, layer))
    return f"/vsizip/{{{path}}}/{found[0]}", layer


def _within_bounds(path: Path) -> list[str]:
    """The names in an archive. Raises Unreadable where it would unpack to something enormous."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile as error:
        raise Unreadable(f"{path.name} is a damaged zip archive.") from error
    if len(members) > ZIP_MEMBERS or sum(member.file_size for member in members) > ZIP_BYTES:
        raise Unreadable(
            f"{path.name} unpacks to more than {ZIP_BYTES // 1024**3} GiB or {ZIP_MEMBERS} files."
        )
    return [member.filename for member in members]


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
