"""Days, weeks and months as people ask for them (2026-11-22, 2026-W47, 2026-08), in the time of the
city."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from maps.documents import Period, Unreadable
from maps.formats import day, month

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """From the first day until before `end`."""

    first: date
    end: date

    @property
    def start(self) -> datetime:
        return midnight(self.first)

    @property
    def stop(self) -> datetime:
        return midnight(self.end)

    @property
    def is_day(self) -> bool:
        return self.end - self.first == DAY

    @property
    def running(self) -> bool:
        return self.stop > timezone.now()

    @property
    def label(self) -> str:
        if self.is_day:
            return day(self.first)
        last = self.end - DAY
        return _("%(first)s – %(last)s") % {"first": day(self.first), "last": day(last)}

    def before(self, by: timedelta) -> Span:
        return Span(self.first - by, self.end - by)


def midnight(of: date) -> datetime:
    return timezone.make_aware(datetime.combine(of, time.min))


def a_day(text: str) -> Span | None:
    if not re.fullmatch(r"20\d\d-\d\d-\d\d", text, re.ASCII):
        return None
    try:
        first = date.fromisoformat(text)
    except ValueError:
        return None
    return Span(first, first + DAY)


def a_week(text: str) -> Span | None:
    found = re.fullmatch(r"(20\d\d)-W(\d\d)", text, re.ASCII)
    if not found:
        return None
    try:
        first = date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError:
        return None
    return Span(first, first + WEEK)


def a_month(text: str) -> date:
    """Its first day. Raises Unreadable."""
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text, re.ASCII):
        raise Unreadable(_("Tulis bulan rilis, misalnya 2026-08."))
    return date.fromisoformat(f"{text}-01")


def weeks(newest: datetime, count: int) -> list[Period]:
    """The week of `newest` and those before it."""
    today = timezone.localdate(newest)
    monday = today - timedelta(days=today.weekday())
    spans = [Span(monday - n * WEEK, monday - n * WEEK + WEEK) for n in range(count)]
    return [_period(f"{span.first:%G-W%V}", span) for span in spans]


def days(newest: datetime, count: int) -> list[Period]:
    spans = [
        Span(first, first + DAY)
        for first in (timezone.localdate(newest) - n * DAY for n in range(count))
    ]
    return [_period(span.first.isoformat(), span) for span in spans]


def of_month(first: date) -> Period:
    return Period(f"{first:%Y-%m}", month(first))


def _period(value: str, span: Span) -> Period:
    running = span.running
    label = _("%(period)s (berjalan)") % {"period": span.label} if running else span.label
    return Period(value, label, running)
