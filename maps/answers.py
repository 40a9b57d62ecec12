"""What the OGC views share: the layer asked for, links, and JSON that no shared cache mixes up."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.urls import reverse

from layers.base import Layer
from layers.registry import find

Json = dict[str, Any]
GEOJSON = "application/geo+json"
MVT = "application/vnd.mapbox-vector-tile"


def the_layer(request: HttpRequest, layer_id: str) -> Layer:
    layer = find(layer_id, request.user)
    if layer is None:
        raise Http404(f"Tidak ada lapisan «{layer_id[:60]}». Lihat {reverse('ogc-collections')}.")
    return layer


def link(request: HttpRequest, rel: str, path: str, media: str = "application/json") -> Json:
    return {"rel": rel, "type": media, "href": request.build_absolute_uri(path)}


def answer(
    request: HttpRequest, content: Json, media: str = "application/json"
) -> HttpResponseBase:
    return private(request, JsonResponse(content, content_type=media))


def private(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """What a logged-in person gets is kept by no shared cache."""
    response["Vary"] = "Cookie, Accept-Language"
    if request.user.is_authenticated:
        response["Cache-Control"] = "private, no-store"
    return response
