"""Phones: a token is hashed, belongs to one officer, and ends when it is revoked."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from knox.models import AuthToken

from field_api.models import Device, Submission
from field_api.receive import judge
from tests.field_api.test_submit import URL, problem, report

pytestmark = pytest.mark.django_db


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


@pytest.fixture
def api() -> Any:
    from rest_framework.test import APIClient

    return APIClient()


@pytest.mark.parametrize("name", ["nobody", "closed"])
def test_only_an_open_account_can_enrol(cast: Any, name: str) -> None:
    cast.idle_official.username, cast.idle_official.is_active = "closed", False
    cast.idle_official.save()
    with pytest.raises(CommandError, match="no active account"):
        call_command("enrol_device", name, "Ponsel")


def test_an_administrator_revokes_a_lost_phone_and_its_submissions_stay(
    cast: Any, phone_of: Any, browser_of: Any
) -> None:
    phone = phone_of(cast.officer)
    phone.post(URL, report(), format="json")
    device = cast.officer.devices.get()
    cast.administrator.is_staff = True
    cast.administrator.save()
    desk = browser_of(cast.administrator)
    desk.post("/admin/field_api/device/", {"action": "revoke", "_selected_action": [device.pk]})
    problem(phone.post(URL, report(), format="json"), 401)
    assert Submission.objects.get().device == device


def test_a_planner_keeps_no_devices(cast: Any, browser_of: Any) -> None:
    cast.planner.is_staff = cast.planner.is_superuser = True
    cast.planner.save()
    assert browser_of(cast.planner).get("/admin/field_api/device/").status_code == 403


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
    assert judge(left.pk).state == "accepted"
