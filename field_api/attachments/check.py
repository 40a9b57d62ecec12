"""Whether files and rows agree: no row without its file, no file without its row."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

from field_api.attachments import originals
from field_api.models import Attachment
from layers.photos import Photo

YOUNG = 3600  # seconds: a file comes before its row, and a whole request may lie between


@dataclass(frozen=True)
class Fault:
    """`mend` is a file that may go: no row names it."""

    what: str
    mend: Path | None = None


def faults(*, hashes: bool = False, older_than: float = YOUNG) -> Iterator[Fault]:
    yield from _attachments(hashes)
    yield from _photos()
    yield from _strays(older_than)


def _attachments(hashes: bool) -> Iterator[Fault]:
    rows = Attachment.objects.exclude(original="").filter(offset__gt=0)
    for row in rows.iterator():
        file = originals.path(row.original)
        held = file.stat().st_size if file.exists() else 0
        if held < row.offset:
            yield Fault(f"attachment {row.pk}: {held} of {row.offset} bytes are on disk")
        elif row.state != Attachment.State.PARTIAL and held != row.size:
            yield Fault(f"attachment {row.pk}: {held} bytes on disk, not {row.size}")
        elif (
            hashes
            and row.state != Attachment.State.PARTIAL
            and originals.sha256(row.original) != row.sha256
        ):
            yield Fault(f"attachment {row.pk}: its content has changed")


def _photos() -> Iterator[Fault]:
    for photo in Photo.objects.iterator():
        for name in (str(photo.image), str(photo.thumbnail)):
            if not default_storage.exists(name):
                yield Fault(f"photo {photo.pk}: no file {name}")


def _strays(older_than: float) -> Iterator[Fault]:
    """Looked up after the files are listed, so that a row written meanwhile is seen."""
    before = time.time() - older_than
    found = [name for name in originals.names() if _older(originals.path(name), before)]
    known = set(Attachment.objects.values_list("original", flat=True))
    for name in sorted(set(found) - known):
        yield Fault(f"original {name}: no row", originals.path(name))
    root = Path(settings.MEDIA_ROOT)
    shown = [file for file in root.glob("photos/*") if _older(file, before)]
    named = {name for pair in Photo.objects.values_list("image", "thumbnail") for name in pair}
    for file in sorted(shown):
        if str(file.relative_to(root)) not in named:
            yield Fault(f"picture {file.name}: no row", file)


def _older(file: Path, before: float) -> bool:
    try:
        return file.stat().st_mtime < before
    except FileNotFoundError:
        return False
