"""Long answers, sent while they are read: in pieces of some size, compressed lightly. The database
has few connections, and whoever takes a piece slowly holds none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.cache import patch_vary_headers
from isal import isal_zlib

PIECE = 64 * 1024  # characters: each piece passes through all layers of the server by itself


def stream(request: HttpRequest, parts: Iterable[str], media: str) -> StreamingHttpResponse:
    """The parts one after the other, gzipped for whoever takes that."""
    pieces = _pieces(parts)
    wanted = "gzip" in request.headers.get("Accept-Encoding", "")
    response = StreamingHttpResponse(_gzipped(pieces) if wanted else pieces, content_type=media)
    if wanted:
        response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ("Accept-Encoding",))
    return response


def _pieces(parts: Iterable[str]) -> Iterator[bytes]:
    kept: list[str] = []
    size = 0
    for part in parts:
        kept.append(part)
        size += len(part)
        if size >= PIECE:
            _let_go()
            yield "".join(kept).encode()
            kept, size = [], 0
    _let_go()
    yield "".join(kept).encode()


def _let_go() -> None:
    """The next query takes a connection again. Within a transaction it is needed, and stays."""
    if not connection.in_atomic_block:
        connection.close()


def _gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = isal_zlib.compressobj(wbits=16 + isal_zlib.MAX_WBITS)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()
