"""The private store: what was sent, byte for byte, under names made here."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.conf import settings


class Lost(Exception):
    """Fewer bytes are on disk than were counted: `held`."""

    def __init__(self, held: int) -> None:
        super().__init__(held)
        self.held = held


def folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "originals"


def name_for(key: UUID) -> str:
    """Nothing of the name that was sent."""
    return f"{key.hex[:2]}/{key.hex}"


def path(name: str) -> Path:
    return folder() / name


def names() -> Iterator[str]:
    """Everything that lies in the store."""
    for found in sorted(folder().glob("*/*")):
        yield f"{found.parent.name}/{found.name}"


def write(name: str, offset: int, content: bytes) -> None:
    """`content` at `offset`, on disk when this returns. What lies beyond was never acknowledged (a
    crash came between) and goes. Raises Lost, OSError."""
    file = path(name)
    if offset == 0:
        _make_folder(file.parent)
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    with os.fdopen(os.open(file, flags, 0o600), "r+b") as store:
        held = os.fstat(store.fileno()).st_size
        if held < offset:
            raise Lost(held)
        store.truncate(offset)
        store.seek(offset)
        store.write(content)
        store.flush()
        os.fsync(store.fileno())
    if offset == 0:
        _flush_folder(file.parent)


def sha256(name: str) -> str:
    with path(name).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def erase(name: str) -> None:
    path(name).unlink(missing_ok=True)


def _make_folder(wanted: Path) -> None:
    """Each level for us alone, and known to the disk."""
    missing = [level for level in (wanted, *wanted.parents) if not level.exists()]
    for level in reversed(missing):
        level.mkdir(mode=0o700, exist_ok=True)
        _flush_folder(level.parent)


def _flush_folder(where: Path) -> None:
    """So that the name of a new file survives a power cut as its content does."""
    opened = os.open(where, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
