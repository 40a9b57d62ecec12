"""`/tiles/…`: what a web server may serve as files, served here where it does not or cannot."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import get_conditional_response

from layers.tiles import in_range
from maps.answers import MVT
from maps.problems import explained
from maps.tiles import public, store
from maps.tiles.public import Outdated, public_layer
from maps.tiles.store import Address, Kept

FOR_GOOD = "public, max-age=31536000, immutable"
FOR_NOW = "public, max-age=5"
PLACE = r"(?P<version>[0-9a-f]{10}\.(?:live|[0-9]{1,18}))/(?P<facet>[a-z0-9-]{1,60})"
TILE = (
    rf"(?P<layer_id>[a-z0-9-]{{1,60}})/{PLACE}"
    r"/(?P<z>[0-9]{1,2})/(?P<x>[0-9]{1,8})/(?P<y>[0-9]{1,8})\.mvt"
)
_TILE = re.compile(rf"/tiles/{TILE}", re.ASCII)

Respond = Callable[[HttpRequest], HttpResponseBase]


class StoredTiles:
    """A tile of everybody needs neither session nor language: it is answered before they are looked
    up, and no header of theirs keeps shared caches from it."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/tiles/"):
            return self.respond(request)
        asked = _TILE.fullmatch(request.path_info)
        if asked and request.method in ("GET", "HEAD"):
            response = stored(request, **asked.groupdict()) or tile(request, **asked.groupdict())
        else:
            response = self.respond(request)
        if response.headers.get("Content-Encoding") == "identity":
            del response["Content-Encoding"]
        response["Vary"] = "Accept-Encoding"
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = "ETag, Content-Range"
        return response


def stored(request: HttpRequest, **asked: str) -> HttpResponseBase | None:
    """The answer straight from the store, without a question to the database."""
    if not public_layer(asked["layer_id"]):
        return None
    address = _address(**asked)
    found = store.read(address)
    return send(request, found, _cached(address)) if found else None


@explained
def tile(request: HttpRequest, **asked: str) -> HttpResponseBase:
    """A tile that is not stored yet."""
    layer, address = public_layer(asked["layer_id"]), _address(**asked)
    if layer is None:
        raise Http404("Tidak ada petak umum dari lapisan ini.")
    shallowest, deepest = public.zooms(layer)
    if not (shallowest <= address.z <= deepest and in_range(address.z, address.x, address.y)):
        raise Http404(f"Petak lapisan ini ada dari zum {shallowest} sampai {deepest}.")
    try:
        return send(request, public.made(layer, address), _cached(address))
    except Outdated as outdated:
        return _moved_on(address, outdated.version)
    except LookupError:
        raise Http404("Tidak ada petak untuk nilai ini.") from None


@explained
def missing(request: HttpRequest) -> HttpResponseBase:
    raise Http404("Petak beralamat /tiles/<lapisan>/<versi>/<nilai>/<z>/<x>/<y>.mvt.")


def _address(layer_id: str, version: str, facet: str, z: str, x: str, y: str) -> Address:
    return Address(layer_id, version, facet, int(z), int(x), int(y))


def _cached(address: Address) -> str:
    return FOR_NOW if address.live else FOR_GOOD


def _moved_on(address: Address, version: str) -> HttpResponseBase:
    """A map that has been open for long asks for an edition that is gone: it gets today's. One that
    is still to come must not be kept under its name."""
    theirs, ours = address.version.split("."), version.split(".")
    if theirs[0] == ours[0] and ours[1].isdigit() and int(theirs[1]) > int(ours[1]):
        raise Http404("Edisi petak ini belum ada.")
    where = [address.layer_id, version, address.facet, address.z, address.x, address.y]
    response = HttpResponseRedirect(reverse("tile", args=where))
    response["Cache-Control"] = "no-store"
    return response


def send(request: HttpRequest, kept: Kept, cached: str) -> HttpResponseBase:
    """The tile as this client can read it: packed as it is stored, if possible."""
    response = HttpResponse(content_type=MVT, status=204 if kept.empty else 200)
    response["Cache-Control"] = cached
    response["ETag"] = etag = kept.etag
    response["Vary"] = "Accept-Encoding"
    unchanged = get_conditional_response(request, etag=etag, response=response)
    if unchanged is not None and unchanged is not response:
        return unchanged
    if kept.empty:
        return response
    content = kept.content
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response["Content-Encoding"] = "gzip"
    else:
        content = kept.tile
    response["Content-Length"] = str(len(content))
    if request.method != "HEAD":
        response.content = content
    return response
