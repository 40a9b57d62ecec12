"""Whether polygons tile the ground: the gaps between them, and where two of them overlap."""

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
    """A place to mend: `between` are the keys of the two that overlap, empty for a gap."""

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


def survey(shapes: Shapes, names: Sequence[str]) -> Coverage:
    """Gaps and overlaps of valid polygons in EPSG:4326.

    They are looked for in the coordinates that are stored, where neighbours share vertices to the
    bit and projecting would open hair cracks; they are measured in the UTM zone of the data.
    """
    return Coverage(gaps=_gaps(shapes), overlaps=_overlaps(shapes, names))


def _gaps(shapes: Shapes) -> Flaws:
    union = shapely.get_parts(shapely.union_all(shapes))
    rings = [ring for polygon in union for ring in polygon.interiors]
    return _measured(shapely.polygons(rings) if rings else np.array([]), [()] * len(rings))


def _overlaps(shapes: Shapes, names: Sequence[str]) -> Flaws:
    # Of two that overlap at least one has an edge which its neighbour does not share.
    suspects = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(shapes)))
    ours, theirs = shapely.STRtree(shapes).query(shapes[suspects])
    ours = suspects[ours]
    pairs = np.unique(np.sort(np.stack([ours, theirs]), axis=0), axis=1)
    ours, theirs = pairs[:, pairs[0] != pairs[1]]
    common = shapely.intersection(shapes[ours], shapes[theirs])
    found = shapely.area(common) > 0
    return _measured(
        np.array([_polygons(shape) for shape in common[found]], dtype=object),
        [(names[a], names[b]) for a, b in zip(ours[found], theirs[found], strict=True)],
    )


def _polygons(shape: Any) -> Any:
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_dimensions(parts) == POLYGON])


def _measured(shapes: Shapes, between: Sequence[tuple[str, ...]]) -> Flaws:
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
