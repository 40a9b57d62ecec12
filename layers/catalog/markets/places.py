"""The markets themselves, and the commodities that are watched in them."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.gis.db import models

from layers.base import Format, Ingest, Layer, Property, Style, Text, Theme
from layers.catalog.boundaries import Area, settle
from layers.mercator import mercator
from layers.registry import register

THEME = Theme("markets", Text("Pasar dan harga", "Markets and prices"), rank=40)


class Market(models.Model):
    """A market. `approximate` points are the middle of the kelurahan, not the market itself."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    manager = models.CharField(max_length=100, blank=True)
    approximate = models.BooleanField(default=False)
    kelurahan = models.ForeignKey(
        Area, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    geom = models.PointField()
    geom_3857 = mercator("geom")

    class Meta:
        verbose_name = "pasar"
        verbose_name_plural = "pasar"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Commodity(models.Model):
    """A watched item, as PIHPS (Bank Indonesia) names it."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    group = models.CharField(max_length=60)
    unit = models.CharField(max_length=20)

    class Meta:
        verbose_name = "komoditas"
        verbose_name_plural = "komoditas"
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name


MARKETS = register(
    Layer(
        id="markets",
        theme=THEME,
        title=Text("Pasar", "Markets"),
        description=Text("Pasar yang dipantau harganya.", "Markets whose prices are watched."),
        model=Market,
        owner="Dinas Perindustrian dan Perdagangan",
        update_every=timedelta(days=365),
        policy="open",
        public=(
            Property("code", Text("Kode", "Code"), tile=True, filter=True),
            Property("name", Text("Nama", "Name"), tile=True, filter=True),
            Property("manager", Text("Pengelola", "Manager")),
            Property("kelurahan", Text("Kelurahan", "Kelurahan"), source="kelurahan__name"),
            Property(
                "approximate",
                Text("Titik perkiraan", "Approximate point"),
                format=Format.FLAG,
            ),
        ),
        private=("id", "geom"),
        edition=True,
        area="kelurahan",
        search=("name", "code"),
        ingest=Ingest(
            key=("code",),
            fields={
                "code": ("code", "kode", "kode_pasar"),
                "name": ("name", "nama", "nama_pasar", "pasar", "namobj"),
                "manager": ("manager", "pengelola"),
                "approximate": ("approximate", "perkiraan"),
            },
            after=settle,
        ),
        style=Style(kind="circle", colour="#1d4ed8", label="name", radius=7),
        shown=True,
    )
)
