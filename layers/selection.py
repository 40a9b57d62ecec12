"""What a reader asks of a layer, turned into one QuerySet: shared by items, tiles and documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.gis.geos import Polygon
from django.core.exceptions import ValidationError
from django.db.models import Case, F, Q, QuerySet, Value, When

from layers.base import Layer, Property, User
from layers.functions import Stored
from layers.permissions import EVERYTHING, properties_for, staff_rows

BBox = tuple[float, float, float, float]


@dataclass(frozen=True)
class Query:
    """A selection of rows. `bbox` is west, south, east, north in degrees (CRS84); `interval` is
    closed, None for an open end; `equals` maps names of filterable properties to values; `after` is
    the last id of the page before."""

    bbox: BBox | None = None
    interval: tuple[datetime | None, datetime | None] | None = None
    equals: Mapping[str, str] = field(default_factory=dict)
    after: int | None = None
    pk: int | None = None


EVERY_ROW = Query()


class BadQuery(ValueError):
    """A value that a property cannot have. `name` is the parameter at fault."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def select(
    layer: Layer, user: User, properties: Sequence[Property], query: Query = EVERY_ROW
) -> QuerySet:
    """Rows of (fid, geom, p0, p1, …), one column a property, for those rows this person may see.

    A staff property of a row outside the person's duty is null. The geometry is EPSG:4326, not
    cast, so that the SQL of this QuerySet can be wrapped.
    """
    rows = _narrowed(layer.visible_to(user), layer, user, query)
    staff = staff_rows(layer, user)
    columns = {
        f"p{number}": _column(
            prop, guard=prop in layer.staff and staff is not EVERYTHING, rows=staff
        )
        for number, prop in enumerate(properties)
    }
    return rows.annotate(fid=F("pk"), g=Stored(F(layer.geometry)), **columns).values_list(
        "fid", "g", *columns
    )


def _column(prop: Property, *, guard: bool, rows: Q) -> F | Case:
    source = F(prop.path)
    return Case(When(rows, then=source), default=Value(None)) if guard else source


def _narrowed(rows: QuerySet, layer: Layer, user: User, query: Query) -> QuerySet:
    if query.bbox:
        envelope = Polygon.from_bbox(query.bbox)
        envelope.srid = 4326
        rows = rows.filter(**{f"{layer.geometry}__intersects": envelope})
    if query.interval and layer.time:
        start, end = query.interval
        if start:
            rows = rows.filter(**{f"{layer.time}__gte": start})
        if end:
            rows = rows.filter(**{f"{layer.time}__lte": end})
    if query.equals:
        filterable = {p.name: p for p in properties_for(layer, user) if p.filter}
        if any(filterable[name] in layer.staff for name in query.equals):
            rows = rows.filter(staff_rows(layer, user))  # else the answer would tell a null's value
        for name, value in query.equals.items():
            rows = _filtered(rows, filterable[name], value)
    if query.after is not None:
        rows = rows.filter(pk__gt=query.after)
    if query.pk is not None:
        rows = rows.filter(pk=query.pk)
    return rows


def _filtered(rows: QuerySet, prop: Property, value: str) -> QuerySet:
    try:
        return rows.filter(**{prop.path: value})
    except (ValueError, ValidationError) as error:
        raise BadQuery(prop.name, f"{value!r} bukan nilai untuk {prop.name}.") from error
