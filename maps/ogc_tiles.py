"""OGC API - Tiles Part 1 (OGC 20-057): Mapbox Vector Tiles on WebMercatorQuad, one layer or several
a tile, and TileJSON 3.0."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from layers import features, tiles
from layers.base import Layer
from layers.selection import BadQuery
from maps import parameters
from maps.answers import MVT, Json, answer, link, private, the_layer
from maps.problems import Problem, bad_parameter, explained

MATRIX_SET = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
WORLD = (-180.0, -85.0, 180.0, 85.0)


@explained
def tilesets(request: HttpRequest, layer_id: str) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    listed = [_tileset(request, the_layer(request, layer_id))]
    self_link = link(request, "self", reverse("ogc-tilesets", args=[layer_id]))
    return answer(request, {"links": [self_link], "tilesets": listed})


@explained
def tileset(request: HttpRequest, layer_id: str) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    return answer(request, _tileset(request, the_layer(request, layer_id)))


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
    """TileJSON 3.0 of one layer."""
    layer = the_layer(request, layer_id)
    parameters.only(request.GET, ("f",))
    return answer(
        request,
        {
            "tilejson": "3.0.0",
            "name": layer.title.id,
            "description": layer.description.id,
            "attribution": layer.owner,
            "tiles": [request.build_absolute_uri("/") + _tile_template(layer)[1:]],
            "minzoom": layer.minzoom,
            "maxzoom": layer.maxzoom,
            "bounds": list(features.extent(layer, request.user) or WORLD),
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
    layer = the_layer(request, layer_id)
    filters = parameters.filterable(layer, request.user)
    return _tile(request, [layer], z, x, y, parameters.only(request.GET, filters))


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
    private(request, response)
    if not request.user.is_authenticated:
        response["Cache-Control"] = "public, max-age=5"
    return response
