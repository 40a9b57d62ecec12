"""The overview of a layer is made anew: wholly, or where something changed."""

from __future__ import annotations

from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction

from layers.base import Layer
from layers.overviews import grid, shapes
from layers.overviews.rows import (
    NEVER,
    Overview,
    OverviewCell,
    OverviewRow,
    has_overview,
    raw_from,
)
from layers.overviews.weight import is_too_heavy, lightest_zoom
from layers.registry import LAYERS


@transaction.atomic
def rebuild(layer: Layer, area: GEOSGeometry | None = None) -> GEOSGeometry | None:
    """Bring the overview of a layer up to its public rows, of which those in `area` (EPSG:3857,
    where they were and where they are) have changed, or all.

    Gives where tiles are other than before: `area`, or None for everywhere. One at a time.
    """
    if not has_overview(layer):
        return area
    Overview.objects.get_or_create(layer_id=layer.id)
    overview = Overview.objects.select_for_update().get(layer_id=layer.id)
    lowest = max(overview.raw_from, layer.minzoom)
    if area is None or is_too_heavy(layer, lowest, area.extent):
        overview.raw_from = lightest_zoom(layer)
        overview.save()
        _forget(overview)
        _build(layer, overview)
        return None
    if overview.raw_from <= layer.minzoom:
        return area
    if layer.overview == "grid":
        grid.build(layer, overview, _finest(overview), area.extent)
        return area
    _forget(overview)  # neighbours are counted and simplified together
    _build(layer, overview)
    return None


def lightened() -> list[Layer]:
    """The layers whose rows have become so few that lower zooms could show them than do."""
    return [
        layer
        for layer in LAYERS.values()
        if has_overview(layer)
        if (shown := raw_from(layer)) > layer.minzoom and lightest_zoom(layer) < shown
    ]


def _build(layer: Layer, overview: Overview) -> None:
    if overview.raw_from > layer.minzoom:
        build = {"grid": grid.build, "areas": shapes.areas, "coverage": shapes.coverage}
        build[layer.overview](layer, overview, _finest(overview))
        grid.tell_planner()


def _forget(overview: Overview) -> None:
    levels = overview.level(0), overview.level(NEVER)
    for kept in (OverviewCell, OverviewRow):
        kept.objects.filter(level__range=levels).delete()


def _finest(overview: Overview) -> int:
    return min(overview.raw_from - 1, grid.FINEST)
