"""Where the tiles of WebMercatorQuad lie, in metres of EPSG:3857."""

from __future__ import annotations

import math

BBox = tuple[float, float, float, float]  # west, south, east, north
HALF = 20_037_508.342789244  # metres from the middle to an edge


def side(zoom: int) -> float:
    """Metres along a tile."""
    return 2 * HALF / float(1 << zoom)


def tiles_over(bounds: BBox, zoom: int, margin: float = 0.0) -> tuple[range, range]:
    """The columns and rows of the tiles that these bounds touch, with `margin` tiles around. What
    lies beyond the edge, as the poles do, counts to the last tile before it."""
    wide, last = side(zoom), (1 << zoom) - 1
    west, south, east, north = bounds

    def between(first: float, end: float) -> range:
        ends = (math.floor(first / wide - margin), math.floor(end / wide + margin))
        first_, end_ = (min(max(one, 0), last) for one in ends)
        return range(first_, end_ + 1)

    return between(west + HALF, east + HALF), between(HALF - north, HALF - south)


def bounds_of(zoom: int, x: int, y: int, margin: float = 0.0) -> BBox:
    """The bounds of a tile with `margin` tiles around."""
    wide = side(zoom)
    return (
        (x - margin) * wide - HALF,
        HALF - (y + 1 + margin) * wide,
        (x + 1 + margin) * wide - HALF,
        HALF - (y - margin) * wide,
    )


def degrees(bounds: BBox) -> BBox:
    """The same box in EPSG:4326: what is upright in one is upright in the other. Not wrapped at the
    180th meridian."""
    west, south, east, north = (part / HALF * math.pi for part in bounds)
    lower, upper = (math.atan(math.sinh(part)) for part in (south, north))
    return math.degrees(west), math.degrees(lower), math.degrees(east), math.degrees(upper)
