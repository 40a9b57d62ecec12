"""Files that the portal serves itself, for documents that carry them along."""

from __future__ import annotations

from pathlib import Path

from django.contrib.staticfiles import finders


def static_file(path: str) -> Path:
    found = finders.find(path)
    if not found:
        raise FileNotFoundError(f"{path} is in no static folder: run `make setup`.")
    return Path(found)
