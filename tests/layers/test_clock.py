"""The clock of a file: working days, limits as dated rows, and days on which it stands still."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from layers.catalog.permits.applications import Application
from layers.catalog.permits.clock.limits import Holiday, Pause, StepLimit
from layers.catalog.permits.clock.timing import escalations, timing, timings
from layers.catalog.permits.clock.working_days import Calendar, Span, merged
from layers.catalog.permits.workflow import guards
from layers.demo.sizes import local
from tests.factories import application, moved

DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
CALENDARS = st.builds(Calendar, st.lists(DAYS, max_size=40))
PLAIN = Calendar([])


def day(number: int) -> date:
    """Days of March and April 2026; the 2nd was a Monday."""
    return date(2026, 2, 28) + timedelta(days=number)


@st.composite
def spans(draw: Any) -> list[Span]:
    drawn = draw(st.lists(st.tuples(DAYS, st.integers(0, 60)), max_size=5))
    return merged(Span(since, since + timedelta(days=length)) for since, length in drawn)


# -- working days


@given(CALENDARS, DAYS, st.integers(0, 200))
def test_days_added_are_days_counted(calendar: Calendar, start: date, count: int) -> None:
    reached = calendar.after(start, count)
    assert calendar.used(start, reached) == count
    assert count == 0 or calendar.is_working(reached)
    assert count == 0 or calendar.used(start, reached - timedelta(days=1)) == count - 1


@given(CALENDARS, DAYS, st.integers(0, 400))
def test_days_are_counted_as_one_counts_them_on_a_calendar(
    calendar: Calendar, start: date, length: int
) -> None:
    end = start + timedelta(days=length)
    off = {date.fromordinal(number) for number in calendar.off}
    days = [start + timedelta(days=one) for one in range(length)]
    counted = [one for one in days if one.weekday() < 5 and one not in off]
    assert calendar.between(start, end) == len(counted)


@given(CALENDARS, DAYS, st.integers(1, 60), spans())
def test_days_added_around_a_standstill_are_days_counted_without_it(
    calendar: Calendar, start: date, count: int, still: list[Span]
) -> None:
    reached = calendar.reached(start, count, still)
    assert reached is not None
    assert calendar.used(start, reached, still) == count
    assert calendar.used(start, reached - timedelta(days=1), still) == count - 1


@given(CALENDARS, DAYS, st.integers(1, 40), st.integers(0, 30), st.integers(0, 60))
def test_a_pause_moves_the_date_by_the_working_days_in_it(
    calendar: Calendar, start: date, count: int, begins: int, length: int
) -> None:
    plain = calendar.after(start, count)
    since = start + timedelta(days=1 + begins)
    pause = Span(since, since + timedelta(days=length))
    held = calendar.reached(start, count, merged([pause]))
    if since > plain:
        assert held == plain
    else:
        assert held is not None
        assert held == calendar.after(start, count + calendar.between(since, pause.until))  # type: ignore[arg-type]


@given(CALENDARS, DAYS, st.integers(1, 40), st.integers(0, 80))
def test_a_standstill_without_end_has_no_day_after_it(
    calendar: Calendar, start: date, count: int, begins: int
) -> None:
    since = start + timedelta(days=1 + begins)
    plain = calendar.after(start, count)
    expected = plain if plain < since else None
    assert calendar.reached(start, count, [Span(since)]) == expected


@given(spans(), DAYS)
def test_merged_spans_hold_the_same_days_apart_and_in_order(still: list[Span], on: date) -> None:
    twice = merged([*still, *still[::-1], Span(on, on)])
    assert twice == still
    for before, after in itertools.pairwise(still):
        assert before.until
        assert before.until < after.since


def test_a_span_without_end_swallows_what_follows() -> None:
    assert merged([Span(day(5)), Span(day(9), day(12)), Span(day(1), day(5))]) == [Span(day(1))]


def test_a_week_end_a_holiday_and_joint_leave_are_no_working_days() -> None:
    calendar = Calendar([date(2026, 3, 18), date(2026, 3, 19), date(2026, 3, 21)])
    assert calendar.after(date(2026, 3, 17), 1) == date(2026, 3, 20)
    assert calendar.after(date(2026, 3, 20), 1) == date(2026, 3, 23)
    assert calendar.after(date(2026, 3, 21), 0) == date(2026, 3, 21)


# -- an application


@pytest.fixture
def limits(db: None) -> None:
    rows = [("total", 20, "DPUPR", True), ("land-consideration", 10, "Kantor Pertanahan", False),
            ("completeness", 1, "Loket", False), ("assessment", 5, "DPUPR", False)]  # fmt: skip
    StepLimit.objects.bulk_create(
        StepLimit(step=step, working_days=days, office=office, deemed=deemed, source="uji",
                  valid_from=date(2021, 2, 2))
        for step, days, office, deemed in rows
    )  # fmt: skip


@pytest.fixture
def area(cast: Any) -> Any:
    return cast.town.kelurahan["Tenggara"]


def file_with(area: Any, *steps: tuple[str, date], hour: int = 9) -> Application:
    made = application(area, f"KKPR-2026-{Application.objects.count() + 500:04}", steps[-1][0])
    moved(made, *((status, local(on, hour)) for status, on in steps))
    return made


ACCEPTED = (("registered", day(2)), ("completeness", day(2)), ("land-consideration", day(2)))


def test_the_day_on_which_it_begins_is_not_counted(area: Any, limits: None) -> None:
    file = file_with(area, *ACCEPTED)
    stands = timing(file, day(2))
    assert (stands.step_used, stands.step_left) == (0, 10)
    assert (stands.total_used, stands.total_left) == (0, 20)
    assert timing(file, day(3)).total_used == 1
    assert timing(file, day(9)).total_used == 5  # over a week-end
    assert stands.office == "Kantor Pertanahan"


def test_silence_is_approval_on_the_first_working_day_past_the_limit(
    area: Any, limits: None
) -> None:
    file = file_with(area, *ACCEPTED)
    assert timing(file, day(2)).deemed_on == date(2026, 3, 31)
    last = timing(file, date(2026, 3, 30))
    assert (last.total_left, last.late) == (0, True)  # late in its step, not yet in all
    assert timing(file, date(2026, 3, 31)).total_left == -1


def test_holidays_move_the_day(area: Any, limits: None) -> None:
    file = file_with(area, *ACCEPTED)
    Holiday.objects.create(day=date(2026, 3, 19), name="Nyepi", kind="national", source="uji")
    Holiday.objects.create(day=date(2026, 3, 21), name="Idulfitri", kind="national", source="uji")
    assert timing(file, day(2)).deemed_on == date(2026, 4, 1)


def test_the_clock_stands_while_it_is_returned_and_runs_again(area: Any, limits: None) -> None:
    file = file_with(
        area, *ACCEPTED, ("assessment", day(4)), ("returned", day(5)),
        ("completeness", day(12)), ("land-consideration", day(12)),
    )  # fmt: skip
    stands = timing(file, day(12))
    assert stands.total_used == 3  # 3rd, 4th and the 12th itself
    assert stands.deemed_on == date(2026, 4, 7)  # five working days later than without
    assert not stands.paused


def test_while_it_is_returned_nobody_is_late_and_no_day_is_known(area: Any, limits: None) -> None:
    file = file_with(area, *ACCEPTED, ("assessment", day(4)), ("returned", day(5)))
    stands = timing(file, day(59))
    assert (stands.paused, stands.paused_why, stands.office) == (
        True,
        "Menunggu pemohon.",
        "Pemohon",
    )
    assert (stands.total_used, stands.deemed_on, stands.late) == (2, None, False)


def test_what_was_deemed_approved_before_it_was_returned_stays_so(area: Any, limits: None) -> None:
    file = file_with(area, *ACCEPTED, ("assessment", day(4)), ("returned", day(40)))
    assert timing(file, day(59)).deemed_on == date(2026, 3, 31)


def test_a_pause_holds_the_clock_with_its_reason(cast: Any, area: Any, limits: None) -> None:
    file = file_with(area, *ACCEPTED)
    pause = Pause.objects.create(
        application=file, since=local(day(3), 15), reason="Banjir.", by=cast.planner
    )
    held = timing(file, day(20))
    assert (held.paused, held.paused_why) == (True, "Banjir.")
    assert (held.step_used, held.total_used, held.deemed_on) == (0, 0, None)
    pause.until, pause.resumed_by = local(day(10), 8), cast.planner
    pause.save()
    runs = timing(file, day(10))
    assert (runs.paused, runs.total_used) == (False, 1)
    assert runs.deemed_on == date(2026, 4, 7)


def test_a_pause_and_a_return_over_each_other_count_once(
    cast: Any, area: Any, limits: None
) -> None:
    file = file_with(
        area, *ACCEPTED, ("assessment", day(3)), ("returned", day(4)), ("completeness", day(11))
    )
    Pause.objects.create(
        application=file, since=local(day(3), 9), until=local(day(6), 9), reason="x",
        by=cast.planner, resumed_by=cast.planner,
    )  # fmt: skip
    assert timing(file, day(11)).total_used == 1


def test_a_limit_is_that_of_the_day_on_which_it_began(area: Any, limits: None) -> None:
    StepLimit.objects.create(step="total", working_days=12, office="DPUPR", deemed=True,
                             valid_from=day(3), source="uji")  # fmt: skip
    StepLimit.objects.create(step="assessment", working_days=2, office="Bidang", deemed=False,
                             valid_from=day(5), source="uji")  # fmt: skip
    before = file_with(area, *ACCEPTED, ("assessment", day(4)))
    after = file_with(area, ("registered", day(3)), ("completeness", day(3)),
                      ("land-consideration", day(3)), ("assessment", day(5)))  # fmt: skip
    assert (timing(before, day(5)).total_days, timing(before, day(5)).step_days) == (20, 5)
    assert (timing(after, day(5)).total_days, timing(after, day(5)).step_days) == (12, 2)
    assert timing(after, day(5)).office == "Bidang"


def test_what_has_no_limit_is_none_and_never_late(area: Any, db: None) -> None:
    file = file_with(area, *ACCEPTED)
    stands = timing(file, day(400))
    assert (stands.step_days, stands.step_left, stands.total_left) == (None, None, None)
    assert (stands.deemed_on, stands.late, stands.left) == (None, False, None)


def test_before_it_is_accepted_only_the_step_counts(area: Any, limits: None) -> None:
    file = file_with(area, ("registered", day(2)), ("completeness", day(3)))
    stands = timing(file, day(5))
    assert (stands.step_left, stands.total_days, stands.deemed_on) == (-1, None, None)
    assert stands.late
    assert stands.left == -1


def test_a_limit_that_is_not_deemed_has_no_day(area: Any, limits: None) -> None:
    StepLimit.objects.filter(step="total").update(deemed=False)
    stands = timing(file_with(area, *ACCEPTED), day(59))
    assert (stands.deemed_on, stands.total_left < 0) == (None, True)  # type: ignore[operator]


def test_a_closed_file_stands_where_it_was_closed(cast: Any, area: Any, limits: None) -> None:
    file = file_with(area, *ACCEPTED, ("assessment", day(5)), ("recommendation", day(10)),
                     ("granted", day(12)))  # fmt: skip
    then, now = timing(file, day(12)), timing(file, day(300))
    assert then == now
    assert (now.total_used, now.total_left, now.late, now.office) == (8, 12, False, "")
    late = file_with(area, *ACCEPTED, ("granted", day(40)))
    assert timing(late, day(300)).late


def test_days_are_those_of_the_city_not_of_greenwich(area: Any, limits: None) -> None:
    file = application(area, "KKPR-2026-0777", "land-consideration")
    moved(file, ("land-consideration", datetime(2026, 3, 2, 16, 30, tzinfo=UTC)))  # the 3rd, 00.30
    assert timing(file, day(3)).total_used == 0
    assert timing(file, day(4)).total_used == 1


def test_a_file_without_a_history_is_as_old_as_its_submission(area: Any, limits: None) -> None:
    file = application(area, "KKPR-2026-0778", "assessment")
    submitted = timezone.localdate(file.submitted_at)
    assert timing(file, submitted + timedelta(days=1)).step_used == PLAIN.between(
        submitted + timedelta(days=1), submitted + timedelta(days=2)
    )


def test_a_guard_knows_the_day(area: Any, limits: None) -> None:
    long_ago = timezone.localdate() - timedelta(days=90)
    old = file_with(area, ("registered", long_ago), ("land-consideration", long_ago))
    assert "dianggap disetujui sejak" in guards.not_deemed_approved(old, None)
    today = timezone.localdate()
    new = file_with(area, ("registered", today), ("land-consideration", today))
    assert guards.not_deemed_approved(new, None) == ""


# -- many


def test_many_are_timed_in_four_queries_and_no_time(cast: Any, area: Any, limits: None) -> None:
    files = Application.objects.bulk_create(
        Application(number=f"M-{number}", applicant="x", kbli="47111", activity="x",
                    status="assessment", submitted_at=local(day(2), 9), geom=area.geom)
        for number in range(400)
    )  # fmt: skip
    for file in files:
        moved(file, *((status, local(on, 9)) for status, on in ACCEPTED))
        moved(file, ("returned", local(day(5), 9)), ("assessment", local(day(9), 9)))
    began = time.process_time()
    with CaptureQueriesContext(connection) as asked:
        known = timings(files, day(60))
    took = time.process_time() - began
    assert len(asked) == 4
    assert len(known) == 400
    assert known[files[0].pk] == timing(files[0], day(60))
    assert took < 0.2, f"{took * 1000:.0f} ms"


def test_those_past_a_limit_are_listed_the_longest_first(area: Any, limits: None) -> None:
    on_time = file_with(area, ("registered", day(40)), ("completeness", day(41)))
    late = file_with(area, ("registered", day(2)), ("completeness", day(3)))
    later = file_with(area, *ACCEPTED)
    file_with(area, *ACCEPTED, ("granted", day(40)))
    file_with(area, *ACCEPTED, ("returned", day(3)))
    listed = [one.application for one in escalations(day(41))]
    assert listed == [late, later]
    assert on_time not in listed


def test_the_command_prints_who_is_late_and_who_holds_it(
    area: Any, limits: None, capsys: Any
) -> None:
    file = file_with(area, *ACCEPTED)
    call_command("permit_clock", today=date(2026, 4, 1))
    printed = capsys.readouterr().out
    assert file.number in printed
    assert "Kantor Pertanahan" in printed
    assert "dianggap disetujui sejak 31-03-2026" in printed
    call_command("permit_clock", today=day(2))
    assert "Tidak ada" in capsys.readouterr().out
