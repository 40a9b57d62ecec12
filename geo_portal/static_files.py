"""Scripts, styles, fonts: served from where they lie, under one version, and packed beforehand."""

import gzip
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

import brotli
from django.conf import settings
from django.contrib.staticfiles import finders
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import MissingFileError, StaticFile

OWN = ("maps/static", "field_api/app")
# What decides which files of others are shipped.
CHOICE = ("geo_portal/vendor.py", "package-lock.json", "requirements.lock")
TEXT = {".css", ".js", ".json", ".map", ".mjs", ".svg", ".txt", ".html", ".xml"}
SMALL = 1000  # bytes: one packet, packed or not
ENDINGS = {"br": ".br", "gzip": ".gz"}


def version(base: Path) -> str:
    """Changes with whatever a browser may be given, so that an address may be kept for good."""
    digest = hashlib.sha256()
    own = (path for folder in OWN for path in sorted((base / folder).rglob("*")) if path.is_file())
    for path in (*own, *(base / name for name in CHOICE)):
        digest.update(f"{path.relative_to(base)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


class StaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise, which looks for packed twins by content and not beside the file: what somebody
    edits loses its twin at that moment, and nothing stale is ever served."""

    def get_static_file(self, path: str, url: str, stat_cache: Any = None) -> StaticFile:
        if stat_cache is None and not os.path.exists(path):
            raise MissingFileError(path)
        headers = Headers([])
        self.add_mime_headers(headers, path, url)
        self.add_cache_headers(headers, path, url)
        headers["Access-Control-Allow-Origin"] = "*"
        twins = {name: str(twin) for name, twin in _twins(Path(path)).items()}
        return StaticFile(path, headers.items(), encodings=twins)


def pack() -> int:
    """Make the twins that are missing, and say how many."""
    settings.STATIC_PACKED.mkdir(parents=True, exist_ok=True)
    waiting = {
        twin: (path, encoding)
        for path in _files()
        for encoding, twin in _twins(path).items()
        if not twin.exists()
    }
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(_write, waiting, *zip(*waiting.values(), strict=True)):
            pass
    return len(waiting)


def packed(content: bytes, encoding: str) -> bytes:
    if encoding == "br":
        return bytes(brotli.compress(content))
    return gzip.compress(content, 9, mtime=0)


def _files() -> Iterator[Path]:
    for finder in finders.get_finders():
        for name, storage in finder.list(None):  # type: ignore[no-untyped-call, unused-ignore]
            yield Path(storage.path(name))


def _twins(path: Path) -> dict[str, Path]:
    """Where the packed twins of this file lie, or would lie."""
    if path.suffix not in TEXT or path.stat().st_size < SMALL:
        return {}
    name = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
    return {encoding: settings.STATIC_PACKED / (name + end) for encoding, end in ENDINGS.items()}


def _write(twin: Path, path: Path, encoding: str) -> None:
    # Whole or not at all: a portal may be running beside.
    unfinished = twin.with_name(f"{twin.name}.{os.getpid()}")
    unfinished.write_bytes(packed(path.read_bytes(), encoding))
    unfinished.replace(twin)
