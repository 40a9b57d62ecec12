"""The portal's own layers under the map of the workbench."""

from __future__ import annotations

from typing import Any

from layers.base import User
from layers.catalog.permits.applications import PERMIT_PARCELS
from layers.catalog.zoning.overlays import PLAN_OVERLAYS
from layers.catalog.zoning.plans import ZONES
from maps.catalogue import describe, ground

Json = dict[str, Any]


def under_queue(user: User) -> Json:
    return _with(ground(user), user, PERMIT_PARCELS)


def under_file(user: User) -> Json:
    return _with(ground(user), user, ZONES, PLAN_OVERLAYS, PERMIT_PARCELS)


def _with(base: Json, user: User, *layers: Any) -> Json:
    more = [describe(layer, user) | {"ground": False} for layer in layers]
    roles = {"zones": ZONES.id, "files": PERMIT_PARCELS.id}
    return base | {"layers": [*base["layers"], *more], "roles": roles}
