"""By what a person may narrow a layer (OGC API - Features Part 3): the properties that he sees, and
how a value of each is read."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import models
from django.utils import timezone

from layers.base import Layer, Property, User
from layers.permissions import properties_for

LONGEST = 500  # characters of a value
LARGEST = 1e18  # of a number

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{0,30})?([eE][+-]?\d{1,3})?", re.ASCII)
_TRUTH = {"true": True, "false": False, "1": True, "0": False}


class Kind(StrEnum):
    TEXT = "text"
    UUID = "uuid"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"


# The first that fits: a DateTimeField is a DateField as well.
_KINDS: tuple[tuple[type[models.Field], Kind], ...] = (
    (models.UUIDField, Kind.UUID),
    (models.BooleanField, Kind.BOOLEAN),
    (models.DateTimeField, Kind.TIME),
    (models.DateField, Kind.DATE),
    (models.IntegerField, Kind.INTEGER),
    (models.FloatField, Kind.NUMBER),
    (models.DecimalField, Kind.NUMBER),
    (models.CharField, Kind.TEXT),
    (models.TextField, Kind.TEXT),
)
_FIELDS: dict[Kind, models.Field] = {
    Kind.TEXT: models.TextField(),
    Kind.UUID: models.UUIDField(),
    Kind.INTEGER: models.FloatField(),  # a fraction may stand beside a whole number
    Kind.NUMBER: models.FloatField(),
    Kind.BOOLEAN: models.BooleanField(),
    Kind.DATE: models.DateField(),
    Kind.TIME: models.DateTimeField(),
}
_MEANT = {
    Kind.TEXT: "sebuah teks",
    Kind.UUID: "sebuah UUID",
    Kind.INTEGER: "sebuah bilangan",
    Kind.NUMBER: "sebuah bilangan",
    Kind.BOOLEAN: "true atau false",
    Kind.DATE: "tanggal seperti 2026-11-22",
    Kind.TIME: "waktu seperti 2026-11-22T08:00:00Z",
}


@dataclass(frozen=True)
class Queryable:
    prop: Property
    kind: Kind
    staff: bool

    @property
    def name(self) -> str:
        return self.prop.name

    def read(self, text: str) -> Any:
        """The value that a text means. Raises ValueError with a sentence."""
        value = _read(self.kind, text) if len(text) <= LONGEST and "\x00" not in text else None
        if value is None:
            raise ValueError(self.meant())
        return value

    def meant(self) -> str:
        return f"«{self.name}» butuh {_MEANT[self.kind]}."

    def literal(self, value: Any) -> models.Value:
        return models.Value(value, output_field=_FIELDS[self.kind])


def queryables(layer: Layer, user: User) -> dict[str, Queryable]:
    """By name: what this person may ask for."""
    return {
        prop.name: Queryable(prop, kind, prop in layer.staff)
        for prop in properties_for(layer, user)
        if (kind := _kind(layer, prop))
    }


def _kind(layer: Layer, prop: Property) -> Kind | None:
    found = layer.field_at(prop.path)
    return next((kind for field, kind in _KINDS if isinstance(found, field)), None)


def moment(text: str) -> datetime | None:
    """An RFC 3339 time, in UTC."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _read(kind: Kind, text: str) -> Any:
    match kind:
        case Kind.TEXT:
            return text
        case Kind.UUID:
            try:
                return UUID(text)
            except ValueError:
                return None
        case Kind.INTEGER | Kind.NUMBER:
            return _number(text)
        case Kind.BOOLEAN:
            return _TRUTH.get(text.lower())
        case Kind.DATE:
            return _day(text)
        case Kind.TIME:
            return moment(text)


def _number(text: str) -> int | float | None:
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    if not math.isfinite(number) or abs(number) > LARGEST:
        return None
    return int(number) if number.is_integer() else number


def _day(text: str) -> date | None:
    if found := moment(text):
        return timezone.localdate(found)
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None
