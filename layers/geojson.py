"""GeoJSON geometry from people, read within limits: nothing reaches GEOS before it is finite
numbers in range, nested as its type says. GDAL is not asked at all."""

from __future__ import annotations

import json
import math
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from shapely.errors import GEOSException, ShapelyError
from shapely.geometry import shape

MAX_CHARACTERS = 2_000_000

# How deep the lists of positions nest (RFC 7946 section 3.1).
DEPTH = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}


def read(text: str, geometry_type: str) -> GEOSGeometry:
    """A geometry of the model field's type ("MULTIPOLYGON") in EPSG:4326; a single one is taken
    for a field of many.

    Raises ValueError with a sentence for whoever drew it: not GeoJSON, another type, coordinates
    that are no numbers or out of range, an invalid shape with the place where it breaks.
    """
    given = _parsed(text)
    kind, coordinates = str(given.get("type")), given.get("coordinates")
    if f"MULTI{kind.upper()}" == geometry_type:
        kind, coordinates = f"Multi{kind}", [coordinates]
    if kind.upper() != geometry_type or kind not in DEPTH:
        raise ValueError(f"Geometri harus {geometry_type}.")
    _check(coordinates, DEPTH[kind])
    try:
        drawn = shape({"type": kind, "coordinates": coordinates})
        geometry = GEOSGeometry(drawn.wkb_hex, srid=4326)
    except (GEOSException, ShapelyError, ValueError) as error:
        raise ValueError("Koordinat geometri ini tidak tersusun sebagaimana mestinya.") from error
    if geometry.empty or not geometry.valid:
        raise ValueError(f"Geometri tidak sah: {geometry.valid_reason}.")
    return geometry


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > MAX_CHARACTERS:
        raise ValueError("Geometri ini terlalu besar.")
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("Ini bukan GeoJSON.") from error
    if not isinstance(given, dict):
        raise ValueError("Ini bukan geometri GeoJSON.")
    if "crs" in given:
        raise ValueError("GeoJSON selalu WGS 84 (RFC 7946); hilangkan anggota crs.")
    return given


def _check(coordinates: Any, depth: int) -> None:
    if not isinstance(coordinates, list):
        raise ValueError("Koordinat geometri ini tidak tersusun sebagaimana mestinya.")
    if depth:
        for part in coordinates:
            _check(part, depth - 1)
        return
    if len(coordinates) != 2 or not all(type(number) in (int, float) for number in coordinates):
        raise ValueError("Tiap titik terdiri dari dua angka: bujur dan lintang.")
    lon, lat = coordinates  # compared first: no float is as large as an integer may be
    if not (abs(lon) <= 180 and abs(lat) <= 90 and math.isfinite(lon) and math.isfinite(lat)):
        raise ValueError("Bujur di antara -180 dan 180, lintang di antara -90 dan 90.")
