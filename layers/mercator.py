"""The geometry of a layer once more in EPSG:3857, kept by the database for tiles."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.db.models.functions import Transform
from django.db.models import GeneratedField

SUFFIX = "_3857"


class MercatorField(GeometryField):
    """A geometry in EPSG:3857 that only SQL reads. Selected with its row it comes as NULL, for
    whoever loads a row would pay for parsing what only tiles draw."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"srid": 3857, **options})

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        return "NULL::bytea", []


def mercator(expression: Any) -> GeneratedField:
    """The stored twin of a geometry in EPSG:4326. A model calls it by the name of that geometry and
    `_3857`; tiles find it by this name."""
    return GeneratedField(
        expression=Transform(expression, 3857), output_field=MercatorField(), db_persist=True
    )
