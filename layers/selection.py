"""What a reader asks of a layer, turned into one QuerySet: shared by items, tiles and documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_

from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.lookups import Exact

from layers.base import Layer, Property, User
from layers.crs import CRS84, Crs, boxes, stored
from layers.functions import Stored
from layers.permissions import EVERYTHING, staff_rows
from layers.queryables import queryables

BBox = tuple[float, float, float, float]
Interval = tuple[datetime | None, datetime | None]


@dataclass(frozen=True)
class Query:
    """A selection of rows. `bbox` is west, south, east, north in degrees (CRS84), west beyond east
    where it reaches over the 180th meridian; `interval` is closed, None for an open end; `equals`
    maps names of queryables to values as text; `where` is a condition that was allowed already
    (`layers.cql2`); `after` is the last id of the page before. `crs` is the system in which the
    geometry is given."""

    bbox: BBox | None = None
    interval: Interval | None = None
    equals: Mapping[str, str] = field(default_factory=dict)
    where: Q | None = None
    after: int | None = None
    pk: int | None = None
    crs: Crs = CRS84


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


def drawn(
    layer: Layer, user: User, properties: Sequence[Property], query: Query = EVERY_ROW
) -> QuerySet:
    """The same with the geometry in EPSG:3857 as the last column, `m`."""
    return select(layer, user, properties, query).annotate(m=Stored(F(layer.mercator)))


def _column(prop: Property, *, guard: bool, rows: Q) -> F | Case:
    source = F(prop.path)
    return Case(When(rows, then=source), default=Value(None)) if guard else source


def _narrowed(rows: QuerySet, layer: Layer, user: User, query: Query) -> QuerySet:
    if query.bbox:
        parts = [stored(box) for box in boxes(query.bbox, CRS84)]
        rows = rows.filter(touching(layer, parts))
    if query.interval and layer.time:
        start, end = query.interval
        if start:
            rows = rows.filter(**{f"{layer.time}__gte": start})
        if end:
            rows = rows.filter(**{f"{layer.time}__lte": end})
    if query.equals:
        rows = rows.filter(*_equal(layer, user, query.equals))
    if query.where is not None:
        rows = rows.filter(query.where)
    if query.after is not None:
        rows = rows.filter(pk__gt=query.after)
    if query.pk is not None:
        rows = rows.filter(pk=query.pk)
    return rows


def touching(layer: Layer, shapes: Iterable[GEOSGeometry]) -> Q:
    """The rows that touch any of these shapes, which are in degrees."""
    return reduce(or_, (Q(**{f"{layer.geometry}__intersects": shape}) for shape in shapes))


def _equal(layer: Layer, user: User, equals: Mapping[str, str]) -> Iterator[Q]:
    known = queryables(layer, user)
    if any(known[name].staff for name in equals):
        yield staff_rows(layer, user)  # else the answer would tell a null's value
    for name, text in equals.items():
        one = known[name]
        try:
            yield Q(Exact(F(one.prop.path), one.literal(one.read(text))))
        except ValueError as error:
            raise BadQuery(name, str(error)) from error
