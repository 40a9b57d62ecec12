"""Administrative boundaries by Kemendagri code: the city, its kecamatan and its kelurahan."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib.gis.db import models
from django.contrib.gis.db.models import Extent
from django.contrib.gis.geos import Point
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Left

from layers.base import Build, Ingest, Layer, Property, Refused, Style, Text, Theme, User
from layers.bulk import covering
from layers.forms import CodeList
from layers.functions import Middle
from layers.mercator import mercator
from layers.registry import LAYERS, register

THEME = Theme("boundaries", Text("Batas wilayah", "Boundaries"), rank=70)

NEAR_CITY = 0.09  # degrees, about 10 km: beyond that a report cannot be about this city


class Area(models.Model):
    """An administrative area. `code` is the Kemendagri code (53.71.06.1008); the BPS code
    differs.
    """

    class Level(models.TextChoices):
        CITY = "city", "Kota"
        KECAMATAN = "kecamatan", "Kecamatan"
        KELURAHAN = "kelurahan", "Kelurahan"

    level = models.CharField(max_length=10, choices=Level)
    code = models.CharField(max_length=13, unique=True)
    name = models.CharField(max_length=100)
    bps_code = models.CharField(max_length=10, blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="parts"
    )
    geom = models.MultiPolygonField()
    geom_3857 = mercator("geom")

    class Meta:
        verbose_name = "wilayah administrasi"
        verbose_name_plural = "wilayah administrasi"
        ordering = ("code",)
        constraints = [
            models.CheckConstraint(
                condition=Q(geom__isvalid=True), name="layers_area_geom_is_valid"
            ),
            models.CheckConstraint(
                condition=Q(code__regex=r"^\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?$"),
                name="layers_area_code_is_kemendagri",
            ),
        ]

    def __str__(self) -> str:
        return self.name


def kelurahan_at(point: Point) -> Area | None:
    """The kelurahan that covers a point (EPSG:4326), or None outside all of them."""
    return Area.objects.filter(level=Area.Level.KELURAHAN, geom__covers=point).first()


def kelurahan_of(positions: Sequence[tuple[float, float]]) -> list[int | None]:
    """The same for many points (lon, lat) at once, as primary keys."""
    return covering(Area.objects.filter(level=Area.Level.KELURAHAN), positions)


def kelurahan_under(shape: Any) -> list[dict[str, str]]:
    """Those that a valid polygon lies in, more than at their edge, by code."""
    rows = Area.objects.filter(level=Area.Level.KELURAHAN, geom__relate=(shape, "T********"))
    named = rows.order_by("code").values_list("code", "name")
    return [{"code": code, "name": name} for code, name in named]


def near_city() -> tuple[float, float, float, float] | None:
    """(west, south, east, north) of where a parcel of this city can lie; None without a city."""
    rows = Area.objects.filter(level=Area.Level.CITY)
    found = rows.aggregate(bounds=Extent("geom"))["bounds"]
    if found is None:
        return None
    west, south, east, north = found
    return west - NEAR_CITY, south - NEAR_CITY, east + NEAR_CITY, north + NEAR_CITY


def bounds_of(codes: Sequence[str]) -> tuple[float, float, float, float] | None:
    """(west, south, east, north) of the areas with these codes; None where there are none."""
    found = Area.objects.filter(code__in=codes).aggregate(bounds=Extent("geom"))["bounds"]
    return tuple(found) if found else None


def _areas(user: User) -> Iterator[dict[str, Any]]:
    rows = Area.objects.filter(level=Area.Level.KELURAHAN).order_by("code")
    for code, name, above in rows.values_list("code", "name", "parent__name"):
        yield {"code": code, "name": name, "note": above or ""}


AREAS = CodeList("areas", Text("Kelurahan", "Neighbourhoods"), _areas)


def far_from_city(positions: Sequence[tuple[float, float]]) -> list[str]:
    """For each point (lon, lat) why it cannot be about this city: it is farther than `NEAR_CITY`
    from it, or its lat and lon are swapped. Empty where it can; a quay or a beach just outside is
    near."""
    city = Area.objects.filter(level=Area.Level.CITY)
    inside = covering(city, positions)
    return [
        "" if found else _why_far(position, city)
        for position, found in zip(positions, inside, strict=True)
    ]


def _why_far(position: tuple[float, float], city: QuerySet[Area]) -> str:
    lon, lat = position
    if city.filter(geom__dwithin=(Point(lon, lat, srid=4326), NEAR_CITY)).exists():
        return ""
    swapped = Point(lat, lon, srid=4326)
    if abs(lon) <= 90 and city.filter(geom__dwithin=(swapped, NEAR_CITY)).exists():
        return "Lintang dan bujur tertukar: GeoJSON menulis [bujur, lintang]."
    if not city.exists():
        return "Batas kota belum dimuat; hubungi administrator."
    return "Titik ini lebih dari 10 km di luar batas kota."


def settle() -> None:
    """After boundaries changed: link each area to the one above, and put every row that lies
    somewhere into the kelurahan of its middle, where that is another than before."""
    for level, parent_code in ((Area.Level.KECAMATAN, 5), (Area.Level.KELURAHAN, 8)):
        above = Area.objects.filter(code=Left(OuterRef("code"), parent_code))
        Area.objects.filter(level=level).update(parent=Subquery(above.values("pk")[:1]))
    for layer in LAYERS.values():
        if layer.area and "__" not in layer.area and "__" not in layer.geometry:
            middle = Middle(OuterRef(layer.geometry))
            around = Area.objects.filter(level=Area.Level.KELURAHAN, geom__covers=middle)
            rows = layer.rows().annotate(found=Subquery(around.values("pk")[:1]))
            rows.exclude(**{layer.area: F("found")}).update(**{layer.area: F("found")})


_CODES = {
    Area.Level.CITY: (r"\d\d\.\d\d", "53.71"),
    Area.Level.KECAMATAN: (r"\d\d(\.\d\d){2}", "53.71.06"),
    Area.Level.KELURAHAN: (r"\d\d(\.\d\d){2}\.\d{4}", "53.71.06.1008"),
}


def areas_from_rows(level: Area.Level) -> Build:
    """Model values of an area. Raises Refused where its code is not one of the level.

    Without its dots a Kemendagri code looks like the BPS code of another kelurahan.
    """
    pattern, example = _CODES[level]

    def area(row: dict[str, Any]) -> dict[str, Any]:
        code = str(row.get("code") or "")
        if code and not re.fullmatch(pattern, code):
            told = f"{code} bukan kode Kemendagri {level.label.lower()}"
            raise Refused({"code": f"{told}, yang bertitik seperti {example}."})
        return {name: value for name, value in row.items() if name != "shape"}

    return area


_CODE = Property("code", Text("Kode Kemendagri", "Kemendagri code"), tile=True, filter=True)
_NAME = Property("name", Text("Nama", "Name"), tile=True, filter=True)
_BPS_CODE = Property("bps_code", Text("Kode BPS", "BPS code"))


def _layer(layer_id: str, level: Area.Level, title: Text, description: Text, **more: Any) -> Layer:
    return Layer(
        id=layer_id,
        theme=THEME,
        title=title,
        description=description,
        model=Area,
        owner="Bagian Tata Pemerintahan Setda",
        update_every=timedelta(days=365),
        policy="open",
        public=(_CODE, _NAME, _BPS_CODE, *more.pop("also", ())),
        private=("id", "level", "geom", *more.pop("hidden", ())),
        fixed={"level": level},
        edition=True,
        overview="coverage",
        ingest=Ingest(
            key=("code",),
            fields={
                "code": more.pop("code_columns"),
                "name": more.pop("name_columns"),
                "bps_code": ("bps_code", "kode_bps", "idbps", "kdebps", "kdbbps"),
            },
            build=partial(areas_from_rows, level),
            after=settle,
            coverage=True,
        ),
        search=("name", "code"),
        shown=True,
        **more,
    )


CITIES = register(
    _layer(
        "cities",
        Area.Level.CITY,
        Text("Batas kota", "City boundary"),
        Text("Batas wilayah darat kota.", "The land boundary of the city."),
        style=Style(kind="line", colour="#334155"),
        hidden=("parent",),
        code_columns=("code", "kode", "kode_kab", "kdpkab"),
        name_columns=("name", "nama", "wadmkk", "kabupaten", "namobj"),
    )
)

KECAMATAN = register(
    _layer(
        "kecamatan",
        Area.Level.KECAMATAN,
        Text("Kecamatan", "Districts (kecamatan)"),
        Text("Batas kecamatan menurut kode Kemendagri.", "Districts by Kemendagri code."),
        style=Style(kind="line", colour="#64748b", label="name"),
        also=(Property("city", Text("Kota", "City"), source="parent__name"),),
        code_columns=("code", "kode", "kode_kec", "kdcpum"),
        name_columns=("name", "nama", "wadmkc", "kecamatan", "namobj"),
    )
)

KELURAHAN = register(
    _layer(
        "kelurahan",
        Area.Level.KELURAHAN,
        Text("Kelurahan", "Neighbourhoods (kelurahan)"),
        Text(
            "Batas kelurahan menurut kode Kemendagri.",
            "Neighbourhoods by Kemendagri code.",
        ),
        style=Style(kind="line", colour="#94a3b8", label="name"),
        also=(
            Property(
                "kecamatan",
                Text("Kecamatan", "District"),
                source="parent__name",
                filter=True,
            ),
        ),
        minzoom=9,
        code_columns=("code", "kode", "kdepum", "kode_kel", "kode_desa"),
        name_columns=("name", "nama", "wadmkd", "kelurahan", "namobj"),
    )
)
