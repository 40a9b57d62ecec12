"""Nothing twice: the table of every case of sending again."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from field_api import judge as judging
from field_api.judge import judge
from field_api.models import Device, Submission
from field_api.receive import receive
from layers.catalog.boundaries import Area
from layers.catalog.trash.reports import TrashReport
from layers.permissions import Role
from tests import factories
from tests.conftest import person
from tests.field_api.test_submit import URL, problem, report

State = Submission.State


@pytest.fixture
def phone(cast: Any, phone_of: Any) -> Any:
    return phone_of(cast.officer)


def test_the_same_again_gets_the_same_answer_and_changes_nothing(phone: Any) -> None:
    sent = report()
    first = phone.post(URL, sent, format="json")
    before = TrashReport.objects.count()
    again = phone.post(URL, dict(reversed(sent.items())), format="json")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert TrashReport.objects.count() == before


def test_a_refusal_again_gets_the_same_refusal(phone: Any) -> None:
    sent = report(values={})
    first, again = (phone.post(URL, sent, format="json") for _ in range(2))
    assert problem(first, 422) == problem(again, 422)


def test_the_same_uuid_with_other_content_is_a_conflict_and_changes_nothing(phone: Any) -> None:
    sent = report()
    phone.post(URL, sent, format="json")
    kept = Submission.objects.get()
    problem(phone.post(URL, sent | {"accuracy": 1.0}, format="json"), 409)
    assert Submission.objects.get().payload == kept.payload


def test_a_uuid_of_somebody_else_is_a_conflict_that_tells_nothing(
    cast: Any, phone: Any, phone_of: Any
) -> None:
    sent = report(values={"category": "burning", "description": "rahasia saya"})
    phone.post(URL, sent, format="json")
    answer = phone_of(cast.west_officer).post(URL, sent, format="json")
    problem(answer, 409)
    assert b"rahasia" not in answer.content
    assert Submission.objects.get().user == cast.officer


def test_what_was_stored_but_not_judged_goes_on_with_the_next_resend(
    phone: Any, monkeypatch: Any
) -> None:
    sent = report()

    def crash(cases: Any) -> None:
        raise RuntimeError("the process died here")

    with monkeypatch.context() as patch:
        patch.setattr(judging, "_judge", crash)
        assert phone.post(URL, sent, format="json").status_code == 202
    assert Submission.objects.get().state == State.RECEIVED
    assert phone.post(URL, sent, format="json").status_code == 200
    assert Submission.objects.get().state == State.ACCEPTED


def test_judging_twice_makes_one_feature(phone: Any) -> None:
    sent = report()
    phone.post(URL, sent, format="json")
    before = TrashReport.objects.count()
    judge([Submission.objects.get()])
    assert TrashReport.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_sixteen_phones_posting_one_uuid_at_once_make_one_row() -> None:
    officer = person("officer", Role.OFFICER)
    factories.boundaries()
    device, _ = Device.enrol(officer, "Ponsel")
    sent, states = report(), []

    def post() -> None:
        try:
            receipt = receive(sent, by=officer, device=device)
            states.append((receipt.submission.state, receipt.submission.feature_id))
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Area.objects.exists()
    assert Submission.objects.count() == TrashReport.objects.count() == 1
    assert set(states) == {(State.ACCEPTED, TrashReport.objects.get().pk)}
    assert len(states) == 16
