"""What the pages of the OGC addresses look up beside the content that programs get."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from layers.base import Layer
from layers.permissions import POLICIES
from layers.provenance import demo_layer_ids
from layers.registry import find, layers_for
from maps import formats
from maps.answers import FILES, FORMATS
from maps.catalogue import describe, ground

register = template.Library()

RELATIONS = {
    "self": _("Alamat ini"),
    "items": _("Isi (GeoJSON, berhalaman)"),
    "item": _("Petak"),
    "queryables": _("Saringan"),
    "tilesets-vector": _("Petak vektor"),
    "describedby": _("Uraian (TileJSON)"),
    "license": _("Ketentuan"),
}


@register.simple_tag(takes_context=True)
def described(context: Any, layer: Layer) -> dict[str, Any]:
    """The layer as the map tells it: legend, owner, schedule, properties."""
    return describe(layer, context["request"].user, demo_layer_ids())


@register.simple_tag(takes_context=True)
def map_with(context: Any, layer: Layer, told: Any = None) -> dict[str, Any]:
    """The city's ground, and this layer on it."""
    made = ground(context["request"].user)
    told = told or describe(layer, context["request"].user)
    made["layers"] = [one for one in made["layers"] if one["id"] != layer.id] + [told]
    return made


@register.simple_tag(takes_context=True)
def themes(context: Any, content: dict[str, Any]) -> list[dict[str, Any]]:
    """The collections by theme, in the order of the map."""
    told = {one["id"]: one for one in content["collections"]}
    found: dict[str, dict[str, Any]] = {}
    layers = [layer for layer in layers_for(context["request"].user) if layer.id in told]
    for layer in sorted(layers, key=lambda layer: (layer.theme.rank, layer.theme.id)):
        entry = found.setdefault(layer.theme.id, {"title": str(layer.theme.title), "layers": []})
        entry["layers"].append(
            told[layer.id] | {"restricted": not POLICIES[layer.policy].public, "owner": layer.owner}
        )
    return list(found.values())


@register.simple_tag
def downloads(layer_id: str) -> list[dict[str, str]]:
    """The whole layer as a file."""
    address = reverse("ogc-items", args=[layer_id])
    return [{"title": str(FORMATS[name].title), "address": f"{address}?f={name}"} for name in FILES]


@register.simple_tag(takes_context=True)
def layer_title(context: Any, layer_id: str) -> str:
    layer = find(layer_id, context["request"].user)
    return str(layer.title) if layer else layer_id


@register.simple_tag
def licence() -> str:
    return settings.DATA_LICENCE


@register.filter
def at(value: str | datetime | None) -> str:
    """A moment as people write it."""
    return formats.moment(value) if value else ""


@register.filter
def relation(rel: str) -> str:
    """What a link leads to; of those that a standard names by an address, its end counts."""
    return str(RELATIONS.get(rel.rsplit("/", 1)[-1], rel))


@register.filter
def absolute(address: str, request: Any) -> str:
    return request.build_absolute_uri(address)
