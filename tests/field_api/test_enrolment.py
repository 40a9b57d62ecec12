"""A phone is enrolled once and soon by a code, or by its officer's own session; nobody else is."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from field_api.devices import CodeRefused, invite, redeem
from field_api.models import Device, Enrolment
from tests.field_api.test_submit import URL, problem, report

pytestmark = pytest.mark.django_db
DEVICES = "/api/v1/devices"


@pytest.fixture
def api() -> APIClient:
    return APIClient()


@pytest.fixture
def code(cast: Any) -> str:
    return invite(cast.officer, by=cast.administrator)[1]


def test_a_code_enrols_a_phone_that_works(cast: Any, api: APIClient, code: str) -> None:
    answer = api.post(DEVICES, {"code": code, "name": "  Samsung   A05 "}, format="json")
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    told = answer.json()
    device = Device.objects.get()
    assert told["device"] == {"id": device.pk, "name": "Samsung A05"}
    assert told["user"] == {"username": "officer", "name": cast.officer.get_full_name()}
    assert told["expires_at"] > timezone.localtime().isoformat()
    assert Enrolment.objects.get().device == device
    api.credentials(HTTP_AUTHORIZATION=f"Token {told['token']}")
    assert api.post(URL, report(), format="json").status_code == 201


def test_a_code_has_128_bits_and_is_kept_as_a_hash_only(cast: Any, code: str) -> None:
    assert len(base64.urlsafe_b64decode(code + "==")) == 16
    kept = Enrolment.objects.values().get()
    assert code not in str(kept)
    assert kept["expires_at"] - timezone.now() <= timedelta(minutes=15)


def test_wrong_used_late_and_closed_codes_are_told_alike_and_cost_alike(
    cast: Any, api: APIClient
) -> None:
    def fresh(user: Any = cast.officer) -> str:
        return invite(user, by=cast.administrator)[1]

    used = fresh()
    redeem(used, "Ponsel")
    late = fresh()
    Enrolment.objects.filter(used_at=None).update(expires_at=timezone.now())
    told, costs = [], []
    for wrong in ("AAAAAAAAAAAAAAAAAAAAAA", used, late, "", "x' or 1=1", "ü"):
        with CaptureQueriesContext(connection) as queries:
            answer = api.post(DEVICES, {"code": wrong, "name": "Ponsel"}, format="json")
        told.append(problem(answer, 422))
        costs.append(len(queries))
    assert told == [told[0]] * len(told)
    assert costs == [costs[0]] * len(costs)

    closed, idle = fresh(cast.west_officer), fresh(cast.idle_official)
    cast.west_officer.is_active = False
    cast.west_officer.save()
    for wrong in (closed, idle):
        answer = api.post(DEVICES, {"code": wrong, "name": "Ponsel"}, format="json")
        assert problem(answer, 422) == told[0]
    assert Device.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_phones_with_one_code_one_is_enrolled(cast: Any, code: str) -> None:
    def enrol(name: int) -> bool:
        try:
            redeem(code, str(name))
        except CodeRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as phones:
        assert sum(phones.map(enrol, range(24))) == 1
    assert Device.objects.count() == AuthToken.objects.count() == 1


@pytest.mark.parametrize(
    "name",
    [None, "", "   ", "x" * 101, "a\x00b", "a\ud800b", "a\x1b[2Jb", "\u202eA05", [], {}, True],
)
def test_a_wrong_name_is_told_and_does_not_spend_the_code(
    cast: Any, api: APIClient, code: str, name: Any
) -> None:
    body = json.dumps({"code": code, "name": name})
    answer = api.post(DEVICES, body, content_type="application/json")
    assert "name" in problem(answer, 400)["errors"]
    assert redeem(code, "Ponsel")


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', '{"code": {}, "name": "x"}', "{}"])
def test_a_wrong_body_is_told(cast: Any, api: APIClient, body: str) -> None:
    problem(api.post(DEVICES, body, content_type="application/json"), 400)


def test_a_wrong_content_type_is_told(cast: Any, api: APIClient) -> None:
    problem(api.post(DEVICES, {"name": "x"}, format="multipart"), 415)
    problem(api.get(DEVICES), 405)


def test_a_phone_enrolled_anew_may_still_send_its_old_token(
    cast: Any, api: APIClient, code: str
) -> None:
    sent = {"code": code, "name": "Ponsel"}
    api.credentials(HTTP_AUTHORIZATION=f"Token {'0' * 64}")
    assert api.post(DEVICES, sent, format="json").status_code == 201


def test_guessing_codes_is_stopped_by_address(
    cast: Any, api: APIClient, code: str, settings: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("field_api.throttles.time", SimpleNamespace(time=lambda: 60_000.0))
    settings.REQUESTS_PER_MINUTE = {"failure": 2, "address": 9, "session": 9}
    guess, right = ({"code": one, "name": "Ponsel"} for one in ("x", code))
    assert [api.post(DEVICES, guess, format="json").status_code for _ in range(3)] == [
        422, 422, 429,
    ]  # fmt: skip
    answer = api.post(DEVICES, right, format="json")  # a right one is no way to go on guessing
    problem(answer, 429)
    assert answer["Retry-After"] == "60"
    elsewhere = api.post(DEVICES, right, format="json", REMOTE_ADDR="10.0.0.9")
    assert elsewhere.status_code == 201


def test_an_officer_at_a_browser_enrols_their_own_phone(cast: Any) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.officer)

    def enrol(**headers: str) -> Any:
        sent = {"name": "Ponsel"}
        return browser.post(DEVICES, sent, content_type="application/json", headers=headers)

    problem(enrol(), 403)
    assert not Device.objects.exists()
    browser.cookies["csrftoken"] = "x" * 32
    assert enrol(**{"X-CSRFToken": "x" * 32}).status_code == 201
    assert Device.objects.get().user == cast.officer


def test_neither_a_stranger_nor_a_device_nor_the_idle_enrols(
    cast: Any, api: APIClient, phone_of: Any, browser_of: Any
) -> None:
    problem(api.post(DEVICES, {"name": "Ponsel"}, format="json"), 401)
    problem(phone_of(cast.officer).post(DEVICES, {"name": "Ponsel"}, format="json"), 403)
    idle = browser_of(cast.idle_official)
    problem(idle.post(DEVICES, {"name": "Ponsel"}, content_type="application/json"), 403)
    assert Device.objects.count() == 1
