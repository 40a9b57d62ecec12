"""The features of a collection, a page of them or one: OGC API - Features, in GeoJSON. Other forms
are files (`maps.exports`) and pages (`maps.ogc_pages`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils import timezone

from layers import features
from layers.base import Layer
from layers.crs import CRS84, Crs
from layers.selection import BadQuery
from maps import exports, ogc_pages, parameters, photos
from maps.answers import (
    FILES,
    GEOJSON,
    ITEMS,
    RELATION,
    Json,
    alternates,
    link,
    private,
    the_layer,
    wanted,
)
from maps.parameters import MAX_ID, Asked
from maps.problems import bad_parameter, explained
from maps.streams import stream


@explained
def items(request: HttpRequest, layer_id: str) -> HttpResponseBase:
    layer = the_layer(request, layer_id)
    form = wanted(request, ITEMS, GEOJSON)
    asked = parameters.for_items(_given(request, form), layer, request.user)
    _only_as_geojson(form, asked)
    try:
        response = _in_form(request, layer, asked, form)
    except BadQuery as error:
        raise bad_parameter(error.name, str(error)) from error
    told = request.build_absolute_uri(reverse("ogc-queryables", args=[layer_id]))
    links = response.get("Link"), f'<{told}>; rel="{RELATION}/queryables"'
    response["Link"] = ", ".join(filter(None, links))
    return response


def _in_form(request: HttpRequest, layer: Layer, asked: Asked, form: str) -> HttpResponseBase:
    if form == "html":
        return ogc_pages.items_page(request, layer, asked)
    if form in FILES:
        return exports.download(request, layer, asked, form)
    body = _counted if asked.hits else _listed
    response = stream(request, body(request, layer, asked), GEOJSON)
    return _labelled(request, response, asked.query.crs)


@explained
def item(request: HttpRequest, layer_id: str, fid: int) -> HttpResponseBase:
    layer = the_layer(request, layer_id)
    form = wanted(request, ITEMS, GEOJSON)
    asked = parameters.for_item(request.GET, fid)
    _only_as_geojson(form, asked)
    text = features.feature(layer, request.user, asked.query) if fid <= MAX_ID else None
    if text is None:
        raise Http404(f"Tidak ada {layer.title} bernomor {fid}.")
    if form == "html":
        return ogc_pages.item_page(request, layer, fid)
    if form in FILES:
        return exports.download(request, layer, asked, form)
    members: Json = {"links": _links(request, layer)}
    if seen := photos.listed(request, layer, fid):
        members["photos"] = seen
    text = f"{text[:-1]},{json.dumps(members)[1:]}"
    return _labelled(request, HttpResponse(text, content_type=GEOJSON), asked.query.crs)


def _given(request: HttpRequest, form: str) -> QueryDict:
    """The parameters; a page's form sends its empty fields too, and they ask for nothing."""
    if form != "html":
        return request.GET
    given = request.GET.copy()
    for name in [name for name, values in given.lists() if not any(values)]:
        del given[name]
    return given


def _listed(request: HttpRequest, layer: Layer, asked: Asked) -> Iterator[str]:
    """The first piece is read at once: what cannot be answered is found out before the headers, of
    the longest pages as far as that piece tells."""
    if request.method == "HEAD":
        return iter(())
    found = features.pieces(layer, request.user, asked.query, limit=asked.limit + 1)
    return _collection(request, layer, asked, chain([next(found, [])], found))


def _collection(
    request: HttpRequest, layer: Layer, asked: Asked, pieces: Iterator[list[features.Feature]]
) -> Iterator[str]:
    """One row more than the limit was asked for: it only proves that there is a next page."""
    yield '{"type":"FeatureCollection","features":['
    returned, last, more = 0, 0, False
    for piece in pieces:
        more = returned + len(piece) > asked.limit
        rows = piece[: asked.limit - returned]
        if rows:
            yield ("," if returned else "") + ",".join([text for _, text in rows])
            returned, last = returned + len(rows), rows[-1][0]
    links = _links(request, layer)
    if more:
        following = request.GET.copy()
        following["after"] = str(last)
        links.append(link(request, "next", f"{request.path}?{following.urlencode()}", GEOJSON))
    tail: Json = {} if more or asked.query.after is not None else {"numberMatched": returned}
    tail |= {"numberReturned": returned, "timeStamp": timezone.now().isoformat(), "links": links}
    yield "]," + json.dumps(tail)[1:]


def _counted(request: HttpRequest, layer: Layer, asked: Asked) -> Iterator[str]:
    """How many match, and none of them."""
    body = {
        "type": "FeatureCollection",
        "features": [],
        "numberMatched": features.count(layer, request.user, asked.query),
        "numberReturned": 0,
        "timeStamp": timezone.now().isoformat(),
        "links": _links(request, layer),
    }
    return iter([json.dumps(body)])


def _links(request: HttpRequest, layer: Layer) -> list[Json]:
    return [
        link(request, "self", request.get_full_path(), GEOJSON),
        *alternates(request, ITEMS, "json", GEOJSON),
        link(request, "collection", reverse("ogc-collection", args=[layer.id])),
    ]


def _labelled(request: HttpRequest, response: HttpResponseBase, crs: Crs) -> HttpResponseBase:
    response["Content-Crs"] = f"<{crs.uri}>"
    return private(request, response)


def _only_as_geojson(form: str, asked: Asked) -> None:
    """Raises Problem for what other forms do not offer. Pages are drawn in degrees anyhow."""
    if form in FILES and asked.query.crs is not CRS84:
        told = f"Sistem koordinat lain hanya untuk GeoJSON; berkas memakai {CRS84.uri}."
        raise bad_parameter("crs", told)
    if form != "json" and asked.hits:
        raise bad_parameter("resultType", "Jumlah saja (hits) hanya tersedia sebagai JSON.")
