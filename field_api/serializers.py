"""The shape of what comes in and of the answers that go back."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from functools import cache
from typing import Any

from django.contrib.gis.geos import Point
from django.utils import timezone
from rest_framework import serializers
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from field_api.models import Submission
from layers.base import Form, FormField

# Phones' clocks are days off; what is years off would stay oldest or newest for ever.
AHEAD = timedelta(days=7)
BEHIND = timedelta(days=366)

_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


class PointField(serializers.Field):
    """A GeoJSON Point, CRS84. Nothing of it reaches GDAL or GEOS before it is two finite numbers in
    range; a `crs` member is not read (RFC 7946 has none)."""

    default_error_messages = {
        "shape": 'Tulis titik GeoJSON: {{"type": "Point", "coordinates": [bujur, lintang]}}.',
        "finite": "Koordinat harus angka biasa, bukan NaN atau tak hingga.",
        "range": "Bujur di antara -180 dan 180, lintang di antara -90 dan 90.",
        "swapped": "Lintang dan bujur tertukar: GeoJSON menulis [bujur, lintang].",
    }

    def to_internal_value(self, data: Any) -> Point:
        coordinates = data.get("coordinates") if isinstance(data, dict) else None
        if (
            not isinstance(data, dict)
            or data.get("type") != "Point"
            or not isinstance(coordinates, list)
            or len(coordinates) not in (2, 3)
            or not all(type(number) in (int, float) for number in coordinates)
        ):
            self.fail("shape")
        try:
            numbers = [float(number) for number in coordinates]
        except OverflowError:
            self.fail("finite")
        if not all(map(math.isfinite, numbers)):
            self.fail("finite")
        lon, lat = numbers[:2]
        if not -90 <= lat <= 90 and -90 <= lon <= 90 and -180 <= lat <= 180:
            self.fail("swapped")
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            self.fail("range")
        return Point(lon, lat, srid=4326)

    def to_representation(self, value: Point) -> dict[str, Any]:
        return {"type": "Point", "coordinates": list(value.coords)}


class MomentField(serializers.DateTimeField):
    """An RFC 3339 date-time with its offset: a phone's clock means nothing without one."""

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str) or not _RFC3339.fullmatch(value):
            raise serializers.ValidationError(
                "Tulis waktu dengan zonanya, misalnya 2026-11-22T14:05:00+08:00."
            )
        try:
            return super().to_internal_value(value)
        except OverflowError as error:
            raise serializers.ValidationError("Waktu ini di luar jangkauan.") from error


class MetresField(serializers.FloatField):
    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool):
            self.fail("invalid")
        number = super().to_internal_value(data)
        if not math.isfinite(number):
            raise serializers.ValidationError("Harus angka biasa dalam meter.")
        return number


class EnvelopeSerializer(serializers.Serializer[Any]):
    """What every submission says of itself, around the answers to its form."""

    instance_id = serializers.UUIDField(help_text="Minted by the device, one for each submission.")
    form = serializers.CharField(max_length=60, help_text="The layer's id; see /api/v1/forms.")
    form_version = serializers.CharField(max_length=20)
    observed_at = MomentField(help_text="Device time with its offset.")
    geometry = PointField(required=False, allow_null=True, help_text="GeoJSON Point, CRS84.")
    accuracy = MetresField(
        required=False, allow_null=True, min_value=0, max_value=100_000,
        help_text="Radius in metres, 68 %. Null is unknown, 0 is placed by hand.",
    )  # fmt: skip
    altitude = MetresField(required=False, allow_null=True, min_value=-500, max_value=9000)
    values = serializers.DictField(help_text="Answers by field name; see /api/v1/forms.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        form: Form | None = self.context.get("form")
        now = timezone.now()
        if not now - BEHIND < attrs["observed_at"] < now + AHEAD:
            told = "Waktu ini lebih dari setahun lalu atau sepekan di depan; periksa jam ponsel."
            raise serializers.ValidationError({"observed_at": told})
        if form and attrs["form_version"] != form.version:
            raise serializers.ValidationError(
                {"form_version": f"Versi formulir ini {form.version}; perbarui aplikasi."}
            )
        if form and form.point == "required" and attrs.get("geometry") is None:
            raise serializers.ValidationError({"geometry": "Sertakan titik lokasi."})
        return attrs


def _field(question: FormField) -> serializers.Field[Any, Any, Any, Any]:
    more: dict[str, Any] = {"required": question.required, "label": str(question.title)}
    bounds: dict[str, Any] = {"min_value": question.minimum, "max_value": question.maximum}
    match question.kind:
        case "choice":
            return serializers.ChoiceField(choices=list(question.choices), **more)
        case "integer":
            return serializers.IntegerField(**bounds, **more)
        case "decimal":
            return serializers.DecimalField(max_digits=9, decimal_places=2, **bounds, **more)
        case "date":
            return serializers.DateField(**more)
        case "uuid":
            return serializers.UUIDField(**more)
        case _:
            return serializers.CharField(
                max_length=question.max_length,
                allow_blank=not question.required,
                **more,
            )


class _Answers(serializers.Serializer[Any]):
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if unknown := set(self.initial_data) - set(self.fields):
            raise serializers.ValidationError(
                dict.fromkeys(map(str, unknown), "Formulir ini tidak punya isian bernama ini.")
            )
        return attrs


@cache
def values_serializer(form: Form) -> type[serializers.Serializer[Any]]:
    """The serializer of a form's answers."""
    fields = {question.name: _field(question) for question in form.fields}
    return type("Answers", (_Answers,), fields)


class SubmissionSerializer(GeoFeatureModelSerializer):
    """A submission as its sender sees it: a GeoJSON Feature, geometry null where it had none."""

    form = serializers.CharField(source="layer_id")

    class Meta:
        model = Submission
        geo_field = "geom"
        id_field = "instance_id"
        fields = (
            "instance_id", "form", "state", "reasons", "received_at", "judged_at", "feature_id",
        )  # fmt: skip
