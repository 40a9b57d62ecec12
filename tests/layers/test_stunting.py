"""Prevalence: counted once a child, hidden where few stand behind it, frozen once released."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from layers.catalog.stunting.prevalence import (
    Prevalence,
    SuppressionRule,
    compile_month,
    is_hidden,
    minimum_on,
    release_month,
)
from tests.factories import NOON, child, measurement
from tests.test_data_flow import submission

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 1)


def measure(cast: Any, name: str, stunted: int, healthy: int) -> Any:
    area = cast.town.kelurahan[name]
    for number in range(stunted + healthy):
        measurement(
            child(area, cast.town.puskesmas),
            cast.health_officer,
            measured_on=date(2026, 3, 10),
            height_z=-3.0 if number < stunted else 0.5,
        )
    return area


def figure(area: Any, month: date = MARCH) -> Prevalence:
    return Prevalence.objects.get(kelurahan=area, month=month)


def test_a_figure_with_enough_children_behind_it_is_given(cast: Any) -> None:
    area = measure(cast, "Tenggara", stunted=12, healthy=28)
    compile_month(month=MARCH)
    shown = figure(area)
    assert (shown.measured, shown.stunted, shown.rate, shown.hidden) == (40, 12, 30.0, False)


@pytest.mark.parametrize(("stunted", "healthy"), [(9, 40), (0, 40), (12, 9), (3, 3)])
def test_a_figure_with_few_behind_it_is_not_even_stored(
    cast: Any, stunted: int, healthy: int
) -> None:
    area = measure(cast, "Tenggara", stunted, healthy)
    compile_month(month=MARCH)
    hidden = figure(area)
    assert (hidden.measured, hidden.stunted, hidden.rate, hidden.hidden) == (None, None, None, True)


def test_a_child_measured_twice_counts_once_with_the_last_one(cast: Any) -> None:
    area = measure(cast, "Tenggara", stunted=11, healthy=20)
    twice = child(area, cast.town.puskesmas)
    for day, z in ((5, -3.0), (25, -1.0)):
        measurement(twice, cast.health_officer, measured_on=date(2026, 3, day), height_z=z)
    measurement(twice, cast.health_officer, measured_on=date(2026, 2, 5), height_z=-3.5)
    compile_month(month=MARCH)
    assert (figure(area).measured, figure(area).stunted) == (32, 11)


def test_an_implausible_value_is_kept_but_not_counted(cast: Any) -> None:
    area = measure(cast, "Tenggara", stunted=11, healthy=20)
    odd = measurement(child(area, cast.town.puskesmas), cast.health_officer,
                      measured_on=date(2026, 3, 9), height_z=-7.2)  # fmt: skip
    compile_month(month=MARCH)
    odd.refresh_from_db()
    assert odd.flagged
    assert figure(area).measured == 31


def test_a_released_figure_stands_when_the_month_is_compiled_again(cast: Any) -> None:
    area = measure(cast, "Tenggara", stunted=12, healthy=28)
    compile_month(month=MARCH)
    assert release_month(month=MARCH, by=cast.walidata, at=NOON) == 1
    measure(cast, "Tenggara", stunted=5, healthy=0)
    compile_month(month=MARCH)
    assert figure(area).measured == 40


def test_only_a_walidata_releases_by_command_and_is_named(cast: Any) -> None:
    area = measure(cast, "Tenggara", stunted=12, healthy=28)
    with pytest.raises(CommandError, match="walidata"):
        call_command("release_stunting", "2026-03", by="planner")
    with pytest.raises(CommandError, match="2026-08"):
        call_command("release_stunting", "soon", by="walidata")
    assert not Prevalence.objects.filter(month=MARCH).exists()
    call_command("release_stunting", "2026-03", by="walidata")
    assert figure(area).released_by == cast.walidata


def test_the_rule_of_the_day_decides(db: None) -> None:
    SuppressionRule.objects.create(valid_from=date(2020, 1, 1), minimum=10, source="uji")
    SuppressionRule.objects.create(valid_from=date(2026, 1, 1), minimum=20, source="uji")
    assert (minimum_on(date(2025, 12, 31)), minimum_on(MARCH)) == (10, 20)
    assert is_hidden(40, 12, 20)
    with pytest.raises(SuppressionRule.DoesNotExist):
        minimum_on(date(2019, 1, 1))


def test_the_database_refuses_a_rule_below_five_and_a_hidden_figure_with_numbers(cast: Any) -> None:
    area = cast.town.kelurahan["Barat Daya"]
    with pytest.raises(IntegrityError), transaction.atomic():
        SuppressionRule.objects.create(valid_from=MARCH, minimum=4, source="uji")
    with pytest.raises(IntegrityError), transaction.atomic():
        Prevalence.objects.create(kelurahan=area, month=MARCH, measured=3, hidden=True)


@pytest.mark.parametrize(
    ("change", "field", "word"),
    [
        ({"child": "other"}, "values.child", "wilayah kerja"),
        ({"child": "8d2c7f60-0000-4000-8000-000000000000"}, "values.child", "wilayah kerja"),
        ({"measured_on": "2024-04-30"}, "values.measured_on", "lahir"),
        ({"measured_on": "2030-01-01"}, "values.measured_on", "hari ini"),
        ({"position": None}, "values.position", ""),
        ({"height_cm": "805"}, "values.height_cm", "140"),
        ({"height_cm": "NaN"}, "values.height_cm", ""),
    ],
)
def test_a_measurement_is_refused_rather_than_guessed(
    cast: Any, phone_of: Any, change: dict[str, Any], field: str, word: str
) -> None:
    values = {
        "child": str(cast.town.child.code),
        "measured_on": "2026-11-10",
        "height_cm": "81.5",
        "position": "standing",
    } | change
    if values["child"] == "other":
        values["child"] = str(cast.town.other_child.code)
    sent = submission("measurements", values)
    answer = phone_of(cast.health_officer).post("/api/v1/submissions", sent, format="json")
    assert answer.status_code == 422
    assert word in answer.json()["reasons"][field]
