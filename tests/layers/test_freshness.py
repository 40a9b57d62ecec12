"""Whether layers are as new as promised, and who is reminded when they are not."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from layers import freshness
from layers.base import Layer
from layers.catalog.zoning.versions import Plan, PlanMove
from layers.freshness import FreshnessDay, Reminder, history, note_days, remind, state_of
from layers.offices import Office
from layers.provenance import Load
from layers.registry import LAYERS
from tests import factories

pytestmark = pytest.mark.django_db

CITIZEN = AnonymousUser()
MARKETS, REPORTS, ZONES = LAYERS["markets"], LAYERS["trash-reports"], LAYERS["zones"]


@pytest.fixture(autouse=True)
def quiet_offices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only these two layers: what the others hold does not matter here."""
    only = {layer.id: layer for layer in (MARKETS, REPORTS)}
    monkeypatch.setattr(freshness, "LAYERS", only)


def loaded(layer: Layer, days_ago: float, **more: Any) -> Load:
    made = Load.objects.create(layer_id=layer.id, source="uji", **more)
    Load.objects.filter(pk=made.pk).update(loaded_at=timezone.now() - timedelta(days=days_ago))
    return made


def office(**more: Any) -> Office:
    told = {"name": MARKETS.owner, "email": "pasar@contoh.invalid", "contact": "Ibu Kepala"}
    return Office.objects.create(**(told | more))


class TestState:
    def test_a_layer_is_late_from_the_day_after_it_was_due(self) -> None:
        loaded(MARKETS, 365)
        assert not state_of(MARKETS, CITIZEN).late
        tomorrow = timezone.now() + timedelta(days=1)
        assert state_of(MARKETS, CITIZEN, tomorrow).days_late == 1

    def test_a_layer_that_never_held_anything_is_not_late(self) -> None:
        state = state_of(MARKETS, CITIZEN)
        assert (state.updated, state.due, state.days_late) == (None, None, 0)

    def test_a_row_of_tomorrow_does_not_make_a_layer_fresh(self) -> None:
        kelurahan = factories.boundaries().kelurahan["Barat Laut"]
        report = factories.trash_report(kelurahan)
        moves = report.moves
        moves.create(to_status="received", at=timezone.now() - timedelta(days=9))
        moves.create(to_status="in-progress", at=timezone.now() + timedelta(days=9))
        assert state_of(REPORTS, CITIZEN).days_late == 8

    def test_a_plan_that_comes_into_force_makes_the_zones_new(self) -> None:
        plan = Plan.objects.create(
            code="uji", title="Uji", valid_from=date(2020, 1, 1), status="draft"
        )
        vocabulary = factories.rule_set().vocabulary
        word = vocabulary.sub_zones.create(code="R-2", name="R", zone_code="R", zone_name="R")
        plan.zones.create(sub_zone=word, block="1", geom=factories.around(factories.CENTRE))
        loaded(ZONES, 0)
        assert state_of(ZONES, CITIZEN).updated is None
        Plan.objects.update(status="active")
        move = PlanMove.objects.create(record=plan, from_status="draft", to_status="active")
        assert state_of(ZONES, CITIZEN).updated == move.at

    def test_each_person_is_told_of_what_they_see(self, cast: Any) -> None:
        measurements = LAYERS["measurements"]
        mine = state_of(measurements, cast.health_officer)
        assert mine.updated == factories.NOON
        assert state_of(measurements, cast.planner).updated is None


class TestHistory:
    def test_it_counts_the_days_of_each_of_twelve_months(self) -> None:
        now = datetime(2026, 11, 22, 4, tzinfo=UTC)
        for day in (date(2026, 11, 1), date(2026, 11, 2), date(2026, 1, 31), date(2025, 11, 30)):
            FreshnessDay.objects.create(layer_id=MARKETS.id, day=day)
        months = history(state_of(MARKETS, CITIZEN, now), CITIZEN, now)
        assert [(f"{month:%Y-%m}", count) for month, count in months if count] == [
            ("2026-01", 1), ("2026-11", 2),
        ]  # fmt: skip
        assert (len(months), months[0][0]) == (12, date(2025, 12, 1))

    def test_days_are_noted_once_and_late_ones_are_made_up_for(self) -> None:
        loaded(MARKETS, 200)
        loaded(MARKETS, 3)
        note_days()
        note_days()
        assert FreshnessDay.objects.filter(layer_id=MARKETS.id).count() == 2
        loaded(MARKETS, 20)
        note_days()
        assert FreshnessDay.objects.filter(layer_id=MARKETS.id).count() == 3

    def test_days_of_what_is_not_for_everybody_are_noted_nowhere(
        self, cast: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        measurements = LAYERS["measurements"]
        monkeypatch.setattr(freshness, "LAYERS", {measurements.id: measurements})
        note_days()
        assert not FreshnessDay.objects.exists()
        state = state_of(measurements, cast.health_officer)
        assert sum(count for _, count in history(state, cast.health_officer)) == 1


class TestReminding:
    def test_the_owner_is_written_to_when_a_layer_becomes_late_and_then_weekly(self) -> None:
        office()
        loaded(MARKETS, 366)
        now = timezone.now()
        sent = [len(remind(now + timedelta(days=day))) for day in range(15)]
        assert sent == [1, *[0] * 5, 1, *[0] * 6, 1, 0]
        assert [message.to for message in mail.outbox] == [["pasar@contoh.invalid"]] * 3
        assert "Yth. Ibu Kepala" in mail.outbox[0].body
        assert "Pasar" in mail.outbox[0].subject
        assert "terlambat 1 hari" in mail.outbox[0].body

    def test_nobody_is_written_to_in_time(self) -> None:
        office()
        loaded(MARKETS, 360)
        assert remind() == []
        assert mail.outbox == []

    def test_new_data_begin_a_new_period(self) -> None:
        office()
        loaded(MARKETS, 366)
        remind()
        loaded(MARKETS, 0)
        assert remind() == []
        assert len(remind(timezone.now() + timedelta(days=366))) == 1

    def test_one_letter_tells_of_all_that_is_late(self, monkeypatch: pytest.MonkeyPatch) -> None:
        puskesmas, areas = LAYERS["puskesmas"], LAYERS["puskesmas-areas"]
        monkeypatch.setattr(freshness, "LAYERS", {"a": puskesmas, "b": areas})
        office(name=puskesmas.owner)
        loaded(puskesmas, 400)
        loaded(areas, 500)
        assert len(remind()) == 2
        assert len(mail.outbox) == 1
        assert "Wilayah kerja Puskesmas" in mail.outbox[0].body

    @pytest.mark.parametrize("known", [True, False])
    def test_an_office_without_an_address_stops_nobody(self, known: bool) -> None:
        if known:
            office(email="")
        loaded(MARKETS, 400)
        assert remind() == []
        assert not Reminder.objects.exists()

    def test_a_letter_that_could_not_be_sent_is_tried_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        office()
        loaded(MARKETS, 400)

        def down(*_: Any) -> int:
            raise ConnectionRefusedError

        with monkeypatch.context() as broken:
            broken.setattr(freshness, "send_mail", down)
            assert remind() == []
        assert not Reminder.objects.exists()
        assert len(remind()) == 1

    def test_a_reminder_is_never_changed(self) -> None:
        office()
        loaded(MARKETS, 400)
        remind()
        with pytest.raises(IntegrityError), transaction.atomic():
            Reminder.objects.update(email="lain@contoh.invalid")

    def test_the_command_says_to_whom_it_wrote(self, capsys: pytest.CaptureFixture[str]) -> None:
        office()
        loaded(MARKETS, 400)
        call_command("remind_owners")
        assert capsys.readouterr().out == "markets: pasar@contoh.invalid\n"


@pytest.mark.django_db(transaction=True)
def test_two_that_remind_at_once_write_one_letter() -> None:
    office()
    loaded(MARKETS, 400)
    ready = threading.Barrier(2)
    sent: list[Reminder] = []

    def run() -> None:
        try:
            ready.wait()
            sent.extend(remind())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(sent), len(mail.outbox), Reminder.objects.count()) == (1, 1, 1)
