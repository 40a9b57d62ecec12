"""Community health centres (Puskesmas) and the kelurahan each of them serves."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.gis.db import models

from layers.base import Format, Ingest, Layer, Property, Style, Text, Theme
from layers.catalog.boundaries import Area, settle
from layers.mercator import mercator
from layers.registry import register

THEME = Theme("puskesmas", Text("Puskesmas", "Health centres"), rank=60)


class Puskesmas(models.Model):
    """A health centre, named in full ("Puskesmas Alak"). `approximate` points are the middle of its
    kelurahan, not the building."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    address = models.CharField(max_length=200, blank=True)
    approximate = models.BooleanField(default=False)
    kelurahan = models.ForeignKey(
        Area, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    geom = models.PointField()
    geom_3857 = mercator("geom")

    class Meta:
        verbose_name = "Puskesmas"
        verbose_name_plural = "Puskesmas"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ServedArea(models.Model):
    """A kelurahan in the working area of a Puskesmas; each kelurahan has one Puskesmas."""

    puskesmas = models.ForeignKey(Puskesmas, on_delete=models.CASCADE, related_name="served")
    kelurahan = models.OneToOneField(Area, on_delete=models.CASCADE, related_name="served_by")

    class Meta:
        verbose_name = "wilayah kerja Puskesmas"
        verbose_name_plural = "wilayah kerja Puskesmas"

    def __str__(self) -> str:
        return f"{self.puskesmas} · {self.kelurahan}"


PUSKESMAS = register(
    Layer(
        id="puskesmas",
        theme=THEME,
        title=Text("Puskesmas", "Health centres"),
        description=Text("Puskesmas kota.", "Community health centres of the city."),
        model=Puskesmas,
        owner="Dinas Kesehatan",
        update_every=timedelta(days=365),
        policy="open",
        public=(
            Property("name", Text("Nama", "Name"), tile=True, filter=True),
            Property("address", Text("Alamat", "Address")),
            Property("kelurahan", Text("Kelurahan", "Kelurahan"), source="kelurahan__name"),
            Property(
                "approximate",
                Text("Titik perkiraan", "Approximate point"),
                format=Format.FLAG,
            ),
        ),
        private=("id", "code", "geom"),
        edition=True,
        area="kelurahan",
        search=("name", "address"),
        ingest=Ingest(
            key=("code",),
            fields={
                "code": ("code", "kode", "kode_puskesmas"),
                "name": ("name", "nama", "nama_puskesmas", "puskesmas", "namobj"),
                "address": ("address", "alamat"),
                "approximate": ("approximate", "perkiraan"),
            },
            after=settle,
        ),
        style=Style(kind="circle", colour="#be123c", label="name", radius=7),
        shown=True,
    )
)

SERVED_AREAS = register(
    Layer(
        id="puskesmas-areas",
        theme=THEME,
        title=Text("Wilayah kerja Puskesmas", "Health centre working areas"),
        description=Text(
            "Kelurahan yang dilayani tiap Puskesmas.",
            "The kelurahan each health centre serves.",
        ),
        model=ServedArea,
        owner="Dinas Kesehatan",
        update_every=timedelta(days=365),
        policy="open",
        public=(
            Property(
                "puskesmas",
                Text("Puskesmas", "Health centre"),
                source="puskesmas__name",
                tile=True,
                filter=True,
            ),
            Property("kelurahan", Text("Kelurahan", "Kelurahan"), source="kelurahan__name"),
        ),
        private=("id",),
        geometry="kelurahan__geom",
        edition=True,
        area="kelurahan",
        style=Style(kind="line", colour="#be123c", label="puskesmas"),
    )
)
