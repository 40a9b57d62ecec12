"""Downloads: features as a file, streamed or built beside and forgotten once it is sent."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
)
from django.urls import reverse
from django.utils import timezone

from layers.base import Layer
from layers.crs import CRS84
from layers.exports import csv, geojson, kml
from layers.exports.table import Table
from layers.permissions import POLICIES
from layers.selection import BadQuery
from maps.answers import FORMATS, private
from maps.formats import number
from maps.parameters import Asked
from maps.problems import Problem, bad_parameter, respond
from maps.streams import stream

STREAMED: Mapping[str, Callable[[Table, str], Iterator[str]]] = {
    "geojson": geojson.text,
    "csv": lambda table, _: csv.text(table),
    "kml": lambda table, _: kml.text(table),
}
BLOCK = 256 * 1024
SLOTS = BoundedSemaphore(settings.EXPORTS_AT_ONCE)
WAIT = 10  # seconds, said to whoever comes when all slots are taken


def download(request: HttpRequest, layer: Layer, asked: Asked, name: str) -> HttpResponseBase:
    """The rows of an items request as a file, in degrees: all of them, or as many as a `limit`
    says."""
    limit = asked.limit if asked.query.pk is None and "limit" in request.GET else None
    table = Table(layer, request.user, asked.query, limit)
    try:
        following = _following(request, table)
        if request.method == "HEAD":
            return _labelled(request, HttpResponse(), table, name, following)
        response = _in_a_slot(lambda: _made(request, table, name, following))
    except BadQuery as error:
        raise bad_parameter(error.name, str(error)) from error
    if response.status_code == 200:
        _labelled(request, response, table, name, following)
    return response


def _following(request: HttpRequest, table: Table) -> str:
    """The address of the next rows where a limit cuts; a whole layer has its own limit."""
    most = settings.EXPORT_ROWS if table.limit is None else table.limit
    ids = table.around(most)
    if len(ids) < 2:
        return ""
    if table.limit is None:
        told = f"Lebih dari {number(most)} baris: persempit dengan bbox, datetime atau saringan, "
        raise Problem(400, "Terlalu banyak baris", told + "atau unduh bertahap dengan limit.")
    query = request.GET.copy()
    query["after"] = str(ids[0])
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _in_a_slot(make: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Few at once, until the last byte is sent: downloads must not take all of a server's
    threads."""
    if not SLOTS.acquire(blocking=False):
        return _busy()
    try:
        response = make()
    except BaseException:
        SLOTS.release()
        raise
    free = weakref.finalize(response, SLOTS.release)  # once, even if nobody ever closes it
    response._resource_closers.append(free)  # type: ignore[attr-defined]
    return response


def _busy() -> HttpResponseBase:
    told = f"Banyak unduhan sedang berjalan; coba lagi {WAIT} detik lagi."
    response = respond(Problem(503, "Sedang sibuk", told))
    response["Retry-After"] = str(WAIT)
    return response


def _made(request: HttpRequest, table: Table, name: str, following: str) -> HttpResponseBase:
    if name in STREAMED:
        pieces = STREAMED[name](table, following)
        begun = list(islice(pieces, 2))  # what cannot be answered is found out before the headers
        return stream(request, chain(begun, pieces), FORMATS[name].media)
    return _file(table, name)


def _file(table: Table, name: str) -> FileResponse:
    """Without a name from the moment it is open: nothing is left, whatever happens."""
    from layers.exports import parquet, vector  # GDAL and Arrow: only where a file is built

    writers: Mapping[str, Any] = {
        "gpkg": vector.geopackage,
        "fgb": vector.flatgeobuf,
        "parquet": parquet.geoparquet,
    }
    with tempfile.TemporaryDirectory(prefix="geo-portal-") as folder:
        path = Path(folder) / f"{table.layer.id}.{FORMATS[name].extension}"
        writers[name](table, path)
        response = FileResponse(path.open("rb"))
    response.block_size = BLOCK
    return response


def _labelled(
    request: HttpRequest, response: HttpResponseBase, table: Table, name: str, following: str
) -> HttpResponseBase:
    form, layer = FORMATS[name], table.layer
    charset = "; charset=utf-8" if form.media == "text/csv" else ""
    response["Content-Type"] = form.media + charset
    what = "" if table.query.pk is None else f"-{table.query.pk}"
    file = f"{layer.id}{what}-{timezone.localdate():%Y-%m-%d}.{form.extension}"
    response["Content-Disposition"] = f'attachment; filename="{file}"'
    about = request.build_absolute_uri(reverse("ogc-collection", args=[layer.id]))
    links = [f'<{about}>; rel="collection"']
    if POLICIES[layer.policy].public:
        links.append(f'<{settings.DATA_LICENCE}>; rel="license"')
    if following:
        links.append(f'<{following}>; rel="next"')
    response["Content-Crs"] = f"<{CRS84.uri}>"
    response["Link"] = ", ".join(links)
    if name == "parquet":
        response["Content-Encoding"] = "identity"  # compressed within: gzip would only cost time
    return private(request, response)
