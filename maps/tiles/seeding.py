"""Tiles made before anybody asks: from the top down, where a tile above holds something."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, product

from django.db import connection
from pmtiles.tile import zxy_to_tileid

from layers import tile_changes
from layers.base import Layer
from layers.features import extent, facet_values
from layers.tile_matrix import HALF, BBox, tiles_over
from maps.tiles import public, store
from maps.tiles.public import PUBLIC
from maps.tiles.store import ALL, Address, Kept

CHUNK = 16  # tiles that a thread makes with one connection
Tile = tuple[int, int, int]
Work = Callable[[Tile], Kept]


def seed(
    layer: Layer, zooms: range, *, workers: int | None = None, anew: bool = False
) -> Iterator[tuple[int, bool]]:
    """Store the tiles of a layer at these zooms, for each value of its facet; what is stored
    already stays, unless `anew`. Yields the zoom of each tile and whether it holds something.

    A layer that changes while it is seeded ends it: the rest would be of another version.
    """
    version = tile_changes.version(layer)
    shallowest, deepest = public.zooms(layer)
    within = range(max(zooms.start, shallowest), min(zooms.stop, deepest + 1))
    for facet in facets(layer):

        def work(tile: Tile, facet: str = facet) -> Kept:
            address = Address(layer.id, version, facet, *tile)
            there = None if anew else store.read(address, trusting=False)
            return there or public.make(layer, address, keep=True)

        for (z, _, _), kept in pyramid(layer, within, work, workers):
            yield z, not kept.empty


def facets(layer: Layer) -> list[str]:
    """The folders that a map asks for: one a value of the facet, where there is one."""
    if not layer.facet:
        return [ALL]
    return [store.slug(value) for value in facet_values(layer, PUBLIC) if value is not None]


def pyramid(
    layer: Layer, zooms: range, work: Work, workers: int | None = None
) -> Iterator[tuple[Tile, Kept]]:
    """Every tile that may hold something, zoom by zoom and along the curve of PMTiles within it."""
    box = extent(layer, PUBLIC)
    if box is None or not zooms:
        return
    columns, rows = tiles_over(_projected(box), zooms[0])
    level = [(zooms[0], x, y) for x, y in product(columns, rows)]
    for zoom in zooms:
        level.sort(key=lambda tile: zxy_to_tileid(*tile))
        below: list[Tile] = []
        for tile, kept in zip(level, _made(level, work, workers), strict=True):
            yield tile, kept
            if not kept.empty and zoom + 1 in zooms:
                _, x, y = tile
                below += ((zoom + 1, 2 * x + i, 2 * y + j) for i in (0, 1) for j in (0, 1))
        level = below


def _made(level: Iterable[Tile], work: Work, workers: int | None) -> Iterator[Kept]:
    """In order, by as many threads as there are cores: what they wait for is the database."""
    if workers == 0:
        yield from map(work, level)
        return

    def chunk(tiles: tuple[Tile, ...]) -> list[Kept]:
        try:
            return [work(tile) for tile in tiles]
        finally:
            connection.close()

    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        for done in pool.map(chunk, _chunks(level)):
            yield from done


def _chunks(level: Iterable[Tile]) -> Iterator[tuple[Tile, ...]]:
    left = iter(level)
    while some := tuple(islice(left, CHUNK)):
        yield some


def _projected(box: BBox) -> BBox:
    """Degrees as EPSG:3857, for finding tiles only."""

    def northing(lat: float) -> float:
        angle = math.radians(min(max(lat, -85.06), 85.06))
        return math.asinh(math.tan(angle)) / math.pi * HALF

    west, south, east, north = box
    return (
        *(west / 180 * HALF, northing(south)),
        *(east / 180 * HALF, northing(north)),
    )
