"""A public layer as one PMTiles file: for phones that go offline, and for a CDN."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
)
from django.utils import timezone
from django.utils.http import http_date
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from layers import tile_changes, tiles
from layers.base import Layer
from layers.features import extent
from maps.problems import Problem, explained, respond
from maps.tiles import public
from maps.tiles.seeding import Tile, pyramid
from maps.tiles.store import ALL, Address, Kept, trusted

MEDIA = "application/vnd.pmtiles"
DEEPEST = 14  # deeper ones are drawn from these
MOST = 16 * 1024**2  # bytes of a range at once; a reader asks on
_RANGE = re.compile(r"bytes=(\d{1,15})?-(\d{1,15})?", re.ASCII)


def path_of(layer_id: str) -> Path:
    return Path(settings.TILE_STORE) / f"{layer_id}.pmtiles"


# -- making


def build(layer: Layer, deepest: int = DEEPEST, *, workers: int | None = None) -> Path | None:
    """Write the layer's tiles into one file, whole or not at all. None for a layer without rows,
    whose file of before goes, and for one that was forgotten meanwhile."""
    final = path_of(layer.id)
    temporary = final.parent / ".tmp" / f"{final.name}-{secrets.token_hex(8)}"
    temporary.parent.mkdir(parents=True, exist_ok=True)
    bounds = extent(layer, public.PUBLIC)
    try:
        with temporary.open("wb") as file:
            writer: Any = Writer(file)  # type: ignore[no-untyped-call]
            with closing(writer.tile_f):
                for (z, x, y), kept in _tiles(layer, deepest, workers):
                    os.utime(file.fileno())  # else it is litter after a while
                    if not kept.empty:
                        writer.write_tile(zxy_to_tileid(z, x, y), kept.content)
                if not writer.tile_entries or bounds is None:
                    final.unlink(missing_ok=True)
                    return None
                writer.finalize(_header(bounds), _metadata(layer))
        temporary.replace(final)
    except FileNotFoundError:
        return None
    finally:
        temporary.unlink(missing_ok=True)
    return final


def forget(layer_id: str) -> None:
    """The file goes, and one that is being written does not come."""
    final = path_of(layer_id)
    for file in (*(final.parent / ".tmp").glob(f"{final.name}-*"), final):
        with suppress(OSError):
            file.unlink(missing_ok=True)


def _tiles(layer: Layer, deepest: int, workers: int | None) -> Iterator[tuple[Tile, Kept]]:
    """In the order of the file."""
    shallowest, most = public.zooms(layer)
    version = tile_changes.version(layer)

    def work(tile: Tile) -> Kept:
        return Kept.of(public.drawn(layer, Address(layer.id, version, ALL, *tile)).content)

    zooms = range(shallowest, max(min(deepest, most), shallowest) + 1)
    return pyramid(layer, zooms, work, workers)


def _header(bounds: tuple[float, float, float, float]) -> dict[str, Any]:
    west, south, east, north = (round(one * 10_000_000) for one in bounds)
    return {
        "tile_compression": Compression.GZIP,
        "tile_type": TileType.MVT,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": 12,
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }


def _metadata(layer: Layer) -> dict[str, Any]:
    fields = {prop.name: prop.title.id for prop in tiles.tile_properties(layer, public.PUBLIC)}
    return {
        "name": layer.title.id,
        "description": layer.description.id,
        "attribution": layer.owner,
        "version": tile_changes.version(layer),
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "vector_layers": [{"id": layer.id, "fields": fields}],
    }


# -- serving


@explained
def archive(request: HttpRequest, layer_id: str) -> HttpResponseBase:
    """The file, or the range of it that is asked for."""
    try:
        layer = public.public_layer(layer_id)
        if not (settings.TILE_STORE and layer and (trusted() or not layer.published)):
            raise FileNotFoundError
        file = path_of(layer_id).open("rb")
    except OSError:
        raise Http404("Tidak ada berkas PMTiles dari lapisan ini.") from None
    told = os.fstat(file.fileno())
    etag = f'"{told.st_mtime_ns:x}-{told.st_size:x}"'
    asked = request.headers.get("Range", "")
    if request.headers.get("If-None-Match", "") == etag:
        file.close()
        response: HttpResponseBase = HttpResponseNotModified()
    elif asked and request.headers.get("If-Range", etag) == etag:
        response = _part(file, asked.strip(), told.st_size)
    else:
        response = FileResponse(file, content_type=MEDIA)
    response["ETag"], response["Last-Modified"] = etag, http_date(told.st_mtime)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "public, max-age=300"
    response["Content-Encoding"] = "identity"  # packed on its way it would have no ranges
    return response


def _part(file: BinaryIO, asked: str, size: int) -> HttpResponseBase:
    """Several ranges at once, or another unit: then the whole is an answer too."""
    found = _RANGE.fullmatch(asked)
    if not found or not any(found.groups()):
        return FileResponse(file, content_type=MEDIA)
    first, last = found.groups()
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last), size - 1) if first and last else size - 1
    with file:
        if start > end:
            problem = Problem(416, "Bagian tidak ada", f"Berkas ini {size} bita.")
            response: HttpResponse = respond(problem)
            response["Content-Range"] = f"bytes */{size}"
            return response
        file.seek(start)
        content = file.read(min(end - start + 1, MOST))
    response = HttpResponse(content, status=206, content_type=MEDIA)
    response["Content-Range"] = f"bytes {start}-{start + len(content) - 1}/{size}"
    return response
