"""Children and their measurements. Nothing here is ever on the public side."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import ExpressionWrapper, Q
from django.utils import timezone
from django.utils.formats import date_format

from layers.base import (
    Format,
    Layer,
    Property,
    Refused,
    Style,
    StyleClass,
    Text,
    Theme,
    User,
    named,
)
from layers.catalog.boundaries import Area
from layers.catalog.puskesmas import Puskesmas
from layers.catalog.stunting import growth
from layers.forms import CodeList, Form, FormField, Observation, each
from layers.mercator import mercator
from layers.registry import register

THEME = Theme("stunting", Text("Gizi balita", "Child nutrition"), rank=50)


class Child(models.Model):
    """A child under five in the care of a Puskesmas. `code` is the name it goes by between
    systems.
    """

    class Sex(models.TextChoices):
        FEMALE = "female", "Perempuan"
        MALE = "male", "Laki-laki"

    code = models.UUIDField(default=uuid.uuid4, unique=True)
    name = models.CharField(max_length=100)
    sex = models.CharField(max_length=6, choices=Sex)
    born_on = models.DateField()
    guardian = models.CharField(max_length=100)
    puskesmas = models.ForeignKey(Puskesmas, on_delete=models.PROTECT, related_name="children")
    kelurahan = models.ForeignKey(
        Area, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    geom = models.PointField()
    geom_3857 = mercator("geom")

    class Meta:
        verbose_name = "anak"
        verbose_name_plural = "anak"
        constraints = [
            models.CheckConstraint(
                condition=Q(sex__in=("female", "male")), name="layers_child_sex"
            ),
        ]

    def __str__(self) -> str:
        return str(self.code)


class Measurement(models.Model):
    """One weighing and measuring. `height_z` is kept with the tables that gave it; `flagged` ones
    (|z| > 6) are kept and left out of prevalence."""

    class Position(models.TextChoices):
        LYING = "lying", "Telentang"
        STANDING = "standing", "Berdiri"

    instance_id = models.UUIDField(unique=True)
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="measurements")
    measured_on = models.DateField()
    height_cm = models.DecimalField(max_digits=4, decimal_places=1)
    position = models.CharField(max_length=8, choices=Position)
    weight_kg = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    height_z = models.FloatField()
    tables = models.CharField(max_length=40, default=growth.TABLES)
    flagged = models.GeneratedField(
        expression=ExpressionWrapper(
            Q(height_z__gt=growth.IMPLAUSIBLE) | Q(height_z__lt=-growth.IMPLAUSIBLE),
            output_field=models.BooleanField(),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    stunted = models.GeneratedField(
        expression=ExpressionWrapper(Q(height_z__lt=-2.0), output_field=models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    observed_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "pengukuran"
        verbose_name_plural = "pengukuran"
        indexes = [models.Index(fields=("child", "-measured_on"), name="layers_measurement_child")]
        constraints = [
            models.CheckConstraint(
                condition=Q(height_cm__gte=30, height_cm__lte=140),
                name="layers_measurement_height",
            ),
            models.CheckConstraint(
                condition=Q(weight_kg__isnull=True) | Q(weight_kg__gt=0, weight_kg__lte=40),
                name="layers_measurement_weight",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} · {self.measured_on}"


def write_measurement(
    *, values: dict[str, Any], seen: Observation, by: Any, feature: Measurement | None
) -> Measurement:
    """A measurement of a child in the officer's own Puskesmas; a refusal rather than a guess where
    the date or the age does not fit. A child outside the officer's scope is as good as unknown."""
    child = Child.objects.filter(pk__in=CHILDREN.visible_to(by), code=values["child"]).first()
    if child is None:
        raise Refused({"values.child": "Tidak ada anak dengan kode ini di wilayah kerja Anda."})
    measured_on: date = values["measured_on"]
    if not child.born_on <= measured_on <= timezone.localdate():
        told = "Tanggal ukur harus antara tanggal lahir dan hari ini."
        raise Refused({"values.measured_on": told})
    try:
        z = growth.height_for_age(
            sex=cast(growth.Sex, child.sex),
            age_days=(measured_on - child.born_on).days,
            height_cm=float(values["height_cm"]),
            position=values["position"],
        )
    except ValueError as error:
        told = "Standar WHO berlaku sampai usia 60 bulan."
        raise Refused({"values.measured_on": told}) from error
    measurement = feature or Measurement(instance_id=seen.instance_id, by=by)
    measurement.child = child
    measurement.measured_on = measured_on
    measurement.height_cm = values["height_cm"]
    measurement.position = values["position"]
    measurement.weight_kg = values.get("weight_kg")
    measurement.height_z, measurement.tables = z, growth.TABLES
    measurement.observed_at = seen.observed_at
    measurement.save()
    return measurement


def children_in_care(user: User) -> Iterator[dict[str, Any]]:
    """The children of the officer's own Puskesmas, with what tells one from another."""
    rows = CHILDREN.visible_to(user).order_by("name", "born_on")
    for code, name, born_on, sex, kelurahan in rows.values_list(
        "code", "name", "born_on", "sex", "kelurahan__name"
    ):
        yield {
            "code": str(code),
            "name": name,
            "born_on": born_on.isoformat(),
            "sex": sex,
            "kelurahan": kelurahan or "",
            "note": " · ".join(filter(None, (Child.Sex(sex).label, _born(born_on), kelurahan))),
        }


def _born(day: date) -> str:
    return f"lahir {date_format(day, 'j M Y')}"


_SEXES = named(Child.Sex, FEMALE="Female", MALE="Male")
_POSITIONS = named(Measurement.Position, LYING="Lying", STANDING="Standing")
_OWNER = "Dinas Kesehatan"

CHILDREN = register(
    Layer(
        id="children",
        theme=THEME,
        title=Text("Balita", "Children under five"),
        description=Text(
            "Balita di wilayah kerja Puskesmas. Hanya bagi petugas gizi wilayah itu.",
            "Children of a working area. Only for its own health officers.",
        ),
        model=Child,
        owner=_OWNER,
        update_every=timedelta(days=31),
        policy="health",
        public=(),
        staff=(
            Property("code", Text("Kode", "Code"), tile=True, filter=True),
            Property("name", Text("Nama", "Name")),
            Property(
                "sex",
                Text("Jenis kelamin", "Sex"),
                values=_SEXES,
                tile=True,
                filter=True,
            ),
            Property("born_on", Text("Tanggal lahir", "Born"), format=Format.DATE),
            Property(
                "puskesmas",
                Text("Puskesmas", "Health centre"),
                source="puskesmas__name",
            ),
            Property("kelurahan", Text("Kelurahan", "Kelurahan"), source="kelurahan__name"),
        ),
        private=("id", "guardian", "geom"),
        area="kelurahan",
        unit="puskesmas",
        overview="grid",
        minzoom=11,
        style=Style(kind="circle", colour="#7c3aed"),
    )
)

MEASUREMENTS = register(
    Layer(
        id="measurements",
        theme=THEME,
        title=Text("Pengukuran balita", "Measurements"),
        description=Text(
            "Penimbangan dan pengukuran. Hanya bagi petugas gizi wilayah itu.",
            "Weighings and measurements. Only for the working area's own health officers.",
        ),
        model=Measurement,
        owner=_OWNER,
        update_every=timedelta(days=31),
        policy="health",
        public=(),
        staff=(
            Property(
                "child",
                Text("Kode anak", "Child's code"),
                source="child__code",
                filter=True,
            ),
            Property("measured_on", Text("Tanggal ukur", "Measured"), format=Format.DATE),
            Property("height_cm", Text("Tinggi (cm)", "Height (cm)"), format=Format.NUMBER),
            Property("position", Text("Posisi", "Position"), values=_POSITIONS),
            Property("weight_kg", Text("Berat (kg)", "Weight (kg)"), format=Format.NUMBER),
            Property("height_z", Text("TB/U (z)", "Height for age (z)"), format=Format.NUMBER),
            Property(
                "stunted",
                Text("Stunting", "Stunted"),
                format=Format.YES_NO,
                tile=True,
                filter=True,
            ),
            Property("flagged", Text("Perlu diperiksa", "Implausible"), format=Format.FLAG),
            Property("tables", Text("Tabel", "Tables")),
        ),
        private=("id", "instance_id", "observed_at", "by"),
        geometry="child__geom",
        time="measured_on",
        updated="observed_at",
        area="child__kelurahan",
        unit="child__puskesmas",
        overview="grid",
        minzoom=11,
        on_map=False,
        style=Style(
            kind="circle",
            by="stunted",
            classes=(
                StyleClass("true", "#b91c1c", Text("Stunting", "Stunted")),
                StyleClass("false", "#15803d", Text("Tidak stunting", "Not stunted")),
            ),
        ),
        accepts=Form(
            version="1",
            title=Text("Pengukuran balita", "Child measurement"),
            point="optional",
            fields=(
                FormField("child", Text("Anak", "Child"), "uuid", codes="children"),
                FormField("measured_on", Text("Tanggal ukur", "Measured on"), "date"),
                FormField(
                    "height_cm",
                    Text("Tinggi atau panjang (cm)", "Height or length (cm)"),
                    "decimal",
                    minimum=30,
                    maximum=140,
                ),
                FormField("position", Text("Posisi", "Position"), "choice", choices=_POSITIONS),
                FormField(
                    "weight_kg",
                    Text("Berat (kg)", "Weight (kg)"),
                    "decimal",
                    required=False,
                    minimum=Decimal("0.5"),
                    maximum=40,
                ),
            ),
            write=each(write_measurement),
            lists=(
                CodeList(
                    "children",
                    Text("Balita di wilayah kerja", "Children of the working area"),
                    children_in_care,
                    assigned=True,
                ),
            ),
            example={
                "child": "3f0c2b1e-6a53-4d0e-9a51-0d7c5b7e2a10",
                "measured_on": "2026-11-10",
                "height_cm": 81.5,
                "position": "standing",
            },
        ),
    )
)
