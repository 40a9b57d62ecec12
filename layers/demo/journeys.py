"""A record's way through its statuses: steps first, rows of history afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from layers.demo.sizes import local
from layers.history import Move

SATURDAY = 5
Row = TypeVar("Row", bound=Move)


@dataclass(frozen=True)
class Step:
    """An arrival in a status. `by` is a username, None a citizen."""

    status: str
    at: datetime
    by: str | None = None
    reason: str = ""


def rows(
    model: type[Row],
    journeys: Iterable[tuple[Any, tuple[Step, ...]]],
    users: Mapping[str | None, int | None],
) -> Iterator[Row]:
    """The history of each record, in the order in which it happened to it."""
    for record, steps in journeys:
        before = ""
        for step in steps:
            yield model(
                record=record,
                from_status=before,
                to_status=step.status,
                at=step.at,
                by_id=users[step.by],
                reason=step.reason,
            )
            before = step.status


def office_hours_before(last: date, count: int, random: Random, *, longest: int) -> list[datetime]:
    """`count` rising moments on working days, the newest on or before `last`, at most `longest`
    days between two."""
    moments = []
    day = last
    for _ in range(count):
        day = working_day(day)
        moments.append(
            local(day, random.randint(8, 15), random.randint(0, 59), random.randint(0, 59))
        )
        day -= timedelta(days=random.randint(1, longest))
    return moments[::-1]


def working_day(day: date) -> date:
    """The day itself, or the Friday before a week-end."""
    return day - timedelta(days=max(0, day.weekday() - SATURDAY + 1))
