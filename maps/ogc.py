"""OGC API - Features and OGC API - Tiles over the layer registry.

Features Part 1 (OGC 17-069) and Tiles Part 1 (OGC 20-057), in JSON. Coordinates are CRS84 (lon, lat
in degrees), tiles are Mapbox Vector Tiles on WebMercatorQuad.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils import timezone

from layers import features, tiles
from layers.base import Layer
from layers.provenance import demo_layer_ids, last_updated
from layers.registry import find, layers_for
from layers.selection import BadQuery
from maps import parameters
from maps.openapi import describe
from maps.problems import Problem, bad_parameter, explained

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
MATRIX_SET = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
GEOJSON, MVT = "application/geo+json", "application/vnd.mapbox-vector-tile"
CONFORMS_TO = [
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
]
Json = dict[str, Any]


@explained
def landing(request: HttpRequest) -> HttpResponseBase:
    parameters.form(parameters.only(request.GET, ("f",)), ("json",))
    return _json(
        request,
        {
            "title": "Geo Portal Kota Kupang",
            "description": "Lapisan data spasial kota, menurut OGC API.",
            "links": [
                _link(request, "self", reverse("ogc-landing")),
                _link(
                    request,
                    "service-desc",
                    reverse("ogc-api"),
                    "application/vnd.oai.openapi+json;version=3.0",
                ),
                _link(request, "conformance", reverse("ogc-conformance")),
                _link(request, "data", reverse("ogc-collections")),
            ],
        },
    )


@explained
def conformance(request: HttpRequest) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    return _json(request, {"conformsTo": CONFORMS_TO})


@explained
def api(request: HttpRequest) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    document = describe(layers_for(request.user), request.user, request.build_absolute_uri("/ogc"))
    return _json(request, document, "application/vnd.oai.openapi+json;version=3.0")


@explained
def collections(request: HttpRequest) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    demo = demo_layer_ids()
    return _json(
        request,
        {
            "links": [_link(request, "self", reverse("ogc-collections"))],
            "collections": [
                _collection(request, layer, demo) for layer in layers_for(request.user)
            ],
        },
    )


@explained
def collection(request: HttpRequest, layer_id: str) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    return _json(request, _collection(request, _layer(request, layer_id), demo_layer_ids()))


@explained
def items(request: HttpRequest, layer_id: str) -> HttpResponseBase:
    layer = _layer(request, layer_id)
    asked = parameters.for_items(request.GET, layer, request.user)
    try:
        found = features.features(layer, request.user, asked.query, limit=asked.limit + 1)
        first = next(found, None)
    except BadQuery as error:
        raise bad_parameter(error.name, str(error)) from error
    rows = chain([first], found) if first else iter(())
    body = _feature_collection(request, layer, rows, asked.limit)
    return _private(request, StreamingHttpResponse(body, content_type=GEOJSON))


@explained
def item(request: HttpRequest, layer_id: str, fid: int) -> HttpResponseBase:
    layer = _layer(request, layer_id)
    parameters.only(request.GET, ("f",))
    text = features.feature(layer, request.user, fid) if fid <= parameters.MAX_ID else None
    if text is None:
        raise Http404(f"Tidak ada {layer.title} bernomor {fid}.")
    links = [
        _link(request, "self", reverse("ogc-item", args=[layer.id, fid]), GEOJSON),
        _link(request, "collection", reverse("ogc-collection", args=[layer.id])),
    ]
    text = f'{text[:-1]},"links":{json.dumps(links)}}}'
    return _private(request, HttpResponse(text, content_type=GEOJSON))


@explained
def tilesets(request: HttpRequest, layer_id: str) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    listed = [_tileset(request, _layer(request, layer_id))]
    self_link = _link(request, "self", reverse("ogc-tilesets", args=[layer_id]))
    return _json(request, {"links": [self_link], "tilesets": listed})


@explained
def tileset(request: HttpRequest, layer_id: str) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    return _json(request, _tileset(request, _layer(request, layer_id)))


def _tileset(request: HttpRequest, layer: Layer) -> Json:
    return {
        "title": str(layer.title),
        "dataType": "vector",
        "crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
        "tileMatrixSetURI": MATRIX_SET,
        "links": [
            _link(request, "self", reverse("ogc-tileset", args=[layer.id])),
            {
                "rel": "item",
                "type": MVT,
                "templated": True,
                "href": request.build_absolute_uri("/") + _tile_template(layer)[1:],
            },
            _link(request, "describedby", reverse("ogc-tilejson", args=[layer.id])),
        ],
    }


def _tile_template(layer: Layer) -> str:
    return reverse("ogc-tile", args=[layer.id, 0, 0, 0]).removesuffix("0/0/0") + "{z}/{y}/{x}"


@explained
def tilejson(request: HttpRequest, layer_id: str) -> HttpResponseBase:
    """TileJSON 3.0 of one layer."""
    layer = _layer(request, layer_id)
    parameters.only(request.GET, ("f",))
    west, south, east, north = features.extent(layer, request.user) or (
        -180,
        -85,
        180,
        85,
    )
    return _json(
        request,
        {
            "tilejson": "3.0.0",
            "name": layer.title.id,
            "description": layer.description.id,
            "attribution": layer.owner,
            "tiles": [request.build_absolute_uri("/") + _tile_template(layer)[1:]],
            "minzoom": layer.minzoom,
            "maxzoom": layer.maxzoom,
            "bounds": [west, south, east, north],
            "vector_layers": [
                {
                    "id": layer.id,
                    "fields": {
                        prop.name: prop.title.id
                        for prop in tiles.tile_properties(layer, request.user)
                    },
                    "minzoom": layer.minzoom,
                    "maxzoom": layer.maxzoom,
                }
            ],
        },
    )


@explained
def tile(request: HttpRequest, layer_id: str, z: int, y: int, x: int) -> HttpResponseBase:
    layer = _layer(request, layer_id)
    filters = parameters.filterable(layer, request.user)
    return _tile(request, [layer], z, x, y, parameters.only(request.GET, filters))


@explained
def joint_tile(request: HttpRequest, z: int, y: int, x: int) -> HttpResponseBase:
    """One tile of several layers: `?collections=kelurahan,markets`."""
    asked = parameters.only(request.GET, ("collections",))
    named = asked.get("collections", "").split(",")
    chosen = [_layer(request, layer_id) for layer_id in dict.fromkeys(named) if layer_id]
    if not chosen:
        raise bad_parameter("collections", "Sebutkan lapisan: ?collections=kelurahan,markets.")
    return _tile(request, chosen, z, x, y, {})


@explained
def missing(request: HttpRequest, rest: str) -> HttpResponseBase:
    raise Http404(f"Tidak ada alamat ini. Mulailah dari {reverse('ogc-landing')}.")


def _tile(
    request: HttpRequest,
    chosen: list[Layer],
    z: int,
    x: int,
    y: int,
    equals: dict[str, str],
) -> HttpResponse:
    if not tiles.in_range(z, x, y):
        raise Problem(
            400,
            "Petak tidak ada",
            f"WebMercatorQuad punya z 0–{tiles.MAX_ZOOM} dan x, y dari 0 sampai 2^z − 1.",
        )
    try:
        content = tiles.tile(chosen, request.user, z, x, y, equals)
    except BadQuery as error:
        raise bad_parameter(error.name, str(error)) from error
    response = HttpResponse(content, content_type=MVT, status=200 if content else 204)
    _private(request, response)
    if not request.user.is_authenticated:
        response["Cache-Control"] = "public, max-age=5"
    return response


def _layer(request: HttpRequest, layer_id: str) -> Layer:
    layer = find(layer_id, request.user)
    if layer is None:
        raise Http404(f"Tidak ada lapisan «{layer_id[:60]}». Lihat {reverse('ogc-collections')}.")
    return layer


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
        "storageCrs": CRS84,
        "extent": extent,
        "attribution": layer.owner,
        "updated": updated.isoformat() if updated else None,
        "demo": layer.id in demo,
        "links": [
            _link(request, "self", address),
            _link(request, "items", reverse("ogc-items", args=[layer.id]), GEOJSON),
            _link(
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
        _link(request, "self", here, GEOJSON),
        _link(request, "collection", reverse("ogc-collection", args=[layer.id])),
    ]
    if more:
        following = request.GET.copy()
        following["after"] = str(last)
        links.append(_link(request, "next", f"{request.path}?{following.urlencode()}", GEOJSON))
    tail = {
        "numberReturned": returned,
        "timeStamp": timezone.now().isoformat(),
        "links": links,
    }
    yield "]," + json.dumps(tail)[1:]


def _link(request: HttpRequest, rel: str, path: str, media: str = "application/json") -> Json:
    return {"rel": rel, "type": media, "href": request.build_absolute_uri(path)}


def _json(request: HttpRequest, content: Json, media: str = "application/json") -> HttpResponseBase:
    return _private(request, JsonResponse(content, content_type=media))


def _private(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """What a logged-in person gets is kept by no shared cache."""
    response["Vary"] = "Cookie, Accept-Language"
    if request.user.is_authenticated:
        response["Cache-Control"] = "private, no-store"
    return response
