"""Geometries of a file as a layer stores them (EPSG:4326, valid, of its type), or why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.db.models import GeometryField
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

STORED = CRS.from_epsg(4326)
INDONESIA = (92.0, -14.0, 142.0, 8.0)  # degrees; beyond it a city's data has a wrong CRS
DIMENSION = {"POINT": 0, "LINESTRING": 1, "POLYGON": 2}

Shapes = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Repair:
    """An invalid geometry that was made valid; areas in square metres."""

    problem: str
    area_before: float
    area_after: float


@dataclass(frozen=True)
class Fitted:
    """The geometry to store, or the reason (for its sender) why there is none."""

    shape: BaseGeometry | None
    reason: str = ""
    repair: Repair | None = None


def to_stored(shapes: Shapes, crs: CRS) -> Shapes:
    """In EPSG:4326, lon before lat; what lies outside the CRS's domain becomes infinite."""
    if crs == STORED:
        return shapes
    import geopandas as gpd  # half a second, which every start would pay

    return np.asarray(gpd.GeoSeries(shapes, crs=crs).to_crs(STORED).array)


def to_metres(shapes: Shapes) -> Shapes:
    """In the UTM zone of the data: EPSG:32751 around Kupang."""
    import geopandas as gpd

    series = gpd.GeoSeries(shapes, crs=STORED)
    if series.empty or series.is_empty.all():
        return shapes
    return np.asarray(series.to_crs(series.estimate_utm_crs()).array)


def fit(shapes: Shapes, crs: CRS, field: GeometryField) -> list[Fitted]:
    """Each geometry of a file made fit for a field, in order."""
    stored = to_stored(shapes, crs)
    absent = shapely.is_missing(stored) | shapely.is_empty(stored)
    bounds = shapely.bounds(stored)
    outside = ~absent & ~_within(bounds, INDONESIA)
    invalid = ~absent & ~outside & ~shapely.is_valid(stored)
    repairs = iter(_repaired(stored[invalid]))
    fitted = []
    for number, shape in enumerate(stored):
        if absent[number]:
            fitted.append(Fitted(None, "Baris ini tanpa geometri."))
        elif outside[number]:
            fitted.append(Fitted(None, _where(bounds[number])))
        elif invalid[number]:
            mended, repair = next(repairs)
            fitted.append(_of_type(mended, field, repair))
        else:
            fitted.append(_of_type(shape, field, None))
    return fitted


def within_indonesia(shapes: Shapes) -> Shapes:
    """Which of them (EPSG:4326) lie where a city's data can lie."""
    return _within(shapely.bounds(shapes), INDONESIA)


def _within(bounds: Shapes, box: tuple[float, float, float, float]) -> Shapes:
    west, south, east, north = box
    inside = (bounds[:, 0] >= west) & (bounds[:, 1] >= south)
    inside &= (bounds[:, 2] <= east) & (bounds[:, 3] <= north)
    return inside


def _where(bounds: Shapes) -> str:
    if not np.isfinite(bounds).all():
        return "Koordinat tidak dapat diubah ke bujur dan lintang; periksa sistem koordinat."
    west, south, east, north = bounds
    if _within(np.array([[south, west, north, east]]), INDONESIA).all():
        return "Lintang dan bujur tertukar."
    if west < -180 or east > 180 or south < -90 or north > 90:
        return "Di luar jangkauan bujur/lintang; periksa sistem koordinat berkas."
    return f"Di luar Indonesia (bujur {west:.3f}, lintang {south:.3f})."


def _repaired(shapes: Shapes) -> list[tuple[BaseGeometry, Repair]]:
    if not len(shapes):
        return []
    mended = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    before, after = (shapely.area(to_metres(some)) for some in (shapes, mended))
    problems = shapely.is_valid_reason(shapes)
    return [
        (shape, Repair(str(problem), round(float(was), 2), round(float(now), 2)))
        for shape, problem, was, now in zip(mended, problems, before, after, strict=True)
    ]


def _of_type(shape: BaseGeometry, field: GeometryField, repair: Repair | None) -> Fitted:
    """Promoted to a multi-geometry where the field wants one.

    What a repair left of lesser dimension (a collapsed spike) goes; a file's own mixture is
    refused, for it would lose what was drawn.
    """
    single = field.geom_type.removeprefix("MULTI")
    if single not in DIMENSION:
        return Fitted(shape, repair=repair)
    parts = _parts(shape)
    kept = parts[shapely.get_dimensions(parts) == DIMENSION[single]]
    if not len(parts):
        return Fitted(None, "Geometri tanpa luas atau panjang.")
    if not len(kept) or (len(kept) < len(parts) and repair is None):
        came = "setelah diperbaiki " if repair else ""
        return Fitted(None, f"Geometri {came}{shape.geom_type}; lapisan ini {field.geom_type}.")
    if field.geom_type == single:
        if len(kept) > 1:
            return Fitted(None, f"Geometri dengan {len(kept)} bagian; lapisan ini satu bagian.")
        return Fitted(kept[0], repair=repair)
    collect = {0: shapely.multipoints, 1: shapely.multilinestrings, 2: shapely.multipolygons}
    return Fitted(collect[DIMENSION[single]](kept), repair=repair)


def _parts(shape: BaseGeometry) -> Shapes:
    """The single geometries of which it consists, however deeply collections nest."""
    parts = shapely.get_parts([shape])
    while (shapely.get_type_id(parts) > 3).any():
        parts = shapely.get_parts(parts)
    return parts[~shapely.is_empty(parts)]
