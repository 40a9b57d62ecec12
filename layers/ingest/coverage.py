"""Whether polygons tile the ground: the gaps between them, where two of them overlap, which are too
thin to be meant, and how they fill a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from layers.ingest.repair import Shapes, to_metres

POLYGON = 2  # dimension


@dataclass(frozen=True)
class Flaw:
    """A place to mend: `between` are the keys of those concerned (two overlap), empty for a gap."""

    area_m2: float
    lon: float
    lat: float
    between: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flaws:
    """All gaps, or all overlaps, the largest first."""

    places: list[Flaw] = field(default_factory=list)

    @property
    def area_m2(self) -> float:
        return round(sum(place.area_m2 for place in self.places), 2)

    def as_json(self, most: int | None) -> dict[str, Any]:
        return {
            "count": len(self.places),
            "area_m2": self.area_m2,
            "places": [vars(place) for place in self.places[:most]],
        }


@dataclass(frozen=True)
class Coverage:
    gaps: Flaws
    overlaps: Flaws


def survey(shapes: Shapes, names: Sequence[str], union: Any = None) -> Coverage:
    """Gaps and overlaps of valid polygons in EPSG:4326; `union` where it is known already.

    They are looked for in the coordinates that are stored, where neighbours share vertices to the
    bit and projecting would open hair cracks; they are measured in the UTM zone of the data.
    """
    union = shapely.union_all(shapes) if union is None else union
    return Coverage(gaps=_gaps(union), overlaps=_overlaps(shapes, names))


def slivers(shapes: Shapes, names: Sequence[str], *, least_m2: float, least_width: float) -> Flaws:
    """Polygons that are too small, or on average thinner than so many metres."""
    parts, owners = shapely.get_parts(shapes, return_index=True)
    metric = to_metres(parts)
    areas, around = shapely.area(metric), shapely.length(metric)
    thin = 2 * areas / np.maximum(around, 1e-9) < least_width
    found = np.flatnonzero((areas < least_m2) | thin)
    return places(parts[found], [(names[int(owners[one])],) for one in found])


def outside(shapes: Shapes, names: Sequence[str], whole: Any, *, least_m2: float) -> Flaws:
    """What of the polygons lies outside a whole that they should fill, hair cracks aside."""
    shapely.prepare(whole)
    suspects = np.flatnonzero(~shapely.covers(whole, shapes))
    return _pieces(
        shapely.difference(shapes[suspects], whole),
        [(names[int(one)],) for one in suspects],
        least_m2,
    )


def uncovered(union: Any, whole: Any, *, least_m2: float) -> Flaws:
    """What of the whole lies beyond the outer edge of the polygons: gaps between them are not."""
    rings = shapely.get_exterior_ring(shapely.get_parts(union))
    filled = shapely.union_all(shapely.polygons(rings))
    return _pieces(np.array([shapely.difference(whole, filled)]), [()], least_m2)


def _pieces(shapes: Shapes, between: Sequence[tuple[str, ...]], least_m2: float) -> Flaws:
    parts, owners = shapely.get_parts(shapes, return_index=True)
    kept = shapely.area(parts) > 0
    found = places(parts[kept], [between[one] for one in owners[kept]])
    return Flaws([place for place in found.places if place.area_m2 >= least_m2])


def _gaps(union: Any) -> Flaws:
    rings = [ring for polygon in shapely.get_parts(union) for ring in polygon.interiors]
    return places(shapely.polygons(rings) if rings else np.array([]), [()] * len(rings))


def _overlaps(shapes: Shapes, names: Sequence[str]) -> Flaws:
    # Of two that overlap at least one has an edge which its neighbour does not share.
    suspects = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(shapes)))
    ours, theirs = shapely.STRtree(shapes).query(shapes[suspects])
    ours = suspects[ours]
    pairs = np.unique(np.sort(np.stack([ours, theirs]), axis=0), axis=1)
    ours, theirs = pairs[:, pairs[0] != pairs[1]]
    common = shapely.intersection(shapes[ours], shapes[theirs])
    found = shapely.area(common) > 0
    return places(
        np.array([_polygons(shape) for shape in common[found]], dtype=object),
        [(names[a], names[b]) for a, b in zip(ours[found], theirs[found], strict=True)],
    )


def _polygons(shape: Any) -> Any:
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_dimensions(parts) == POLYGON])


def places(shapes: Shapes, between: Sequence[tuple[str, ...]]) -> Flaws:
    """Flaws at these polygons, the largest first."""
    if not len(shapes):
        return Flaws()
    areas = shapely.area(to_metres(shapes))
    points = shapely.point_on_surface(shapes)
    where = np.round(np.stack([shapely.get_x(points), shapely.get_y(points)], axis=1), 6)
    order = np.argsort(-areas, kind="stable")
    return Flaws(
        [
            Flaw(round(float(areas[n]), 4), float(where[n][0]), float(where[n][1]), between[n])
            for n in order
        ]
    )
