"""Corners that almost meet a neighbour are moved onto it: an offer, to be shown and accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from layers.outline.parcel import MOST_VERTICES
from layers.outline.projections import Points, metres, metres_a_degree

_MOST_TRIES = 5_000_000  # corners looked at while moves are tried one by one

Place = tuple[float, float]  # lon, lat


class Move(NamedTuple):
    """A corner, where it would go, and how far that is."""

    start: Place
    end: Place
    metres: float


@dataclass(frozen=True)
class Snap:
    shape: MultiPolygon
    moved: list[Move]


def snapped(
    shape: MultiPolygon, neighbours: Sequence[BaseGeometry], tolerance_m: float = 0.5
) -> Snap:
    """Each corner within the tolerance of a neighbour's corner, else of its border, moved onto it.
    Moves that would spoil the shape are left out; the shape itself is never changed."""
    corners = shapely.get_coordinates(shape)
    if not len(corners) or len(corners) > 2 * MOST_VERTICES or not shape.is_valid:
        return Snap(shape, [])
    scale = np.array(metres_a_degree(float(corners[:, 1].mean())))
    targets = _targets(corners, neighbours, scale, tolerance_m)
    moving = np.flatnonzero((targets != corners).any(axis=1))
    result = _moved(shape, corners, targets, moving)
    if result is None:
        moving, result = _one_by_one(shape, corners, targets, moving, scale)
    moves: dict[Place, Move] = {}
    for number in moving:
        start, end = tuple(corners[number].tolist()), tuple(targets[number].tolist())
        moves.setdefault(start, Move(start, end, round(metres(start, end), 4)))
    return Snap(result, list(moves.values()))


def _targets(
    corners: Points, neighbours: Sequence[BaseGeometry], scale: Points, tolerance: float
) -> Points:
    """Where each corner would go; where it is, if nothing is near."""
    targets = corners.copy()
    starts, ends = _borders(neighbours, corners, scale, tolerance)
    if not len(starts):
        return targets
    flat = shapely.points(corners * scale)
    fixed = np.unique(np.vstack([starts, ends]), axis=0)
    borders = shapely.linestrings(np.stack([starts * scale, ends * scale], axis=1))
    near, border = _nearest(borders, flat, tolerance)
    along = shapely.line_locate_point(borders[border], flat[near])
    share = (along / shapely.length(borders[border]))[:, None]
    targets[near] = starts[border] + share * (ends[border] - starts[border])
    near, corner = _nearest(shapely.points(fixed * scale), flat, tolerance)
    targets[near] = fixed[corner]
    still = (abs(targets - corners) * scale < 1e-6).all(axis=1)
    targets[still] = corners[still]
    return targets


def _nearest(shapes: Any, points: Any, tolerance: float) -> tuple[Any, Any]:
    """Which points have a shape near them, and which shape it is."""
    near, nearest = shapely.STRtree(shapes).query_nearest(
        points, max_distance=tolerance, all_matches=False
    )
    return near, nearest


def _borders(
    neighbours: Sequence[BaseGeometry], corners: Points, scale: Points, tolerance: float
) -> tuple[Points, Points]:
    """Starts and ends of the borders that can be within reach of a corner."""
    rings = shapely.get_rings(shapely.get_parts(np.array(list(neighbours), dtype=object)))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    joined = (ring[1:] == ring[:-1]) & (points[1:] != points[:-1]).any(axis=1)
    starts, ends = points[:-1][joined], points[1:][joined]
    reach = tolerance / scale
    low, high = corners.min(axis=0) - reach, corners.max(axis=0) + reach
    within = (np.maximum(starts, ends) >= low) & (np.minimum(starts, ends) <= high)
    kept = within.all(axis=1)
    return starts[kept], ends[kept]


def _moved(
    shape: MultiPolygon, corners: Points, targets: Points, moving: Points
) -> MultiPolygon | None:
    """The shape with these corners moved, where it stays valid and keeps its rings."""
    if not len(moving):
        return shape
    points = corners.copy()
    points[moving] = targets[moving]
    result = _rebuilt(shape, points)
    return result if result is not None and result.is_valid else None


def _rebuilt(shape: MultiPolygon, points: Points) -> MultiPolygon | None:
    """Corners that fell together are one; None where too few are left."""
    parts = []
    start = 0
    for part in shape.geoms:
        rings = []
        for ring in (part.exterior, *part.interiors):
            corners = points[start : start + len(ring.coords)]
            start += len(ring.coords)
            corners = corners[np.append(True, (corners[1:] != corners[:-1]).any(axis=1))]
            if len(corners) < 4:
                return None
            rings.append(corners)
        parts.append(Polygon(rings[0], rings[1:]))
    return MultiPolygon(parts)


def _one_by_one(
    shape: MultiPolygon, corners: Points, targets: Points, moving: Points, scale: Points
) -> tuple[Points, MultiPolygon]:
    """As many moves as leave it valid, the shortest first; none where trying would take long."""
    places, groups = np.unique(corners[moving], axis=0, return_inverse=True)
    if len(places) * len(corners) > _MOST_TRIES:
        return moving[:0], shape
    far = (((targets - corners) * scale) ** 2).sum(axis=1)
    kept, result = moving[:0], shape
    members = [moving[groups.ravel() == group] for group in range(len(places))]
    for group in sorted(members, key=lambda group: float(far[group[0]])):
        tried = np.concatenate([kept, group])
        better = _moved(shape, corners, targets, tried)
        if better is not None:
            kept, result = tried, better
    return kept, result
