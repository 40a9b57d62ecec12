"""What the map of a file draws over the city's own layers, as GeoJSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.contrib.gis.geos import GEOSGeometry

from layers.catalog.permits.applications import Application
from layers.catalog.permits.markups import Markup
from layers.catalog.permits.parcels import Parcel
from layers.catalog.permits.requests import Request
from layers.catalog.permits.site_visits import SiteVisit
from layers.catalog.permits.workflow.decisions import Recommendation
from layers.selection import BBox

Json = dict[str, Any]


def geometry(shape: GEOSGeometry) -> Json:
    found: Json = json.loads(shape.json)
    return found


def feature(shape: GEOSGeometry, **properties: Any) -> Json:
    return {"type": "Feature", "geometry": geometry(shape), "properties": properties}


def collection(features: Iterable[Json]) -> Json:
    return {"type": "FeatureCollection", "features": list(features)}


def picture(
    application: Application,
    *,
    parcels: Iterable[Parcel],
    requests: Iterable[Request],
    recommendation: Recommendation | None,
    markups: Iterable[Markup],
    visits: Iterable[SiteVisit],
    pieces: list[Json],
) -> Json:
    refused = recommendation.refused_part if recommendation else None
    return {
        "number": application.number,
        "bounds": application.geom.extent,
        "parcel": geometry(application.geom),
        "earlier": collection(
            feature(one.geom, revision=one.revision) for one in parcels if one.stood_until
        ),
        "proposed": collection(
            feature(one.proposed, request=one.pk)
            for one in requests
            if one.proposed and one.state == Request.State.OPEN
        ),
        "refused": collection([feature(refused)] if refused else []),
        "pieces": collection(pieces),
        "markups": collection(feature(one.geom, id=one.pk, text=one.text) for one in markups),
        "visits": collection(
            feature(one.geom, id=one.pk, finding=one.get_finding_display()) for one in visits
        ),
    }


def around(shape: GEOSGeometry) -> BBox:
    """A box some times as large as the parcel, and a few hundred metres at least."""
    west, south, east, north = shape.extent
    reach = max(0.004, east - west, north - south)
    return west - reach, south - reach, east + reach, north + reach
