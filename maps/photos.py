"""Photos of features, for those who see the feature with its staff properties."""

from __future__ import annotations

import logging
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.urls import reverse

from layers.base import Layer
from layers.photos import photos_seen
from maps import parameters
from maps.answers import Json, private, the_layer
from maps.problems import explained

logger = logging.getLogger(__name__)


@explained
def photo(request: HttpRequest, layer_id: str, fid: int, key: int) -> HttpResponseBase:
    return _file(request, layer_id, fid, key, "image")


@explained
def thumbnail(request: HttpRequest, layer_id: str, fid: int, key: int) -> HttpResponseBase:
    return _file(request, layer_id, fid, key, "thumbnail")


def listed(request: HttpRequest, layer: Layer, fid: int) -> list[Json]:
    """What an item says of its photos; nothing to those who may not see them."""
    questions = layer.accepts.fields if layer.accepts else ()
    titles = {question.name: str(question.title) for question in questions}
    return [
        {
            "question": seen.question,
            "title": titles.get(seen.question, seen.question),
            "href": _address(request, "ogc-photo", layer, fid, seen.pk),
            "thumbnail": _address(request, "ogc-thumbnail", layer, fid, seen.pk),
            "type": "image/jpeg",
        }
        for seen in photos_seen(layer, request.user, fid)
    ]


def _address(request: HttpRequest, name: str, layer: Layer, fid: int, key: int) -> str:
    return request.build_absolute_uri(reverse(name, args=[layer.id, fid, key]))


def _file(request: HttpRequest, layer_id: str, fid: int, key: int, which: str) -> HttpResponseBase:
    """Unknown, of another feature and not to be seen are answered alike."""
    layer = the_layer(request, layer_id)
    parameters.only(request.GET, ())
    missing = Http404(f"Tidak ada foto bernomor {key} pada {layer.title} bernomor {fid}.")
    if max(fid, key) > parameters.MAX_ID:
        raise missing
    seen: Any = photos_seen(layer, request.user, fid).filter(pk=key).first()
    if seen is None:
        raise missing
    try:
        content = getattr(seen, which).open("rb")
    except FileNotFoundError as error:
        logger.error("Photo %s has lost its file.", key)
        raise missing from error
    response = FileResponse(content, content_type="image/jpeg", filename=f"foto-{key}.jpg")
    response["X-Content-Type-Options"] = "nosniff"
    return private(request, response)
