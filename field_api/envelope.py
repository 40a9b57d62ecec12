"""What every submission says of itself, around the answers to its form."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

# A clock that is off by days is put right when the phone says so; what is off by more than this,
# with nothing to put it right by, would stay oldest or newest for ever.
AHEAD = timedelta(days=7)
BEHIND = timedelta(days=366)
EXACT = timedelta(minutes=1)  # a clock this good is taken as it is

_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_NUMBERS = {int, float}
_METRES = {"accuracy": (0, 100_000), "altitude": (-500, 9000)}


class Envelope(NamedTuple):
    """`observed_at` is corrected by the device's own account of its clock. `position` is (lon,
    lat), CRS84; `accuracy` in metres, 68 %, None unknown, 0 placed by hand."""

    observed_at: datetime
    position: tuple[float, float] | None = None
    accuracy: float | None = None
    mock: bool = False


def read(
    item: Mapping[str, Any], *, received_at: datetime, clock_skew: float | None
) -> tuple[Envelope | None, dict[str, str]]:
    """The envelope of an item, or what is wrong with it by member: each fault, not the first."""
    faults: dict[str, str] = {}
    observed_at = _told(faults, "observed_at", _moment, item, received_at, clock_skew)
    position = _told(faults, "geometry", _position, item.get("geometry"))
    accuracy = _told(faults, "accuracy", _metres, item, "accuracy")
    _told(faults, "altitude", _metres, item, "altitude")
    mock = item.get("mock")
    if mock is not None and not isinstance(mock, bool):
        faults["mock"] = "Harus true atau false."
    if not isinstance(item.get("form_version"), str):
        faults["form_version"] = "Sebutkan versi formulir."
    if not isinstance(item.get("values"), dict):
        faults["values"] = "Sertakan isian formulir sebagai objek."
    sequence = item.get("sequence")
    if sequence is not None and not is_sequence(sequence):
        faults["sequence"] = "Harus bilangan bulat dari 0 sampai 9007199254740991."
    if item.get("revises") is not None and uuid_of(item["revises"]) is None:
        faults["revises"] = "Harus UUID kiriman yang diperbaiki."
    if faults:
        return None, faults
    return Envelope(observed_at, position, accuracy, bool(mock)), {}


def uuid_of(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def storable(text: str) -> str:
    """Without what PostgreSQL has no place for: NUL and lone surrogates."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def is_sequence(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def moment(text: Any) -> datetime | None:
    """An RFC 3339 date-time with its offset, or None: a clock means nothing without one."""
    if not isinstance(text, str) or not _RFC3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        return None


class _Fault(ValueError):
    pass


def _told(faults: dict[str, str], name: str, read_one: Any, *given: Any) -> Any:
    try:
        return read_one(*given)
    except _Fault as fault:
        faults[name] = str(fault)


def _moment(item: Mapping[str, Any], received_at: datetime, clock_skew: float | None) -> datetime:
    found = moment(item.get("observed_at"))
    if found is None:
        raise _Fault("Tulis waktu dengan zonanya, misalnya 2026-11-22T14:05:00+08:00.")
    try:
        if clock_skew is not None:
            found = _corrected(found, timedelta(seconds=clock_skew), received_at)
        if received_at - BEHIND < found < received_at + AHEAD:
            return found
    except OverflowError:
        pass
    raise _Fault("Waktu ini lebih dari setahun lalu atau sepekan di depan; periksa jam ponsel.")


def _corrected(found: datetime, skew: timedelta, received_at: datetime) -> datetime:
    """By what the device says of its clock. Nothing is seen after it was sent: then the clock was
    set in between, and the time is either right as it stands or unknown."""
    if abs(skew) > EXACT and found + skew <= received_at + EXACT:
        return found + skew
    return found if found <= received_at + EXACT else received_at


def _position(geometry: Any) -> tuple[float, float] | None:
    """A GeoJSON Point, CRS84; a `crs` member is not read (RFC 7946 has none)."""
    if geometry is None:
        return None
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if (
        not isinstance(geometry, dict)
        or geometry.get("type") != "Point"
        or not isinstance(coordinates, list)
        or len(coordinates) not in (2, 3)
        or not {*map(type, coordinates)} <= _NUMBERS
    ):
        raise _Fault('Tulis titik GeoJSON: {"type": "Point", "coordinates": [bujur, lintang]}.')
    try:
        lon, lat, *_ = finite = [float(number) for number in coordinates]
    except OverflowError:
        lon, lat = finite = [math.inf, math.inf]
    if not all(map(math.isfinite, finite)):
        raise _Fault("Koordinat harus angka biasa, bukan NaN atau tak hingga.")
    if not -90 <= lat <= 90 and -90 <= lon <= 90 and -180 <= lat <= 180:
        raise _Fault("Lintang dan bujur tertukar: GeoJSON menulis [bujur, lintang].")
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise _Fault("Bujur di antara -180 dan 180, lintang di antara -90 dan 90.")
    return lon, lat


def _metres(item: Mapping[str, Any], name: str) -> float | None:
    value = item.get(name)
    if value is None:
        return None
    least, most = _METRES[name]
    if type(value) not in (int, float) or not least <= value <= most:
        raise _Fault(f"Harus angka biasa dalam meter, dari {least} sampai {most}.")
    return float(value)
