"""Working days of the city: Monday to Friday without its holidays."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

WEEK, WORKED = 7, 5


@dataclass(frozen=True)
class Span:
    """Days from `since` until before `until` (None: without end)."""

    since: date
    until: date | None = None


class Calendar:
    def __init__(self, holidays: Iterable[date]) -> None:
        self.off = sorted({day.toordinal() for day in holidays if day.weekday() < WORKED})

    def is_working(self, day: date) -> bool:
        return self._before(day + timedelta(days=1)) > self._before(day)

    def _before(self, day: date) -> int:
        """How many working days there were before a day."""
        number = day.toordinal()  # the first, 1 January of the year 1, was a Monday
        weeks, rest = divmod(number - 1, WEEK)
        return weeks * WORKED + min(rest, WORKED) - bisect_left(self.off, number)

    def between(self, first: date, end: date) -> int:
        """Working days from `first` until before `end`."""
        return max(0, self._before(end) - self._before(first))

    def after(self, day: date, count: int) -> date:
        """The day itself, or the `count`-th working day after it."""
        reached, begun = day, self._before(day + timedelta(days=1))
        while missing := count - (self._before(reached + timedelta(days=1)) - begun):
            reached += timedelta(days=missing)
        return reached

    def used(self, start: date, today: date, still: Iterable[Span] = ()) -> int:
        """Working days after `start` up to and with `today`, without those in which the clock
        stood still (`still`: in order, apart)."""
        first, end = start + timedelta(days=1), today + timedelta(days=1)
        stood = (
            self.between(max(first, span.since), min(end, span.until or end)) for span in still
        )
        return self.between(first, end) - sum(stood)

    def reached(self, start: date, count: int, still: Iterable[Span] = ()) -> date | None:
        """The `count`-th working day after `start` on which the clock runs; None where it stands
        still before, without end."""
        position, left = start, count
        for span in still:
            if (span.until or date.max) <= position + timedelta(days=1):
                continue
            run = self.between(position + timedelta(days=1), span.since)
            if run >= left:
                break
            if span.until is None:
                return None
            left -= run
            position = max(position, span.until - timedelta(days=1))
        return self.after(position, left)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same days as spans in order that do not touch."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: one.since):
        if span.until is not None and span.until <= span.since:
            continue
        last = found[-1] if found else None
        if last and (last.until is None or span.since <= last.until):
            ends = None if None in (last.until, span.until) else max(last.until, span.until)  # type: ignore[type-var]
            found[-1] = Span(last.since, ends)
        else:
            found.append(span)
    return found
