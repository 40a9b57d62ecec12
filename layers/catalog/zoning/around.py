"""What a plan says around a place, drawn or not: for maps that compare two plans."""

from __future__ import annotations

import json

from django.contrib.gis.db.models.functions import AsGeoJSON, Intersection
from django.contrib.gis.geos import Polygon

from layers.catalog.zoning.plans import Plan, Zone
from layers.selection import BBox

MOST = 600  # zones: a parcel and its surroundings have some dozens
DECIMALS = 7


def zones_around(plan: Plan, bbox: BBox) -> list[dict[str, object]]:
    """The zones of a plan within a box, cut at its edge, as GeoJSON features."""
    box = Polygon.from_bbox(bbox)
    box.srid = 4326
    rows = (
        Zone.objects.filter(plan=plan, geom__intersects=box)
        .annotate(shape=AsGeoJSON(Intersection("geom", box), precision=DECIMALS))
        .order_by("pk")
        .values_list("shape", "sub_zone__code", "sub_zone__name", "sub_zone__zone_code")[:MOST]
    )
    return [
        {
            "type": "Feature",
            "geometry": json.loads(shape),
            "properties": {"sub_zone": code, "name": name, "zone": zone},
        }
        for shape, code, name, zone in rows
    ]
