"""A parcel divided into what is approved and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon

from layers.base import Refused
from layers.catalog.permits.parcels import outline

FIELD = "refused_part"
# Degrees: what was drawn within a centimetre of the parcel's line is meant to lie on it, and a
# strip narrower than that is no land. Overlays are noded on a grid of a micrometre, on which
# strips without width fall together.
NEAR, GRID = 1e-7, 1e-11


def partition(parcel: MultiPolygon, drawn: Any) -> tuple[MultiPolygon, MultiPolygon]:
    """(approved, refused): the parcel minus what was drawn, and the rest. Raises Refused where that
    leaves nothing of one of them."""
    whole = shapely.from_wkb(bytes(parcel.wkb))
    cutter = _on_the_line(shapely.from_wkb(bytes(outline(drawn, FIELD).wkb)), whole)
    approved = _land(shapely.difference(whole, cutter, grid_size=GRID))
    refused = _land(shapely.difference(whole, approved, grid_size=GRID))
    approved = _land(shapely.difference(whole, refused, grid_size=GRID))
    if refused.is_empty:
        raise Refused({FIELD: "Bagian yang ditolak tidak mengenai bidang ini; gambar lagi."})
    if approved.is_empty:
        told = "Bagian yang ditolak menutupi seluruh bidang: rekomendasikan ditolak."
        raise Refused({FIELD: told})
    return _geos(approved), _geos(refused)


def _on_the_line(cutter: Any, whole: Any) -> Any:
    """What was drawn, with corners and sides that nearly meet the parcel's laid onto them."""
    laid = shapely.snap(cutter, whole, NEAR)
    border = shapely.boundary(whole)
    shapely.prepare(border)

    def onto(positions: np.ndarray) -> np.ndarray:
        points = shapely.points(positions)
        near = shapely.dwithin(points, border, NEAR)
        lines = shapely.shortest_line(border, points[near])
        moved = positions.copy()
        if near.any():
            moved[near] = shapely.get_coordinates(shapely.get_point(lines, 0))
        return moved

    laid = shapely.transform(laid, onto)
    return laid if laid.is_valid and not laid.is_empty else cutter


def _land(shape: Any) -> Any:
    """The polygons of an overlay that are wider than a strip, as a MultiPolygon."""
    parts = [one for one in shapely.get_parts(shape) if one.geom_type == "Polygon"]
    return shapely.MultiPolygon([one for one in parts if not one.buffer(-NEAR / 2).is_empty])


def _geos(shape: Any) -> MultiPolygon:
    return GEOSGeometry(memoryview(shape.wkb), srid=4326)  # type: ignore[return-value]
