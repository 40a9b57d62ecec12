"""OGC API - Features Part 1 (OGC 17-069) over the layer registry, in JSON and GeoJSON. Coordinates
are CRS84: lon, lat in degrees."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils import timezone

from layers import features
from layers.base import Layer
from layers.provenance import demo_layer_ids, last_updated
from layers.registry import layers_for
from layers.selection import BadQuery
from maps import parameters, photos
from maps.answers import GEOJSON, Json, answer, link, private, the_layer
from maps.openapi import describe
from maps.parameters import CRS84
from maps.problems import bad_parameter, explained

CONFORMS_TO = [
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
]


@explained
def landing(request: HttpRequest) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    return answer(
        request,
        {
            "title": "Geo Portal Kota Kupang",
            "description": "Lapisan data spasial kota, menurut OGC API.",
            "links": [
                link(request, "self", reverse("ogc-landing")),
                link(
                    request,
                    "service-desc",
                    reverse("ogc-api"),
                    "application/vnd.oai.openapi+json;version=3.0",
                ),
                link(request, "conformance", reverse("ogc-conformance")),
                link(request, "data", reverse("ogc-collections")),
            ],
        },
    )


@explained
def conformance(request: HttpRequest) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    return answer(request, {"conformsTo": CONFORMS_TO})


@explained
def api(request: HttpRequest) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    document = describe(layers_for(request.user), request.user, request.build_absolute_uri("/ogc"))
    return answer(request, document, "application/vnd.oai.openapi+json;version=3.0")


@explained
def collections(request: HttpRequest) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    demo = demo_layer_ids()
    return answer(
        request,
        {
            "links": [link(request, "self", reverse("ogc-collections"))],
            "collections": [
                _collection(request, layer, demo) for layer in layers_for(request.user)
            ],
        },
    )


@explained
def collection(request: HttpRequest, layer_id: str) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    return answer(request, _collection(request, the_layer(request, layer_id), demo_layer_ids()))


@explained
def items(request: HttpRequest, layer_id: str) -> HttpResponseBase:
    layer = the_layer(request, layer_id)
    asked = parameters.for_items(request.GET, layer, request.user)
    try:
        found = features.features(layer, request.user, asked.query, limit=asked.limit + 1)
        first = next(found, None)
    except BadQuery as error:
        raise bad_parameter(error.name, str(error)) from error
    rows = chain([first], found) if first else iter(())
    body = _feature_collection(request, layer, rows, asked.limit)
    return private(request, StreamingHttpResponse(body, content_type=GEOJSON))


@explained
def item(request: HttpRequest, layer_id: str, fid: int) -> HttpResponseBase:
    layer = the_layer(request, layer_id)
    parameters.only(request.GET, ("f",))
    text = features.feature(layer, request.user, fid) if fid <= parameters.MAX_ID else None
    if text is None:
        raise Http404(f"Tidak ada {layer.title} bernomor {fid}.")
    links = [
        link(request, "self", reverse("ogc-item", args=[layer.id, fid]), GEOJSON),
        link(request, "collection", reverse("ogc-collection", args=[layer.id])),
    ]
    members: Json = {"links": links}
    if seen := photos.listed(request, layer, fid):
        members["photos"] = seen
    text = f"{text[:-1]},{json.dumps(members)[1:]}"
    return private(request, HttpResponse(text, content_type=GEOJSON))


@explained
def missing(request: HttpRequest, rest: str) -> HttpResponseBase:
    raise Http404(f"Tidak ada alamat ini. Mulailah dari {reverse('ogc-landing')}.")


def _collection(request: HttpRequest, layer: Layer, demo: set[str]) -> Json:
    bounds = features.extent(layer, request.user)
    first, last = features.time_extent(layer, request.user)
    updated = last_updated(layer, request.user)
    address = reverse("ogc-collection", args=[layer.id])
    extent: Json = {}
    if bounds:
        extent["spatial"] = {"bbox": [list(bounds)], "crs": CRS84}
    if first:
        extent["temporal"] = {"interval": [[first.isoformat(), last.isoformat()]]}
    return {
        "id": layer.id,
        "title": str(layer.title),
        "description": str(layer.description),
        "itemType": "feature",
        "crs": [CRS84],
        "extent": extent,
        "attribution": layer.owner,
        "updated": updated.isoformat() if updated else None,
        "demo": layer.id in demo,
        "links": [
            link(request, "self", address),
            link(request, "items", reverse("ogc-items", args=[layer.id]), GEOJSON),
            link(
                request,
                "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector",
                reverse("ogc-tilesets", args=[layer.id]),
            ),
        ],
    }


def _feature_collection(
    request: HttpRequest, layer: Layer, rows: Iterator[tuple[int, str]], limit: int
) -> Iterator[str]:
    """One row more than the limit is asked for: it only proves that there is a next page."""
    yield '{"type":"FeatureCollection","features":['
    returned, last, more = 0, 0, False
    for fid, text in rows:
        if returned == limit:
            more = True
            continue
        yield f",{text}" if returned else text
        returned, last = returned + 1, fid
    here = request.get_full_path()
    links = [
        link(request, "self", here, GEOJSON),
        link(request, "collection", reverse("ogc-collection", args=[layer.id])),
    ]
    if more:
        following = request.GET.copy()
        following["after"] = str(last)
        links.append(link(request, "next", f"{request.path}?{following.urlencode()}", GEOJSON))
    tail = {
        "numberReturned": returned,
        "timeStamp": timezone.now().isoformat(),
        "links": links,
    }
    yield "]," + json.dumps(tail)[1:]
