"""A batch: each item has its own answer, and none holds up another."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.db import DataError
from django.utils import timezone

from field_api.models import Submission
from field_api.parsers import BatchParser, CutOff
from layers.catalog.markets.prices import PriceReading
from layers.catalog.trash import reports as trash
from layers.catalog.trash.reports import TrashReport, TrashReportMove
from layers.permissions import Duty, Role
from tests.field_api.test_submit import URL, at, problem, report
from tests.test_data_flow import answers, submission

pytestmark = pytest.mark.django_db
BATCH = f"{URL}/batch"
State = Submission.State


@pytest.fixture
def phone(cast: Any, phone_of: Any) -> Any:
    return phone_of(cast.officer)


def send(phone: Any, *items: Any, **more: Any) -> list[dict[str, Any]]:
    answer = phone.post(BATCH, {"submissions": list(items)}, format="json", **more)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def price(amount: int = 15_500, **more: Any) -> dict[str, Any]:
    return submission("price-readings", answers("price-readings") | {"price": amount}) | more


def test_each_item_is_answered_in_its_place(phone: Any) -> None:
    good, bad, other = report(), report(values={"category": "gold"}), price()
    results = send(phone, good, bad, other)
    assert [result["instance_id"] for result in results] == [
        good["instance_id"], bad["instance_id"], other["instance_id"],
    ]  # fmt: skip
    assert [result["outcome"] for result in results] == ["accepted", "refused", "accepted"]
    assert "values.category" in results[1]["reasons"]
    assert results[0]["feature_id"] == TrashReport.objects.get(instance_id=good["instance_id"]).pk


def test_every_report_of_a_batch_begins_its_history(phone: Any) -> None:
    sent = [report() for _ in range(3)]
    send(phone, *sent)
    for one in sent:
        assert TrashReportMove.objects.get(record__instance_id=one["instance_id"])


def test_the_same_batch_again_is_all_duplicates_and_changes_nothing(phone: Any) -> None:
    sent = [report(), report(values={}), price()]
    first = send(phone, *sent)
    before = (TrashReport.objects.count(), PriceReading.objects.count())
    again = send(phone, *sent)
    assert [result["outcome"] for result in again] == ["duplicate"] * 3
    assert [r | {"outcome": ""} for r in again] == [r | {"outcome": ""} for r in first]
    assert before == (TrashReport.objects.count(), PriceReading.objects.count())


def test_one_uuid_twice_in_a_batch_is_one_submission(phone: Any) -> None:
    sent = report()
    results = send(phone, sent, sent, sent | {"accuracy": 99})
    assert [result["outcome"] for result in results] == ["accepted", "duplicate", "conflict"]
    assert json.loads(Submission.objects.get().payload) == sent


def test_a_uuid_of_other_content_is_a_conflict_that_tells_nothing(
    cast: Any, phone: Any, phone_of: Any
) -> None:
    sent = report(values={"category": "burning", "description": "rahasia saya"})
    send(phone, sent)
    (result,) = send(phone_of(cast.west_officer), sent)
    assert result["outcome"] == "conflict"
    assert result["state"] is None
    assert "rahasia" not in json.dumps(result)


@pytest.mark.parametrize("poison", [None, 7, "text", [], {}, {"instance_id": "x"}, {"values": 1}])
def test_what_is_no_submission_is_kept_and_blocks_nothing(phone: Any, poison: Any) -> None:
    good = report()
    results = send(phone, poison, good)
    assert [result["outcome"] for result in results] == ["refused", "accepted"]
    assert Submission.objects.count() == 2
    again = send(phone, poison, good)
    assert [result["outcome"] for result in again] == ["duplicate", "duplicate"]
    assert again[0]["instance_id"] == results[0]["instance_id"]


def test_an_item_that_breaks_the_writing_of_its_set_harms_no_other(
    phone: Any, monkeypatch: Any
) -> None:
    """A fault nobody foresaw, in the middle of a set: the set is halved until it stands alone."""
    write = trash.TRASH_REPORTS.accepts.write
    sent = [report() for _ in range(9)]
    sent[4]["values"] = {"category": "scattered", "description": "poison"}

    def explode(*, entries: Any, by: Any) -> Any:
        if any(entry.values.get("description") == "poison" for entry in entries):
            raise DataError("no place for this")
        return write(entries=entries, by=by)

    monkeypatch.setitem(trash.TRASH_REPORTS.accepts.__dict__, "write", explode)
    outcomes = [result["outcome"] for result in send(phone, *sent)]
    assert outcomes == ["accepted"] * 4 + ["refused"] + ["accepted"] * 4
    assert TrashReport.objects.filter(instance_id__in=[s["instance_id"] for s in sent]).count() == 8


def test_items_are_taken_in_the_order_of_the_devices_own_count(phone: Any) -> None:
    """The proof of cleaning was made after the report, whatever the clock and the network say."""
    made = report(sequence=1, observed_at="2026-11-21T12:00:00+08:00")
    proof = submission(
        "trash-cleanings",
        {"report": made["instance_id"], "photo": "bersih.jpg"},
        sequence=2,
        observed_at="2026-11-18T12:00:00+08:00",
    )
    results = send(phone, proof, made)
    assert [result["outcome"] for result in results] == ["accepted", "accepted"]
    assert TrashReport.objects.get(instance_id=made["instance_id"]).status == "resolved"


@pytest.mark.parametrize("body", [{}, {"submissions": []}, {"submissions": {}}, {"items": [1]}])
def test_a_body_without_submissions_says_what_is_missing(phone: Any, body: Any) -> None:
    told = problem(phone.post(BATCH, body, format="json"), 400)
    assert "submissions" in told["errors"]


def test_an_answer_is_indented_for_who_asks_for_that(phone: Any) -> None:
    sent = {"submissions": [report()]}
    plain = phone.post(BATCH, sent, format="json")
    read = phone.post(BATCH, sent, format="json", HTTP_ACCEPT="application/json; indent=2")
    assert b"\n" not in plain.content
    assert read.content.startswith(b'{\n  "results"')
    assert plain["Content-Type"] == "application/json"


def test_a_batch_over_a_thousand_is_turned_away(phone: Any) -> None:
    body = {"submissions": [1] * 1001}
    assert "1000" in problem(phone.post(BATCH, body, format="json"), 413)["detail"]
    assert not Submission.objects.exists()


def test_a_batch_that_is_no_json_is_kept(phone: Any) -> None:
    answer = phone.post(BATCH, '{"submissions": [', content_type="application/json")
    problem(answer, 422)
    assert Submission.objects.get().payload == '{"submissions": ['


def test_a_body_that_was_cut_off_is_not_kept_its_sender_has_it() -> None:
    body = json.dumps({"submissions": [report()]}).encode()
    request = SimpleNamespace(headers={"Content-Length": str(len(body))})
    with pytest.raises(CutOff, match="terpotong"):
        BatchParser().parse(BytesIO(body[:-9]), parser_context={"request": request})


def test_a_wrong_clock_is_put_right_by_what_the_device_says_of_it(phone: Any) -> None:
    """Three days ahead, and the device tells the same clock as it sends."""
    ahead = timezone.now() + timedelta(days=3)
    sent = report(observed_at=ahead.isoformat())
    (result,) = send(phone, sent, headers={"Device-Time": ahead.isoformat()})
    assert result["outcome"] == "accepted"
    kept = TrashReport.objects.get(instance_id=sent["instance_id"])
    assert abs(kept.observed_at - timezone.now()) < timedelta(minutes=1)
    assert "clock" in {reason["code"] for reason in result["trust_reasons"]}
    assert Submission.objects.get().clock_skew == pytest.approx(-259_200, abs=60)


def test_a_clock_that_is_years_off_is_kept_with_its_reason_or_put_right(phone: Any) -> None:
    sent = report(observed_at="1970-01-02T00:00:00+08:00")
    (result,) = send(phone, sent)
    assert "observed_at" in result["reasons"]
    again = sent | {"instance_id": str(uuid4())}
    (result,) = send(phone, again, headers={"Device-Time": "1970-01-02T00:10:00+08:00"})
    assert result["outcome"] == "accepted"


def test_a_thousand_prices_arrive_in_a_handful_of_statements(
    phone: Any, django_assert_max_num_queries: Any
) -> None:
    sent = [price(1_000 + n, geometry=None, accuracy=None) for n in range(1000)]
    with django_assert_max_num_queries(25):
        results = send(phone, *sent)
    assert {result["outcome"] for result in results} == {"accepted"}
    assert PriceReading.objects.filter(price__lt=2_000).count() == 1000


def test_a_batch_of_points_far_away_is_told_one_by_one(phone: Any) -> None:
    near, far = report(), report(geometry=at(128.0, -12.0))
    assert [r["outcome"] for r in send(phone, near, far)] == ["accepted", "refused"]


def test_what_was_seen_was_not_seen_after_it_was_sent(phone: Any) -> None:
    """The clock was right when the report was made, and three days behind when it was sent."""
    now = timezone.now()
    sent = report(observed_at=(now - timedelta(hours=1)).isoformat())
    behind = (now - timedelta(days=3)).isoformat()
    send(phone, sent, headers={"Device-Time": behind})
    kept = TrashReport.objects.get(instance_id=sent["instance_id"])
    assert abs(kept.observed_at - (now - timedelta(hours=1))) < timedelta(minutes=1)


def test_with_a_right_clock_nothing_is_seen_in_the_days_to_come(phone: Any) -> None:
    now = timezone.now()
    sent = price(observed_at=(now + timedelta(days=6)).isoformat())
    send(phone, sent, headers={"Device-Time": now.isoformat()})
    reading = PriceReading.objects.get(instance_id=sent["instance_id"])
    assert abs(reading.observed_at - now) < timedelta(minutes=1)


def test_what_was_not_permitted_is_looked_at_again_when_it_is_sent_again(
    cast: Any, phone_of: Any
) -> None:
    phone, sent = phone_of(cast.planner), report()
    assert [result["state"] for result in send(phone, sent)] == ["unpermitted"]
    Duty.objects.create(user=cast.planner, role=Role.OFFICER)
    cast.planner.__dict__.pop("held_duties", None)
    assert [result["state"] for result in send(phone_of(cast.planner), sent)] == ["accepted"]
