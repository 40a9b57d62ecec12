"""The rows that go into a file: chosen as items are, read in chunks, each property with its
type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

import shapely
from django.contrib.gis.db.models.functions import AsKML
from django.db import models, transaction
from django.db.models import QuerySet, Value

from layers.base import Layer, Property, User
from layers.crs import CRS84
from layers.functions import StatementTimeout
from layers.permissions import properties_for
from layers.selection import EVERY_ROW, Query, select

CHUNK = 2_000
TIMEOUT = "10s"  # of one chunk
Row = tuple[Any, ...]  # fid, geometry, and one value a property


class Kind(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"


KINDS: tuple[tuple[type[models.Field], Kind], ...] = (
    (models.BooleanField, Kind.BOOLEAN),
    (models.IntegerField, Kind.INTEGER),
    (models.FloatField, Kind.NUMBER),
    (models.DecimalField, Kind.NUMBER),
    (models.DateTimeField, Kind.TIME),
    (models.DateField, Kind.DATE),
)


@dataclass(frozen=True)
class Table:
    """What one person may have of a layer, in degrees. `limit` is the most rows that are wanted."""

    layer: Layer
    user: User
    query: Query = EVERY_ROW
    limit: int | None = None

    @cached_property
    def properties(self) -> Sequence[Property]:
        return properties_for(self.layer, self.user)

    @cached_property
    def kinds(self) -> list[Kind]:
        columns = self._rows(self.query).query.annotations
        return [
            kind_of(columns[f"p{number}"].output_field) for number in range(len(self.properties))
        ]

    @property
    def names(self) -> list[str]:
        return [prop.name for prop in self.properties]

    def around(self, count: int) -> list[int]:
        """The ids of the last of so many rows and of the one after it; fewer at the end."""
        rows = select(self.layer, self.user, (), self.query).order_by("pk")
        return list(rows.values_list("fid", flat=True)[max(count - 1, 0) : count + 1])

    def chunks(self, *, kml: bool = False) -> Iterator[list[Row]]:
        """Rows in order of id, the geometry as EWKB in hexadecimal digits or as KML. Each chunk is
        a short query of its own: a slow reader holds no connection, and memory stays flat."""
        query, left = self.query, self.limit
        while left is None or left > 0:
            size = CHUNK if left is None else min(CHUNK, left)
            chunk = self._read(query, size, kml=kml)
            if chunk:
                yield chunk
            if len(chunk) < size:
                return
            query = replace(query, after=chunk[-1][0])
            left = None if left is None else left - size

    def shapes(self, rows: Sequence[Row]) -> Any:
        """The geometries of a chunk, as an array."""
        return shapely.set_srid(shapely.from_wkb([row[1] for row in rows]), 0)

    def _rows(self, query: Query) -> QuerySet:
        return select(self.layer, self.user, self.properties, query)

    def _read(self, query: Query, size: int, *, kml: bool) -> list[Row]:
        rows = self._rows(query).order_by("pk")
        if kml:
            drawn = AsKML(self.layer.geometry, precision=CRS84.decimals)
            names = [f"p{number}" for number in range(len(self.properties))]
            rows = rows.annotate(kml=drawn).values_list("fid", "kml", *names)
        with transaction.atomic():
            limited = StatementTimeout(Value(TIMEOUT))
            list(self.layer.rows().values_list(limited)[:1])
            return list(rows[:size])


def kind_of(field: Any) -> Kind:
    """What a column holds; whatever is neither number nor time is text."""
    return next((kind for base, kind in KINDS if isinstance(field, base)), Kind.TEXT)
