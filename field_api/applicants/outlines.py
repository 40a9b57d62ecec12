"""A parcel as an applicant sends it: drawn on the map, pasted as a table, or as a file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.core.files.base import ContentFile, File
from shapely.geometry import MultiPolygon, Polygon

from layers.catalog.boundaries import near_city
from layers.geometry import to_shapely
from layers.outline import coordinates
from layers.outline.files import read_file
from layers.outline.parcel import MOST_BYTES, MOST_VERTICES, Outline, refusal, too_many

DRAWN = "drawn"
PATIENCE = 10.0  # seconds that one waits while others' files are being read
_READERS = BoundedSemaphore(2)  # each may take a processor and 2 GiB for half a minute


class Busy(Exception):
    """Others' files are being read."""


def from_geometry(geometry: Any) -> Outline:
    """What was drawn: a GeoJSON polygon or several, which may be invalid. Raises Refused."""
    shape = _shape(geometry)
    vertices = coordinates.vertices_of(shape)
    if vertices > MOST_VERTICES:
        raise refusal(too_many(vertices))
    return Outline(shape, DRAWN, "EPSG:4326", vertices, "")


def from_text(text: str, *, crs: str = "") -> Outline:
    """A table of corners, or GeoJSON. Raises Refused."""
    if text.lstrip()[:1] == "{":
        return from_file(ContentFile(text.encode(), "tempelan.geojson"), crs=crs)
    return coordinates.read_table(text, crs=crs, near=near_city())


def from_file(upload: File, *, crs: str = "", from_layer: str = "") -> Outline:
    """Read by a confined process, and gone when it has been. Raises Refused, Busy."""
    if upload.size > MOST_BYTES:
        raise refusal("Berkas ini lebih dari 10 MB; kirim bidangnya saja.")
    with _reader(), TemporaryDirectory(prefix="outline-") as folder:
        path = Path(folder) / _plain(upload.name or "")
        with path.open("wb") as file:
            file.writelines(upload.chunks())
        return read_file(path, crs=crs, from_layer=from_layer)


def digest(shape: MultiPolygon) -> str:
    return hashlib.sha256(shapely.to_wkb(shape, byte_order=1)).hexdigest()


def geojson(shape: MultiPolygon) -> dict[str, Any]:
    """As it is drawn: one part as a polygon."""
    found = shape.geoms[0] if len(shape.geoms) == 1 else shape
    written: dict[str, Any] = json.loads(shapely.to_geojson(found))
    return written


def geojson_of(shape: GEOSGeometry) -> dict[str, Any]:
    """The same of a row."""
    return geojson(to_shapely(shape))


def _shape(geometry: Any) -> MultiPolygon:
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise refusal("Bidang harus poligon; gambar batasnya sampai tertutup.")
    found = geometry.get("coordinates")
    parts: Any = [found] if geometry["type"] == "Polygon" else found
    try:
        polygons = [Polygon(_ring(part[0]), [_ring(ring) for ring in part[1:]]) for part in parts]
    except (TypeError, ValueError, IndexError, KeyError, OverflowError) as error:
        raise refusal("Gambar bidang ini tidak lengkap; gambar paling sedikit 3 titik.") from error
    if not polygons:
        raise refusal("Belum ada bidang; gambar batasnya di peta.")
    return MultiPolygon(polygons)


def _ring(corners: Any) -> np.ndarray[Any, Any]:
    ring = np.asarray(corners, dtype=float)
    if ring.ndim != 2 or ring.shape[1] not in (2, 3) or not np.isfinite(ring[:, :2]).all():
        raise ValueError
    return ring[:, :2]


def _plain(name: str) -> str:
    """A name that is safe as a file and in a sentence; the reader goes by its ending."""
    path = PurePath(re.sub(r"[^\w.() -]", "_", name) or "berkas")
    return f"{path.stem[:60].strip() or 'berkas'}{path.suffix[:12]}"


@contextmanager
def _reader() -> Iterator[None]:
    if not _READERS.acquire(timeout=PATIENCE):
        raise Busy
    try:
        yield
    finally:
        _READERS.release()
