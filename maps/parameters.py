"""The query parameters of OGC API - Features, read strictly: an unknown name or a value out of
bounds is a 400 that says what would be right."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date

from layers.base import Layer, User
from layers.permissions import properties_for
from layers.selection import BBox, Query
from maps.problems import bad_parameter

DEFAULT_LIMIT = 100
MAX_LIMIT = 10_000
MAX_BBOX_SIDE = 20.0  # degrees: a province fits, the world does not
MAX_ID = 2**63 - 1
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
OFFERED = {"f": ("json", "geojson"), "crs": (CRS84,), "bbox-crs": (CRS84,)}

_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?", re.ASCII)
# RFC 3339, and a date alone
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d))?", re.ASCII
)


@dataclass(frozen=True)
class Asked:
    query: Query
    limit: int


def filterable(layer: Layer, user: User) -> list[str]:
    """The properties by which this person may narrow the layer in a URL."""
    return [prop.name for prop in properties_for(layer, user) if prop.filter]


def for_items(given: QueryDict, layer: Layer, user: User) -> Asked:
    """The selection that the parameters of an items request ask for. Raises Problem."""
    filters = filterable(layer, user)
    text = only(given, ("bbox", "datetime", "limit", "after", "f", "crs", "bbox-crs", *filters))
    return Asked(
        query=Query(
            bbox=bbox(text["bbox"]) if "bbox" in text else None,
            interval=interval(text["datetime"]) if "datetime" in text else None,
            after=_integer("after", text["after"], 0, MAX_ID) if "after" in text else None,
            equals={name: text[name] for name in filters if name in text},
        ),
        limit=_integer("limit", text.get("limit", str(DEFAULT_LIMIT)), 1, MAX_LIMIT),
    )


def only(given: QueryDict, names: Iterable[str]) -> dict[str, str]:
    """The parameters by name. Raises Problem for one that this address does not know, one that is
    given twice, a form or CRS that is not offered, and a NUL, which PostgreSQL has no place for."""
    known = set(names)
    for name, values in given.lists():
        if name not in known:
            choice = ", ".join(sorted(known)) or "tidak ada"
            raise bad_parameter(name, f"Parameter «{name}» tidak dikenal. Yang dikenal: {choice}.")
        if len(values) > 1:
            raise bad_parameter(name, f"Parameter «{name}» hanya boleh sekali.")
        if "\x00" in str(values[0]):
            raise bad_parameter(name, f"Nilai «{name}» memuat karakter NUL.")
    text = {name: str(values[0]) for name, values in given.lists()}
    for name, offered in OFFERED.items():
        if name in known and text.get(name, offered[0]) not in offered:
            raise bad_parameter(name, f"Yang tersedia untuk «{name}»: {', '.join(offered)}.")
    return text


def _integer(name: str, text: str, least: int, most: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else -1
    if not least <= number <= most:
        raise bad_parameter(name, f"«{name}» harus bilangan bulat {least} sampai {most}.")
    return number


def bbox(text: str) -> BBox:
    """west,south,east,north in degrees (CRS84); six numbers, with heights, are read as four."""
    parts = text.split(",")
    numbers = [float(part) for part in parts] if all(map(_NUMBER.fullmatch, parts)) else []
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(math.isfinite(number) for number in numbers):
        raise bad_parameter("bbox", "bbox adalah barat,selatan,timur,utara dalam derajat.")
    west, south, east, north = numbers
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise bad_parameter(
            "bbox",
            "bbox harus barat ≤ timur dalam ±180 dan selatan ≤ utara dalam ±90 derajat.",
        )
    if max(east - west, north - south) > MAX_BBOX_SIDE:
        raise bad_parameter(
            "bbox",
            f"bbox paling besar {MAX_BBOX_SIDE:g} derajat per sisi; "
            "hilangkan bbox untuk meminta seluruh lapisan.",
        )
    return west, south, east, north


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


def _bad_datetime() -> Exception:
    return bad_parameter(
        "datetime",
        "datetime adalah 2026-11-22T08:00:00Z, atau awal/akhir dengan .. untuk terbuka.",
    )
