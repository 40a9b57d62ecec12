"""The offices that own layers, and how each of them is reached."""

from __future__ import annotations

from django.db import models

from layers.registry import reference


@reference
class Office(models.Model):
    """An office. `name` is written as in `Layer.owner`; without `email` nobody reminds it."""

    name = models.CharField("nama", max_length=120, unique=True)
    email = models.EmailField("surel", blank=True)
    phone = models.CharField("telepon", max_length=40, blank=True)
    contact = models.CharField("narahubung", max_length=100, blank=True)
    source = models.CharField("sumber", max_length=200, blank=True)

    class Meta:
        verbose_name = "perangkat daerah"
        verbose_name_plural = "perangkat daerah"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


def offices() -> dict[str, Office]:
    """Those that are known, by name."""
    return {office.name: office for office in Office.objects.all()}
