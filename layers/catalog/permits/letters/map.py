"""The map of a letter as it is frozen in it: a frame to scale, and the shapes that fall into it, as
fine as paper shows them."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import Polygon
from shapely.geometry import MultiPolygon, box, mapping, shape
from shapely.geometry.base import BaseGeometry

from layers.catalog.zoning.around import zones_around
from layers.catalog.zoning.overlays import OverlayArea
from layers.catalog.zoning.plans import Plan
from layers.geometry import to_shapely
from layers.outline.coordinates import system_of
from layers.outline.projections import System, metres_a_degree

Json = dict[str, Any]
WIDTH, HEIGHT = 174, 122  # millimetres
FILLED = 0.6  # of the frame, by the parcel
SCALES = [n * 10**power for power in (2, 3, 4, 5) for n in (5, 10, 15, 20, 25, 40)]
PAPER = 0.00005  # metres: what paper does not show
DECIMALS = 7


def map_of(
    *,
    plan: Plan,
    asked: MultiPolygon,
    approved: MultiPolygon | None,
    refused: MultiPolygon | None,
    evidence: Json,
) -> Json:
    system = system_of(asked, "utm")
    scale, frame = framed(asked, system)
    bounds = _degrees(frame, system)
    fine = scale * PAPER / metres_a_degree(asked.centroid.y)[1]
    zones = zones_around(plan, bounds.bounds)
    applying = {one["kind"] for one in evidence["overlays"] if one["state"] == "applies"}
    return {
        "scale": scale,
        "width": WIDTH,
        "height": HEIGHT,
        "system": {"code": system.code, "name": system.name},
        "frame": [round(edge, 2) for edge in frame.bounds],
        "zones": [
            {**_properties(zone), "geometry": geometry}
            for zone in zones
            if (geometry := drawn(shape(zone["geometry"]), fine))
        ],
        "overlays": _overlays(plan, bounds, applying, fine),
        "asked": drawn(asked, fine),
        "approved": drawn(approved, fine) if approved else None,
        "refused": drawn(refused, fine) if refused else None,
    }


def framed(asked: MultiPolygon, system: System) -> tuple[int, BaseGeometry]:
    """The largest scale at which the parcel fills no more than its share of the frame, and the
    frame in metres."""
    corners = system.from_lonlat(shapely.get_coordinates(asked))
    (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
    needed = max((east - west) / WIDTH, (north - south) / HEIGHT) * 1000 / FILLED
    scale = next((one for one in SCALES if one >= needed), SCALES[-1])
    half_width, half_height = (side * scale / 2000 for side in (WIDTH, HEIGHT))
    x, y = (west + east) / 2, (south + north) / 2
    return scale, box(x - half_width, y - half_height, x + half_width, y + half_height)


def drawn(geometry: BaseGeometry, fine: float) -> Json | None:
    """The areas of it, simplified, as a MultiPolygon; None where nothing is left."""
    simple = shapely.simplify(MultiPolygon(_areas(geometry)), fine)
    areas = MultiPolygon(_areas(simple))
    if areas.is_empty:
        return None
    return mapping(shapely.transform(areas, lambda points: points.round(DECIMALS)))


def _areas(geometry: BaseGeometry) -> list[Any]:
    return [one for one in shapely.get_parts(geometry) if one.geom_type == "Polygon"]


def _degrees(frame: BaseGeometry, system: System) -> BaseGeometry:
    """A box in longitude and latitude around the frame, whose sides are bent there, and a little
    more: where it cuts a zone is no edge to be seen."""
    around = frame.buffer(frame.length / 100, join_style="mitre")
    edges = shapely.segmentize(around.exterior, frame.length / 40)
    return box(*np.concatenate(_extremes(system.to_lonlat(shapely.get_coordinates(edges)))))


def _extremes(points: Any) -> tuple[Any, Any]:
    return points.min(axis=0), points.max(axis=0)


def _properties(zone: Any) -> Json:
    told = zone["properties"]
    return {"code": told["sub_zone"], "name": told["name"], "zone": told["zone"]}


def _overlays(plan: Plan, bounds: BaseGeometry, kinds: set[str], fine: float) -> list[Json]:
    around = Polygon.from_bbox(bounds.bounds)
    around.srid = 4326
    rows = OverlayArea.objects.filter(plan=plan, kind__code__in=kinds, geom__intersects=around)
    found = rows.order_by("pk").values_list("kind__code", "kind__name", "value", "geom")
    return [
        {
            "kind": kind,
            "name": name,
            "value": value,
            "whole": bool(area.covers(bounds)),
            "geometry": geometry,
        }
        for kind, name, value, geom in found
        for area in [to_shapely(geom)]
        if (geometry := drawn(area.intersection(bounds), fine))
    ]
