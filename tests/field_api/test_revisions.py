"""What was sent is put right by sending again, and nothing that somebody said is overwritten."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from field_api.models import Submission
from field_api.receive import receive
from layers.catalog.markets.prices import PriceReading
from layers.catalog.trash.reports import MOVES, TrashReport
from layers.history import advance
from tests.factories import CENTRE
from tests.field_api.test_batch import price, send
from tests.field_api.test_submit import URL, at, problem, report
from tests.test_data_flow import submission

pytestmark = pytest.mark.django_db
State = Submission.State


@pytest.fixture
def phone(cast: Any, phone_of: Any) -> Any:
    return phone_of(cast.officer)


def revision(of: dict[str, Any], **change: Any) -> dict[str, Any]:
    return of | {"instance_id": str(uuid4()), "revises": of["instance_id"]} | change


def kept(sent: dict[str, Any]) -> Submission:
    return Submission.objects.get(pk=sent["instance_id"])


def test_a_revision_changes_the_feature_and_keeps_what_was_sent(phone: Any) -> None:
    first = report(values={"category": "scattered", "description": "di pasar"})
    second = revision(first, values={"category": "overflow", "description": "di pasar"})
    results = send(phone, first) + send(phone, second)
    assert [result["outcome"] for result in results] == ["accepted", "accepted"]
    assert results[0]["feature_id"] == results[1]["feature_id"]
    feature = TrashReport.objects.get(instance_id=first["instance_id"])
    assert (feature.category, feature.description) == ("overflow", "di pasar")
    assert '"scattered"' in kept(first).payload
    assert (kept(second).root, kept(second).version) == (kept(first).pk, 2)


def test_a_revision_of_a_price_is_one_reading(phone: Any) -> None:
    first = price(15_000)
    before = PriceReading.objects.count()
    send(phone, first)
    send(phone, revision(first, values=first["values"] | {"price": 16_000}))
    assert PriceReading.objects.count() == before + 1
    assert PriceReading.objects.get(instance_id=first["instance_id"]).price == 16_000


def test_a_refused_one_is_put_right_by_a_revision(phone: Any) -> None:
    bad = report(values={"category": "gold"})
    good = revision(bad, values={"category": "burning"})
    results = send(phone, bad) + send(phone, good)
    assert [result["outcome"] for result in results] == ["refused", "accepted"]
    assert TrashReport.objects.get(instance_id=bad["instance_id"]).category == "burning"


def test_two_revisions_of_different_answers_both_hold(phone: Any) -> None:
    """Both were made from the first version; each changed something else."""
    first = report(values={"category": "scattered", "description": "a"})
    place = revision(first, geometry=at(CENTRE.x + 0.002, CENTRE.y))
    words = revision(first, values={"category": "scattered", "description": "b"})
    results = send(phone, first) + send(phone, place) + send(phone, words)
    assert [result["conflicts"] for result in results] == [{}, {}, {}]
    feature = TrashReport.objects.get(instance_id=first["instance_id"])
    assert feature.description == "b"
    assert feature.geom.x == pytest.approx(CENTRE.x + 0.002)


def test_two_revisions_of_one_answer_show_the_conflict_and_overwrite_nothing(phone: Any) -> None:
    first = report(values={"category": "scattered", "description": "a"})
    one = revision(first, values={"category": "burning", "description": "a"})
    other = revision(first, values={"category": "overflow", "description": "c"})
    send(phone, first)
    send(phone, one)
    (result,) = send(phone, other)
    assert result["outcome"] == "accepted"
    assert result["conflicts"] == {
        "values.category": {"base": "scattered", "standing": "burning", "sent": "overflow"}
    }
    feature = TrashReport.objects.get(instance_id=first["instance_id"])
    assert (feature.category, feature.description) == ("burning", "c")


def test_a_position_moved_by_less_than_a_phone_can_tell_is_no_conflict(phone: Any) -> None:
    first = report()
    one = revision(first, geometry=at(CENTRE.x + 0.001, CENTRE.y))
    other = revision(first, geometry=at(CENTRE.x + 0.001 + 2e-6, CENTRE.y))
    send(phone, first)
    send(phone, one)
    (result,) = send(phone, other)
    assert result["conflicts"] == {}


def test_a_revision_of_a_revision_goes_on_from_there(phone: Any) -> None:
    first = report(values={"category": "scattered", "description": "a"})
    second = revision(first, values={"category": "scattered", "description": "b"})
    third = revision(second, values={"category": "scattered", "description": "c"})
    results = send(phone, first, second, third)
    assert [result["conflicts"] for result in results] == [{}, {}, {}]
    assert TrashReport.objects.get(instance_id=first["instance_id"]).description == "c"
    assert kept(third).version == 3


def test_a_revision_that_comes_first_waits_for_what_it_revises(phone: Any) -> None:
    first = report(values={"category": "scattered"})
    second = revision(first, values={"category": "burning"})
    assert phone.post(URL, second, format="json").status_code == 202
    assert kept(second).state == State.RECEIVED
    assert phone.post(URL, first, format="json").status_code == 201
    assert kept(second).state == State.ACCEPTED
    assert TrashReport.objects.get(instance_id=first["instance_id"]).category == "burning"
    assert phone.post(URL, second, format="json").status_code == 200


def test_nobody_revises_what_somebody_else_sent(cast: Any, phone: Any, phone_of: Any) -> None:
    first = report(values={"category": "scattered"})
    send(phone, first)
    (result,) = send(phone_of(cast.west_officer), revision(first, values={"category": "burning"}))
    assert "revises" in result["reasons"]
    assert TrashReport.objects.get(instance_id=first["instance_id"]).category == "scattered"


def test_a_revision_cannot_turn_a_report_into_a_price(phone: Any) -> None:
    first = report()
    send(phone, first)
    (result,) = send(phone, price() | {"revises": first["instance_id"]})
    assert result["outcome"] == "refused"


def test_an_official_corrects_and_the_sender_hears_of_it(cast: Any, phone: Any) -> None:
    bad = report(values={"category": "gold"})
    send(phone, bad)
    cursor = phone.get("/api/v1/sync").json()["cursor"]
    put_right = revision(bad, values={"category": "overflow"}, reason="Salah ketik.")
    receipt = receive(
        put_right, by=cast.administrator, device=None, channel=Submission.Channel.OFFICE
    )
    assert receipt.submission.state == State.ACCEPTED
    items = phone.get("/api/v1/sync", {"since": cursor}).json()["items"]
    (told,) = [item for item in items if item["root"] == bad["instance_id"]]
    assert told["state"] == "accepted"


def test_a_planner_corrects_no_trash_report(cast: Any, phone: Any) -> None:
    bad = report(values={"category": "gold"})
    send(phone, bad)
    receipt = receive(
        revision(bad, values={"category": "overflow"}),
        by=cast.planner, device=None, channel=Submission.Channel.OFFICE,
    )  # fmt: skip
    assert receipt.submission.state == State.UNPERMITTED


# -- withdrawn


def test_a_withdrawn_one_leaves_the_map_and_a_tombstone(cast: Any, phone: Any) -> None:
    sent = price()
    (result,) = send(phone, sent)
    gone = phone.delete(f"{URL}/{sent['instance_id']}")
    assert gone.status_code == 200
    assert gone.json()["properties"]["state"] == "withdrawn"
    assert not PriceReading.objects.filter(pk=result["feature_id"]).exists()
    assert kept(sent).withdrawn_by == cast.officer
    assert phone.delete(f"{URL}/{sent['instance_id']}").json() == gone.json()


def test_a_resend_after_a_withdrawal_is_gone_for_good(phone: Any) -> None:
    sent = price()
    send(phone, sent)
    phone.delete(f"{URL}/{sent['instance_id']}")
    before = PriceReading.objects.count()
    body = problem(phone.post(URL, sent, format="json"), 410)
    assert body["instance_id"] == sent["instance_id"]
    assert [result["outcome"] for result in send(phone, sent)] == ["gone"]
    assert PriceReading.objects.count() == before


def test_a_withdrawn_report_keeps_its_history(phone: Any) -> None:
    sent = report()
    send(phone, sent)
    phone.delete(f"{URL}/{sent['instance_id']}")
    feature = TrashReport.objects.get(instance_id=sent["instance_id"])
    assert [move.to_status for move in feature.moves.all()] == ["received", "withdrawn"]


def test_what_is_being_worked_on_cannot_be_withdrawn(cast: Any, phone: Any) -> None:
    sent = report()
    send(phone, sent)
    feature = TrashReport.objects.get(instance_id=sent["instance_id"])
    for step in ("verified", "in-progress"):
        advance(feature, step, allowed=MOVES, by=cast.officer)
    body = problem(phone.delete(f"{URL}/{sent['instance_id']}"), 409)
    assert "ditindaklanjuti" in body["detail"]
    assert kept(sent).state == State.ACCEPTED


def test_a_withdrawal_takes_the_whole_chain(phone: Any) -> None:
    first = report()
    second = revision(first, values={"category": "burning"})
    send(phone, first, second)
    phone.delete(f"{URL}/{first['instance_id']}")
    assert {row.state for row in Submission.objects.all()} == {State.WITHDRAWN}
    third = revision(second, values={"category": "overflow"})
    (result,) = send(phone, third)
    assert "ditarik" in result["reasons"]["revises"]


def test_a_refused_revision_is_withdrawn_alone(phone: Any) -> None:
    first = report(values={"category": "scattered"})
    second = revision(first, values={"category": "gold"})
    send(phone, first, second)
    assert phone.delete(f"{URL}/{second['instance_id']}").status_code == 200
    assert (kept(first).state, kept(second).state) == (State.ACCEPTED, State.WITHDRAWN)
    assert TrashReport.objects.get(instance_id=first["instance_id"]).status == "received"


def test_a_revision_that_holds_is_not_withdrawn_without_its_record(phone: Any) -> None:
    first = report()
    second = revision(first, values={"category": "burning"})
    send(phone, first, second)
    body = problem(phone.delete(f"{URL}/{second['instance_id']}"), 409)
    assert "pertamanya" in str(body["reasons"])
    assert kept(first).state == State.ACCEPTED


def test_a_long_chain_sent_backwards_is_judged_without_end(phone: Any) -> None:
    first = report()
    chain = [first]
    for number in range(120):
        chain.append(
            revision(chain[-1], values={"category": "burning", "description": str(number)})
        )
    send(phone, *reversed(chain[1:]))
    send(phone, first)
    states = {str(row.pk): row.state for row in Submission.objects.all()}
    assert states[chain[99]["instance_id"]] == State.ACCEPTED
    assert states[chain[100]["instance_id"]] == State.REFUSED
    assert TrashReport.objects.get(instance_id=first["instance_id"]).description == "98"


def test_nobody_withdraws_what_somebody_else_sent(cast: Any, phone: Any, phone_of: Any) -> None:
    sent = report()
    send(phone, sent)
    problem(phone_of(cast.west_officer).delete(f"{URL}/{sent['instance_id']}"), 404)
    problem(phone.delete(f"{URL}/{uuid4()}"), 404)
    assert kept(sent).state == State.ACCEPTED


def test_a_proof_taken_back_opens_its_report_again(cast: Any, phone: Any) -> None:
    made = report()
    send(phone, made)
    proof = submission("trash-cleanings", {"report": made["instance_id"], "photo": "a.jpg"})
    send(phone, proof)
    assert TrashReport.objects.get(instance_id=made["instance_id"]).status == "resolved"
    phone.delete(f"{URL}/{proof['instance_id']}")
    assert TrashReport.objects.get(instance_id=made["instance_id"]).status == "verified"


def test_one_moment_told_with_another_offset_is_no_change(phone: Any) -> None:
    first = report(observed_at="2026-11-20T12:05:00+08:00")
    one = revision(first, observed_at="2026-11-20T13:00:00+08:00")
    other = revision(first, observed_at="2026-11-20T04:05:00Z", values={"category": "burning"})
    send(phone, first)
    send(phone, one)
    (result,) = send(phone, other)
    assert result["conflicts"] == {}


# -- a revision whose base never comes


def test_what_waits_is_left_alone_until_its_base_comes(phone: Any) -> None:
    late = revision(report(), values={"category": "burning"})
    assert phone.post(URL, late, format="json").status_code == 202
    before = Submission.objects.get()
    out = StringIO()
    call_command("judge_submissions", stdout=out)
    assert out.getvalue() == "0 judged, 0 left.\n"
    assert phone.post(URL, late, format="json").status_code == 202
    assert Submission.objects.get().reasons == before.reasons
    assert "Menunggu" in before.reasons["revises"]


def test_what_waited_a_month_is_told_that_its_base_never_came(phone: Any) -> None:
    late = revision(report(), values={"category": "burning"})
    phone.post(URL, late, format="json")
    Submission.objects.update(received_at=timezone.now() - timedelta(days=31))
    call_command("judge_submissions", stdout=StringIO())
    told = Submission.objects.get()
    assert told.state == State.REFUSED
    assert "tidak pernah datang" in told.reasons["revises"]
