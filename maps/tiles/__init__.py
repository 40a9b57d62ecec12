"""Tiles that the public shares: kept as files, made once, forgotten when what they show changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from layers import tile_changes
from layers.base import Layer, User
from maps.tiles.public import sees_the_public_view, zooms
from maps.tiles.store import ALL, slug

__all__ = ["address", "addresses", "zooms"]


def address(layer: Layer, user: User, facet: Any = None, *, version: str = "") -> str:
    """The template of the tiles that this person's map asks for, `{z}`, `{x}` and `{y}` open:
    those of one value of the layer's facet, or of all. The version is asked for where it is not
    given."""
    return addresses(layer, user, [facet], version=version)[facet]


def addresses(
    layer: Layer, user: User, values: Iterable[Any], *, version: str = ""
) -> dict[Any, str]:
    """The same for several values of the facet; None stands for all of them."""
    if not sees_the_public_view(layer, user):
        return {value: _own(layer, value) for value in values}
    version = version or tile_changes.version(layer)
    return {
        value: _shared(layer.id, version, ALL if value is None else slug(value)) for value in values
    }


def _shared(layer_id: str, version: str, facet: str) -> str:
    whole = reverse("tile", args=[layer_id, version, facet, 0, 0, 0])
    return whole.removesuffix("0/0/0.mvt") + "{z}/{x}/{y}.mvt"


def _own(layer: Layer, value: Any) -> str:
    """Someone who sees more than the public gets tiles that no one shares."""
    whole = reverse("ogc-tile", args=[layer.id, 0, 0, 0]).removesuffix("0/0/0") + "{z}/{y}/{x}"
    return whole if value is None else f"{whole}?{urlencode({layer.facet: str(value)})}"
