"""Phones: a token is hashed, belongs to one officer, and ends when revoked or out of time."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from field_api.judge import judge
from field_api.models import Device, Submission
from layers.permissions import Duty
from tests.field_api.test_submit import URL, problem, report

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> APIClient:
    return APIClient()


def test_a_token_is_kept_as_a_hash_only(cast: Any) -> None:
    _, token = Device.enrol(cast.officer, "Ponsel")
    kept = AuthToken.objects.get()
    assert token not in (kept.digest, kept.token_key)
    assert len(kept.digest) == 128


def test_the_command_prints_a_token_that_works(cast: Any, api: Any) -> None:
    out = StringIO()
    call_command("enrol_device", "officer", "Ponsel", stdout=out)
    api.credentials(HTTP_AUTHORIZATION=f"Token {out.getvalue().strip()}")
    assert api.post(URL, report(), format="json").status_code == 201
    assert Submission.objects.get().device.name == "Ponsel"


@pytest.mark.parametrize("name", ["nobody", "closed"])
def test_only_an_open_account_can_enrol(cast: Any, name: str) -> None:
    cast.idle_official.username, cast.idle_official.is_active = "closed", False
    cast.idle_official.save()
    with pytest.raises(CommandError, match="no active account"):
        call_command("enrol_device", name, "Ponsel")


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb\x00"])
def test_the_command_wants_a_name_in_one_line(cast: Any, name: str) -> None:
    with pytest.raises(CommandError, match="one line"):
        call_command("enrol_device", "officer", name)
    assert not AuthToken.objects.exists()


def test_the_command_judges_what_a_crash_left_behind(cast: Any, phone_of: Any) -> None:
    sent = report()
    phone_of(cast.officer).post(URL, sent, format="json")
    left = Submission.objects.get()
    Submission.objects.filter(pk=left.pk).update(
        state="received", judged_at=None, feature_id=None, instance_id=left.pk
    )
    from layers.catalog.trash.reports import TrashReport

    TrashReport.objects.filter(instance_id=left.pk).delete()
    out = StringIO()
    call_command("judge_submissions", stdout=out)
    assert out.getvalue() == "1 judged, 0 left.\n"
    assert judge([left])[0].state == "accepted"


def test_a_token_ends_with_its_time_and_nothing_sent_is_lost(cast: Any, phone_of: Any) -> None:
    phone = phone_of(cast.officer)
    assert phone.post(URL, report(), format="json").status_code == 201
    AuthToken.objects.update(expiry=timezone.now())
    body = problem(phone.post(URL, report(), format="json"), 401)
    assert "Masa berlaku" in body["detail"]
    assert Submission.objects.get().device is not None


def test_a_token_lasts_a_year_and_says_so_in_its_last_month(cast: Any, phone_of: Any) -> None:
    phone = phone_of(cast.officer)
    assert AuthToken.objects.get().expiry - timezone.now() > timedelta(days=364)
    assert "Token-Expires" not in phone.get(URL)
    soon = timezone.now() + timedelta(days=29)
    AuthToken.objects.update(expiry=soon)
    assert phone.get(URL)["Token-Expires"] == timezone.localtime(soon).isoformat("T", "seconds")


def test_a_closed_account_closes_its_phones(cast: Any, phone_of: Any) -> None:
    phone = phone_of(cast.officer)
    cast.officer.is_active = False
    cast.officer.save()
    assert "ditutup" in problem(phone.get(URL), 401)["detail"]


def test_without_a_duty_a_phone_has_no_form_and_what_it_sends_is_kept(
    cast: Any, phone_of: Any
) -> None:
    phone = phone_of(cast.officer)
    Duty.objects.filter(user=cast.officer).delete()
    problem(phone.post(URL, report(), format="json"), 404)
    assert Submission.objects.get().state == "unpermitted"


@pytest.mark.parametrize(
    "header",
    ["Token", "Token ", "Token x", "Token " + "0" * 63, "Token a b", "Token \xff\xfe", "token ü",
     "Token " + "0" * 64, "Token " + "é" * 64, "Token " + "A" * 10_000],
)  # fmt: skip
def test_a_wrong_token_is_401(cast: Any, api: APIClient, header: str) -> None:
    answer = api.get(URL, HTTP_AUTHORIZATION=header)
    assert "tidak sah" in problem(answer, 401)["detail"]
    assert answer["WWW-Authenticate"] == "Token"


def test_a_token_without_a_device_opens_nothing(cast: Any, api: APIClient) -> None:
    _, token = AuthToken.objects.create(user=cast.officer)
    problem(api.get(URL, HTTP_AUTHORIZATION=f"Token {token}"), 401)


def test_to_know_a_device_costs_one_query_and_its_throttle_one(cast: Any, phone_of: Any) -> None:
    phone = phone_of(cast.officer)
    with CaptureQueriesContext(connection) as queries:
        assert phone.get("/api/v1/nowhere").status_code == 404
    assert len(queries) == 2
