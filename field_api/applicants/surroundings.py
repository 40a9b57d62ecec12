"""What lies around a parcel, as far as whoever asks may know of it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import Polygon
from shapely.geometry.base import BaseGeometry

from layers.base import Layer
from layers.catalog.boundaries import near_city
from layers.catalog.permits.applications import PERMIT_PARCELS
from layers.catalog.permits.register import PERMIT_REGISTER
from layers.catalog.permits.roles import works_on_permits
from layers.catalog.zoning.plans import ZONES
from layers.geometry import to_shapely
from layers.outline import projections

NEIGHBOURS = 200  # of a layer
REACH = 0.0001  # degrees, some 11 m: more than the distance over which corners are moved


def systems() -> list[tuple[str, str]]:
    """The coordinate systems to choose from, by code and name."""
    bounds = near_city()
    return [(one.code, one.name) for one in projections.offered(bounds)] if bounds else []


def neighbours(shape: BaseGeometry, user: Any) -> list[BaseGeometry]:
    """What the corners of a parcel may be laid onto. A stranger's are laid only onto what is
    public: others' red lines would else be told, corner by corner."""
    official = works_on_permits(user)
    found = [*_near(ZONES, shape, AnonymousUser()), *_near(PERMIT_REGISTER, shape, AnonymousUser())]
    return [*found, *_near(PERMIT_PARCELS, shape, user)] if official else found


def _near(layer: Layer, shape: BaseGeometry, user: Any) -> list[BaseGeometry]:
    west, south, east, north = shape.bounds
    around = Polygon.from_bbox((west - REACH, south - REACH, east + REACH, north + REACH))
    around.srid = 4326
    rows = layer.visible_to(user).filter(**{f"{layer.geometry}__bboverlaps": around})
    shapes = rows.order_by("pk").values_list(layer.geometry, flat=True)[:NEIGHBOURS]
    return [to_shapely(one) for one in shapes]
