"""A sender sees what became of one's own submissions, and nobody else's."""

from __future__ import annotations

import base64
from typing import Any

import jsonschema
import pytest
from rest_framework.test import APIClient

from tests.field_api.test_submit import URL, problem, report

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone(cast: Any, phone_of: Any) -> Any:
    return phone_of(cast.officer)


def test_they_are_listed_newest_first_with_their_state(phone: Any) -> None:
    good, bad = report(), report(values={})
    phone.post(URL, good, format="json")
    phone.post(URL, bad, format="json")
    listed = phone.get(URL).json()
    assert listed["type"] == "FeatureCollection"
    assert [row["id"] for row in listed["features"]] == [bad["instance_id"], good["instance_id"]]
    assert [row["properties"]["state"] for row in listed["features"]] == ["refused", "accepted"]


def test_they_can_be_narrowed_by_state(phone: Any) -> None:
    phone.post(URL, report(), format="json")
    assert phone.get(f"{URL}?state=refused").json()["features"] == []
    assert len(phone.get(f"{URL}?state=accepted").json()["features"]) == 1


def test_an_unknown_parameter_is_refused(phone: Any) -> None:
    body = problem(phone.get(f"{URL}?status=refused"), 400)
    assert "status" in str(body["errors"])


@pytest.mark.parametrize("address", [f"{URL}?x=1", "/api/v1/forms?x=1"])
def test_no_address_passes_over_an_unknown_parameter(phone: Any, address: str) -> None:
    problem(phone.get(address), 400)
    problem(phone.post(f"{URL}?x=1", report(), format="json"), 400)


def test_one_can_be_asked_for_by_its_uuid(phone: Any) -> None:
    sent = report()
    phone.post(URL, sent, format="json")
    assert phone.get(f"{URL}/{sent['instance_id']}").json()["id"] == sent["instance_id"]


def test_somebody_elses_is_not_found(cast: Any, phone: Any, phone_of: Any) -> None:
    sent = report()
    phone.post(URL, sent, format="json")
    other = phone_of(cast.west_officer)
    problem(other.get(f"{URL}/{sent['instance_id']}"), 404)
    assert other.get(URL).json()["features"] == []


def test_long_lists_are_paged_to_the_end(phone: Any) -> None:
    from field_api import views

    sent = [report() for _ in range(5)]
    for one in sent:
        phone.post(URL, one, format="json")
    views.NewestFirst.page_size, before = 2, views.NewestFirst.page_size
    try:
        seen, address = [], URL
        while address:
            page = phone.get(address).json()
            seen += [row["id"] for row in page["features"]]
            address = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    finally:
        views.NewestFirst.page_size = before
    assert seen == [one["instance_id"] for one in reversed(sent)]


@pytest.mark.parametrize("position", ["p=abc", "p=%00", "p=2026-01-01T00:00:00+99:99", "x"])
def test_a_made_up_cursor_is_not_found(phone: Any, position: str) -> None:
    cursor = base64.b64encode(position.encode()).decode()
    assert phone.get(URL, {"cursor": cursor}).status_code in (200, 404)


def test_the_forms_say_what_each_officer_may_send(cast: Any, phone: Any, phone_of: Any) -> None:
    assert {form["form"] for form in phone.get("/api/v1/forms").json()} == {
        "price-readings", "site-visits", "trash-cleanings", "trash-reports",
    }  # fmt: skip
    health = phone_of(cast.health_officer).get("/api/v1/forms").json()
    assert [form["form"] for form in health] == ["measurements"]


def test_a_forms_schema_accepts_its_example_and_little_else(cast: Any, phone_of: Any) -> None:
    for user in (cast.officer, cast.health_officer):
        for form in phone_of(user).get("/api/v1/forms").json():
            judge = jsonschema.Draft202012Validator(form["values"])
            (example,) = form["values"]["examples"]
            judge.validate(example)
            assert not judge.is_valid(example | {"unknown": 1})
            assert not judge.is_valid({})


def test_the_openapi_definition_and_its_page_are_served_here(db: None) -> None:
    client = APIClient()
    schema = client.get("/api/schema/?format=json")
    assert schema.status_code == 200
    assert "/api/v1/submissions" in schema.content.decode()
    page = client.get("/api/docs/").content.decode()
    assert "//cdn" not in page
    assert "https://" not in page
