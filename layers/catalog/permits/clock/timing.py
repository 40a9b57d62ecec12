"""How an application stands in time (see `limits.py` for the rows it rests on).

Days are working days in the city's own time zone. The day on which something begins is not counted;
the day on which the clock is held stands still already, that on which it is resumed runs again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from layers.catalog.permits.applications import Application, ApplicationMove
from layers.catalog.permits.clock.limits import Holiday, Pause, StepLimit
from layers.catalog.permits.clock.working_days import Calendar, Span, merged
from layers.catalog.permits.roles import OPEN, S

WAITING = "Menunggu pemohon."


@dataclass(frozen=True)
class Timing:
    """The step in which it is and who holds it; the working days of the step and of the whole way
    from accepted to decided (None where no limit is known, or the way has not begun). `deemed_on`
    is the day from which silence is approval; of a clock that stands still it is None."""

    step: str = ""
    office: str = ""
    step_days: int | None = None
    step_used: int | None = None
    step_left: int | None = None
    total_days: int | None = None
    total_used: int | None = None
    total_left: int | None = None
    deemed_on: date | None = None
    paused: bool = False
    paused_why: str = ""
    late: bool = False

    @property
    def left(self) -> int | None:
        """Days to the nearest of its two limits."""
        return min((one for one in (self.step_left, self.total_left) if one is not None),
                   default=None)  # fmt: skip


@dataclass(frozen=True)
class Arrival:
    """An arrival in a status, on a day of the city."""

    status: str
    on: date


@dataclass(frozen=True)
class Calls:
    """The rows on which a timing rests, in the order of their days."""

    calendar: Calendar
    limits: Sequence[StepLimit]

    def limit(self, step: str, on: date) -> StepLimit | None:
        """The row of a step that counts for what begins on a day."""
        rows = (row for row in self.limits if row.step == step and row.valid_from <= on)
        return max(rows, key=lambda row: row.valid_from, default=None)


def timing(application: Application, today: date | None = None) -> Timing:
    return timings([application], today)[application.pk]


def timings(applications: Iterable[Application], today: date | None = None) -> dict[Any, Timing]:
    """Of many at once, by primary key, in four queries."""
    today = today or timezone.localdate()
    rows = list(applications)
    calls = Calls(
        Calendar(Holiday.objects.values_list("day", flat=True)), list(StepLimit.objects.all())
    )
    keys = [row.pk for row in rows]
    arrivals: dict[Any, list[Arrival]] = defaultdict(list)
    moves = ApplicationMove.objects.filter(record__in=keys).order_by("at", "pk")
    for key, status, at in moves.values_list("record_id", "to_status", "at"):
        arrivals[key].append(Arrival(status, _day(at)))
    pauses: dict[Any, list[Pause]] = defaultdict(list)
    for pause in Pause.objects.filter(application__in=keys).order_by("since"):
        pauses[pause.application_id].append(pause)
    return {row.pk: stands(row, arrivals[row.pk], pauses[row.pk], calls, today) for row in rows}


def stands(
    application: Application,
    arrivals: Sequence[Arrival],
    pauses: Sequence[Pause],
    calls: Calls,
    today: date,
) -> Timing:
    """The timing of an application from its rows."""
    step = application.status
    arrived = arrivals[-1].on if arrivals else _day(application.submitted_at)
    is_open = step in OPEN
    if not is_open:
        today = min(today, arrived)
    still = standstill(arrivals, pauses)
    total = _total(arrivals, still, calls, today)
    if not is_open:
        return Timing(step=step, **total, late=(total.get("total_left") or 0) < 0)
    limit = calls.limit(step, arrived)
    returned = step == S.RETURNED
    used = calls.calendar.used(arrived, today, still)
    left = limit.working_days - used if limit else None
    held = next((pause for pause in pauses if pause.until is None), None)
    return Timing(
        step=step,
        office="Pemohon" if returned else limit.office if limit else "",
        step_days=limit.working_days if limit else None,
        step_used=used,
        step_left=left,
        **total,
        paused=returned or held is not None,
        paused_why=WAITING if returned else held.reason if held else "",
        late=min(left or 0, total.get("total_left") or 0) < 0,
    )


def _total(
    arrivals: Sequence[Arrival], still: Sequence[Span], calls: Calls, today: date
) -> dict[str, Any]:
    accepted = next((one.on for one in arrivals if one.status == S.LAND_CONSIDERATION), None)
    limit = calls.limit(StepLimit.TOTAL, accepted) if accepted else None
    if accepted is None or limit is None:
        return {}
    used = calls.calendar.used(accepted, today, still)
    deemed = calls.calendar.reached(accepted, limit.working_days + 1, still)
    return {
        "total_days": limit.working_days,
        "total_used": used,
        "total_left": limit.working_days - used,
        "deemed_on": deemed if limit.deemed else None,
    }


def standstill(arrivals: Sequence[Arrival], pauses: Iterable[Pause]) -> list[Span]:
    """When the clock did not run: while it was with the applicant, and while it was held."""
    returned = [
        Span(one.on, arrivals[number + 1].on if number + 1 < len(arrivals) else None)
        for number, one in enumerate(arrivals)
        if one.status == S.RETURNED
    ]
    held = [Span(_day(pause.since), _day(pause.until) if pause.until else None) for pause in pauses]
    return merged([*returned, *held])


@dataclass(frozen=True)
class Escalation:
    application: Application
    timing: Timing


def escalations(today: date | None = None) -> list[Escalation]:
    """The open applications that are past a limit, those longest past it first."""
    rows = Application.objects.filter(status__in=OPEN).select_related("kelurahan", "officer")
    rows = rows.defer("geom", "granted", "shown")
    known = timings(rows, today)
    late = [Escalation(row, known[row.pk]) for row in rows if known[row.pk].late]
    return sorted(late, key=lambda one: (one.timing.left or 0, one.application.number))


def _day(at: datetime) -> date:
    return timezone.localdate(at)
