"""The search box of the map: rows by their names, and the values of a property to choose from."""

from __future__ import annotations

import re

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse

from layers.base import coded
from layers.permissions import properties_for
from layers.search import Found, distinct_values, find_rows
from maps import parameters
from maps.answers import Json, private, the_layer
from maps.formats import written
from maps.limits import too_often
from maps.problems import Problem, bad_parameter, explained, respond

MOST = 10
LONGEST = 100  # characters
PER_MINUTE = 120  # someone types; a mobile network puts many behind one address
MOST_VALUES = 200


@explained
def search(request: HttpRequest) -> HttpResponseBase:
    """`/search?q=pasar oeba`: at most ten rows of any layer, the best first."""
    text = re.sub(r"\s+", " ", parameters.only(request.GET, ("q",)).get("q", "")).strip()
    if not 2 <= len(text) <= LONGEST:
        raise bad_parameter("q", f"Ketik 2 sampai {LONGEST} huruf dari nama yang dicari.")
    if wait := too_often(request, "search", PER_MINUTE):
        response = respond(Problem(429, "Terlalu sering", f"Coba lagi dalam {wait} detik."))
        response["Retry-After"] = str(wait)
        return response
    found = find_rows(request.user, text, limit=MOST)
    return private(request, JsonResponse({"results": [_told(one) for one in found]}))


@explained
def values(request: HttpRequest, layer_id: str, name: str) -> HttpResponseBase:
    """The values of a filterable property that occur; `more` where they are too many to list."""
    layer = the_layer(request, layer_id)
    parameters.only(request.GET, ())
    allowed = properties_for(layer, request.user)
    prop = next((prop for prop in allowed if prop.name == name and prop.filter), None)
    if prop is None:
        raise Http404(f"{layer.title} tidak dapat disaring menurut «{name}».")
    found = distinct_values(layer, request.user, prop, limit=MOST_VALUES + 1)
    told = {"values": [coded(one) for one in found[:MOST_VALUES]], "more": len(found) > MOST_VALUES}
    return private(request, JsonResponse(told))


def _told(found: Found) -> Json:
    """`title` is what the row is called, `detail` its layer and what else it was searched by."""
    props = {prop.name: prop for prop in found.layer.properties}
    said = [written(value, props[name]) for name, value in found.values.items()]
    title, *more = dict.fromkeys(text for text in said if text)
    return {
        "layer": found.layer.id,
        "id": found.fid,
        "title": title,
        "detail": " · ".join([str(found.layer.title), *more]),
        "at": [round(one, 6) for one in found.at],
        "box": [round(one, 6) for one in found.box],
        "values": {name: coded(value) for name, value in found.values.items() if value is not None},
    }
