"""What the way in does with right and wrong submissions: everything is kept, each is explained."""

from __future__ import annotations

import json
import time
from http.client import HTTPConnection
from typing import Any

import pytest
from rest_framework.test import APIClient

from field_api.models import Device, Submission
from field_api.parsers import MAX_BYTES, depth
from layers.catalog.trash.reports import TrashReport
from tests.test_data_flow import answers, submission

pytestmark = pytest.mark.django_db
URL = "/api/v1/submissions"
State = Submission.State


@pytest.fixture
def phone(cast: Any, phone_of: Any) -> Any:
    return phone_of(cast.officer)


def report(**more: Any) -> dict[str, Any]:
    return submission("trash-reports", {"category": "scattered"}) | more


def at(*coordinates: Any) -> dict[str, Any]:
    return {"type": "Point", "coordinates": list(coordinates)}


SELF_CROSSING = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]]}


def problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")
    body = json.loads(answer.content)
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


def test_it_answers_with_the_submission_as_a_feature(phone: Any) -> None:
    sent = report()
    answer = phone.post(URL, sent, format="json")
    assert answer.status_code == 201
    body = answer.json()
    assert body["type"] == "Feature"
    assert body["id"] == sent["instance_id"]
    assert body["properties"]["state"] == "accepted"


def test_without_a_token_nothing_is_taken(api_client_without_token: Any) -> None:
    body = problem(api_client_without_token.post(URL, report(), format="json"), 401)
    assert "detail" in body
    assert not Submission.objects.exists()


@pytest.fixture
def api_client_without_token(db: None) -> Any:
    return APIClient()


def test_a_revoked_token_opens_nothing(cast: Any, phone: Any) -> None:
    cast.officer.devices.get().token.delete()
    problem(phone.post(URL, report(), format="json"), 401)
    assert cast.officer.devices.get().token is None


@pytest.mark.parametrize(
    ("change", "field", "word"),
    [
        ({"geometry": at(-10.17, 123.6)}, "geometry", "tertukar"),
        ({"geometry": at(123.6, -14.7)}, "geometry", "di luar batas kota"),
        ({"geometry": at("123.6", "-10.2")}, "geometry", "Point"),
        ({"geometry": at(200.0, -10.2)}, "geometry", "Bujur"),
        ({"geometry": None}, "geometry", "titik"),
        ({"geometry": SELF_CROSSING}, "geometry", "Point"),
        ({"observed_at": "2026-11-20T12:00:00"}, "observed_at", "zona"),
        ({"observed_at": "kemarin"}, "observed_at", "zona"),
        ({"observed_at": "2099-01-01T00:00:00+08:00"}, "observed_at", "jam ponsel"),
        ({"observed_at": "1900-01-01T00:00:00Z"}, "observed_at", "jam ponsel"),
        ({"observed_at": "0001-01-01T00:00:00+23:59"}, "observed_at", "jam ponsel"),
        ({"observed_at": "2026-11-22T08:00:00\x00Z"}, "observed_at", "zona"),
        ({"observed_at": 1763769600}, "observed_at", "zona"),
        ({"accuracy": -1}, "accuracy", "0"),
        ({"accuracy": True}, "accuracy", ""),
        ({"form_version": "99"}, "form_version", "perbarui"),
        ({"values": {}}, "values.category", "wajib diisi"),
        ({"values": {"category": "gold"}}, "values.category", "scattered"),
        ({"values": {"category": "scattered", "colour": 1}}, "values.colour", "tidak punya"),
        ({"values": {"category": "burning", "description": "x" * 2001}}, "values.description",
         "2000"),
        ({"values": [1]}, "values", "objek"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_kept_and_explained(
    phone: Any, change: dict[str, Any], field: str, word: str
) -> None:
    sent = report(**change)
    body = problem(phone.post(URL, sent, format="json"), 422)
    assert word in str(body["reasons"][field])
    kept = Submission.objects.get(pk=sent["instance_id"])
    assert kept.state == State.REFUSED
    assert json.loads(kept.payload) == sent
    assert TrashReport.objects.count() == 3, "only the town's own reports"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "-1e999"])
def test_a_coordinate_that_is_no_number_is_kept_and_refused(phone: Any, number: str) -> None:
    sent = json.dumps(report(geometry=at(123.6, 76.54321))).replace("76.54321", number)
    body = problem(phone.post(URL, sent, content_type="application/json"), 422)
    assert "NaN" in body["reasons"]["geometry"]


@pytest.mark.parametrize(
    "form",
    ["no-such-form", "measurements", "kelurahan", "", "x" * 500, "a\x00b", "\ud800", None, 7, {}],
)
def test_unknown_and_forbidden_forms_are_answered_alike_and_kept(phone: Any, form: str) -> None:
    sent = report(form=form)
    body = problem(phone.post(URL, json.dumps(sent), content_type="application/json"), 404)
    assert body["reasons"]["form"].startswith("Tidak ada formulir")
    assert Submission.objects.get(pk=sent["instance_id"]).state == State.UNPERMITTED


@pytest.mark.parametrize(
    "instance_id", [None, "", "not-a-uuid", 7, 12345678123456781234567812345678, {"a": 1}]
)
def test_what_has_no_uuid_is_kept_once(phone: Any, instance_id: Any) -> None:
    sent = report(instance_id=instance_id)
    first = problem(phone.post(URL, sent, format="json"), 422)
    again = problem(phone.post(URL, sent, format="json"), 422)
    assert first == again
    assert "UUID" in first["reasons"]["instance_id"]
    assert Submission.objects.count() == 1


@pytest.mark.parametrize("body", ["{", '"text"', "[1, 2]", "null", "\x00", '{"a": "\ud800"}'])
def test_what_is_not_an_object_is_kept_and_refused(phone: Any, body: str) -> None:
    content = body.encode("utf-8", "surrogatepass")
    problem(phone.post(URL, content, content_type="application/json"), 422)
    assert Submission.objects.get().state == State.REFUSED


def test_json_nested_deep_never_reaches_the_parser_and_is_kept(phone: Any) -> None:
    body = problem(phone.post(URL, "[" * 100_000, content_type="application/json"), 422)
    assert "bersarang" in body["reasons"]["body"]
    assert Submission.objects.get().payload == "[" * 100_000


@pytest.mark.parametrize("start", [b'"' + b'\\"' * 130_000, b'["' + b"\\" * 250_000])
def test_counting_brackets_takes_no_longer_for_a_hostile_text(start: bytes) -> None:
    started = time.perf_counter()
    depth(start)
    assert time.perf_counter() - started < 2


def test_a_name_that_cannot_be_stored_is_refused_not_left_waiting(phone: Any) -> None:
    sent = report(values={"category": "scattered", "a\x00b": 1, "\ud800": 2})
    problem(phone.post(URL, json.dumps(sent), content_type="application/json"), 422)
    assert Submission.objects.get().state == State.REFUSED


@pytest.mark.parametrize("layer_id", ["trash-reports", "price-readings", "site-visits"])
def test_no_form_takes_a_point_far_outside_the_city(cast: Any, phone: Any, layer_id: str) -> None:
    sent = submission(layer_id, answers(layer_id), geometry=at(128.0, -12.0))
    body = problem(phone.post(URL, sent, format="json"), 422)
    assert "di luar batas kota" in body["reasons"]["geometry"]


def test_brackets_inside_a_text_are_not_nesting(phone: Any) -> None:
    sent = report(values={"category": "scattered", "description": "[" * 50 + '\\"{' * 50})
    assert phone.post(URL, sent, format="json").status_code == 201


def test_a_body_over_the_limit_is_turned_away(phone: Any) -> None:
    sent = report(values={"category": "scattered", "description": "x" * MAX_BYTES})
    body = problem(phone.post(URL, sent, format="json"), 413)
    assert "KiB" in body["detail"]


def test_a_body_in_pieces_is_told_to_say_its_length(cast: Any, live_server: Any) -> None:
    """WSGI gives Django nothing of a chunked body: to answer anything else would lose it."""
    _, token = Device.enrol(cast.officer, "Ponsel")
    connection = HTTPConnection(live_server.thread.host, live_server.thread.port)
    connection.putrequest("POST", URL)
    for name, value in (("Authorization", f"Token {token}"), ("Content-Type", "application/json"),
                        ("Transfer-Encoding", "chunked")):  # fmt: skip
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(b"2\r\n{}\r\n0\r\n\r\n")
    status = connection.getresponse().status
    connection.close()
    assert status == 411
    assert not Submission.objects.exists()


def test_an_empty_body_is_told(phone: Any) -> None:
    for body in (" ", "\n"):
        answer = phone.post(URL, body, content_type="application/json")
        assert "kosong" in problem(answer, 400)["detail"]
    problem(phone.post(URL, b"", content_type="application/json", CONTENT_LENGTH="0"), 400)


def test_a_header_that_is_not_text_is_a_401(db: None) -> None:
    answer = APIClient().get(URL, headers={"Authorization": "Token \xff\xfe"})
    problem(answer, 401)


def test_another_content_type_is_turned_away(phone: Any) -> None:
    problem(phone.post(URL, "a=1", content_type="text/plain"), 415)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_turned_away(phone: Any, method: str) -> None:
    problem(getattr(phone, method)(URL), 405)


def test_an_address_that_is_not_there_is_a_problem_document(phone: Any) -> None:
    problem(phone.get("/api/v1/nothing"), 404)


def test_text_is_kept_as_it_was_sent(phone: Any) -> None:
    text = "<script>alert(1)</script> '; DROP TABLE layers_trashreport; -- 🚮 \u202e"
    sent = report(values={"category": "scattered", "description": text})
    assert phone.post(URL, sent, format="json").status_code == 201
    assert TrashReport.objects.get(instance_id=sent["instance_id"]).description == text
