"""What is wrong with an outline, and where; nothing here changes one unseen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from layers.figures import grouped
from layers.geodesy import area
from layers.ingest.repair import INDONESIA
from layers.outline.parcel import (
    MOST_PARTS,
    MOST_VERTICES,
    place,
    too_many,
    too_scattered,
)
from layers.outline.projections import Points, in_bounds, metres_a_degree

SMALL_M2 = 10.0  # below it somebody has probably mistaken the unit; only a warning
NO_AREA_M2 = 0.01
NARROW = np.radians(1.0)
FOLDED = 1e-6  # radians; a border that goes out and comes back on itself
MOST_PLACES = 20  # of one kind of flaw; who mends twenty looks again
MOST_PAIRS = 50_000  # of parts that are held against each other
_BATCH = 32  # shapes asked about at once: each may meet all others
_REASON = re.compile(r"([A-Za-z ]+)\[(\S+) (\S+)\]")


@dataclass(frozen=True)
class Flaw:
    """`blocking`: the outline cannot be taken as it is; otherwise its sender should look again."""

    code: str
    sentence: str
    lon: float
    lat: float
    blocking: bool = True


def judge(shape: BaseGeometry) -> list[Flaw]:
    """All flaws of an outline in EPSG:4326, those that block first. An outline without one that
    blocks is valid."""
    corners = shapely.get_coordinates(shape)
    if not len(corners) or not np.isfinite(corners).all():
        return [Flaw("empty", "Bidang ini kosong; gambar atau kirim batasnya.", 0.0, 0.0)]
    outside = corners[~in_bounds(corners, INDONESIA)]
    if len(outside):
        told = f"Titik di {place(*outside[0])} di luar Indonesia; periksa sistem koordinatnya."
        return [_flaw("outside", told, outside[0])]
    if len(corners) > MOST_VERTICES + len(shapely.get_rings(shapely.get_parts(shape))):
        return [_flaw("vertices", too_many(len(corners)), corners[0])]
    if len(shapely.get_parts(shape)) > MOST_PARTS:
        return [_flaw("parts", too_scattered(len(shapely.get_parts(shape))), corners[0])]
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    flaws = [flaw for part in parts for flaw in _of_part(part)]
    if not shape.is_valid:
        flaws += list(islice(_between(parts), MOST_PLACES))
    blocked = any(flaw.blocking for flaw in flaws)
    if not blocked and not shape.is_valid:
        flaws.append(_invalid(shape))
    elif not blocked and (m2 := area(shape)) < SMALL_M2:
        told = f"Luas bidang ini hanya {grouped(m2, 2)} m²; periksa satuan koordinatnya."
        flaws.append(_flaw("small", told, corners[0], blocking=False))
    return sorted(flaws, key=lambda flaw: not flaw.blocking)


def mended(shape: BaseGeometry) -> MultiPolygon | None:
    """The valid outline nearest to this one, for its sender to accept; None where there is none,
    where none is needed, or where it is too tangled to guess what was meant."""
    corners = shapely.get_coordinates(shape)
    if not len(corners) or not np.isfinite(corners).all() or len(corners) > 2 * MOST_VERTICES:
        return None
    if len(shapely.get_parts(shape)) > MOST_PARTS:
        return None
    if not any(flaw.blocking for flaw in judge(shape)):
        return None
    folded = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    parts = [part for one in folded if (part := _unfolded(one))]
    for part in parts:
        if any(len(_crossings(ring)) >= MOST_PLACES for ring in _rings(part)):
            return None
    if len(list(islice(overlaps(parts), MOST_PLACES))) >= MOST_PLACES:
        return None
    try:
        valid = shapely.make_valid(
            np.array(parts, dtype=object), method="structure", keep_collapsed=False
        )
        whole = shapely.union_all(valid)
    except shapely.GEOSException:  # GEOS itself finds no way out of some tangles
        return None
    kept = [one for one in shapely.get_parts(whole) if one.area > 0 and area(one) >= NO_AREA_M2]
    result = MultiPolygon(kept)
    return result if kept and not any(flaw.blocking for flaw in judge(result)) else None


def overlaps(polygons: Sequence[Polygon]) -> Iterator[tuple[int, int, BaseGeometry]]:
    """Pairs of valid polygons that share more ground than rounding does, and what they share."""
    for first, second, common in meetings(polygons):
        if common.area > 0 and area(_areas(common)) > NO_AREA_M2:
            yield first, second, _areas(common)


def meetings(polygons: Sequence[Polygon]) -> Iterator[tuple[int, int, BaseGeometry]]:
    """Pairs of valid polygons that share ground or a piece of border, and what they share. Looks at
    so many pairs at most, a batch at a time: all may meet all, in one point."""
    shapes = np.array(polygons, dtype=object)
    usable = np.flatnonzero(shapely.is_valid(shapes))
    if len(usable) < 2:
        return
    sound = shapes[usable]
    tree = shapely.STRtree(sound)
    left = MOST_PAIRS
    for start in range(0, len(sound), _BATCH):
        ours, theirs = tree.query(sound[start : start + _BATCH], predicate="intersects")
        ours = ours + start
        once = np.flatnonzero(ours < theirs)[:left]
        ours, theirs = ours[once], theirs[once]
        left -= len(once)
        common = shapely.intersection(sound[ours], sound[theirs])
        for number in np.flatnonzero(shapely.length(common) > 0):
            yield int(usable[ours[number]]), int(usable[theirs[number]]), common[number]
        if left <= 0:
            return


def _areas(shape: BaseGeometry) -> MultiPolygon:
    return MultiPolygon([one for one in shapely.get_parts(shape) if isinstance(one, Polygon)])


def _of_part(part: Polygon) -> list[Flaw]:
    flaws: list[Flaw] = []
    valid = part.is_valid
    for ring in _rings(part):
        corners = _corners(ring)
        if len(np.unique(corners, axis=0)) < 3:
            told = f"Batas di {place(*corners[0])} kurang dari 3 titik."
            flaws.append(_flaw("short", told, corners[0]))
            continue
        flaws += _spikes(corners)
        if not valid:
            flaws += [
                _flaw("crossing", f"Batas memotong dirinya di {place(*spot)}.", spot)
                for spot in _crossings(ring)
            ]
    if flaws and any(flaw.blocking for flaw in flaws):
        return flaws
    for ring in _rings(part):
        if area(Polygon(ring)) < NO_AREA_M2:
            corner = _corners(ring)[0]
            flaws.append(_flaw("no-area", f"Bidang di {place(*corner)} tidak berluas.", corner))
    flaws += _holes(part)
    if not valid and not any(flaw.blocking for flaw in flaws):
        flaws.append(_invalid(part))
    return flaws


def _holes(part: Polygon) -> list[Flaw]:
    if not len(part.interiors):
        return []
    shell = Polygon(part.exterior)
    holes = np.array([Polygon(ring) for ring in part.interiors], dtype=object)
    if not shell.is_valid or not shapely.is_valid(holes).all():
        return []
    shapely.prepare(shell)
    flaws = []
    for hole in holes[~shapely.covers(shell, holes)][:MOST_PLACES]:
        out = hole.difference(shell).representative_point()
        told = f"Lubang keluar dari bidangnya di {place(out.x, out.y)}."
        flaws.append(_flaw("hole-outside", told, (out.x, out.y)))
    return flaws


def _between(parts: Sequence[Polygon]) -> Iterator[Flaw]:
    for first, second, common in meetings(parts):
        names = f"Bagian {first + 1} dan bagian {second + 1}"
        spot = common.representative_point()
        where = place(spot.x, spot.y)
        shared = area(_areas(common))
        if parts[first].equals(parts[second]):
            code, told = "duplicate", f"{names} sama persis."
        elif shared > NO_AREA_M2:
            code = "overlap"
            told = f"{names} bertumpang tindih {grouped(shared, 2)} m² di {where}."
        else:
            code, told = "adjoining", f"{names} berbatasan di {where}; gabungkan menjadi satu."
        yield _flaw(code, told, (spot.x, spot.y))


def _spikes(corners: Points) -> list[Flaw]:
    """Corners where the border turns back on itself, or almost."""
    angles = _angles(corners)
    return [
        _flaw(
            "spike",
            f"Batas membentuk duri di {place(*corners[number])}; "
            + ("hapus titik itu." if angles[number] <= FOLDED else "periksa titik itu."),
            corners[number],
            blocking=bool(angles[number] <= FOLDED),
        )
        for number in np.flatnonzero(angles < NARROW)[:MOST_PLACES]
    ]


def _angles(corners: Points) -> Points:
    """Between the two borders that meet at each corner, in radians."""
    flat = (corners - corners[0]) * metres_a_degree(float(corners[0][1]))
    before = np.roll(flat, 1, axis=0) - flat
    after = np.roll(flat, -1, axis=0) - flat
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    return np.asarray(np.arctan2(abs(cross), (before * after).sum(axis=1)))


def _unfolded(part: Polygon) -> Polygon | None:
    """Without the corners of spikes that have no width; None where nothing else is left."""
    shell, *holes = (_without_folds(_corners(ring)) for ring in _rings(part))
    if len(shell) < 3:
        return None
    return Polygon(shell, [hole for hole in holes if len(hole) > 2])


def _without_folds(corners: Points) -> Points:
    kept = corners
    for _ in range(MOST_PLACES):  # what is left of a spike may fold again
        folded = np.flatnonzero(_angles(kept) <= FOLDED)
        if not len(folded) or len(kept) < 4:
            break
        kept = np.delete(kept, folded[0], axis=0)
        kept = kept[(kept != np.roll(kept, 1, axis=0)).any(axis=1)]
    return kept if len(kept) > 2 else corners


def _crossings(ring: Any) -> list[tuple[float, float]]:
    """Where a ring meets itself, the first places found; a tangle meets itself everywhere."""
    corners = _corners(ring)
    count = len(corners)
    if count < 4:
        return []
    borders = shapely.linestrings(np.stack([corners, np.roll(corners, -1, axis=0)], axis=1))
    tree = shapely.STRtree(borders)
    places: dict[tuple[float, float], None] = {}
    for start in range(0, count, _BATCH):
        ours, theirs = tree.query(borders[start : start + _BATCH], predicate="intersects")
        ours = ours + start
        apart = (ours + 1 < theirs) & ~((ours == 0) & (theirs == count - 1))
        for first, second in zip(ours[apart], theirs[apart], strict=True):
            common = shapely.get_coordinates(borders[first].intersection(borders[second]))
            if len(common):
                places.setdefault((round(common[0][0], 9), round(common[0][1], 9)))
            if len(places) >= MOST_PLACES:
                return list(places)
    return list(places)


def _invalid(shape: BaseGeometry) -> Flaw:
    """What only GEOS sees: holes within holes, an inside that a hole cuts in two."""
    found = _REASON.match(shapely.is_valid_reason(shape))
    spot = (float(found[2]), float(found[3])) if found else shapely.get_coordinates(shape)[0]
    return _flaw("invalid", f"Batas bidang atau lubangnya bersilangan di {place(*spot)}.", spot)


def _flaw(code: str, told: str, spot: Any, *, blocking: bool = True) -> Flaw:
    return Flaw(code, told, float(spot[0]), float(spot[1]), blocking)


def _rings(part: Polygon) -> list[Any]:
    return [part.exterior, *part.interiors]


def _corners(ring: Any) -> Points:
    """Each once, and none twice in a row."""
    corners = shapely.get_coordinates(ring)[:-1]
    kept = corners[(corners != np.roll(corners, 1, axis=0)).any(axis=1)]
    return kept if len(kept) else corners[:1]
