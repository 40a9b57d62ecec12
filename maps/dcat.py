"""The public layers as metadata that Satu Data portals harvest: DCAT as JSON-LD, and `data.json` in
the shape that CKAN's harvester reads (DCAT-US 1.1). Both say what the public sees, whoever asks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import reverse

from layers import features
from layers.base import Layer, Text
from layers.exports.facts import issued
from layers.provenance import demo_layer_ids, last_updated
from layers.registry import layers_for
from layers.selection import BBox
from maps import parameters
from maps.answers import FILES, FORMATS, Json
from maps.problems import explained

PUBLIC = AnonymousUser()
LD = "application/ld+json"
FREQUENCY = "http://publications.europa.eu/resource/authority/frequency/"
# The longest gap that still counts as such, in days; as the EU's vocabulary and ISO 8601 say it.
FREQUENCIES = (
    (1, "DAILY", "R/P1D"),
    (7, "WEEKLY", "R/P1W"),
    (31, "MONTHLY", "R/P1M"),
    (92, "QUARTERLY", "R/P3M"),
    (366, "ANNUAL", "R/P1Y"),
    (5 * 366, "QUINQUENNIAL", "R/P5Y"),
)
CONTEXT: Json = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "geo": "http://www.opengis.net/ont/geosparql#",
}
CATALOGUE = Text("Data terbuka Kota Kupang", "Open data of Kota Kupang")


@explained
def catalogue(request: HttpRequest) -> HttpResponseBase:
    """DCAT 3, within what DCAT-AP asks for."""
    parameters.only(request.GET, ("f",))
    here = request.build_absolute_uri(reverse("dcat-catalogue"))
    content = {
        "@context": CONTEXT,
        "@id": here,
        "@type": "dcat:Catalog",
        "dct:title": _both(CATALOGUE),
        "dct:description": _both(CATALOGUE),
        "dct:publisher": _agent("Pemerintah Kota Kupang"),
        "dct:language": ["id", "en"],
        "foaf:homepage": {"@id": request.build_absolute_uri(reverse("ogc-landing"))},
        "dcat:dataset": [_linked(request, layer) for layer in layers_for(PUBLIC)],
    }
    return _kept(JsonResponse(content, content_type=LD))


@explained
def data_json(request: HttpRequest) -> HttpResponseBase:
    parameters.only(request.GET, ())
    content = {
        "@context": "https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld",
        "@type": "dcat:Catalog",
        "conformsTo": "https://project-open-data.cio.gov/v1.1/schema",
        "describedBy": "https://project-open-data.cio.gov/v1.1/schema/catalog.json",
        "dataset": [_harvested(request, layer) for layer in layers_for(PUBLIC)],
    }
    return _kept(JsonResponse(content))


def _kept(response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = "public, max-age=300"
    response["Access-Control-Allow-Origin"] = "*"
    return response


# -- JSON-LD


def _linked(request: HttpRequest, layer: Layer) -> Json:
    address = request.build_absolute_uri(reverse("ogc-collection", args=[layer.id]))
    made: Json = {
        "@id": address,
        "@type": "dcat:Dataset",
        "dct:identifier": layer.id,
        "dct:title": _both(layer.title),
        "dct:description": _both(_described(layer)),
        "dct:publisher": _agent(layer.owner),
        "dcat:contactPoint": {"@type": "vcard:Organization", "vcard:fn": layer.owner},
        "dct:license": {"@id": settings.DATA_LICENCE},
        "dct:accrualPeriodicity": {"@id": FREQUENCY + _frequency(layer.update_every)[0]},
        "dcat:keyword": _both(layer.theme.title),
        "dcat:landingPage": {"@id": f"{address}?f=html"},
        "dcat:distribution": [_served(one) for one in _distributions(request, layer)],
    }
    if settings.DATA_CONTACT:
        made["dcat:contactPoint"]["vcard:hasEmail"] = {"@id": f"mailto:{settings.DATA_CONTACT}"}
    for name, moment in (("issued", issued(layer)), ("modified", last_updated(layer, PUBLIC))):
        if moment:
            made[f"dct:{name}"] = {"@type": "xsd:dateTime", "@value": moment.isoformat()}
    if box := features.extent(layer, PUBLIC):
        made["dct:spatial"] = {
            "@type": "dct:Location",
            "dcat:bbox": {"@type": "geo:wktLiteral", "@value": _wkt(box)},
        }
    first, last = features.time_extent(layer, PUBLIC)
    if first:
        made["dct:temporal"] = {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@type": _xsd(first), "@value": first.isoformat()},
            "dcat:endDate": {"@type": _xsd(last), "@value": last.isoformat()},
        }
    return made


def _served(one: Json) -> Json:
    key = "dcat:downloadURL" if one["file"] else "dcat:accessURL"
    made = {
        "@type": "dcat:Distribution",
        "dct:title": one["title"],
        "dcat:accessURL": {"@id": one["page"]},
        "dcat:mediaType": one["media"],
        "dct:license": {"@id": settings.DATA_LICENCE},
    }
    return made | {key: {"@id": one["address"]}}


def _both(text: Text) -> list[Json]:
    return [{"@language": "id", "@value": text.id}, {"@language": "en", "@value": text.en}]


def _agent(name: str) -> Json:
    return {"@type": "foaf:Organization", "foaf:name": name}


def _wkt(box: BBox) -> str:
    west, south, east, north = box
    ring = f"{west} {south},{east} {south},{east} {north},{west} {north},{west} {south}"
    return f"POLYGON(({ring}))"


def _xsd(value: Any) -> str:
    return "xsd:dateTime" if isinstance(value, datetime) else "xsd:date"


# -- data.json


def _harvested(request: HttpRequest, layer: Layer) -> Json:
    address = request.build_absolute_uri(reverse("ogc-collection", args=[layer.id]))
    first_known = issued(layer)
    updated = last_updated(layer, PUBLIC) or first_known
    rhythm = _frequency(layer.update_every)[1]
    described = _described(layer)
    contact = {"@type": "vcard:Contact", "fn": layer.owner}
    if settings.DATA_CONTACT:
        contact["hasEmail"] = f"mailto:{settings.DATA_CONTACT}"
    made: Json = {
        "@type": "dcat:Dataset",
        "identifier": address,
        "title": f"{layer.title.id} / {layer.title.en}",
        "description": f"{described.id}\n\n{described.en}",
        "keyword": [layer.theme.title.id, layer.theme.title.en],
        "publisher": {"@type": "org:Organization", "name": layer.owner},
        "contactPoint": contact,
        "accessLevel": "public",
        "license": settings.DATA_LICENCE,
        "language": ["id", "en"],
        "landingPage": f"{address}?f=html",
        "accrualPeriodicity": rhythm,
        "modified": updated.isoformat() if updated else rhythm,
        "distribution": [_offered(one) for one in _distributions(request, layer)],
    }
    if first_known:
        made["issued"] = first_known.isoformat()
    if box := features.extent(layer, PUBLIC):
        made["spatial"] = ",".join(map(str, box))
    first, last = features.time_extent(layer, PUBLIC)
    if first:
        made["temporal"] = f"{first.isoformat()}/{last.isoformat()}"
    return made


def _offered(one: Json) -> Json:
    made = {"@type": "dcat:Distribution", "title": one["title"]}
    if one["file"]:
        return made | {
            "downloadURL": one["address"],
            "mediaType": one["media"],
            "format": one["title"],
        }
    return made | {"accessURL": one["address"], "format": "API"}


# -- both


def _described(layer: Layer) -> Text:
    if layer.id not in demo_layer_ids():
        return layer.description
    return Text(
        f"{layer.description.id} Data contoh yang direka, bukan data resmi.",
        f"{layer.description.en} Invented sample data, not official.",
    )


def _frequency(every: timedelta) -> tuple[str, str]:
    return next(
        ((name, rhythm) for days, name, rhythm in FREQUENCIES if every.days <= days),
        ("IRREG", f"R/P{every.days}D"),
    )


def _distributions(request: HttpRequest, layer: Layer) -> list[Json]:
    items = request.build_absolute_uri(reverse("ogc-items", args=[layer.id]))
    page = request.build_absolute_uri(reverse("ogc-collection", args=[layer.id])) + "?f=html"
    tiles = request.build_absolute_uri(reverse("ogc-tilejson", args=[layer.id]))
    files = [
        {
            "title": FORMATS[name].title.id,
            "media": FORMATS[name].media,
            "address": f"{items}?f={name}",
            "page": page,
            "file": True,
        }
        for name in FILES
    ]
    api = {"title": "OGC API – Features", "media": "application/geo+json", "address": items}
    vector = {"title": "TileJSON", "media": "application/json", "address": tiles}
    return [*files, *(one | {"page": page, "file": False} for one in (api, vector))]
