"""The city under a map that another part of the portal draws: its ground and the map's words."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.conf import settings
from django.utils.translation import gettext as _

from maps.answers import FILES, FORMATS
from maps.basemap import external
from maps.catalogue import ground
from maps.words import WORDS

register = template.Library()

COUNT = {"resultType": "hits"}  # what asks an items address for numberMatched


@register.simple_tag(takes_context=True)
def map_ground(context: Any) -> dict[str, Any]:
    """What `maps/map.js` needs to draw the city's own areas for whoever is looking."""
    return ground(context["request"].user)


@register.simple_tag
def map_words() -> dict[str, Any]:
    return WORDS


@register.simple_tag
def map_base() -> dict[str, Any] | None:
    """The map from elsewhere that may lie under the layers."""
    return external()


@register.simple_tag
def map_files() -> dict[str, Any]:
    """The forms in which a layer is given away, each with what it is good for."""
    purposes = {
        "csv": _("tabel, untuk Excel dan LibreOffice"),
        "geojson": _("peta di web"),
        "gpkg": _("QGIS dan ArcGIS"),
        "kml": _("Google Earth"),
        "fgb": _("berkas besar, untuk QGIS"),
        "parquet": _("analisis data"),
    }
    forms = [
        {"name": name, "title": str(FORMATS[name].title), "purpose": purposes.get(name, "")}
        for name in FILES
    ]
    return {"forms": forms, "most": str(settings.EXPORT_ROWS), "count": json.dumps(COUNT)}
