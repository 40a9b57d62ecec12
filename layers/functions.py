"""PostGIS and PostgreSQL functions for the ORM; other spatial SQL is in features.py, tiles.py and
bulk.py only."""

from collections.abc import Sequence
from typing import Any

from django.contrib.gis.db.models import GeometryField, PointField
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Field,
    FloatField,
    Func,
    TextField,
    Value,
)

from layers.tile_matrix import BBox, bounds_of, degrees

TILE_EXTENT = 4096  # units a tile side
TILE_BUFFER = 64  # units kept around it, so that outlines do not break at its edge


class Stored(Func):
    """A geometry as it is stored. GeoDjango would cast a selected geometry to bytea; readers that
    wrap a QuerySet's SQL need it as geometry."""

    template = "%(expressions)s"
    output_field = TextField()


class GeodesicArea(Func):
    """Area in square metres on the WGS 84 ellipsoid: `ST_Area(geom::geography)`."""

    template = "ST_Area((%(expressions)s)::geography)"
    output_field = FloatField()


class Middle(Func):
    """A point that surely lies in the geometry: `ST_PointOnSurface`. GeoDjango's own does not take
    an OuterRef."""

    function = "ST_PointOnSurface"
    output_field = PointField(srid=4326)


class TileBox(Func):
    """The bounds of a WebMercatorQuad tile with its buffer, in degrees (EPSG:4326)."""

    template = "ST_MakeEnvelope(%(expressions)s, 4326)"
    output_field = GeometryField(srid=4326)

    def __init__(self, z: int, x: int, y: int) -> None:
        super().__init__(*map(Value, tile_box(z, x, y)))


def tile_box(z: int, x: int, y: int) -> BBox:
    """The same as numbers."""
    return degrees(bounds_of(z, x, y, TILE_BUFFER / TILE_EXTENT))


class TransactionId(Func):
    """The number of the transaction that writes, as it counts through the life of the server."""

    template = "(pg_current_xact_id()::text::bigint)"
    arity = 0
    output_field = BigIntegerField()


class OldestRunning(Func):
    """Every transaction with a smaller number has ended: what it wrote is seen or never was."""

    template = "(pg_snapshot_xmin(pg_current_snapshot())::text::bigint)"
    arity = 0
    output_field = BigIntegerField()


class IsAnyOf(Func):
    """`column = ANY(array)`: one parameter for any number of values, where `__in` has one each."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()

    def __init__(self, column: str, values: Sequence[Any], kind: Field) -> None:
        super().__init__(column, Value(list(values), output_field=ArrayField(kind)))


class StatementTimeout(Func):
    """Selected from any row, it ends every later statement of the transaction after so long."""

    template = "set_config('statement_timeout', %(expressions)s, true)"
    output_field = TextField()
