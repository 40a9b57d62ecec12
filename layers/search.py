"""Finding rows by what people call them, over every layer whose declaration says how.

Each word has to stand in one of the properties the layer is searched by, or in the layer's own
title: "pasar oeba" and "oeba" find the same market. Only rows and properties of the person who asks
count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

from django.contrib.gis.db.models.functions import Envelope, PointOnSurface
from django.db import transaction
from django.db.models import Case, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast

from layers.base import Layer, Property, User
from layers.functions import StatementTimeout
from layers.permissions import EVERYTHING, staff_rows
from layers.registry import layers_for
from layers.selection import BBox

MOST_WORDS = 6
FROM_ONE = 5  # results of a layer: one with many rows leaves room for the others
TIMEOUT = "2s"


@dataclass(frozen=True)
class Found:
    """A row that was found: a point in it, its box, and the properties it was searched by."""

    layer: Layer
    fid: int
    at: tuple[float, float]
    box: BBox
    values: dict[str, Any]


def find_rows(user: User, text: str, *, limit: int) -> list[Found]:
    """The best first: what begins as the text does, then layers in the order of the catalog."""
    words = text.split()[:MOST_WORDS]
    if not words:
        return []
    found: list[tuple[int, Found]] = []
    with transaction.atomic():
        for layer in layers_for(user):
            searched = _searched(layer, user)
            if searched and layer.on_map:
                found.extend(_of_layer(layer, user, searched, words))
    found.sort(key=lambda one: one[0])
    return [one for _, one in found[:limit]]


def distinct_values(layer: Layer, user: User, prop: Property, *, limit: int) -> list[Any]:
    """The values of a property that occur among the rows this person may see, in their order."""
    rows = layer.visible_to(user)
    if prop in layer.staff:
        rows = rows.filter(staff_rows(layer, user))
    told = rows.exclude(**{f"{prop.path}__isnull": True}).order_by(prop.path)
    return list(told.values_list(prop.path, flat=True).distinct()[:limit])


def _searched(layer: Layer, user: User) -> list[Property]:
    """Staff properties only for who sees them of every row: the order and the text of what is found
    would tell a hidden value."""
    allowed = {prop.name: prop for prop in layer.public}
    if staff_rows(layer, user) is EVERYTHING:
        allowed |= {prop.name: prop for prop in layer.staff}
    return [allowed[name] for name in layer.search if name in allowed]


def _of_layer(
    layer: Layer, user: User, searched: Sequence[Property], words: Sequence[str]
) -> Iterator[tuple[int, Found]]:
    rows = _ranked(layer, user, searched, words).annotate(
        limited=StatementTimeout(Value(TIMEOUT)),
        at=PointOnSurface(layer.geometry),
        box=Envelope(layer.geometry),
    )
    columns = [prop.path for prop in searched]
    for fid, rank, _, at, box, *values in rows.values_list(
        "pk", "rank", "limited", "at", "box", *columns
    )[:FROM_ONE]:
        told = {prop.name: value for prop, value in zip(searched, values, strict=True)}
        yield rank, Found(layer, fid, (at.x, at.y), box.extent, told)


def _ranked(
    layer: Layer, user: User, searched: Sequence[Property], words: Sequence[str]
) -> QuerySet:
    """Rows that have every word, with their rank: 0 where the name is the text, 1 where it begins
    with it, 2 where it holds it."""
    titled = [word for word in words if word.casefold() in str(layer.title).casefold()]
    asked = [word for word in words if word not in titled] or words
    holds = reduce(and_, (_holds(searched, word) for word in asked))
    name, text = searched[0].path, " ".join(asked)
    rank = Case(
        When(Q(**{f"{name}__iexact": text}), then=0),
        When(Q(**{f"{name}__istartswith": text}), then=1),
        default=2,
    )
    rows = layer.visible_to(user).filter(holds, **{f"{layer.geometry}__isnull": False})
    return rows.annotate(rank=rank).order_by("rank", Cast(name, TextField()), "pk")


def _holds(searched: Sequence[Property], word: str) -> Q:
    """The word stands in a property, or in what people call its value."""
    found = []
    for prop in searched:
        codes = [
            code for code, name in prop.values.items() if word.casefold() in str(name).casefold()
        ]
        found.append(Q(**{f"{prop.path}__icontains": word}) | Q(**{f"{prop.path}__in": codes}))
    return reduce(or_, found)
