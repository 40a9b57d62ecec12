"""Parcels of land: quadrangles along the sides of their block, none upon another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from math import atan2, cos, exp, log, pi, sin, sqrt
from random import Random

from shapely import Polygon

from layers.demo.mosaic import Block, neighbourhoods
from layers.demo.shapes import LAT_M, LON_M, moved, points_in, square_metres
from layers.demo.zoning import sub_zones

# Where building goes on: how often a parcel is looked for in each setting.
BUSY = {"old-town": 1.0, "urban": 2.0, "suburban": 1.2, "rural": 0.4}
TRIES = 15  # positions in a block before another block is taken


class Cadastre:
    """Finds room for one parcel after another, and beside those that are `built` on already."""

    def __init__(self, random: Random, built: Sequence[Polygon] = ()) -> None:
        self.random = random
        self.taken: dict[int, list[Polygon]] = defaultdict(list)
        self.blocks: dict[str, list[tuple[int, Block]]] = defaultdict(list)
        for number, (block, sub_zone) in enumerate(sub_zones()):
            self.blocks[sub_zone.split("-")[0]].append((number, block))
            self.taken[number] += [shape for shape in built if shape.intersects(block.shape)]

    def parcel(self, zones: list[str], least: float, most: float) -> tuple[str, Polygon]:
        """The kelurahan's code and a parcel of `least` to `most` m², in a block of such a zone."""
        candidates = [entry for zone in zones for entry in self.blocks[zone]]
        weights = [
            BUSY[neighbourhoods()[block.kelurahan].setting] * sqrt(square_metres(block.shape))
            for _, block in candidates
        ]
        while True:
            number, block = self.random.choices(candidates, weights)[0]
            size = exp(self.random.uniform(log(least), log(most)))
            for _ in range(TRIES):
                shape = self._quadrangle(block.shape, size)
                if block.shape.contains(shape) and not any(
                    shape.intersects(other) for other in self.taken[number]
                ):
                    self.taken[number].append(shape)
                    return block.kelurahan, shape

    def _quadrangle(self, block: Polygon, size: float) -> Polygon:
        middle = points_in(block, 1, self.random)[0]
        depth = sqrt(size * self.random.uniform(1.0, 2.4))
        width = size / depth
        turn = _direction(block) + self.random.gauss(0, 0.05)
        corners = []
        for right, up in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
            x = right * width / 2 * self.random.uniform(0.97, 1.03)
            y = up * depth / 2 * self.random.uniform(0.97, 1.03)
            corners.append(
                moved(
                    middle,
                    x * cos(turn) - y * sin(turn),
                    x * sin(turn) + y * cos(turn),
                )
            )
        return Polygon(corners)


def _direction(block: Polygon) -> float:
    """The direction of the longest side of the block, radians from east."""
    ring = list(block.exterior.coords)
    sides = [((b[0] - a[0]) * LON_M, (b[1] - a[1]) * LAT_M) for a, b in pairwise(ring)]
    east, north = max(sides, key=lambda side: side[0] ** 2 + side[1] ** 2)
    return atan2(north, east) % pi
