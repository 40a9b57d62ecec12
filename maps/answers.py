"""What the OGC views share: the layer asked for, links, and one content in the form that a client
wants. `f=` wins; else the Accept header, with its q-values, decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from layers.base import Layer, Text
from layers.registry import find
from maps.problems import Problem, bad_parameter

Json = dict[str, Any]
JSON = "application/json"
HTML = "text/html"
GEOJSON = "application/geo+json"
MVT = "application/vnd.mapbox-vector-tile"
RELATION = "http://www.opengis.net/def/rel/ogc/1.0"


@dataclass(frozen=True)
class Encoding:
    """A form that an answer may have. `name` is the value of `f=`; `conformance` the class of the
    standard that it fulfils. `file` tells that it is saved, not looked at."""

    name: str
    media: str
    title: Text
    extension: str = ""
    conformance: str = ""
    file: bool = False


_FEATURES = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
FORMATS: Mapping[str, Encoding] = {
    one.name: one
    for one in (
        Encoding("json", JSON, Text("JSON", "JSON"), "json", conformance=f"{_FEATURES}/geojson"),
        Encoding("html", HTML, Text("Halaman", "Page"), "html", conformance=f"{_FEATURES}/html"),
        Encoding("geojson", GEOJSON, Text("GeoJSON", "GeoJSON"), "geojson", file=True),
        Encoding("csv", "text/csv", Text("CSV", "CSV"), "csv", file=True),
        Encoding(
            "gpkg",
            "application/geopackage+sqlite3",
            Text("GeoPackage", "GeoPackage"),
            "gpkg",
            file=True,
        ),
        Encoding(
            "fgb",
            "application/flatgeobuf",
            Text("FlatGeobuf", "FlatGeobuf"),
            "fgb",
            file=True,
        ),
        Encoding(
            "parquet",
            "application/vnd.apache.parquet",
            Text("GeoParquet", "GeoParquet"),
            "parquet",
            file=True,
        ),
        Encoding(
            "kml",
            "application/vnd.google-earth.kml+xml",
            Text("KML", "KML"),
            "kml",
            file=True,
        ),
    )
}
PAGES = ("json", "html")  # what an address without features offers
ITEMS = tuple(FORMATS)  # what features are offered in, a page of them or a file
FILES = tuple(name for name, one in FORMATS.items() if one.file)


def the_layer(request: HttpRequest, layer_id: str) -> Layer:
    layer = find(layer_id, request.user)
    if layer is None:
        raise Http404(f"Tidak ada lapisan «{layer_id[:60]}». Lihat {reverse('ogc-collections')}.")
    return layer


def link(request: HttpRequest, rel: str, path: str, media: str = JSON, title: str = "") -> Json:
    made = {"rel": rel, "type": media, "href": request.build_absolute_uri(path)}
    return made | ({"title": title} if title else {})


def wanted(request: HttpRequest, offered: Sequence[str] = PAGES, media: str = JSON) -> str:
    """The name of the form to answer in. `media` is the exact type of `json` here. Raises Problem:
    400 for an `f` that is not offered, 406 where the client accepts none of these."""
    if asked := request.GET.get("f"):
        if asked not in offered:
            raise bad_parameter("f", f"Yang tersedia untuk «f»: {', '.join(offered)}.")
        return asked
    names = {media: "json", JSON: "json"} | {
        FORMATS[name].media: name for name in offered if FORMATS[name].media != media
    }
    best = request.get_preferred_type(list(names))
    if best is None:
        choice = ", ".join(dict.fromkeys(names))
        raise Problem(406, "Bentuk tidak tersedia", f"Yang tersedia di sini: {choice}.")
    return names[best]


def in_form(request: HttpRequest, name: str, *, without: Sequence[str] = ()) -> str:
    """This very address, asking for one form."""
    query = request.GET.copy()
    for parameter in without:
        query.pop(parameter, None)
    query["f"] = name
    return f"{request.path}?{query.urlencode()}"


def alternates(
    request: HttpRequest, offered: Sequence[str], chosen: str, media: str = JSON
) -> list[Json]:
    """Links to the same content in the other forms; of those of one type, the first."""
    return [
        link(
            request,
            "alternate",
            in_form(request, name),
            media if name == "json" else FORMATS[name].media,
            str(FORMATS[name].title),
        )
        for name in offered
        if name != chosen and (name == "json" or FORMATS[name].media != media)
    ]


def answer(
    request: HttpRequest,
    content: Json,
    media: str = JSON,
    template: str | None = None,
    **context: Any,
) -> HttpResponseBase:
    """The content as JSON; where there is a template, as a page to whoever wants one. The template
    reads `content`, and what else is given."""
    offered = PAGES if template else PAGES[:1]
    chosen = wanted(request, offered, media)
    if "links" in content:
        content["links"] += alternates(request, offered, chosen, media)
    if chosen == "html" and template:
        return page(request, template, {"content": content, **context})
    return private(request, JsonResponse(content, content_type=media))


def page(request: HttpRequest, template: str, context: Json) -> HttpResponseBase:
    """A page for people; `json_address` is the same for programs."""
    context = {"json_address": in_form(request, "json"), **context}
    return private(request, render(request, template, context))


def private(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """What a logged-in person gets is kept by no shared cache, and no cache mixes up forms."""
    patch_vary_headers(response, ("Accept", "Cookie", "Accept-Language"))
    if request.user.is_authenticated:
        response["Cache-Control"] = "private, no-store"
    return response
