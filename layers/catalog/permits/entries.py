"""What people type into a file: trimmed and bounded before it becomes a row."""

from __future__ import annotations

import re
from datetime import date, timedelta

from django.utils import timezone

from layers.base import Refused

LONGEST = 4000  # characters of a text without a limit of its own
FARTHEST = timedelta(days=366)
_UNSEEN = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]"
)


def typed(field: str, value: str | None, *, missing: str = "", most: int = LONGEST) -> str:
    """The text without what no text holds. Raises Refused where it is too long, or `missing` says
    that it must be there and it is not."""
    text = plain(value or "")
    if missing and not text:
        raise Refused({field: missing})
    if len(text) > most:
        raise Refused({field: f"Terlalu panjang: paling banyak {most} huruf."})
    return text


def plain(text: str) -> str:
    """Without control characters, which no letter can print, and without those that turn the
    direction of writing, by which a name or a reason could be made to read otherwise."""
    return _UNSEEN.sub("", text).strip()


def due_day(field: str, day: date | None) -> date:
    """A day that is still to come. Raises Refused."""
    today = timezone.localdate()
    if day is None or not today < day <= today + FARTHEST:
        raise Refused({field: "Tentukan tanggal batas sesudah hari ini, paling lama setahun."})
    return day
