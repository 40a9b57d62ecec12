"""Geometry between GeoDjango and shapely, in EPSG:4326, and what an outline is known again by."""

from __future__ import annotations

import hashlib
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry


def to_shapely(shape: Any) -> Any:
    """Of GEOS; one of shapely stays as it is."""
    return shapely.from_wkb(bytes(shape.wkb))


def to_geos(shape: Any) -> Any:
    """For a model field, whichever type that asks for."""
    return GEOSGeometry(memoryview(shape.wkb), srid=4326)


def sha256_of(shape: Any) -> str:
    """The same for the same outline, wherever its rings begin. Evidence and letters carry it."""
    plain = shapely.to_wkb(shapely.normalize(shape), byte_order=1, output_dimension=2)
    return hashlib.sha256(plain).hexdigest()
