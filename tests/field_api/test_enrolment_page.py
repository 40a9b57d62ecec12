"""The administrator's side: a code to read, who carries what, and the end of a lost phone."""

from __future__ import annotations

import base64
import io
import json
import re
import zlib
from html import unescape
from typing import Any

import pytest
import segno
import zxingcpp
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image
from rest_framework.test import APIClient

from field_api import qr
from field_api.devices import CodeRefused, invite, redeem
from field_api.models import Device, Enrolment, Submission
from tests.field_api.test_submit import URL, problem, report

pytestmark = pytest.mark.django_db
DEVICES = "/api/v1/devices"
ADD = "/admin/field_api/device/add/"


@pytest.fixture
def api() -> APIClient:
    return APIClient()


@pytest.fixture
def desk(cast: Any, browser_of: Any) -> Client:
    """The admin, entered by the administrator."""
    cast.administrator.is_staff = True
    cast.administrator.save()
    return browser_of(cast.administrator)


def shown(answer: Any) -> str:
    """What a camera reads from the page. The picture is drawn as its SVG says."""
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "<style" not in html
    assert 'style="' not in html
    source = unescape(re.search(r'<img src="(data:image/svg\+xml[^"]+)"', html)[1])
    said = unescape(re.search(r"<code>(.+?)</code>", html, re.DOTALL)[1])
    for text in (said, *collected(said)):
        if qr.picture(text) == source:
            return read(text)
    raise AssertionError("the picture does not hold what the page says")


def collected(address: str) -> list[str]:
    return [qr.collect_settings(address, "Kota Kupang")]


def read(text: str) -> str:
    file = io.BytesIO()
    segno.make(text, error="l", boost_error=True, micro=False).save(file, kind="png", scale=4)
    return str(zxingcpp.read_barcodes(Image.open(file))[0].text)


def test_the_page_shows_a_code_that_enrols_the_chosen_person(
    cast: Any, desk: Client, api: APIClient
) -> None:
    assert b"officer" in desk.get(f"{ADD}?user={cast.officer.pk}").content
    address = shown(desk.post(ADD, {"user": cast.officer.pk, "app": "field"}))
    head, code = address.split("#enrol=")
    assert head == "http://testserver/field/"
    answer = api.post(DEVICES, {"code": code, "name": "Ponsel"}, format="json")
    assert answer.status_code == 201
    enrolment = Enrolment.objects.get()
    assert (enrolment.user, enrolment.by) == (cast.officer, cast.administrator)


def test_the_page_shows_settings_that_odk_collect_reads(
    cast: Any, desk: Client, api: APIClient
) -> None:
    text = shown(desk.post(ADD, {"user": cast.officer.pk, "app": "collect"}))
    settings = json.loads(zlib.decompress(base64.b64decode(text)))
    assert set(settings) == {"general", "admin", "project"}
    head, token = settings["general"]["server_url"].split("/key/")
    assert head == "http://testserver/openrosa"
    assert api.get(URL, HTTP_AUTHORIZATION=f"Token {token}").status_code == 200
    enrolment = Enrolment.objects.get()
    assert (enrolment.device.user, enrolment.by) == (cast.officer, cast.administrator)
    assert token not in desk.get("/admin/field_api/device/").content.decode()


@pytest.mark.parametrize(
    "sent",
    [{}, {"app": "field"}, {"user": "x", "app": "field"}, {"user": "\x00", "app": "field"},
     {"user": "99999999999999999999", "app": "field"}, {"app": "odk", "user": "1"}],
)  # fmt: skip
def test_a_wrong_choice_is_told_and_makes_nothing(cast: Any, desk: Client, sent: Any) -> None:
    answer = desk.post(ADD, sent)
    assert answer.status_code == 200
    assert b"errorlist" in answer.content
    assert not Enrolment.objects.exists()


def test_a_person_without_a_duty_or_account_is_not_offered(cast: Any, desk: Client) -> None:
    cast.planner.is_active = False
    cast.planner.save()
    for person in (cast.idle_official, cast.planner):
        assert b"errorlist" in desk.post(ADD, {"user": person.pk, "app": "collect"}).content
    assert not Device.objects.exists()


@pytest.mark.parametrize("wrong", ["x", "\x00", "-1", "9" * 30])
def test_a_wrong_person_in_the_address_is_nobody(cast: Any, desk: Client, wrong: str) -> None:
    assert desk.get(ADD, {"user": wrong}).status_code == 200


def test_the_lists_tell_who_carries_what_and_cost_the_same_however_long(
    cast: Any, desk: Client, phone_of: Any
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            for page in ("device", "enrolment"):
                assert desk.get(f"/admin/field_api/{page}/").status_code == 200
        return len(queries)

    redeem(invite(cast.officer, by=cast.administrator)[1], "Ponsel pertama")
    html = desk.get("/admin/field_api/device/").content.decode()
    assert "Ponsel pertama" in html
    assert "belum pernah" in html
    few = cost()
    for _ in range(5):
        redeem(invite(cast.west_officer, by=cast.administrator)[1], "Ponsel")
    assert cost() == few
    device = Device.objects.latest("pk")
    page = desk.get(f"/admin/field_api/device/{device.pk}/change/").content.decode()
    assert device.token.digest not in page


@pytest.mark.parametrize(
    "query", ["token__digest__startswith=a", "user__password__startswith=p", "name=%00", "pk__gt=0",
              "code_sha256__startswith=a"],
)  # fmt: skip
@pytest.mark.parametrize("page", ["device", "enrolment"])
def test_a_lookup_in_the_address_reaches_no_hash(
    cast: Any, desk: Client, page: str, query: str
) -> None:
    assert desk.get(f"/admin/field_api/{page}/?{query}").status_code in (302, 400)


def test_a_code_shown_to_the_wrong_person_is_ended(cast: Any, desk: Client) -> None:
    code = invite(cast.officer, by=cast.administrator)[1]
    enrolment = Enrolment.objects.get()
    chosen = {"action": "end", "_selected_action": [enrolment.pk]}
    assert "Menunggu" in desk.get("/admin/field_api/enrolment/").content.decode()
    desk.post("/admin/field_api/enrolment/", chosen)
    with pytest.raises(CodeRefused):
        redeem(code, "Ponsel")


def test_an_administrator_revokes_a_lost_phone_and_its_submissions_stay(
    cast: Any, phone_of: Any, desk: Client
) -> None:
    phone, other = phone_of(cast.officer), phone_of(cast.officer)
    phone.post(URL, report(), format="json")
    device = cast.officer.devices.earliest("pk")
    desk.post("/admin/field_api/device/", {"action": "revoke", "_selected_action": [device.pk]})
    problem(phone.post(URL, report(), format="json"), 401)
    assert other.get(URL).status_code == 200  # one by one
    assert Submission.objects.get().device == device


def test_a_planner_keeps_no_devices(cast: Any, browser_of: Any) -> None:
    cast.planner.is_staff = cast.planner.is_superuser = True
    cast.planner.save()
    planner = browser_of(cast.planner)
    for page in ("device/", "device/add/", "enrolment/"):
        assert planner.get(f"/admin/field_api/{page}").status_code == 403
    assert planner.post(ADD, {"user": cast.officer.pk, "app": "field"}).status_code == 403
    assert not Enrolment.objects.exists()
