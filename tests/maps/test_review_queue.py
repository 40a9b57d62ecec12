"""The queue of the workbench."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from layers.catalog.permits.applications import Application, ApplicationMove
from tests.factories import application, around, point_in
from tests.review_desk import checked, desk


@pytest.fixture
def made(cast: Any) -> SimpleNamespace:
    return desk(cast)


@pytest.fixture
def planner(made: SimpleNamespace, browser_of: Any) -> Client:
    client: Client = browser_of(made.cast.planner)
    return client


def numbers(answer: Any) -> list[str]:
    return re.findall(r'class="file-row" data-number="([^"]+)"', answer.content.decode())


def stood(file: Application, days: int) -> None:
    """In its status since so many days."""
    at = timezone.now() - timedelta(days=days)
    ApplicationMove.objects.create(record=file, to_status="land-consideration", at=at)
    ApplicationMove.objects.create(
        record=file, from_status="land-consideration", to_status=file.status, at=at
    )


def test_the_most_urgent_file_comes_first_and_says_so(
    planner: Client, made: SimpleNamespace
) -> None:
    stood(made.file, 1)
    late = made.town.waiting_application
    stood(late, 15)
    answer = planner.get("/review/")
    assert numbers(answer)[0] == late.number
    text = answer.content.decode()
    assert re.search(r"lewat \d+ hari kerja", text)
    assert "1 berkas lewat batas" in text


def test_each_filter_narrows_the_list(planner: Client, made: SimpleNamespace) -> None:
    checked(made)
    Application.objects.filter(pk=made.file.pk).update(officer=made.cast.planner)
    own = made.file.number
    for asked in ("text=0101", "status=assessment&officer=me", "verdict=B",
                  "kelurahan=53.71.01.1001", "text=kelontong&officer=planner"):  # fmt: skip
        assert numbers(planner.get(f"/review/?{asked}")) == [own], asked
    assert own not in numbers(planner.get("/review/?officer=-"))
    assert "KKPR-2026-0001" in numbers(planner.get("/review/?status=closed"))
    assert numbers(planner.get("/review/?text=tidak-ada-begini")) == []


@pytest.mark.parametrize(
    "asked", ["status=x", "officer=siapa", "order=%00", "late=maybe", "text=" + "x" * 500]
)
def test_what_cannot_be_understood_is_told_and_shows_nothing(
    planner: Client, made: SimpleNamespace, asked: str
) -> None:
    answer = planner.get(f"/review/?{asked}")
    assert answer.status_code == 200
    assert numbers(answer) == []
    assert "Saringan tidak dapat dipakai" in answer.content.decode()


def test_one_walks_from_file_to_file_of_the_same_list(
    planner: Client, made: SimpleNamespace
) -> None:
    listed = numbers(planner.get("/review/?status=all&order=number"))
    query = "?status=all&order=number"
    first, second = listed[:2]
    assert planner.get(f"/review/{first}/next{query}")["Location"] == f"/review/{second}/{query}"
    assert (
        planner.get(f"/review/{second}/previous{query}")["Location"] == f"/review/{first}/{query}"
    )
    assert planner.get(f"/review/{first}/previous{query}")["Location"] == f"/review/{query}"
    assert planner.get(f"/review/{listed[-1]}/next{query}")["Location"] == f"/review/{query}"
    elsewhere = planner.get(f"/review/{made.beside.number}/next?status=open&order=number")
    assert elsewhere["Location"].startswith("/review/KKPR-")


def test_the_list_asks_the_database_a_fixed_number_of_times(
    planner: Client, made: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(45) as few:
        planner.get("/review/?status=all")
    area = made.town.kelurahan["Tenggara"]
    for number in range(15):
        application(area, f"KKPR-2026-03{number:02}", "assessment", geom=around(point_in(area)))
    with django_assert_max_num_queries(len(few)):
        assert len(numbers(planner.get("/review/?status=all"))) >= 15


def test_an_empty_desk_says_what_will_come(browser_of: Any, cast: Any) -> None:
    Application.objects.exclude(status="granted").update(status="withdrawn", decided_on=None)
    text = browser_of(cast.planner).get("/review/").content.decode()
    assert "Tidak ada berkas yang berjalan" in text
