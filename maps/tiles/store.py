"""Tiles as files, which a web server may serve by itself: `<layer>/<version>/<facet>/<z>/<x>/<y>`.

Only what everybody may see ever comes here. Files of live layers hold as long as a sweeper runs:
it says so in the store every moment, and nothing is read without a sign of it.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import math
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import ENOSPC
from pathlib import Path
from typing import IO
from zlib import crc32

from django.conf import settings
from isal import igzip_lib

from layers.tile_matrix import BBox, tiles_over

logger = logging.getLogger(__name__)

ALL = "-"  # in the place of a facet's value: the rows of every value
ENDING = ".mvt.gz"
EMPTY = igzip_lib.compress(b"", flag=igzip_lib.COMP_GZIP)
MAX_ZOOM = 16  # deeper ones are drawn from these: 15 cm a unit
LIVE = ".live"
TRUSTED = 5.0  # seconds after a sweep began
STRIPES = 1024  # locks: tiles that share one wait for each other
PATIENCE = 10.0  # seconds for another's work on the same tile
LITTER = 600.0  # seconds after which an unfinished file is nobody's

_UNSAFE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Address:
    """One stored tile."""

    layer_id: str
    version: str
    facet: str
    z: int
    x: int
    y: int

    @property
    def live(self) -> bool:
        return self.version.endswith(LIVE)

    @property
    def name(self) -> str:
        place = f"{self.layer_id}/{self.version}/{self.facet}/{self.z}/{self.x}/{self.y}"
        return f"{settings.TILE_STORE}/{place}{ENDING}"

    @property
    def path(self) -> Path:
        return Path(self.name)


@dataclass(frozen=True)
class Kept:
    """A stored tile, as gzip bytes."""

    content: bytes

    @classmethod
    def of(cls, tile: bytes) -> Kept:
        return cls(igzip_lib.compress(tile, flag=igzip_lib.COMP_GZIP))

    @property
    def tile(self) -> bytes:
        return igzip_lib.decompress(self.content, igzip_lib.DECOMP_GZIP)

    @property
    def etag(self) -> str:
        """Of the checksum and the length that end whatever gzip has packed (RFC 1952, 2.3.1)."""
        return f'W/"{self.content[-8:].hex()}"'

    @property
    def empty(self) -> bool:
        return len(self.content) <= len(EMPTY)


def root() -> Path | None:
    """Where the store lies; None where there is none."""
    return Path(settings.TILE_STORE) if settings.TILE_STORE else None


def folder_of(layer_id: str, version: str) -> Path:
    return Path(settings.TILE_STORE) / layer_id / version


def slug(value: object) -> str:
    """The value of a facet as a folder's name: readable, safe on any file system, one of its own
    for every value."""
    text = str(value)
    readable = _UNSAFE.sub("-", text.lower()).strip("-")[:40]
    return f"{readable}-{hashlib.sha256(text.encode()).hexdigest()[:8]}".lstrip("-")


# -- reading and writing


def read(address: Address, *, trusting: bool = True) -> Kept | None:
    """The stored tile, if there is one that still holds; without `trusting`, one that holds as
    soon as a sweeper has been here."""
    if root() is None or (trusting and address.live and not trusted()):
        return None
    try:
        file = os.open(address.name, os.O_RDONLY)
        try:
            return Kept(os.read(file, os.fstat(file).st_size))
        finally:
            os.close(file)
    except OSError:
        return None


def write(address: Address, content: bytes) -> bool:
    """Keep a tile (gzip bytes): whole or not at all. False where the disk refuses it."""
    if root() is None:
        return False
    temporary = f"{settings.TILE_STORE}/.tmp/{os.getpid()}-{secrets.token_hex(8)}"
    try:
        _put(address.name, content, temporary)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        logger.warning("A tile was not stored: %s", error)
        return False
    return True


def _put(final: str, content: bytes, temporary: str) -> None:
    try:
        _write(temporary, content)
        os.rename(temporary, final)
    except FileNotFoundError:  # the first in its folder
        for name in (temporary, final):
            os.makedirs(os.path.dirname(name), exist_ok=True)
        _write(temporary, content)
        os.rename(temporary, final)


def _write(name: str, content: bytes) -> None:
    with open(name, "wb", buffering=0) as file:
        if file.write(content) < len(content):
            raise OSError(ENOSPC, os.strerror(ENOSPC), name)


def forget(address: Address) -> None:
    with suppress(OSError):
        address.path.unlink(missing_ok=True)


@contextmanager
def alone(address: Address) -> Iterator[bool]:
    """One at a time, over threads and processes, works on a tile. False where the wait was too
    long, or there is no store to find the other's work in."""
    if root() is None or (address.live and not trusted()):
        yield False
        return
    stripe = crc32(str(address).encode()) % STRIPES
    try:
        lock = _lock(Path(f"{settings.TILE_STORE}/.locks/{stripe:04}"))
    except OSError:
        yield False
        return
    with lock:
        yield _locked(lock.fileno())


def _lock(file: Path) -> IO[bytes]:
    try:
        return file.open("ab", buffering=0)
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.open("ab", buffering=0)


def _locked(lock: int) -> bool:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        else:
            return True


# -- the sign of a sweeper


def sign(began: float) -> None:
    """A sweep that began then (seconds since 1970) is done: all that was committed before is
    gone from the store."""
    store = root()
    if store is None:
        return
    with suppress(OSError):
        store.mkdir(parents=True, exist_ok=True)
        mark = store / ".swept"
        mark.touch()
        os.utime(mark, (began, began))


def trusted() -> bool:
    """Whether a sweeper has been here just now."""
    try:
        told = os.stat(f"{settings.TILE_STORE}/.swept").st_mtime
    except OSError:
        return False
    return -1.0 < time.time() - told < TRUSTED


# -- removing


def remove(layer_id: str, version: str, bounds: BBox | None, margin: float) -> None:
    """Delete the tiles that these bounds touch, in every facet and zoom; all of them without
    bounds."""
    folder = folder_of(layer_id, version)
    if bounds is None or not all(map(math.isfinite, bounds)):
        discard(folder)
        return
    for zoom in folder.glob("*/*"):
        columns, rows = tiles_over(bounds, int(zoom.name), margin)
        for column in _present(zoom, columns):
            for row in _present(column, rows, ENDING):
                with suppress(FileNotFoundError, NotADirectoryError):
                    row.unlink()


def _present(folder: Path, numbers: range, ending: str = "") -> Iterator[Path]:
    """Those of the numbered entries that may be there: asked one by one, or looked up where the
    bounds hold more numbers than a folder has entries."""
    if len(numbers) <= 64:
        yield from (folder / f"{number}{ending}" for number in numbers)
        return
    with suppress(OSError):
        for entry in os.scandir(folder):
            if int(entry.name.removesuffix(ending)) in numbers:
                yield Path(entry.path)


def discard(folder: Path) -> None:
    """Delete a folder: at one stroke for whoever reads."""
    away = Path(settings.TILE_STORE) / ".tmp" / f"away-{secrets.token_hex(8)}"
    with suppress(FileNotFoundError):
        away.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(away)
    shutil.rmtree(away, ignore_errors=True)


def clear_litter() -> None:
    """What a crash left half written."""
    store = root()
    for left in (store / ".tmp").glob("*") if store else ():
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > LITTER:
                shutil.rmtree(left) if left.is_dir() else left.unlink()


def folders() -> Iterator[Path]:
    """The folder of each layer's each version."""
    store = root()
    for folder in store.glob("[!.]*/*") if store else ():
        if folder.is_dir():
            yield folder


def size_of(folder: Path) -> int:
    """The bytes that the tiles of a zoom take."""
    total = 0
    for column in folder.iterdir():
        with suppress(OSError):
            total += sum(entry.stat().st_size for entry in os.scandir(column))
    return total
