"""A parcel divided into what is approved and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import MultiPolygon

from layers.base import Refused
from layers.catalog.permits.parcels import outline
from layers.geometry import to_geos, to_shapely

FIELD = "refused_part"
# Degrees: what was drawn within a centimetre of the parcel's line is meant to lie on it, and a
# strip narrower than that is no land. Overlays are noded on a grid of a micrometre, on which
# strips without width fall together.
NEAR, GRID = 1e-7, 1e-11


def partition(parcel: MultiPolygon, drawn: Any) -> tuple[MultiPolygon, MultiPolygon]:
    """(approved, refused): the parcel minus what was drawn, and the rest. Raises Refused where that
    leaves nothing of one of them."""
    whole = to_shapely(parcel)
    cutter = _on_the_line(to_shapely(outline(drawn, FIELD)), whole)
    approved = _land(shapely.difference(whole, cutter, grid_size=GRID))
    refused = _land(shapely.difference(whole, approved, grid_size=GRID))
    approved = _land(shapely.difference(whole, refused, grid_size=GRID))
    if refused.is_empty:
        raise Refused({FIELD: "Bagian yang ditolak tidak mengenai bidang ini; gambar lagi."})
    if approved.is_empty:
        told = "Bagian yang ditolak menutupi seluruh bidang: rekomendasikan ditolak."
        raise Refused({FIELD: told})
    return to_geos(approved), to_geos(refused)


def _on_the_line(cutter: Any, whole: Any) -> Any:
    """What was drawn, with corners and sides that nearly meet the parcel's laid onto them."""
    corners = np.unique(shapely.get_coordinates(whole), axis=0)
    points, sides = shapely.points(corners), _sides(whole)
    laid = shapely.transform(cutter, lambda drawn: _onto(drawn, points, sides))
    beside, _ = shapely.STRtree(_sides(laid)).query(points, predicate="dwithin", distance=NEAR)
    known = {tuple(corner) for corner in shapely.get_coordinates(laid).tolist()}
    near = corners[np.unique(beside)].tolist()
    others = [corner for corner in near if tuple(corner) not in known]
    if others:
        laid = shapely.snap(laid, shapely.multipoints(others), NEAR)
    return laid if laid.is_valid and not laid.is_empty else cutter


def _sides(shape: Any) -> Any:
    """Every side of every ring, as a line."""
    rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(shapely.get_parts(shape))]
    pairs = [np.stack([corners[:-1], corners[1:]], axis=1) for corners in rings]
    return shapely.linestrings(np.concatenate(pairs))


def _onto(drawn: np.ndarray, corners: Any, sides: Any) -> np.ndarray:
    """Each position on the nearest corner that is near enough, else on such a side."""
    points, moved = shapely.points(drawn), drawn.copy()
    for places in (sides, corners):
        which, nearest = shapely.STRtree(places).query_nearest(
            points, max_distance=NEAR, all_matches=False
        )
        onto = shapely.shortest_line(places[nearest], points[which])
        moved[which] = shapely.get_coordinates(shapely.get_point(onto, 0))
    return moved


def _land(shape: Any) -> Any:
    """The polygons of an overlay that are wider than a strip, as a MultiPolygon."""
    parts = [one for one in shapely.get_parts(shape) if one.geom_type == "Polygon"]
    return shapely.MultiPolygon([one for one in parts if _is_wide(one)])


def _is_wide(polygon: Any) -> bool:
    """Whether a circle of that width fits in: surely where there is more of it than of its line."""
    return polygon.area > NEAR / 2 * polygon.length or not polygon.buffer(-NEAR / 2).is_empty
