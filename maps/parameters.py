"""The query parameters of OGC API - Features, read strictly: an unknown name or a value out of
bounds is a 400 that says what would be right."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date

from layers import cql2
from layers.base import Layer, User
from layers.cql2_text import BadFilter
from layers.crs import CRS84, SYSTEMS, Crs, boxes, stored
from layers.permissions import properties_for
from layers.queryables import queryables
from layers.selection import BBox, Query, touching
from maps.problems import bad_parameter

DEFAULT_LIMIT = 100
MAX_LIMIT = 10_000
MAX_ID = 2**63 - 1
LANGUAGES = ("cql2-text",)
RESULTS = ("results", "hits")
FOR_ITEMS = (
    *("f", "limit", "after", "bbox", "bbox-crs", "datetime", "crs"),
    *("filter", "filter-lang", "filter-crs", "resultType"),
)

_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?", re.ASCII)
# RFC 3339, and a date alone
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d))?", re.ASCII
)


@dataclass(frozen=True)
class Asked:
    """What an items request asks for. `hits` says: only how many there are."""

    query: Query
    limit: int = DEFAULT_LIMIT
    hits: bool = False


def filterable(layer: Layer, user: User) -> list[str]:
    """The properties by which this person may narrow the layer's tiles in a URL."""
    return [prop.name for prop in properties_for(layer, user) if prop.filter]


def narrowing(layer: Layer, user: User) -> list[str]:
    """The properties by which this person may narrow the layer's items in a URL: all queryables but
    one whose name already means something else there."""
    return [name for name in queryables(layer, user) if name not in FOR_ITEMS]


def for_items(given: QueryDict, layer: Layer, user: User) -> Asked:
    """The selection that the parameters of an items request ask for. Raises Problem."""
    names = narrowing(layer, user)
    text = only(given, (*FOR_ITEMS, *names))
    box, where = _place(text, layer)
    condition = _condition(text, layer, user)
    if where is not None and condition is not None:
        where &= condition
    return Asked(
        query=Query(
            bbox=box,
            interval=interval(text["datetime"]) if "datetime" in text else None,
            equals={name: text[name] for name in names if name in text},
            where=condition if where is None else where,
            after=_integer("after", text["after"], 0, MAX_ID) if "after" in text else None,
            crs=system("crs", text),
        ),
        limit=limit(text["limit"]) if "limit" in text else DEFAULT_LIMIT,
        hits=_one_of("resultType", text, RESULTS) == "hits",
    )


def for_item(given: QueryDict, fid: int) -> Asked:
    """One feature, and in which system. Raises Problem."""
    return Asked(Query(pk=fid, crs=system("crs", only(given, ("f", "crs")))), limit=1)


def limit(text: str) -> int:
    """How many features a page holds; one too many is cut, as the standard demands."""
    digits = text.lstrip("0")
    if not (digits.isascii() and digits.isdigit()):
        raise bad_parameter("limit", f"«limit» harus bilangan bulat 1 sampai {MAX_LIMIT}.")
    return int(digits) if int(digits[:9]) < MAX_LIMIT else MAX_LIMIT


def system(name: str, text: Mapping[str, str]) -> Crs:
    """The coordinate system that a parameter names, CRS84 where it is not given. Raises Problem."""
    asked = text.get(name, CRS84.uri)
    if asked not in SYSTEMS:
        raise bad_parameter(name, f"Yang tersedia untuk «{name}»: {', '.join(SYSTEMS)}.")
    return SYSTEMS[asked]


def _place(text: Mapping[str, str], layer: Layer) -> tuple[BBox | None, Q | None]:
    """The box asked for, in degrees; where its sides are no meridians, as a condition."""
    crs = system("bbox-crs", text)
    if "bbox" not in text:
        return None, None
    if crs.in_degrees:
        return bbox(text["bbox"], crs), None
    try:
        return None, touching(layer, map(stored, boxes(_numbers(text["bbox"]), crs)))
    except ValueError as error:
        told = "bbox adalah x terkecil,y terkecil,x terbesar,y terbesar dalam bbox-crs."
        raise bad_parameter("bbox", told) from error


def _condition(text: Mapping[str, str], layer: Layer, user: User) -> Q | None:
    crs = system("filter-crs", text)
    _one_of("filter-lang", text, LANGUAGES)
    if "filter" not in text:
        return None
    try:
        return cql2.where(text["filter"], layer, user, crs)
    except BadFilter as error:
        raise bad_parameter("filter", str(error)) from error


def _one_of(name: str, text: Mapping[str, str], offered: Sequence[str]) -> str:
    asked = text.get(name, offered[0])
    if asked not in offered:
        raise bad_parameter(name, f"Yang tersedia untuk «{name}»: {', '.join(offered)}.")
    return asked


def only(given: QueryDict, names: Iterable[str]) -> dict[str, str]:
    """The parameters by name. Raises Problem for one that this address does not know, one that is
    given twice, and a NUL, which PostgreSQL has no place for."""
    known = set(names)
    for name, values in given.lists():
        if name not in known:
            choice = ", ".join(sorted(known)) or "tidak ada"
            raise bad_parameter(name, f"Parameter «{name}» tidak dikenal. Yang dikenal: {choice}.")
        if len(values) > 1:
            raise bad_parameter(name, f"Parameter «{name}» hanya boleh sekali.")
        if "\x00" in str(values[0]):
            raise bad_parameter(name, f"Nilai «{name}» memuat karakter NUL.")
    return {name: str(values[0]) for name, values in given.lists()}


def _integer(name: str, text: str, least: int, most: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else -1
    if not least <= number <= most:
        raise bad_parameter(name, f"«{name}» harus bilangan bulat {least} sampai {most}.")
    return number


def bbox(text: str, crs: Crs = CRS84) -> BBox:
    """west,south,east,north in degrees, in the order of axes of `crs`; six numbers, with heights,
    are read as four. West lies beyond east where the box reaches over the 180th meridian."""
    west, south, east, north = _numbers(text)
    if crs.flipped:
        west, south, east, north = south, west, north, east
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        told = "bujur dalam ±180, lintang dalam ±90 derajat, dan selatan ≤ utara"
        raise bad_parameter("bbox", f"bbox harus di atas bumi: {told}.")
    return west, south, east, north


def _numbers(text: str) -> tuple[float, float, float, float]:
    parts = text.split(",")
    numbers = [float(part) for part in parts] if all(map(_NUMBER.fullmatch, parts)) else []
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(math.isfinite(number) for number in numbers):
        raise bad_parameter("bbox", "bbox adalah barat,selatan,timur,utara: empat bilangan.")
    return numbers[0], numbers[1], numbers[2], numbers[3]


def interval(text: str) -> tuple[datetime | None, datetime | None]:
    """A date-time, or start/end with ".." or nothing for an open end (RFC 3339)."""
    parts = text.split("/")
    if len(parts) == 1:
        parts *= 2
    if len(parts) != 2:
        raise _bad_datetime()
    start = None if parts[0] in ("", "..") else _moment(parts[0], first=True)
    end = None if parts[1] in ("", "..") else _moment(parts[1], first=False)
    if start and end and start > end:
        raise bad_parameter("datetime", "Awal rentang waktu ada sesudah akhirnya.")
    return start, end


def _moment(text: str, *, first: bool) -> datetime:
    """A date alone means the whole of that day in the portal's time zone."""
    if not _DATE_TIME.fullmatch(text):
        raise _bad_datetime()
    try:
        if day := parse_date(text):
            moment = timezone.make_aware(datetime.combine(day, time.min))
            moment += timedelta(0) if first else timedelta(days=1, microseconds=-1)
        else:
            moment = datetime.fromisoformat(text.upper())
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _bad_datetime() from error


def moment(value: date) -> datetime:
    """A time as it is, and of a day its beginning here."""
    if isinstance(value, datetime):
        return value
    return timezone.make_aware(datetime.combine(value, time.min))


def _bad_datetime() -> Exception:
    return bad_parameter(
        "datetime",
        "datetime adalah 2026-11-22T08:00:00Z, atau awal/akhir dengan .. untuk terbuka.",
    )
