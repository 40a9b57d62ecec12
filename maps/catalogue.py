"""The layers as the map page tells them to one person, in the language that is active.

Everything here comes from the layers' declarations; the page itself knows none of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models.functions import PointOnSurface
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from layers import tile_changes
from layers.base import Format, Layer, Property, Style, StyleClass, Text, User, coded
from layers.features import extent, facet_values, time_extent
from layers.freshness import state_of
from layers.permissions import POLICIES, properties_for
from layers.provenance import demo_layer_ids
from layers.registry import layers_for
from layers.selection import BBox, select
from layers.tiles import describe as tile_description
from maps import tiles
from maps.formats import schedule, written

Json = dict[str, Any]

ARCHIPELAGO: BBox = (95.0, -11.0, 141.0, 6.0)  # the view of a portal that holds nothing yet
FRESH = 100  # seconds, fewer than a noted change stands: see `tile_changes.mark`
MAX_LABELS = 300  # areas of a layer that get one label each; beyond, their tiles carry the labels

OTHER = Text("Lainnya", "Other")


def catalogue(user: User) -> Json:
    """What the page and its scripts need to draw and to explain every layer of this person.

    Everybody's is kept until something public changes; it is shared, so nobody may change it.
    """
    layers = [layer for layer in layers_for(user) if layer.on_map]
    if user.is_authenticated:
        return _told(user, layers)
    key, mark = f"catalogue:{get_language()}:{timezone.localdate()}", tile_changes.mark()
    kept = cache.get(key)
    if kept and kept[0] == mark:
        return kept[1]
    told = _told(user, layers)
    cache.set(key, (mark, told), timeout=FRESH)
    return told


def ground(user: User) -> Json:
    """The same of the city's own areas alone: what lies under a map of something else."""
    return _told(user, [layer for layer in layers_for(user) if _is_ground(layer)])


def _told(user: User, layers: list[Layer]) -> Json:
    layers = sorted(layers, key=lambda layer: (layer.theme.rank, layer.theme.id))
    demo = demo_layer_ids()
    bounds = _bounds(layers, user)
    versions = tile_changes.versions(layers)
    return {
        "language": get_language(),
        "timeZone": settings.TIME_ZONE,
        "bounds": bounds or ARCHIPELAGO,
        "empty": bounds is None,
        "demo": bool(demo),
        "allDemo": {layer.id for layer in layers} <= demo,
        "jointTiles": _template(reverse("ogc-joint-tile", args=[0, 0, 0])),
        "layers": [describe(layer, user, demo, version=versions[layer.id]) for layer in layers],
    }


def describe(layer: Layer, user: User, demo: Iterable[str] = (), *, version: str = "") -> Json:
    """One layer: what it is, how it is drawn, what its properties are called and how old it is."""
    properties = properties_for(layer, user)
    style = _style(layer.style, {prop.name for prop in properties if prop.tile})
    fresh = state_of(layer, user)
    facet = _facet(layer, user, properties, version)
    return {
        "id": layer.id,
        "theme": layer.theme.id,
        "themeTitle": str(layer.theme.title),
        "title": str(layer.title),
        "description": str(layer.description),
        "owner": layer.owner,
        "demo": layer.id in demo,
        "restricted": not POLICIES[layer.policy].public,
        "updated": fresh.updated,
        "schedule": schedule(layer.update_every),
        "empty": not layer.visible_to(user).exists(),
        "daysLate": fresh.days_late,
        "shown": layer.shown,
        "ground": _is_ground(layer),
        "area": _is_area(layer),
        "minzoom": layer.minzoom,
        "maxzoom": layer.maxzoom,
        "tiles": _template(reverse("ogc-tile", args=[layer.id, 0, 0, 0])),
        "kept": None if facet else tiles.address(layer, user, version=version),
        "joint": layer.shown and not layer.facet,
        **tile_description(layer),
        "items": reverse("ogc-items", args=[layer.id]),
        "style": style,
        "legend": _legend(layer, user, style),
        "labels": _labels(layer, user),
        "facet": facet,
        "timed": _timed(layer, user),
        "properties": [
            {
                "name": prop.name,
                "title": str(prop.title),
                "format": prop.format,
                "values": {value: str(name) for value, name in prop.values.items()},
                "filter": prop.filter,
            }
            for prop in properties
        ],
    }


def _template(tile_at_zero: str) -> str:
    return tile_at_zero.removesuffix("0/0/0") + "{z}/{y}/{x}"


def _is_ground(layer: Layer) -> bool:
    return layer.shown and layer.style.kind == "line" and _is_area(layer)


def _is_area(layer: Layer) -> bool:
    return layer.geometry_field.geom_type in ("POLYGON", "MULTIPOLYGON")


def _bounds(layers: list[Layer], user: User) -> BBox | None:
    """The box of what is drawn when the map opens. Areas decide where there are any: a single
    report from out at sea must not shrink the city."""
    shown = [layer for layer in layers if layer.shown]
    for group in ([layer for layer in shown if _is_area(layer)], shown, layers):
        boxes = [box for layer in group if (box := extent(layer, user))]
        if boxes:
            west, south, east, north = zip(*boxes, strict=True)
            return min(west), min(south), max(east), max(north)
    return None


# -- the legend


def _style(style: Style, in_tiles: set[str]) -> Json:
    """The style as this person can see it: without a class or label that their tiles do not
    carry.
    """
    by = style.by if style.by in in_tiles else ""
    return {
        "kind": style.kind,
        "colour": style.colour,
        "by": by,
        "scale": style.scale,
        "classes": [_line(one) for one in style.classes] if by else [],
        "label": style.label if style.label in in_tiles else "",
        "radius": style.radius,
        "opacity": style.opacity,
    }


def _line(one: StyleClass) -> Json:
    return {
        "value": one.value,
        "colour": one.colour,
        "title": str(one.title),
        "pattern": one.pattern,
    }


def _legend(layer: Layer, user: User, style: Json) -> list[Json]:
    """The lines to explain: of categories those that occur, and one line for those of one look."""
    if not style["by"]:
        return []
    prop = next(prop for prop in layer.properties if prop.name == style["by"])
    rows = select(layer, user, [prop]).order_by().values_list("p0", flat=True)
    if style["scale"] == "step":
        without = rows.filter(p0__isnull=True).exists()
        return [
            line | {"values": []}
            for line in style["classes"]
            if line["value"] is not None or without
        ]
    occurring = {None if value is None else coded(value) for value in rows.distinct()}
    lines: dict[tuple[str, str], Json] = {}
    for line in style["classes"]:
        if line["value"] not in occurring:
            continue
        look = (line["colour"], line["pattern"])
        if look in lines:
            lines[look]["title"] += f" · {line['title']}"
            lines[look]["values"].append(line["value"])
        else:
            lines[look] = line | {"values": [line["value"]]}
    legend = list(lines.values())
    if occurring - {line["value"] for line in style["classes"]}:
        legend.append(_line(StyleClass("", style["colour"], OTHER)) | {"values": []})
    return legend


def _labels(layer: Layer, user: User) -> list[list[Any]] | None:
    """[lon, lat, name] of each labelled area. A tile cuts areas at its edge and would label every
    piece. None where the tiles have to do."""
    prop = next((prop for prop in layer.public if prop.name == layer.style.label), None)
    if prop is None or not _is_area(layer):
        return None
    rows = layer.visible_to(user).annotate(at=PointOnSurface(layer.geometry))
    found = list(rows.values_list("at", prop.path)[: MAX_LABELS + 1])
    if len(found) > MAX_LABELS:
        return None
    return [[round(at.x, 5), round(at.y, 5), name] for at, name in found]


# -- the one value at a time


def _facet(layer: Layer, user: User, properties: Iterable[Property], version: str) -> Json | None:
    """The values to choose from and the one chosen at first: the latest time, else the first."""
    prop = next((prop for prop in properties if prop.name == layer.facet), None)
    if prop is None:
        return None
    values = [value for value in facet_values(layer, user) if value is not None]
    timed = prop.format in (Format.DATE, Format.MONTH, Format.DATETIME)
    if timed:
        values.reverse()
    kept = tiles.addresses(layer, user, values, version=version)
    return {
        "name": prop.name,
        "title": str(prop.title),
        "timed": timed,
        "values": [
            {"value": str(value), "label": written(value, prop), "tiles": kept[value]}
            for value in values
        ],
    }


# -- the times that rows have


def _timed(layer: Layer, user: User) -> Json | None:
    """The first and the last day of a layer whose rows may be shown of a span of days. Where the
    values of the facet are the times, there is nothing else to choose."""
    facet = next((prop for prop in layer.properties if prop.name == layer.facet), None)
    if not layer.time or (facet and facet.path == layer.time):
        return None
    first, last = (_day(moment) for moment in time_extent(layer, user))
    return {"first": first, "last": last} if first < last else None


def _day(moment: Any) -> str:
    if isinstance(moment, datetime):
        moment = timezone.localdate(moment)
    return moment.isoformat() if moment else ""
