"""The pieces of a check for the map: each carries the id that it has in the evidence."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import combinations
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.utils import timezone
from shapely.geometry.base import BaseGeometry

from layers.catalog.permits.applications import Application
from layers.catalog.permits.check.judgement import overlap_id, overlay_id
from layers.catalog.permits.check.surroundings import around
from layers.catalog.zoning.measures import one as overlay
from layers.catalog.zoning.overlays import OverlayKind
from layers.catalog.zoning.plans import Plan, SubZone
from layers.catalog.zoning.rules import RuleSet
from layers.geodesy import area as area_of
from layers.geometry import to_shapely

DECIMALS = 7  # of a degree: about a centimetre
_GRID = 10**-DECIMALS


def pieces(
    *,
    shape: GEOSGeometry | BaseGeometry,
    plan: Plan,
    rule_set: RuleSet | None = None,
    application: Application | None = None,
    revision: int | None = None,
    at: datetime | None = None,
) -> list[dict[str, Any]]:
    """GeoJSON Features with the properties `part` (the id in the evidence), `kind`, `name` and
    `m2`. Without a rule set nothing is told to be a sliver. `application` is the parcel's own: only
    its earlier red lines overlap it. Raises Refused."""
    drawn = overlay.measurable(shape)
    zones, provisions = overlay.shapes(drawn, plan=plan.pk)
    known = SubZone.objects.in_bulk(zones)
    tolerance = max(rule_set.sliver_m2, rule_set.sliver_share * area_of(drawn)) if rule_set else 0.0
    together = shapely.union_all([*zones.values()])
    contested, unzoned = _disputed(zones, together), drawn.difference(together)
    features = []
    for key, geom in zones.items():
        sub_zone, alone = known[key], geom if contested.is_empty else geom.difference(contested)
        kind = "sliver" if area_of(alone) < tolerance else "zone"
        features.append(_feature(sub_zone.code, kind, sub_zone.name, alone))
    features.append(_feature("contested", "contested", "", contested))
    features.append(_feature("unzoned", "unzoned", "", unzoned))
    kinds = OverlayKind.objects.in_bulk({key for key, _ in provisions})
    for (key, value), geom in provisions.items():
        name = f"{kinds[key].name} {value}".strip()
        features.append(_feature(overlay_id(kinds[key].code, value), "overlay", name, geom))
    moment = at or timezone.now()
    for one in around(drawn, at=moment, application=application, revision=revision):
        shared = to_shapely(one.line).intersection(drawn)
        features.append(
            _feature(overlap_id(one.number, one.revision), "overlap", one.number, shared)
        )
    return [one for one in features if one is not None]


def _disputed(zones: overlay.Shapes, together: BaseGeometry) -> BaseGeometry:
    """What several sub-zones claim; `together` is what any claims."""
    if sum(area_of(geom) for geom in zones.values()) - area_of(together) <= overlay.NOTHING:
        return shapely.Polygon()
    pairs = combinations(zones.values(), 2)
    return shapely.union_all([one.intersection(two) for one, two in pairs if one.intersects(two)])


def _feature(part: str, kind: str, name: str, geom: BaseGeometry) -> dict[str, Any] | None:
    """None where there is nothing to be seen."""
    polygons = [one for one in shapely.get_parts(geom) if one.geom_type == "Polygon"]
    m2 = area_of(shapely.MultiPolygon(polygons))
    if m2 < overlay.NOTHING:
        return None
    shown = shapely.set_precision(shapely.MultiPolygon(polygons), _GRID)
    return {
        "type": "Feature",
        "geometry": json.loads(shapely.to_geojson(shown)),
        "properties": {"part": part, "kind": kind, "name": name, "m2": round(m2, 2)},
    }
