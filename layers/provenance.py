"""Where a layer's rows came from and when: read by the banner and the freshness of a layer."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Max, Model, QuerySet
from django.utils import timezone

from layers.base import Layer, User


class Load(models.Model):
    """One arrival of data in a layer: a file, a change in the admin, or the invented demo city.
    Appended, never changed."""

    layer_id = models.CharField(max_length=60, db_index=True)
    source = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64, blank=True)
    is_demo = models.BooleanField(default=False)
    loaded_at = models.DateTimeField(auto_now_add=True)
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    report = models.JSONField(default=dict)

    class Meta:
        verbose_name = "pemuatan data"
        verbose_name_plural = "pemuatan data"

    def __str__(self) -> str:
        return f"{self.layer_id} · {self.source}"


def standing_loads() -> QuerySet[Load]:
    """The loads that were not taken back."""
    return Load.objects.exclude(upload__status="undone")


def demo_layer_ids() -> set[str]:
    """The layers whose newest load is the invented city."""
    newest = standing_loads().order_by("layer_id", "-loaded_at", "-pk").distinct("layer_id")
    return {load.layer_id for load in newest if load.is_demo}


def last_updated(layer: Layer, user: User) -> datetime | None:
    """When what this person sees last changed: the newest row where rows have a time, else the last
    load."""
    return newest_of(layer, layer.visible_to(user))


def newest_of(layer: Layer, rows: QuerySet[Model]) -> datetime | None:
    """The same of these rows. A row of tomorrow does not make a layer fresh."""
    if told_by := layer.updated or layer.time:
        past = rows.filter(**{f"{told_by}__lte": timezone.now()})
        return past.aggregate(newest=Max(told_by))["newest"]
    loads = standing_loads().filter(layer_id=layer.id)
    return loads.aggregate(newest=Max("loaded_at"))["newest"]
