"""OGC API - Tiles Part 1 (OGC 20-057): Mapbox Vector Tiles on WebMercatorQuad, one layer or several
a tile, and TileJSON 3.0."""

from __future__ import annotations

from itertools import zip_longest

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from layers import features, tile_changes, tiles
from layers.base import Layer
from layers.selection import BadQuery, Interval
from maps import parameters
from maps.answers import MVT, Json, answer, link, private, the_layer
from maps.problems import Problem, bad_parameter, explained
from maps.tiles import address, public, zooms
from maps.tiles.store import ALL, Address, Kept
from maps.tiles.views import FOR_NOW, send

MATRIX_SET = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
WORLD = (-180.0, -85.0, 180.0, 85.0)


@explained
def tilesets(request: HttpRequest, layer_id: str) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    layer = the_layer(request, layer_id)
    content = {
        "links": [link(request, "self", request.get_full_path())],
        "tilesets": [_tileset(request, layer)],
    }
    return answer(request, content, template="ogc/tilesets.html", layer=layer)


@explained
def tileset(request: HttpRequest, layer_id: str) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    layer = the_layer(request, layer_id)
    return answer(request, _tileset(request, layer), template="ogc/tileset.html", layer=layer)


def _tileset(request: HttpRequest, layer: Layer) -> Json:
    return {
        "title": str(layer.title),
        "dataType": "vector",
        "crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
        "tileMatrixSetURI": MATRIX_SET,
        "links": [
            link(request, "self", reverse("ogc-tileset", args=[layer.id])),
            {
                "rel": "item",
                "type": MVT,
                "templated": True,
                "href": request.build_absolute_uri("/") + _tile_template(layer)[1:],
            },
            link(request, "describedby", reverse("ogc-tilejson", args=[layer.id])),
        ],
    }


def _tile_template(layer: Layer) -> str:
    return reverse("ogc-tile", args=[layer.id, 0, 0, 0]).removesuffix("0/0/0") + "{z}/{y}/{x}"


@explained
def tilejson(request: HttpRequest, layer_id: str) -> HttpResponseBase:
    """TileJSON 3.0 of one layer: the stored tiles where this person sees what everybody sees."""
    layer = the_layer(request, layer_id)
    parameters.only(request.GET, ("f",))
    shallowest, deepest = zooms(layer)
    fields = {prop.name: prop.title.id for prop in tiles.tile_properties(layer, request.user)}
    described = {
        "id": layer.id,
        "description": layer.description.id,
        "fields": fields | ({"n": "Banyaknya"} if layer.overview else {}),
        "minzoom": shallowest,
        "maxzoom": deepest,
    }
    west, south, east, north = features.extent(layer, request.user) or WORLD
    template = address(layer, request.user)
    return answer(
        request,
        {
            "tilejson": "3.0.0",
            "name": layer.title.id,
            "description": layer.description.id,
            "attribution": layer.owner,
            "scheme": "xyz",
            "tiles": [request.build_absolute_uri("/")[:-1] + template],
            "minzoom": shallowest,
            "maxzoom": deepest,
            "bounds": [west, south, east, north],
            "center": [(west + east) / 2, (south + north) / 2, max(shallowest, min(12, deepest))],
            "vector_layers": [described],
        },
    )


@explained
def tile(request: HttpRequest, layer_id: str, z: int, y: int, x: int) -> HttpResponseBase:
    layer = the_layer(request, layer_id)
    filters = parameters.filterable(layer, request.user)
    asked = parameters.only(request.GET, ("datetime", *filters))
    moments = asked.pop("datetime", None)
    interval = parameters.interval(moments) if moments is not None else None
    return _tile(request, [layer], z, x, y, asked, interval)


@explained
def joint_tile(request: HttpRequest, z: int, y: int, x: int) -> HttpResponseBase:
    """One tile of several layers: `?collections=kelurahan,markets`."""
    asked = parameters.only(request.GET, ("collections",))
    named = asked.get("collections", "").split(",")
    chosen = [the_layer(request, layer_id) for layer_id in dict.fromkeys(named) if layer_id]
    if not chosen:
        raise bad_parameter("collections", "Sebutkan lapisan: ?collections=kelurahan,markets.")
    return _tile(request, chosen, z, x, y, {})


def _tile(
    request: HttpRequest,
    chosen: list[Layer],
    z: int,
    x: int,
    y: int,
    equals: dict[str, str],
    interval: Interval | None = None,
) -> HttpResponseBase:
    if not tiles.in_range(z, x, y):
        raise Problem(
            400,
            "Petak tidak ada",
            f"WebMercatorQuad punya z 0–{tiles.MAX_ZOOM} dan x, y dari 0 sampai 2^z − 1.",
        )
    versions = tile_changes.versions(chosen) if interval is None else {}
    parts = [
        public.shared(layer, request.user, Address(layer.id, version, ALL, z, x, y), equals)
        for layer in chosen
        if (version := versions.get(layer.id))
    ]
    if len(parts) == 1 and parts[0]:
        kept = parts[0]
    else:
        pieces = (
            part.tile if part else _drawn(request, layer, (z, x, y), equals, interval)
            for layer, part in zip_longest(chosen, parts)
        )
        kept = Kept.of(b"".join(pieces))
    response = send(request, kept, FOR_NOW)
    private(request, response)
    return response


def _drawn(
    request: HttpRequest,
    layer: Layer,
    at: tuple[int, int, int],
    equals: dict[str, str],
    interval: Interval | None,
) -> bytes:
    """One layer's share of a tile, as this person sees it at this moment."""
    try:
        return tiles.tile([layer], request.user, *at, equals, interval)
    except BadQuery as error:
        raise bad_parameter(error.name, str(error)) from error
