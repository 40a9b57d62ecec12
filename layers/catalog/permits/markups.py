"""What officials draw and write on the map of a file (redlining)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.gis.db import models
from django.utils import timezone

from layers.catalog.permits.applications import Application


class Markup(models.Model):
    """A remark at a place. Erased ones stay, and are no longer drawn."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="markups")
    geom = models.GeometryField()
    text = models.CharField(max_length=500)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "catatan peta"
        verbose_name_plural = "catatan peta"
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.text
