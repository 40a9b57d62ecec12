"""GeoJSON geometry from people, read within limits: nothing reaches GEOS before it is finite
numbers in range, in rings that nest as the type says. GDAL is not asked at all."""

from __future__ import annotations

import json
import math
from typing import Any

from django.contrib.gis.geos import (
    GEOSException,
    GEOSGeometry,
    LinearRing,
    MultiPolygon,
    Point,
    Polygon,
)

MAX_CHARACTERS = 2_000_000

Pair = tuple[float, float]


def read(text: str, geometry_type: str) -> GEOSGeometry:
    """A Point or MultiPolygon (a Polygon is taken for one) in EPSG:4326.

    Raises ValueError with a sentence for whoever drew it: not GeoJSON, another type, coordinates
    that are no numbers or out of range, an invalid shape with the place where it breaks.
    """
    given = _parsed(text)
    kind, coordinates = str(given.get("type")).upper(), given.get("coordinates")
    if geometry_type == "MULTIPOLYGON" and kind == "POLYGON":
        kind, coordinates = "MULTIPOLYGON", [coordinates]
    if kind != geometry_type or not isinstance(coordinates, list):
        raise ValueError(f"Geometri harus {geometry_type}.")
    try:
        geometry = (
            Point(*_pair(coordinates), srid=4326) if kind == "POINT" else _polygons(coordinates)
        )
    except (GEOSException, TypeError) as error:
        raise ValueError("Koordinat geometri ini tidak tersusun sebagaimana mestinya.") from error
    if not geometry.valid:
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


def _polygons(coordinates: list[Any]) -> MultiPolygon:
    polygons = [
        Polygon(*(LinearRing([_pair(pair) for pair in ring]) for ring in rings))
        for rings in coordinates
    ]
    return MultiPolygon(polygons, srid=4326)


def _pair(coordinates: Any) -> Pair:
    if not isinstance(coordinates, list) or len(coordinates) not in (2, 3):
        raise TypeError("a position has two or three numbers")
    lon, lat = coordinates[:2]
    if type(lon) not in (int, float) or type(lat) not in (int, float):
        raise TypeError("a position is made of numbers")
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise ValueError("Bujur di antara -180 dan 180, lintang di antara -90 dan 90.")
    return float(lon), float(lat)
