"""OGC API - Features, Parts 1, 2 and 3 (OGC 17-069r4, 18-058r1, 19-079r2) over the layer registry:
what there is and how to ask for it. The features themselves are in `maps.items`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.gis.db.models import GeometryField
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse

from layers import features
from layers.base import Layer
from layers.cql2 import GEOMETRY
from layers.crs import CRS84, SYSTEMS
from layers.provenance import demo_layer_ids
from layers.queryables import Kind, Queryable, queryables
from layers.registry import layers_for
from maps import parameters
from maps.answers import (
    FORMATS,
    GEOJSON,
    HTML,
    ITEMS,
    JSON,
    RELATION,
    Json,
    answer,
    link,
    the_layer,
)
from maps.openapi import OPENAPI, SCHEMA, TYPES, describe
from maps.problems import explained

# Each is proven in tests/ogc, where a test holds this list against the proofs.
CONFORMS_TO = [
    *(
        f"http://www.opengis.net/spec/ogcapi-features-{conf}"
        for conf in (
            "1/1.0/conf/core",
            "1/1.0/conf/geojson",
            "1/1.0/conf/html",
            "1/1.0/conf/oas30",
            "2/1.0/conf/crs",
            "3/1.0/conf/queryables",
            "3/1.0/conf/queryables-query-parameters",
            "3/1.0/conf/filter",
            "3/1.0/conf/features-filter",
        )
    ),
    *(
        f"http://www.opengis.net/spec/cql2/1.0/conf/{conf}"
        for conf in (
            "cql2-text",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
        )
    ),
    *(f"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{conf}" for conf in ("core", "mvt")),
]


@explained
def landing(request: HttpRequest) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    content = {
        "title": "Geo Portal Kota Kupang",
        "description": "Lapisan data spasial kota, menurut OGC API.",
        "links": [
            link(request, "self", request.get_full_path()),
            link(request, "service-desc", f"{reverse('ogc-api')}?f=json", OPENAPI, "OpenAPI 3.0"),
            link(request, "service-doc", f"{reverse('ogc-api')}?f=html", HTML, "Petunjuk API"),
            link(request, "conformance", reverse("ogc-conformance")),
            link(request, "data", reverse("ogc-collections")),
        ],
    }
    return answer(request, content, template="ogc/landing.html")


@explained
def conformance(request: HttpRequest) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    return answer(request, {"conformsTo": CONFORMS_TO}, template="ogc/conformance.html")


@explained
def api(request: HttpRequest) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    document = describe(layers_for(request.user), request.user, request.build_absolute_uri("/ogc"))
    if request.user.is_authenticated:  # what his duties let him see needs his session
        session = {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
        document["components"]["securitySchemes"] = {"session": session}
        document["security"] = [{"session": []}]
    return answer(request, document, OPENAPI, template="ogc/api.html")


@explained
def collections(request: HttpRequest) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    demo = demo_layer_ids()
    content = {
        "links": [link(request, "self", request.get_full_path())],
        "crs": list(SYSTEMS),
        "collections": [_collection(request, layer, demo) for layer in layers_for(request.user)],
    }
    return answer(request, content, template="ogc/collections.html")


@explained
def collection(request: HttpRequest, layer_id: str) -> HttpResponseBase:
    parameters.only(request.GET, ("f",))
    layer = the_layer(request, layer_id)
    content = _collection(request, layer, demo_layer_ids())
    return answer(request, content, template="ogc/collection.html", layer=layer)


@explained
def what_may_be_asked(request: HttpRequest, layer_id: str) -> HttpResponseBase:
    """The queryables of a collection as a JSON Schema."""
    parameters.only(request.GET, ("f",))
    layer = the_layer(request, layer_id)
    content: Json = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": request.build_absolute_uri(reverse("ogc-queryables", args=[layer.id])),
        "type": "object",
        "title": str(layer.title),
        "properties": {name: _schema(one) for name, one in queryables(layer, request.user).items()},
        "additionalProperties": False,
    }
    content["properties"][GEOMETRY] = {
        "title": "Geometri",
        "format": _geometry_format(layer.geometry_field),
        "x-ogc-role": "primary-geometry",
    }
    return answer(request, content, SCHEMA, template="ogc/queryables.html", layer=layer)


@explained
def missing(request: HttpRequest, rest: str) -> HttpResponseBase:
    raise Http404(f"Tidak ada alamat ini. Mulailah dari {reverse('ogc-landing')}.")


def _schema(one: Queryable) -> Json:
    named = {"enum": list(one.prop.values)} if one.prop.values and one.kind is Kind.TEXT else {}
    return {"title": str(one.prop.title), **TYPES[one.kind], **named}


def _geometry_format(field: GeometryField) -> str:
    kind = field.geom_type.lower()
    return "geometry-any" if kind == "geometry" else f"geometry-{kind}"


def _collection(request: HttpRequest, layer: Layer, demo: set[str]) -> Json:
    found = features.extents(layer, request.user)
    return {
        "id": layer.id,
        "title": str(layer.title),
        "description": str(layer.description),
        "itemType": "feature",
        # Without the optional storageCrs: GDAL that reads it calls the data OGC:CRS84, which joins
        # with nothing that is EPSG:4326.
        "crs": list(SYSTEMS),
        "extent": _extent(found),
        "attribution": layer.owner,
        "updated": found.updated.isoformat() if found.updated else None,
        "demo": layer.id in demo,
        "links": _links(request, layer),
    }


def _extent(found: features.Extents) -> Json:
    extent: Json = {}
    if found.bbox:
        extent["spatial"] = {"bbox": [list(found.bbox)], "crs": CRS84.uri}
    if found.first:
        ends = [parameters.moment(one).isoformat() for one in (found.first, found.last)]
        trs = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
        extent["temporal"] = {"interval": [ends], "trs": trs}
    return extent


def _links(request: HttpRequest, layer: Layer) -> list[Json]:
    def address(name: str) -> Any:
        return reverse(name, args=[layer.id])

    items = address("ogc-items")
    return [
        link(request, "self", address("ogc-collection")),
        link(request, "items", items, GEOJSON, "GeoJSON"),
        *(
            link(
                request, "items", f"{items}?f={name}", FORMATS[name].media, str(FORMATS[name].title)
            )
            for name in ITEMS
            if name != "json" and FORMATS[name].media != GEOJSON  # of two, GDAL follows the last
        ),
        link(request, f"{RELATION}/queryables", address("ogc-queryables"), SCHEMA),
        link(request, f"{RELATION}/tilesets-vector", address("ogc-tilesets"), JSON),
    ]
