"""What people type into a file: trimmed and bounded before it becomes a row."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from layers.base import Refused

LONGEST = 4000  # characters of a text without a limit of its own
FARTHEST = timedelta(days=366)


def typed(field: str, value: str | None, *, missing: str = "", most: int = LONGEST) -> str:
    """The text without what no text holds. Raises Refused where it is too long, or `missing` says
    that it must be there and it is not."""
    text = (value or "").replace("\x00", "").strip()
    if missing and not text:
        raise Refused({field: missing})
    if len(text) > most:
        raise Refused({field: f"Terlalu panjang: paling banyak {most} huruf."})
    return text


def due_day(field: str, day: date | None) -> date:
    """A day that is still to come. Raises Refused."""
    today = timezone.localdate()
    if day is None or not today < day <= today + FARTHEST:
        raise Refused({field: "Tentukan tanggal batas sesudah hari ini, paling lama setahun."})
    return day
