"""A phone is told what it needs and what changed, and never less than that."""

from __future__ import annotations

import gzip
import threading
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from django.db import connection, transaction

from field_api import sync
from field_api.models import Device, Submission
from layers.catalog.markets.places import Market
from layers.permissions import Role
from tests import factories
from tests.conftest import person
from tests.field_api.test_batch import price, send
from tests.field_api.test_submit import URL, problem, report

pytestmark = pytest.mark.django_db
SYNC = "/api/v1/sync"


@pytest.fixture
def phone(cast: Any, phone_of: Any) -> Any:
    return phone_of(cast.officer)


def pull(phone: Any, since: str = "") -> dict[str, Any]:
    answer = phone.get(SYNC, {"since": since} if since else {})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_first_time_everything_is_told(phone: Any) -> None:
    send(phone, report())
    told = pull(phone)
    assert {form["form"] for form in told["forms"]} >= {"trash-reports", "price-readings"}
    assert {"markets", "commodities", "latest-prices", "reports-to-clean"} <= set(told["lists"])
    assert told["lists"]["markets"]["rows"][0]["code"] == "oeba"
    assert [item["state"] for item in told["items"]] == ["accepted"]
    assert told["user"]["username"] == "officer"


def test_the_next_time_only_what_changed(phone: Any) -> None:
    first = pull(phone)
    told = pull(phone, first["cursor"])
    assert "forms" not in told
    assert told["lists"] == {}
    assert told["items"] == []
    Market.objects.update(name="Pasar Oeba Baru")
    assert set(pull(phone, first["cursor"])["lists"]) == {"markets"}


def test_a_new_price_comes_back_as_the_price_to_hold_the_next_against(phone: Any) -> None:
    cursor = pull(phone)["cursor"]
    send(phone, price(17_250, observed_at="2026-11-21T12:00:00+08:00"))
    (row,) = pull(phone, cursor)["lists"]["latest-prices"]["rows"]
    assert row["price"] == 17_250


def test_a_withdrawal_is_told_as_a_tombstone(phone: Any) -> None:
    sent = report()
    send(phone, sent)
    cursor = pull(phone)["cursor"]
    phone.delete(f"{URL}/{sent['instance_id']}")
    (item,) = pull(phone, cursor)["items"]
    assert item["state"] == "withdrawn"
    assert item["withdrawn_at"]


def test_assignments_are_ones_own(cast: Any, phone_of: Any) -> None:
    children = pull(phone_of(cast.health_officer))["lists"]["children"]
    assert children["assigned"]
    assert [row["name"] for row in children["rows"]] == [cast.town.child.name]
    west = pull(phone_of(cast.west_officer))["lists"]["reports-to-clean"]["rows"]
    assert {row["kelurahan"] for row in west} == {"Barat Laut"}
    assert "children" not in pull(phone_of(cast.officer))["lists"]


def test_nothing_of_anybody_else_is_told(cast: Any, phone: Any, phone_of: Any) -> None:
    send(phone_of(cast.west_officer), report())
    assert pull(phone)["items"] == []


def test_what_has_not_changed_is_answered_by_its_tag(phone: Any) -> None:
    cursor = pull(phone)["cursor"]
    first = phone.get(SYNC, {"since": cursor})
    again = phone.get(SYNC, {"since": cursor}, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    send(phone, report())
    assert phone.get(
        SYNC, {"since": cursor}, headers={"If-None-Match": first["ETag"]}
    ).status_code == 200  # fmt: skip


def test_it_travels_compressed(phone: Any) -> None:
    answer = phone.get(SYNC, headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert b"forms" in gzip.decompress(answer.content)


BENT = ('[1,0,[1,"nouuid"],{}]', "[1e999,0,null,{}]", "[-1,0,null,{}]", '[1,0,[1,"\\u0000"],{}]')


@pytest.mark.parametrize(
    "since",
    ["x", "bnVsbA==", "W10=", "WzEsMiwzXQ==", "é", "A" * 4000]
    + [urlsafe_b64encode(text.encode()).decode() for text in BENT],
)
def test_a_made_up_cursor_says_how_to_begin_anew(phone: Any, since: str) -> None:
    assert "since" in problem(phone.get(SYNC, {"since": since}), 400)["errors"]


def test_a_cursor_of_another_server_begins_anew(phone: Any) -> None:
    send(phone, report())
    later = str(sync.Cursor(since=2**60))
    assert len(pull(phone, later)["items"]) == 1


def test_many_items_come_in_pages_none_twice_none_missing(phone: Any, monkeypatch: Any) -> None:
    sent = [report() for _ in range(7)]
    for one in sent:
        send(phone, one)
    monkeypatch.setattr(sync, "PAGE", 3)
    seen, since, more = [], "", True
    while more:
        told = pull(phone, since)
        seen += [item["instance_id"] for item in told["items"]]
        since, more = told["cursor"], told["more"]
    assert sorted(seen) == sorted(one["instance_id"] for one in sent)


@pytest.mark.django_db(transaction=True)
def test_what_was_being_written_while_the_phone_asked_is_told_the_next_time(phone_of: Any) -> None:
    """The trap of every `changed since`: a row written before the question, committed after."""
    officer = person("officer", Role.OFFICER)
    factories.boundaries()
    phone = phone_of(officer)
    device = Device.objects.get(user=officer)
    written, asked = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                Submission.objects.create(
                    instance_id="11111111-1111-4111-8111-111111111111", user=officer,
                    device=device, payload="{}", sha256="0" * 64,
                )  # fmt: skip
                written.set()
                asked.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    written.wait(10)
    cursor = pull(phone)["cursor"]
    asked.set()
    thread.join()
    assert [item["state"] for item in pull(phone, cursor)["items"]] == ["received"]


def test_a_new_phone_is_told_of_the_last_ninety_days_only(phone: Any) -> None:
    send(phone, report(), report())
    old = Submission.objects.first()
    Submission.objects.filter(pk=old.pk).update(received_at="2026-01-01T00:00:00Z")
    assert [item["instance_id"] for item in pull(phone)["items"]] != []
    assert str(old.pk) not in {item["instance_id"] for item in pull(phone)["items"]}


def test_the_area_of_ones_duties_and_the_lists_one_has_are_told(
    cast: Any, phone: Any, phone_of: Any
) -> None:
    assert pull(phone)["area"] is None, "the whole city"
    west = pull(phone_of(cast.west_officer))
    assert west["area"] == pytest.approx(cast.town.west.geom.extent)
    assert set(west["lists_now"]) == set(west["lists"]) == {"areas", "services", "reports-to-clean"}
    cast.west_officer.duties.all().delete()
    cast.west_officer.__dict__.pop("held_duties", None)
    later = pull(phone_of(cast.west_officer), west["cursor"])
    assert later["lists_now"] == []
    assert later["forms"] == []
