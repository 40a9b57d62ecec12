"""How much of everything the demo city gets, and until when its life is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

BATCH = 5000  # rows an INSERT
DAWN = 8  # hours: the last day is told until this hour, so that nothing lies in the future


@dataclass(frozen=True)
class Sizes:
    """How many rows. Boundaries, zones, Puskesmas, markets and items are always whole."""

    permits: int = 400
    children: int = 3000
    price_days: int = 400
    trash_reports: int = 2000


FULL = Sizes()
SMALL = Sizes(permits=60, children=800, price_days=70, trash_reports=150)


def last_day() -> date:
    """The newest day whose first hours have passed."""
    return (timezone.localtime() - timedelta(hours=DAWN)).date()


def local(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """A moment of the city's own clock."""
    return datetime.combine(day, time(hour, minute, second), tzinfo=timezone.get_default_timezone())


def end_of(until: date) -> datetime:
    """The moment at which the story stops."""
    return local(until, DAWN)
