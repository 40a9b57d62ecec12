"""Deletes the stored tiles of what changed, every moment, in the background of the portal."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress

from django.conf import settings
from django.contrib.gis.geos import Polygon
from django.db import DatabaseError, connection, transaction

from layers import overviews, tile_changes, tile_triggers
from layers.base import Layer
from layers.overviews.rows import has_overview
from layers.registry import LAYERS
from layers.tile_changes import CELL, MARGIN, Change
from layers.tile_matrix import BBox
from maps.tiles import archive, store

logger = logging.getLogger(__name__)

EVERY = 0.5  # seconds from sweep to sweep
BUSY = 1.5  # after one that found changes: where more come, many tiles would be drawn anew
BATCH = 2_000
GRACE = 600.0  # seconds that an outdated edition is kept for maps that are open
CHORES = 60.0  # seconds from one look at the whole store to the next
CLOCK = 600.0  # seconds after which what depends on the time alone is drawn anew


def run(stop: threading.Event) -> None:
    """Sweep until told to stop. A database that is away for a while is waited for."""
    chores = Chores()
    while not stop.is_set():
        pause = EVERY
        try:
            pause = BUSY if sweep() else EVERY
            chores.do()
        except DatabaseError as error:
            logger.warning("Tiles were not swept: %s", error)
            connection.close()
            stop.wait(2)
        except Exception:  # a sweeper that ends lets tiles grow old
            logger.exception("Tiles were not swept.")
            stop.wait(2)
        stop.wait(pause)
    connection.close()


def sweep() -> int:
    """Bring the store up to everything that is committed; returns how many changes that were.

    Nothing is lost where it is killed: what is not settled is swept again.
    """
    began, count = time.time(), 0
    with tile_changes.sweeping() as mine:
        if not mine:
            return 0
        while changes := tile_changes.waiting(BATCH):
            by_layer: dict[str, list[Change]] = defaultdict(list)
            for change in changes:
                by_layer[change.layer_id].append(change)
            failed = [
                layer_id
                for layer_id, of_layer in by_layer.items()
                if not _is_swept(LAYERS.get(layer_id), of_layer)
            ]
            count += len(changes)
            if failed:
                return count  # unsigned: what lies in the store counts for nothing
            if len(changes) < BATCH:
                break
        if tile_triggers.stand():  # else nobody knows what was written
            store.sign(began)
    return count


def _is_swept(layer: Layer | None, changes: Sequence[Change]) -> bool:
    """One layer that cannot be swept does not hold up the others."""
    try:
        _sweep_layer(layer, changes)
    except Exception:
        if connection.connection is None or connection.connection.closed:
            raise
        logger.exception("Tiles of a layer were not swept.")
        return False
    return True


def _sweep_layer(layer: Layer | None, changes: Sequence[Change]) -> None:
    if layer is not None and tile_changes.is_public(layer):
        where = _rebuilt(layer, changes)
        if layer.published and store.root():  # a row may have been withdrawn
            archive.forget(layer.id)
        if not layer.edition:
            version = tile_changes.version(layer)
            for bounds in where:
                store.remove(layer.id, version, bounds, MARGIN)
    tile_changes.settle(changes)


@transaction.atomic
def _rebuilt(layer: Layer, changes: Sequence[Change]) -> Sequence[BBox | None]:
    """Where tiles are to be drawn anew, after what they are drawn from is up to date."""
    where = merged(change.bounds for change in changes)
    if not has_overview(layer):
        return where
    if layer.edition:
        overviews.rebuild(layer)
        tile_changes.bump([layer])  # tiles of this version may have shown the overview before
        return [None]
    changed = [overviews.rebuild(layer, _polygon(bounds)) for bounds in where]
    everywhere = any(area is None for area in changed)
    tile_changes.renew(changes, everywhere=everywhere)
    return [None] if everywhere else where


def _polygon(bounds: BBox | None) -> Polygon | None:
    if bounds is None or not all(map(math.isfinite, bounds)):
        return None
    area = Polygon.from_bbox(bounds)
    area.srid = 3857
    return area


def merged(found: Iterable[BBox | None]) -> Sequence[BBox | None]:
    """Fewer bounds that cover the same: those that begin close to each other become one."""
    groups: dict[tuple[float, float], BBox] = {}
    for one in found:
        if one is None or not all(map(math.isfinite, one)):
            return [None]
        key = (one[0] // CELL, one[1] // CELL)
        west, south, east, north = groups.get(key, one)
        groups[key] = (
            *(min(west, one[0]), min(south, one[1])),
            *(max(east, one[2]), max(north, one[3])),
        )
    return list(groups.values())


class Chores:
    """What a sweeper does from time to time."""

    def __init__(self) -> None:
        self.done = self.clock = -math.inf
        self.outdated: dict[str, float] = {}

    def do(self) -> None:
        now = time.monotonic()
        if now - self.clock > CLOCK:
            self.clock = now
            tile_changes.changed_everywhere(tile_changes.clock_bound())
        if now - self.done > CHORES:
            self.done = now
            tile_changes.purge()
            store.clear_litter()
            self.remove_outdated(now)
            keep_within(settings.TILE_STORE_BYTES)

    def remove_outdated(self, now: float) -> None:
        """Editions that are gone, after a while; at once what the public sees no more, and where
        rows are withdrawn."""
        public = tile_changes.public_layers()
        standing = {str(store.folder_of(*it)) for it in tile_changes.versions(public).items()}
        grace = {layer.id: 0.0 if layer.published else GRACE for layer in public}
        found = {str(folder): folder for folder in store.folders()} if store.root() else {}
        for name in self.outdated.keys() - found.keys():
            del self.outdated[name]
        for name, folder in found.items():
            if folder.parent.name not in grace:
                store.discard(folder)
            elif name in standing:
                self.outdated.pop(name, None)
            elif now - self.outdated.setdefault(name, now) >= grace[folder.parent.name]:
                store.discard(folder)


def keep_within(most: int) -> None:
    """Delete until the store holds no more bytes than this: what is outdated first, then the
    deepest zooms, which are many and quickly made."""
    if store.root() is None:
        return
    standing = set(tile_changes.versions(tile_changes.public_layers()).items())
    zooms = [
        ((folder.parent.name, folder.name) in standing, -int(zoom.name), zoom)
        for folder in store.folders()
        for zoom in folder.glob("*/*")
    ]
    sizes = {zoom: store.size_of(zoom) for _, _, zoom in zooms}
    total = sum(sizes.values())
    for _, _, zoom in sorted(zooms):
        if total <= most:
            return
        with suppress(OSError):
            store.discard(zoom)
            total -= sizes[zoom]
