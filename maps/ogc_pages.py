"""The pages of features: a table of rows with their map, and the page of one row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse

from layers import features
from layers.base import Format, Layer, Property
from layers.crs import CRS84
from layers.permissions import POLICIES, properties_for
from layers.selection import BadQuery, Query
from maps import photos
from maps.answers import FILES, FORMATS, Json, in_form, page
from maps.formats import written
from maps.parameters import MAX_ID, Asked, filterable
from maps.problems import bad_parameter

MAX_ROWS = 500  # of a table: beyond, nobody reads
MAX_DRAWN = 1_500_000  # characters of geometry on the map of a table


@dataclass(frozen=True)
class Row:
    fid: int
    address: str
    name: str
    cells: Sequence[str]


def items_page(request: HttpRequest, layer: Layer, asked: Asked) -> HttpResponseBase:
    limit = min(asked.limit, MAX_ROWS)
    found = _features(request, layer, asked.query, limit + 1)
    shown, more = found[:limit], found[limit:]
    properties = properties_for(layer, request.user)
    texts = [text for _, text in shown]
    context = {
        "layer": layer,
        "titles": [str(prop.title) for prop in properties],
        "rows": [_row(layer, properties, json.loads(text)) for text in texts],
        "filters": _filters(request, layer, properties),
        "next": _changed(request, after=str(shown[-1][0])) if more else "",
        "first": _changed(request, after="") if asked.query.after else "",
        "files": files(request),
        "drawing": _drawing(layer, texts) if sum(map(len, texts)) <= MAX_DRAWN else None,
    }
    return page(request, "ogc/items.html", context)


def item_page(request: HttpRequest, layer: Layer, fid: int) -> HttpResponseBase:
    """Raises Http404 where this person has no such row."""
    found = _features(request, layer, Query(pk=fid), 1) if fid <= MAX_ID else []
    if not found:
        raise Http404(f"Tidak ada {layer.title} bernomor {fid}.")
    text = found[0][1]
    properties = properties_for(layer, request.user)
    feature = json.loads(text)
    row = _row(layer, properties, feature)
    context = {
        "layer": layer,
        "row": row,
        "facts": [
            (prop.title, cell)
            for prop, cell in zip(properties, row.cells, strict=True)
            if cell or prop.format is not Format.FLAG
        ],
        "photos": photos.listed(request, layer, fid),
        "files": files(request),
        "drawing": _drawing(layer, [text]),
        "indexed": POLICIES[layer.policy].public,
        "permalink": request.build_absolute_uri(row.address),
    }
    return page(request, "ogc/item.html", context)


def files(request: HttpRequest) -> list[Json]:
    """The downloads of what stands on this page, all of its rows and not only those in sight."""
    return [
        {
            "title": str(FORMATS[name].title),
            "address": in_form(request, name, without=("limit", "after")),
        }
        for name in FILES
    ]


def _features(
    request: HttpRequest, layer: Layer, query: Query, limit: int
) -> list[tuple[int, str]]:
    """In degrees, whatever system the address asks for: a page draws them on its map."""
    query = replace(query, crs=CRS84)
    try:
        return list(features.features(layer, request.user, query, limit=limit))
    except BadQuery as error:
        raise bad_parameter(error.name, str(error)) from error


def _row(layer: Layer, properties: Sequence[Property], feature: Json) -> Row:
    values: Mapping[str, Any] = feature["properties"]
    cells = [written(values[prop.name], prop) for prop in properties]
    named = dict(zip([prop.name for prop in properties], cells, strict=True))
    name = next((named[key] for key in (layer.style.label, "name", "number") if named.get(key)), "")
    fid = feature["id"]
    address = reverse("ogc-item", args=[layer.id, fid])
    return Row(fid, address, name or f"{layer.title} {fid}", cells)


def _filters(request: HttpRequest, layer: Layer, properties: Sequence[Property]) -> list[Json]:
    """The questions above the table: one for each property that an address may narrow by."""
    names = filterable(layer, request.user)
    return [
        {
            "name": prop.name,
            "title": str(prop.title),
            "value": request.GET.get(prop.name, ""),
            "choices": [(code, str(name)) for code, name in prop.values.items()],
        }
        for prop in properties
        if prop.name in names
    ]


def _changed(request: HttpRequest, **changes: str) -> str:
    """This address with other parameters; one without a value is left out."""
    given = {name: value for name, value in request.GET.items() if value} | changes
    return f"?{urlencode({name: value for name, value in given.items() if value})}"


def _drawing(layer: Layer, texts: Sequence[str]) -> Json:
    """What the page's map draws, without properties: they stand beside it."""
    shapes = [json.loads(text) for text in texts]
    colour = layer.style.colour_of
    by = layer.style.by
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": shape["id"],
                "geometry": shape["geometry"],
                "properties": {
                    "colour": colour(shape["properties"].get(by)),
                    "address": reverse("ogc-item", args=[layer.id, shape["id"]]),
                },
            }
            for shape in shapes
            if shape["geometry"]
        ],
    }
