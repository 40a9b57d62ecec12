"""Files that rows name, kept so that no crash leaves a row without its file."""

from __future__ import annotations

import os

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage


def keep(name: str, content: bytes | File) -> str:
    """The name of a new file that holds this, flushed to disk. The file comes before the row: a
    crash between leaves a file that belongs to nothing, never a row without its file."""
    whole = ContentFile(content) if isinstance(content, bytes) else content
    kept = default_storage.save(name, whole)
    file = default_storage.path(kept)
    for each in (file, os.path.dirname(file)):
        opened = os.open(each, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    return kept
