"""Nothing twice: the table of every case of sending again."""

from __future__ import annotations

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from field_api import judge as judging
from field_api.judge import judge
from field_api.models import Device, Submission
from layers.catalog.trash.reports import TrashReport, TrashReportMove
from layers.permissions import Role
from tests import factories
from tests.conftest import person
from tests.field_api.test_submit import URL, problem, report

State = Submission.State
AT_ONCE = 64


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
def test_sixty_four_posts_of_one_uuid_at_once_make_one_row(live_server: LiveServer) -> None:
    officer = person("officer", Role.OFFICER)
    factories.boundaries()
    _, token = Device.enrol(officer, "Ponsel")
    sent, together = json.dumps(report()).encode(), threading.Barrier(AT_ONCE)
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    live_server.thread.httpd.socket.listen(2 * AT_ONCE)  # Django's own lets ten wait at the door
    host, port = live_server.thread.host, live_server.thread.port

    def post(_: int) -> tuple[int, bytes]:
        phone = HTTPConnection(host, port, timeout=60)
        together.wait()
        phone.request("POST", URL, sent, headers)
        answer = phone.getresponse()
        told = answer.status, answer.read()
        phone.close()
        return told

    with ThreadPoolExecutor(AT_ONCE) as phones:
        told = list(phones.map(post, range(AT_ONCE)))

    kept, feature = Submission.objects.get(), TrashReport.objects.get()
    assert (kept.state, kept.feature_id) == (State.ACCEPTED, feature.pk)
    assert TrashReportMove.objects.filter(record=feature).count() == 1
    assert Counter(status for status, _ in told) == {201: 1, 200: AT_ONCE - 1}
    assert len({body for _, body in told}) == 1
