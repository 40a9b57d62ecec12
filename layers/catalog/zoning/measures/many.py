"""Many parcels over a plan at once, measured in memory: the same square metres as `one` gives.

The plan is read once and kept with its spatial index. Whatever lies wholly in a zone is not cut,
and the cutting is shared among the processor's cores.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.db.models.functions import NumPoints
from django.db.models import BinaryField, Func
from shapely.geometry.base import BaseGeometry

from layers.catalog.boundaries import Area
from layers.catalog.zoning.measures.one import NOTHING, Measured
from layers.catalog.zoning.overlays import OverlayArea, OverlayPart
from layers.catalog.zoning.plans import Zone, ZonePart
from layers.geodesy import areas

LARGE = 2_000  # vertices: an area of the plan with more is laid out in its parts
FEW = 512  # vertices: a parcel with more is laid over the plan in halves of halves
SHARES = 2 * (os.cpu_count() or 1)
_SAME = 1e-9  # of a parcel's area, and of where it balances
_WIDE = 1e-3  # degrees: for what is larger, so small a share is too much

Array = np.ndarray[Any, Any]


class Binary(Func):
    """A geometry as shapely reads it, without a GEOS object in between."""

    function = "ST_AsBinary"
    output_field = BinaryField()


@dataclass(frozen=True)
class Pieces:
    """What of each shape lies in what. `shape` and `area` are places in what was given and in the
    cover; they are in the order of the shapes."""

    shape: Array
    area: Array
    geom: Array
    m2: Array


class Cover:
    """Polygons that shapes are laid over. Each has an owner (it may be one of its parts), a key by
    which square metres are summed, and a name."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        found = list(rows)
        self.geoms = shapely.from_wkb([bytes(row[0]) for row in found])
        self.owner = np.array([row[1] for row in found], dtype=np.int64)
        self.keys: list[Any] = [row[2] for row in found]
        self.names: list[str] = [row[3] for row in found]
        self._tree = shapely.STRtree(self.geoms)
        shapely.prepare(self.geoms)

    def begin(self, shapes: Array, threads: Executor) -> Callable[[], Pieces]:
        """Begin to cut the shapes; what this gives waits for the pieces."""
        shapes, of = _cut_small(shapes)
        shape, area = self._tree.query(shapes)
        # What is prepared belongs to one thread at a time: no area is in two shares.
        shares = [np.flatnonzero(area % SHARES == n) for n in range(SHARES)]
        begun = [threads.submit(self._cut, shapes, shape[one], area[one]) for one in shares]

        def pieces() -> Pieces:
            cut = zip(*(one.result() for one in begun), strict=True)
            number, area, geom, m2 = (np.concatenate(column) for column in cut)
            order = np.lexsort((area, of[number]))
            return Pieces(of[number][order], area[order], geom[order], m2[order])

        return pieces

    def _cut(self, shapes: Array, shape: Array, area: Array) -> tuple[Array, ...]:
        met = shapely.contains_properly(self.geoms[area], shapes[shape])
        over = np.flatnonzero(~met)
        over = over[shapely.intersects(self.geoms[area[over]], shapes[shape[over]])]
        geom = shapes[shape]
        geom[over] = _polygons(shapely.intersection(self.geoms[area[over]], geom[over]))
        met[over] = True
        shape, area, geom = shape[met], area[met], geom[met]
        m2 = areas(geom)
        there = m2 > 0
        return shape[there], area[there], geom[there], m2[there]

    def sums(self, pieces: Pieces) -> dict[int, dict[Any, float]]:
        """By shape and key."""
        found: dict[int, dict[Any, float]] = defaultdict(lambda: defaultdict(float))
        for shape, area, m2 in _rows(pieces.shape, pieces.area, pieces.m2):
            found[shape][self.keys[area]] += m2
        return found


class WholePlan:
    """A plan in memory; `measure` may be asked as long as the plan does not change."""

    def __init__(self, plan: int) -> None:
        self._plan = plan

    @cached_property
    def zones(self) -> Cover:
        every = Zone.objects.filter(plan=self._plan).annotate(size=NumPoints("geom"))
        small = every.filter(size__lte=LARGE).values_list(Binary("geom"), "pk", "sub_zone", "block")
        parts = ZonePart.objects.filter(zone__in=every.filter(size__gt=LARGE).values("pk"))
        return Cover([
            *small, *parts.values_list(Binary("geom"), "zone", "sub_zone", "zone__block")
        ])  # fmt: skip

    @cached_property
    def overlays(self) -> Cover:
        every = OverlayArea.objects.filter(plan=self._plan).annotate(size=NumPoints("geom"))
        small = every.filter(size__lte=LARGE).values_list(Binary("geom"), "pk", "kind", "value")
        parts = OverlayPart.objects.filter(overlay__in=every.filter(size__gt=LARGE).values("pk"))
        rows = parts.values_list(Binary("geom"), "overlay", "overlay__kind", "overlay__value")
        return Cover([(geom, pk, (kind, value), "") for geom, pk, kind, value in [*small, *rows]])

    @cached_property
    def kelurahan(self) -> Cover:
        every = Area.objects.filter(level=Area.Level.KELURAHAN)
        rows = every.values_list(Binary("geom"), "pk", "code", "name")
        return Cover([(geom, pk, (code, name), name) for geom, pk, code, name in rows])

    def measure(self, shapes: Sequence[BaseGeometry]) -> list[Measured]:
        """Each parcel (valid, EPSG:4326)."""
        drawn = np.array(shapes, dtype=object)
        covers = self.zones, self.overlays, self.kelurahan
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            begun = [cover.begin(drawn, threads) for cover in covers]
            return self._measured(drawn, *begun)

    def _measured(
        self,
        drawn: Array,
        on_zones: Callable[[], Pieces],
        on_overlays: Callable[[], Pieces],
        on_kelurahan: Callable[[], Pieces],
    ) -> list[Measured]:
        zones = on_zones()
        sub_zones = self.zones.sums(zones)
        contested = _contested(self.zones, drawn, zones)
        blocks: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for shape, area, m2 in _rows(zones.shape, zones.area, zones.m2):
            if m2 >= NOTHING:
                blocks[shape][self.zones.keys[area]].add(self.zones.names[area])
        overlays = self._overlays(on_overlays())
        kelurahan = self.kelurahan.sums(on_kelurahan())
        covered = np.bincount(zones.shape, zones.m2, minlength=len(drawn))
        found = []
        for n, whole in enumerate(areas(drawn).tolist()):
            uncontested = dict(sub_zones[n]), frozenset[int](), float(covered[n])
            alone, between, all_of = contested.get(n, uncontested)
            found.append(
                Measured(
                    area_m2=whole,
                    sub_zones=alone,
                    blocks={key: sorted(blocks[n][key]) for key in alone},
                    unzoned_m2=max(whole - all_of, 0.0),
                    contested_m2=max(all_of - sum(alone.values()), 0.0) if between else 0.0,
                    contested=between,
                    overlays=overlays[n],
                    kelurahan=kelurahan[n],
                )
            )
        return found

    def _overlays(self, pieces: Pieces) -> dict[int, dict[tuple[int, str], float]]:
        """Areas of one provision may lie over each other: then they are joined."""
        cover = self.overlays
        found = cover.sums(pieces)
        together: dict[Any, list[int]] = defaultdict(list)
        for n, (shape, area) in enumerate(_rows(pieces.shape, pieces.area)):
            together[shape, cover.keys[area]].append(n)
        of_several = [
            (at, pieces.geom[those])
            for at, those in together.items()
            if len(those) > 1 and len(set(cover.owner[pieces.area[those]])) > 1
        ]
        joined = areas([shapely.union_all(geoms) for _, geoms in of_several])
        for ((shape, key), _), m2 in zip(of_several, joined.tolist(), strict=True):
            found[shape][key] = m2
        return found


Claims = tuple[dict[int, float], frozenset[int], float]


def _contested(cover: Cover, drawn: Array, pieces: Pieces) -> dict[int, Claims]:
    """For the shapes on which zones lie over each other: each sub-zone's square metres without the
    others', which ones claim the same, and what all of them cover."""
    suspect = np.flatnonzero(~_balanced(drawn, pieces))
    found = {}
    for shape in suspect.tolist():
        those = np.arange(*np.searchsorted(pieces.shape, [shape, shape + 1]))
        if len(set(cover.owner[pieces.area[those]].tolist())) < 2:
            continue
        all_of = float(areas([shapely.union_all(pieces.geom[those])])[0])
        if pieces.m2[those].sum() - all_of <= NOTHING:
            continue
        claims = defaultdict(list)
        for n in those.tolist():
            claims[cover.keys[pieces.area[n]]].append(pieces.geom[n])
        found[shape] = (*_claims({k: shapely.union_all(v) for k, v in claims.items()}), all_of)
    return found


def _balanced(drawn: Array, pieces: Pieces) -> Array:
    """Where the pieces together weigh what the shape weighs and balance where it balances, nothing
    of it is missing and nothing there twice: no union need show it."""
    # measured from a corner of each shape, where small differences are not lost
    corner = shapely.bounds(drawn)[:, :2]
    size = shapely.bounds(drawn)[:, 2:] - corner
    weight, weights = shapely.area(drawn), shapely.area(pieces.geom)
    centre = shapely.get_coordinates(shapely.centroid(drawn)) - corner
    centres = shapely.get_coordinates(shapely.centroid(pieces.geom)) - corner[pieces.shape]
    same = abs(_summed(weights, pieces, drawn) - weight) <= _SAME * weight
    for axis in (0, 1):
        moment = _summed(weights * centres[:, axis], pieces, drawn)
        same &= abs(moment - weight * centre[:, axis]) <= _SAME * weight * size[:, axis]
    return np.asarray(same & (size.max(axis=1) < _WIDE))


def _cut_small(shapes: Array) -> tuple[Array, Array]:
    """The shapes, those of many vertices cut in halves until each has few; and of which shape each
    is."""
    large = shapely.get_num_coordinates(shapes) > FEW
    waiting = [(n, shapes[n]) for n in np.flatnonzero(large).tolist()]
    small, of = list(shapes[~large]), np.flatnonzero(~large).tolist()
    while waiting:
        n, shape = waiting.pop()
        if shapely.get_num_coordinates(shape) <= FEW:
            small.append(shape)
            of.append(n)
            continue
        west, south, east, north = shape.bounds
        x, y = (west + east) / 2, (south + north) / 2
        wide = east - west > north - south
        first = shapely.box(west, south, x if wide else east, north if wide else y)
        second = shapely.box(x if wide else west, south if wide else y, east, north)
        halves = _polygons(shapely.intersection(shape, np.array([first, second])))
        waiting += [(n, half) for half in halves if not half.is_empty]
    return np.array(small, dtype=object), np.array(of, dtype=np.int64)


def _polygons(geoms: Array) -> Array:
    """Without the lines and points of shapes that touch besides, which no union takes."""
    for n in np.flatnonzero(shapely.get_type_id(geoms) == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts = shapely.get_parts(geoms[n])
        geoms[n] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return geoms


def _summed(values: Array, pieces: Pieces, drawn: Array) -> Array:
    return np.bincount(pieces.shape, values, minlength=len(drawn))


def _claims(claims: dict[int, BaseGeometry]) -> tuple[dict[int, float], frozenset[int]]:
    alone, between = {}, set()
    for key, geom in claims.items():
        others = shapely.union_all([other for name, other in claims.items() if name != key])
        all_of, alone[key] = areas([geom, geom.difference(others)]).tolist()
        if all_of - alone[key] > NOTHING:
            between.add(key)
    return alone, frozenset(between)


def _rows(*columns: Array) -> Iterable[tuple[Any, ...]]:
    return zip(*(column.tolist() for column in columns), strict=True)
