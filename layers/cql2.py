"""CQL2 (OGC 21-065r2) as a condition on the rows of a layer.

The tree of what is written (`layers.cql2_text`) is translated by lists of what is allowed: nothing
a stranger wrote becomes a name, an operator or SQL. Conditions are expressions, not keyword
lookups, so that NOT keeps the three truths of SQL: a row without a value meets neither a condition
nor its contrary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import reduce
from operator import and_, or_
from typing import Any

import shapely
from django.db.models import BooleanField, ExpressionWrapper, F, Func, Q
from django.db.models.functions import Collate, Lower, Upper
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IsNull,
    LessThan,
    LessThanOrEqual,
)
from shapely.geometry import shape as shaped
from shapely.geometry.base import BaseGeometry

from layers.base import Layer, User
from layers.cql2_text import BadFilter, tree
from layers.crs import CRS84, Crs, boxes, stored
from layers.permissions import EVERYTHING, NOTHING, staff_rows
from layers.queryables import Kind, Queryable, queryables
from layers.selection import touching

MOST = 200  # conditions and values
GEOMETRY = "geometry"

_COMPARISONS: dict[str, type] = {
    "=": Exact,
    "<": LessThan,
    "<=": LessThanOrEqual,
    ">": GreaterThan,
    ">=": GreaterThanOrEqual,
    "t_after": GreaterThan,
    "t_before": LessThan,
    "t_equals": Exact,
}
_MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_BETWEEN_TIMES = ("t_intersects", "t_during")
_TEMPORAL = {*_BETWEEN_TIMES, "t_after", "t_before", "t_equals"}


class Like(Func):
    """`LIKE` with its wildcards % and _, and a backslash before one that is meant."""

    arity = 2
    arg_joiner = " LIKE "
    template = "(%(expressions)s)"
    output_field = BooleanField()


def where(text: str, layer: Layer, user: User, crs: Crs = CRS84) -> Q:
    """The condition that a text states, its coordinates in `crs`. Raises BadFilter.

    A condition on a staff property leaves only the rows whose staff properties this person sees:
    else the answer would tell a hidden value.
    """
    translation = _Translation(layer, user, crs)
    condition = translation.condition(tree(text))
    if translation.staff:
        condition &= staff_rows(layer, user)
    return condition


class _Translation:
    """One filter being translated: whether it asks for what is not
    public, and how much it may still ask for."""

    def __init__(self, layer: Layer, user: User, crs: Crs) -> None:
        self.layer, self.crs = layer, crs
        self.known = queryables(layer, user)
        self.staff = False
        self.left = MOST

    def condition(self, node: Any) -> Q:
        self.left -= 1
        if self.left < 0:
            raise BadFilter(f"Filter paling banyak {MOST} syarat dan nilai.")
        if isinstance(node, bool):
            return EVERYTHING if node else NOTHING
        if isinstance(node, dict) and "property" in node:
            return self.truth(node)
        if not (isinstance(node, dict) and isinstance(node.get("op"), str)):
            raise BadFilter("Filter harus berupa syarat, misalnya status = 'open'.")
        name, arguments = node["op"].lower(), node.get("args", [])
        if name in ("and", "or"):
            parts = [self.condition(argument) for argument in arguments]
            return reduce(and_ if name == "and" else or_, parts)
        if name == "not" and len(arguments) == 1:
            return ~self.condition(arguments[0])
        return self.predicate(name, arguments)

    def predicate(self, name: str, arguments: list[Any]) -> Q:
        made = _PREDICATES.get(name)
        if made is None:
            raise BadFilter(f"«{name[:40]}» tidak tersedia di sini.")
        wanted, build = made
        if len(arguments) != wanted:
            raise BadFilter(f"«{name}» butuh {wanted} hal.")
        return build(self, name, arguments)

    def truth(self, node: Any) -> Q:
        one = self.queryable(node)
        if one.kind is not Kind.BOOLEAN:
            raise BadFilter(f"«{one.name}» sendiri bukan syarat; bandingkan dengan sebuah nilai.")
        return Q(Exact(F(one.prop.path), one.literal(True)))

    def queryable(self, node: Any) -> Queryable:
        name = node.get("property") if isinstance(node, dict) else None
        if not isinstance(name, str):
            raise BadFilter("Di satu sisi harus ada nama sebuah properti.")
        if name not in self.known:
            choice = ", ".join(self.known)
            raise BadFilter(f"«{name[:40]}» tidak dikenal. Yang dikenal: {choice}, {GEOMETRY}.")
        one = self.known[name]
        self.staff |= one.staff
        return one

    def literal(self, one: Queryable, node: Any) -> Any:
        """A value of the kind of this property, as Python has it."""
        self.left -= 1
        numeric = one.kind in (Kind.INTEGER, Kind.NUMBER)
        fits: bool
        match node:
            case bool():
                fits, text = one.kind is Kind.BOOLEAN, str(node)
            case int() | float():
                fits, text = numeric, repr(float(node))
            case str() if one.kind is not Kind.BOOLEAN:
                fits, text = not numeric, node
            case {"date": str(text)} | {"timestamp": str(text)}:
                fits = one.kind is (Kind.DATE if "date" in node else Kind.TIME)
            case _:
                fits, text = False, ""
        if not fits:
            raise BadFilter(one.meant())
        try:
            return one.read(text)
        except ValueError as error:
            raise BadFilter(str(error)) from error

    def comparison(self, name: str, arguments: list[Any]) -> Q:
        left, right = arguments
        if not _names(left) and _names(right) and name in _MIRRORED:
            left, right, name = right, left, _MIRRORED[name]
        one = self.queryable(_inner(left))
        if name in _TEMPORAL and one.kind not in (Kind.DATE, Kind.TIME):
            raise BadFilter(f"«{one.name}» bukan tanggal atau waktu.")
        sides = (self.side(one, left), self.side(one, right))
        if name == "<>":
            return ~Q(Exact(*sides))
        return Q(_COMPARISONS[name](*sides))

    def side(self, one: Queryable, node: Any, *, pattern: bool = False) -> Any:
        """A property or a value of its kind, its case folded inside CASEI. LIKE reads the escapes
        of its pattern itself."""
        if isinstance(node, dict) and node.get("op") == "casei":
            if one.kind is not Kind.TEXT or len(node["args"]) != 1:
                raise BadFilter("CASEI hanya untuk satu teks.")
            return _folded(self.side(one, node["args"][0], pattern=pattern))
        if _names(node):
            other = self.queryable(node)
            if not _comparable(one.kind, other.kind):
                raise BadFilter(f"«{one.name}» tidak dapat dibandingkan dengan «{other.name}».")
            return F(other.prop.path)
        value = self.literal(one, node)
        if isinstance(value, str) and not pattern:
            value = value.replace(r"\\", "\\")
        return one.literal(value)

    def between(self, name: str, arguments: list[Any]) -> Q:
        one = self.queryable(arguments[0])
        if one.kind not in (Kind.INTEGER, Kind.NUMBER):
            raise BadFilter(f"BETWEEN hanya untuk bilangan; «{one.name}» bukan bilangan.")
        low, high = (self.side(one, argument) for argument in arguments[1:])
        path = F(one.prop.path)
        return Q(GreaterThanOrEqual(path, low)) & Q(LessThanOrEqual(path, high))

    def within_list(self, name: str, arguments: list[Any]) -> Q:
        one = self.queryable(_inner(arguments[0]))
        listed = arguments[1] if isinstance(arguments[1], list) else []
        if not 0 < len(listed) <= MOST:
            raise BadFilter(f"IN butuh 1 sampai {MOST} nilai.")
        left = self.side(one, arguments[0])
        return reduce(or_, (Q(Exact(left, self.side(one, value))) for value in listed))

    def like(self, name: str, arguments: list[Any]) -> Q:
        one = self.queryable(_inner(arguments[0]))
        pattern = _inner(arguments[1])
        if one.kind is not Kind.TEXT or not isinstance(pattern, str):
            raise BadFilter("LIKE membandingkan sebuah teks dengan pola seperti 'Pasar%'.")
        if re.search(r"(?<!\\)(\\\\)*\\$", pattern):
            raise BadFilter("Pola LIKE tidak boleh berakhir dengan satu garis miring terbalik.")
        return Q(Like(self.side(one, arguments[0]), self.side(one, arguments[1], pattern=True)))

    def is_null(self, name: str, arguments: list[Any]) -> Q:
        (node,) = arguments
        path = self.layer.geometry if _is_geometry(node) else self.queryable(node).prop.path
        return Q(IsNull(F(path), True))

    def between_times(self, name: str, arguments: list[Any]) -> Q:
        """A moment within an interval, its ends included, or not (T_DURING)."""
        one = self.queryable(arguments[0])
        if one.kind not in (Kind.DATE, Kind.TIME):
            raise BadFilter(f"«{one.name}» bukan tanggal atau waktu.")
        match arguments[1]:
            case {"interval": [str(start), str(end)]}:
                ends = [
                    None if end in ("", "..") else self.literal(one, end) for end in (start, end)
                ]
            case {"interval": _}:
                raise BadFilter("INTERVAL butuh dua waktu, misalnya INTERVAL('2026-01-01','..').")
            case moment if name == "t_intersects":
                ends = [self.literal(one, moment)] * 2
            case _:
                raise BadFilter("T_DURING butuh INTERVAL('2026-01-01','2026-02-01').")
        open_ended = name == "t_during"
        above, below = (
            (GreaterThan, LessThan) if open_ended else (GreaterThanOrEqual, LessThanOrEqual)
        )
        path = F(one.prop.path)
        sides = [
            Q(lookup(path, one.literal(end)))
            for lookup, end in zip((above, below), ends, strict=True)
            if end is not None
        ]
        return reduce(and_, sides, ~Q(IsNull(path, True)))

    def intersects(self, name: str, arguments: list[Any]) -> Q:
        for mine, literal in (arguments, arguments[::-1]):
            if _is_geometry(mine):
                found = touching(self.layer, map(stored, _shapes(literal, self.crs)))
                return Q(ExpressionWrapper(found, output_field=BooleanField()))
        raise BadFilter(f"S_INTERSECTS butuh {GEOMETRY} dan sebuah bentuk.")


_Build = Callable[[_Translation, str, list[Any]], Q]
_PREDICATES: dict[str, tuple[int, _Build]] = {
    **dict.fromkeys((*_COMPARISONS, "<>"), (2, _Translation.comparison)),
    **dict.fromkeys(_BETWEEN_TIMES, (2, _Translation.between_times)),
    "between": (3, _Translation.between),
    "in": (2, _Translation.within_list),
    "like": (2, _Translation.like),
    "isnull": (1, _Translation.is_null),
    "s_intersects": (2, _Translation.intersects),
}


def _folded(text: Any) -> Any:
    """Full case folding (ß as ss), which the letters of the database's own collation lack."""
    return Lower(Upper(Collate(text, "und-x-icu")))


def _is_geometry(node: Any) -> bool:
    return isinstance(node, dict) and node.get("property") == GEOMETRY


def _names(node: Any) -> bool:
    """Whether it is a property, bare or inside CASEI."""
    inner = _inner(node)
    return isinstance(inner, dict) and "property" in inner


def _inner(node: Any) -> Any:
    while isinstance(node, dict) and node.get("op") == "casei" and len(node["args"]) == 1:
        node = node["args"][0]
    return node


def _comparable(one: Kind, other: Kind) -> bool:
    numbers = {Kind.INTEGER, Kind.NUMBER}
    return one is other or {one, other} <= numbers


def _shapes(node: Any, crs: Crs) -> Iterator[BaseGeometry]:
    """The geometry of a literal in degrees; two boxes where one reaches over the 180th meridian."""
    try:
        if isinstance(node, dict) and "bbox" in node:
            yield from boxes(node["bbox"], crs)
            return
        found = shaped(node)
        if found.is_empty or not found.is_valid:
            raise ValueError("no valid geometry")
        yield crs.to_stored(found)
    except (ValueError, TypeError, KeyError, AttributeError, shapely.errors.ShapelyError) as error:
        raise BadFilter("Bentuk dalam filter bukan bentuk yang sah.") from error
