"""What a zip archive says it holds, before anything of it is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path


class Damaged(Exception):
    """An archive whose list of contents cannot be read."""


def members(path: Path) -> list[zipfile.ZipInfo]:
    """The entries as the archive lists them. Raises Damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        raise Damaged(str(path)) from error
