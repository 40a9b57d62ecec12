"""Where a layer's rows came from and when: read by the banner and the freshness of a layer."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Max

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


def demo_layer_ids() -> set[str]:
    """The layers whose newest load is the invented city."""
    newest = Load.objects.order_by("layer_id", "-loaded_at", "-pk").distinct("layer_id")
    return {load.layer_id for load in newest if load.is_demo}


def last_updated(layer: Layer, user: User) -> datetime | None:
    """When what this person sees last changed: the newest row where rows have a time, else the last
    load."""
    if told_by := layer.updated or layer.time:
        return layer.visible_to(user).aggregate(newest=Max(told_by))["newest"]
    newest = Load.objects.filter(layer_id=layer.id).aggregate(newest=Max("loaded_at"))
    return newest["newest"]
