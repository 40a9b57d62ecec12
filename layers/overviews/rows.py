"""The generalised rows of all layers, and from which zoom each layer draws its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.indexes import GistIndex
from django.db import models

from layers.base import Layer, Property
from layers.mercator import MercatorField
from layers.permissions import POLICIES
from layers.selection import drawn

LEVELS = 32  # more than there are zooms: the level of a zoom is one number
NEVER = 23  # beyond the last zoom: at no zoom are few enough rows in a tile


class Overview(models.Model):
    """That a layer was looked at as a whole. Below `raw_from` its tiles carry overview rows."""

    layer_id = models.CharField(max_length=60, unique=True)
    raw_from = models.PositiveSmallIntegerField(default=0)
    built_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "ikhtisar lapisan"
        verbose_name_plural = "ikhtisar lapisan"

    def __str__(self) -> str:
        return f"{self.layer_id} · {self.raw_from}"

    def level(self, zoom: int) -> int:
        return self.pk * LEVELS + zoom


class _Kept(models.Model):
    """What stands for `n` public rows of a layer at one zoom (`Overview.level`) and, where the
    layer has a facet, of one value of it. `key` tells the rows of a level apart; `fid` is the id of
    the row where it is one; `properties` are what a tile carries."""

    level = models.IntegerField()
    facet = models.TextField(default="")
    key = models.BigIntegerField()
    n = models.IntegerField()
    fid = models.BigIntegerField(null=True)
    properties = models.JSONField(default=dict)
    geom = MercatorField(spatial_index=False)

    class Meta:
        abstract = True
        verbose_name = "baris ikhtisar"
        verbose_name_plural = "baris ikhtisar"

    def __str__(self) -> str:
        return f"{self.level} · {self.n}"


class OverviewCell(_Kept):
    """Points of a cell, which are found by its column and row, the `key`: an index of places costs
    far more to keep, and there may be millions of cells. `kinds` counts them by the property that
    decides the style, as JSON."""

    kinds = models.JSONField(null=True)
    pk = models.CompositePrimaryKey("level", "key", "facet")


class OverviewRow(_Kept):
    """A shape, found by its place."""

    class Meta(_Kept.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=("level", "facet", "key"), name="layers_overviewrow_once"
            ),
        ]
        indexes = [
            GistIndex(fields=("level", "facet", "geom"), name="layers_overviewrow_where"),
        ]


def has_overview(layer: Layer) -> bool:
    """Of what is not for everybody nothing is ever kept here."""
    return bool(layer.overview) and POLICIES[layer.policy].public


def overview_of(layer: Layer) -> Overview | None:
    return Overview.objects.filter(layer_id=layer.id).first() if has_overview(layer) else None


def raw_from(layer: Layer) -> int:
    """The lowest zoom at which the tiles of the layer carry its own rows."""
    found = overview_of(layer)
    return found.raw_from if found else 0


def kind_of(layer: Layer, among: Sequence[Property] | None = None) -> Property | None:
    """The property of which an overview row tells the commonest value: the one of the legend, if it
    is public (or `among` these)."""
    if layer.style.scale != "category":
        return None
    given = layer.public if among is None else among
    return next((prop for prop in given if prop.tile and prop.name == layer.style.by), None)


def facet_of(layer: Layer) -> Property | None:
    return next((prop for prop in layer.public if prop.name == layer.facet), None)


def public_rows(layer: Layer, properties: Sequence[Property]) -> models.QuerySet[Any]:
    """Rows of (fid, g, p0, p1, …, m) that everybody may see, `m` in EPSG:3857."""
    return drawn(layer, AnonymousUser(), properties)
