"""The desk: which files are listed for whom, in which order, and what lies beside."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from layers.catalog.permits import desk
from layers.catalog.permits.applications import CLOSED, Application
from layers.catalog.permits.clock.limits import StepLimit
from layers.demo.sizes import local
from layers.permissions import Role
from tests.conftest import person
from tests.factories import application, checked, identified, moved

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 30)


@pytest.fixture
def files(cast: Any) -> dict[str, Application]:
    """Four open files and a closed one; whatever else the town holds is away."""
    Application.objects.filter(site_visits=None).delete()
    northwest = cast.town.kelurahan["Barat Laut"]
    southeast = cast.town.kelurahan["Tenggara"]
    StepLimit.objects.create(step="assessment", working_days=5, office="Bidang", source="uji",
                             valid_from=date(2020, 1, 1))  # fmt: skip
    StepLimit.objects.create(step="forum", working_days=3, office="Forum", source="uji",
                             valid_from=date(2020, 1, 1))  # fmt: skip
    made = {
        "late": application(northwest, "KKPR-2026-0011", "assessment", applicant="Maria Adoe"),
        "soon": application(southeast, "KKPR-2026-0012", "forum", activity="Bengkel 100% listrik"),
        "fine": application(southeast, "KKPR-2026-0013", "assessment"),
        "waits": application(southeast, "KKPR-2026-0014", "returned"),
        "closed": application(southeast, "KKPR-2026-0015", "granted"),
    }
    for name, days in (("late", 20), ("soon", 3), ("fine", 1), ("waits", 9), ("closed", 9)):
        moved(made[name], (made[name].status, local(TODAY - timedelta(days=days), 9)))
    checked(made["late"], "X")
    checked(made["late"], "B")
    checked(made["fine"], "I")
    Application.objects.filter(pk=made["late"].pk).update(officer=cast.planner)
    return made


def listed(user: Any, **asked: Any) -> list[str]:
    return [row.number[-2:] for row in desk.queue(user, today=TODAY, **asked)]


def test_open_files_are_listed_the_least_left_first_and_what_waits_last(
    cast: Any, files: Any
) -> None:
    assert listed(cast.planner) == ["11", "12", "13", "14"]
    assert listed(cast.approver) == ["11", "12", "13", "14"]


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({"status": "assessment"}, ["11", "13"]),
        ({"status": "closed"}, ["01", "15"]),
        ({"status": "granted"}, ["01", "15"]),
        ({"status": "nonsense"}, []),
        ({"officer": "planner"}, ["11"]),
        ({"officer": "-"}, ["12", "13", "14"]),
        ({"officer": "nobody-of-that-name"}, []),
        ({"kelurahan": "53.71.01.1001"}, ["11"]),
        ({"verdict": "B"}, ["11"]),
        ({"verdict": "X"}, []),
        ({"text": "adoe"}, ["11"]),
        ({"text": "MARIA 0011"}, ["11"]),
        ({"text": "100%"}, ["12"]),
        ({"text": "100_"}, []),
        ({"text": "\x00"}, ["11", "12", "13", "14"]),
        ({"text": "' OR 1=1 --"}, []),
        ({"order": "number", "status": "all"}, ["01", "11", "12", "13", "14", "15"]),
        ({"order": "nonsense", "text": "0012"}, ["12"]),
    ],
)
def test_what_is_asked_for_is_listed(
    cast: Any, files: Any, asked: dict[str, Any], numbers: list[str]
) -> None:
    assert listed(cast.planner, **asked) == numbers


def test_a_line_tells_the_clock_the_last_verdict_and_where(cast: Any, files: Any) -> None:
    row = desk.queue(cast.planner, today=TODAY)[0]
    assert (row.verdict, row.timing.late, row.timing.office) == ("B", True, "Bidang")
    assert row.application.kelurahan.name == "Barat Laut"
    assert row.application.officer == cast.planner
    assert row.application.area_m2 > 0
    assert row.bounds == pytest.approx(files["late"].geom.extent)
    unchecked = desk.queue(cast.planner, today=TODAY)[1]
    assert unchecked.verdict == ""


@pytest.mark.parametrize(
    "who", ["idle_official", "officer", "walidata", "administrator", "citizen"]
)
def test_others_have_no_desk(cast: Any, files: Any, who: str) -> None:
    user = getattr(cast, who)
    assert desk.queue(user, status="all") == []
    assert desk.file(user, "KKPR-2026-0011") is None


def test_nor_has_a_planner_of_another_theme_or_who_left(cast: Any, files: Any) -> None:
    elsewhere = person("elsewhere", Role.PLANNER, themes=["trash"])
    cast.planner.is_active = False
    for user in (elsewhere, cast.planner, None):
        assert desk.queue(user) == []
        assert desk.file(user, "KKPR-2026-0011") is None


def test_a_file_is_found_by_its_number(cast: Any, files: Any) -> None:
    assert desk.file(cast.planner, "KKPR-2026-0011") == files["late"]
    assert desk.file(cast.approver, "KKPR-2026-0015") == files["closed"]
    for unknown in ("KKPR-1999-0001", "", "\x00", "x" * 5000):
        assert desk.file(cast.planner, unknown) is None


def test_the_list_takes_as_many_queries_for_many_files_as_for_few(cast: Any, files: Any) -> None:
    few = asked_of(cast.planner)
    area = cast.town.kelurahan["Tenggara"]
    for number in range(30):
        file = application(area, f"KKPR-2026-1{number:03}", "assessment")
        checked(file)
        moved(file, ("assessment", local(TODAY, 9)))
    assert asked_of(cast.planner) == few <= 8


def asked_of(user: Any) -> int:
    user = type(user).objects.get(pk=user.pk)
    with CaptureQueriesContext(connection) as asked:
        for row in desk.queue(user):
            assert row.application.kelurahan
            assert row.number
    return len(asked)


def test_a_list_is_never_longer_than_its_cap(cast: Any, files: Any, monkeypatch: Any) -> None:
    for days, file in enumerate(files.values()):
        Application.objects.filter(pk=file.pk).update(
            submitted_at=local(TODAY, 9) - timedelta(days)
        )
    monkeypatch.setattr(desk, "MOST", 2)
    assert listed(cast.planner) == ["13", "14"], "the oldest are never cut off"
    assert listed(cast.planner, status="closed") == ["01", "15"]
    assert listed(cast.planner, status="all") == ["11", "12"]


def test_every_group_is_made_of_statuses_and_the_closed_are_last(cast: Any, files: Any) -> None:
    assert desk.GROUPS["all"] == frozenset(Application.Status)
    order = [row.application.status in CLOSED for row in desk.queue(cast.planner, status="all")]
    assert order == sorted(order)


def test_the_applicant_finds_the_file_by_its_code_and_by_nothing_else(
    cast: Any, files: Any
) -> None:
    file = files["waits"]
    identified(file)
    found = desk.by_tracking_code(file.tracking_code)
    assert found == file
    assert found.identity.masked_nik
    for wrong in ("", file.number, file.tracking_code[:-1], file.tracking_code + "x",
                  "\x00" * 24, "%" * 20, "٣" * 20):  # fmt: skip
        assert desk.by_tracking_code(wrong) is None
