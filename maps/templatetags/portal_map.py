"""The city under a map that another part of the portal draws: its ground and the map's words."""

from __future__ import annotations

from typing import Any

from django import template

from maps.catalogue import ground
from maps.words import WORDS

register = template.Library()


@register.simple_tag(takes_context=True)
def map_ground(context: Any) -> dict[str, Any]:
    """What `maps/map.js` needs to draw the city's own areas for whoever is looking."""
    return ground(context["request"].user)


@register.simple_tag
def map_words() -> dict[str, Any]:
    return WORDS
