"""What may lie under the layers: the city's own ground, nothing, or a map from elsewhere that the
installation names (BASEMAP_RASTER_URL, or BASEMAP_PMTILES: a file of this server or an address)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import http_date
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

MOST = 16 * 1024 * 1024  # bytes of one answer; a reader asks for directories and single tiles
BLOCK = 64 * 1024

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


def external() -> dict[str, Any] | None:
    """The map from elsewhere as the scripts need it; None where the installation names none."""
    attribution = settings.BASEMAP_ATTRIBUTION
    if settings.BASEMAP_PMTILES:
        remote = "://" in settings.BASEMAP_PMTILES
        url = settings.BASEMAP_PMTILES if remote else reverse("basemap-file")
        reader = static("vendor/pmtiles/pmtiles.js")
        return {"kind": "pmtiles", "url": url, "attribution": attribution, "reader": reader}
    if settings.BASEMAP_RASTER_URL:
        return {"kind": "raster", "url": settings.BASEMAP_RASTER_URL, "attribution": attribution}
    return None


@require_safe
@cache_control(public=True, max_age=3600)
def file(request: HttpRequest) -> HttpResponseBase:
    """The PMTiles file, piece by piece (RFC 9110, a single range)."""
    path = Path(settings.BASEMAP_PMTILES)
    if not settings.BASEMAP_PMTILES or "://" in settings.BASEMAP_PMTILES or not path.is_file():
        raise Http404("Portal ini tidak menyimpan peta dasar.")
    found = path.stat()
    etag = f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
    response = _part(request, path, found.st_size)
    response["ETag"] = etag
    response["Last-Modified"] = http_date(found.st_mtime)
    response["Accept-Ranges"] = "bytes"
    response["Content-Encoding"] = "identity"  # an offset counts the bytes of the file itself
    return response


def _part(request: HttpRequest, path: Path, size: int) -> HttpResponseBase:
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or not any(asked.groups()):
        told = "Mintalah sebagian berkas dengan Range: bytes=awal-akhir."
        return HttpResponse(told, status=400, content_type="text/plain; charset=utf-8")
    first, last = asked.groups()
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last) if first and last else size - 1, size - 1)
    if start > end:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    end = min(end, start + MOST - 1)
    body = _blocks(path.open("rb"), start, end - start + 1)
    response = StreamingHttpResponse(body, status=206, content_type="application/octet-stream")
    response["Content-Length"] = str(end - start + 1)
    response["Content-Range"] = f"bytes {start}-{end}/{size}"
    return response


def _blocks(opened: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    with opened:
        opened.seek(start)
        while length > 0 and (block := opened.read(min(BLOCK, length))):
            length -= len(block)
            yield block
