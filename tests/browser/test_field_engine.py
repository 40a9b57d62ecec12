"""The engine of the officers' app in a real browser: nothing lost, nothing twice."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.templatetags.static import static
from playwright.sync_api import Page, Route

from field_api.models import Submission
from field_api.receive import receive
from layers.permissions import Duty, Role
from tests.browser.field_phone import FIX, Phone, TroubleTold
from tests.factories import CENTRE

# Chromium's own teardown leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
BATCH = "**/api/v1/submissions/batch"


def test_what_was_captured_arrives_once(phone: Phone) -> None:
    phone.capture(3)
    assert phone.states() == ["waiting"] * 3

    assert phone.send()["trouble"] is None

    assert phone.states() == ["accepted"] * 3
    kept = Submission.objects.order_by("sequence")
    assert [row.sequence for row in kept] == [1, 2, 3]
    assert {str(row.pk) for row in kept} == {
        item["instance_id"] for item in phone.run("outbox.list")
    }


def test_two_tabs_send_nothing_twice(phone: Phone, page: Page) -> None:
    other = Phone(page.context.new_page(), phone.address).open()
    posted: list[list[str]] = []

    def count(route: Route) -> None:
        posted.append([one["instance_id"] for one in route.request.post_data_json["submissions"]])
        route.continue_()

    page.context.route(BATCH, count)
    phone.capture(130)
    start = f"import('{static('field/sender.js')}').then((sender) => {{ sender.startSending(); }})"
    for tab in (phone, other):
        tab.page.evaluate(start)

    phone.until(lambda: phone.states() == ["accepted"] * 130)
    assert other.states() == ["accepted"] * 130
    once = [name for names in posted for name in names]
    assert len(once) == len(set(once)) == Submission.objects.count() == 130


def test_a_refused_item_stays_says_why_and_keeps_nobody_back(phone: Phone) -> None:
    phone.capture(1)
    wrong = phone.run("drafts.begin", "trash-reports", {"values": {"category": "gold"}})
    phone.run("outbox.finish", wrong["id"])
    phone.capture(1, first=2)

    phone.send()

    assert phone.states() == ["accepted", "accepted", "refused"]
    refused = phone.run("outbox.get", wrong["id"])
    assert "values.category" in refused["reasons"]
    assert Submission.objects.get(pk=wrong["id"]).state == "refused"


def test_an_answer_that_is_cut_off_is_none(phone: Phone, page: Page) -> None:
    def cut(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.body()[:-30])

    page.route(BATCH, cut)
    phone.capture(2)
    assert phone.send()["code"] == "no-answer"
    assert phone.states() == ["waiting"] * 2
    assert Submission.objects.count() == 2  # it did arrive

    page.unroute(BATCH)
    phone.send()
    assert phone.states() == ["accepted"] * 2
    assert Submission.objects.count() == 2


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "content_type": "text/html", "body": "<h1>Selamat datang di WiFi</h1>"},
        {"status": 401, "content_type": "text/html", "body": "Masuk dahulu"},
        {"status": 200, "content_type": "application/json", "body": "{}"},
        {"status": 401, "content_type": "application/json", "body": '{"login": "/"}'},
        {"status": 302, "headers": {"Location": "/"}},
        {"status": 511, "content_type": "text/html", "body": "Masuk dahulu"},
    ],
    ids=lambda answer: f"{answer['status']}-{answer.get('content_type', 'redirect')}",
)
def test_a_captive_portal_is_not_the_server(
    phone: Phone, page: Page, answer: dict[str, Any]
) -> None:
    page.route("**/api/**", lambda route: route.fulfill(**answer))
    phone.capture(1)

    status = phone.send()

    assert status["code"] == "no-answer"
    assert status["next_try_at"]
    assert phone.states() == ["waiting"]
    assert not phone.run("device.current")["rejected"]
    page.unroute("**/api/**")
    phone.send()
    assert phone.states() == ["accepted"]


def test_a_result_that_is_missing_means_not_sent(phone: Phone, page: Page) -> None:
    def lose_the_second(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={"results": answer.json()["results"][::2]})

    page.route(BATCH, lose_the_second)
    phone.capture(3)
    phone.send()
    assert phone.states() == ["accepted", "accepted", "waiting"]
    page.unroute(BATCH)

    phone.run("outbox.retry")
    phone.send()

    assert phone.states() == ["accepted"] * 3
    assert Submission.objects.count() == 3


def test_a_revoked_token_keeps_everything_until_enrolled_again(
    phone: Phone, cast: Any, enrol: Any
) -> None:
    phone.capture(2)
    for device in cast.officer.devices.all():
        device.token.delete()

    assert phone.send()["code"] == "revoked"
    assert phone.run("device.current")["rejected"]
    assert phone.states() == ["waiting"] * 2
    phone.capture(1, first=2)  # work goes on

    enrol(phone)
    phone.send()

    assert phone.states() == ["accepted"] * 3
    assert list(Submission.objects.order_by("sequence").values_list("sequence", flat=True)) == [
        1,
        2,
        3,
    ]


def test_another_officer_on_the_phone_does_not_send_for_the_first(
    phone: Phone, cast: Any, enrol: Any
) -> None:
    phone.capture(2)
    enrol(phone, cast.west_officer)

    phone.send()

    assert phone.run("outbox.list") == []
    assert phone.run("device.unsent") == 2
    assert Submission.objects.count() == 0
    enrol(phone, cast.officer)
    phone.send()
    assert phone.states() == ["accepted"] * 2
    assert {row.user for row in Submission.objects.all()} == {cast.officer}


def test_a_batch_that_is_too_large_goes_in_halves(phone: Phone, page: Page) -> None:
    sizes: list[int] = []

    def narrow(route: Route) -> None:
        count = len(route.request.post_data_json["submissions"])
        sizes.append(count)
        if count > 3:
            route.fulfill(status=413, json={"title": "Terlalu besar", "status": 413})
        else:
            route.continue_()

    page.route(BATCH, narrow)
    phone.capture(12)
    phone.until(lambda: phone.send() and phone.states() == ["accepted"] * 12)
    assert sizes[:3] == [12, 6, 3]


def test_one_that_the_server_cannot_bear_does_not_keep_the_others(phone: Phone, page: Page) -> None:
    phone.capture(9)
    poison = phone.run("outbox.list")[4]["instance_id"]

    def fall_over(route: Route) -> None:
        if poison in (route.request.post_data or ""):
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(BATCH, fall_over)
    phone.until(lambda: phone.send() and phone.states() == ["accepted"] * 8 + ["waiting"])
    assert phone.run("outbox.get", poison)["last_error"]


def test_the_server_may_ask_for_patience(phone: Phone, page: Page) -> None:
    asked = []

    def busy(route: Route) -> None:
        asked.append(1)
        route.fulfill(status=429, headers={"Retry-After": "3600"}, json={"status": 429})

    page.route(BATCH, busy)
    phone.capture(1)
    phone.send()
    phone.run("outbox.retry")
    status = phone.send()

    assert len(asked) == 1
    assert status["next_try_at"] > phone.page.evaluate("Date.now()") + 3_000_000
    assert phone.states() == ["waiting"]


def test_a_uuid_of_other_content_is_shown_and_never_minted_anew(
    phone: Phone, phone_of: Any, cast: Any
) -> None:
    phone.capture(1)
    mine = phone.run("outbox.list")[0]["instance_id"]
    other = {"instance_id": mine, "form": "trash-reports", "form_version": "1", "values": {}}
    phone_of(cast.west_officer).post("/api/v1/submissions", other, format="json")

    phone.send()

    assert phone.states() == ["conflict"]
    assert phone.run("outbox.list")[0]["instance_id"] == mine
    draft = phone.run("outbox.copy", mine)
    assert phone.states() == ["conflict"]  # until its copy is on its way
    phone.run("outbox.finish", draft["id"])
    phone.send()
    assert phone.states() == ["accepted"]
    assert phone.run("outbox.list")[0]["instance_id"] == draft["id"]


def test_the_lists_of_a_duty_that_ended_leave_the_phone(phone: Phone, page: Page) -> None:
    phone.run("sync.pull")
    assert phone.run("sync.list", "markets")

    def end_duties(route: Route) -> None:
        answer = route.fetch()
        now = {"lists": {}, "lists_now": ["commodities"]}
        route.fulfill(response=answer, json=answer.json() | now)

    page.route("**/api/v1/sync*", end_duties)
    phone.run("sync.pull")

    assert phone.run("sync.list", "markets") is None
    assert phone.run("sync.list", "commodities")


def test_what_was_never_sent_may_be_opened_again(phone: Phone) -> None:
    phone.capture(1, photo=True)
    item = phone.run("outbox.list")[0]

    draft = phone.run("outbox.reopen", item["instance_id"])
    phone.run("drafts.change", draft["id"], {"values": {"description": "lebih jelas"}})
    phone.run("outbox.finish", draft["id"])

    phone.send()
    with pytest.raises(TroubleTold, match="frozen"):
        phone.run("outbox.reopen", item["instance_id"])
    kept = Submission.objects.get()
    assert (str(kept.pk), kept.sequence) == (item["instance_id"], 1)
    assert "lebih jelas" in kept.payload


def test_a_withdrawal_waits_for_the_network(phone: Phone, page: Page) -> None:
    phone.capture(1)
    phone.send()
    item = phone.run("outbox.list")[0]["instance_id"]
    page.context.set_offline(True)
    phone.run("outbox.withdraw", item)
    phone.send()
    assert phone.run("outbox.get", item)["withdrawing"]

    page.context.set_offline(False)
    phone.send()

    assert phone.states() == ["withdrawn"]
    assert Submission.objects.get().state == "withdrawn"


def test_a_price_list_is_one_draft_and_an_item_for_each_price(phone: Phone) -> None:
    draft = phone.run("drafts.begin", "price-readings", {"values": {"market": 1}})
    rows = {str(one): {"commodity": one, "price": 1000 * one} for one in (1, 2, 3)}
    phone.run("drafts.change", draft["id"], {"rows": rows})
    phone.run("drafts.change", draft["id"], {"rows": {"2": {"price": 2500}, "3": None}})

    items = phone.run("outbox.finish", draft["id"])

    values = [item["values"] for item in sorted(items, key=lambda one: one["sequence"])]
    assert values == [
        {"market": 1, "commodity": 1, "price": 1000},
        {"market": 1, "commodity": 2, "price": 2500},
    ]
    assert len({item["instance_id"] for item in items}) == 2
    assert phone.run("drafts.list") == []


def test_the_same_draft_finished_in_two_tabs_is_one_item(phone: Phone, page: Page) -> None:
    draft = phone.run("drafts.begin", "trash-reports", {"values": {"category": "burning"}})
    other = Phone(page.context.new_page(), phone.address).open()
    finish = f"""async (id) => (await import("{static("field/outbox.js")}")).finish(id)
      .then(() => 1, (error) => error.code)"""

    told = [
        tab.page.evaluate_handle(f"(id) => ({{done: ({finish})(id)}})", draft["id"])
        for tab in (phone, other)
    ]
    ends = [one.evaluate("(one) => one.done") for one in told]

    assert sorted(ends, key=str) == [1, "gone"]
    assert len(phone.run("outbox.list")) == 1


def test_forgetting_is_refused_while_something_is_unsent(phone: Phone) -> None:
    phone.capture(1)
    with pytest.raises(TroubleTold, match="unsent"):
        phone.run("device.forget")
    phone.send()
    phone.run("device.forget")
    assert phone.run("device.current") is None
    assert phone.run("outbox.list") == []


def test_a_withdrawn_item_owes_no_photo(phone: Phone, page: Page) -> None:
    page.route("**/api/v1/attachments", lambda route: route.abort("connectionreset"))
    phone.capture(1, photo=True)
    phone.send()
    item = phone.run("outbox.list")[0]["instance_id"]
    assert phone.owed() == 1

    phone.run("outbox.withdraw", item)
    phone.send()

    assert phone.states() == ["withdrawn"]
    assert phone.owed() == 0
    phone.run("device.forget")


def test_a_clock_put_back_by_days_stops_nothing(phone: Phone, page: Page) -> None:
    page.route(BATCH, lambda route: route.fulfill(status=413, json={"status": 413}))
    page.evaluate("globalThis.now = Date.now; Date.now = () => now() + 3 * 86400000; null")
    phone.capture(1)
    phone.send()
    assert phone.run("outbox.list")[0]["next_try_at"]
    page.unroute(BATCH)

    page.evaluate("Date.now = now; null")
    phone.send()

    assert phone.states() == ["accepted"]


def test_a_browser_that_stores_nothing_is_told(phone: Phone, page: Page) -> None:
    page.add_init_script("delete Window.prototype.indexedDB; delete globalThis.indexedDB;")
    phone.open()
    assert phone.run("device.missing") == ["penyimpanan di ponsel"]
    with pytest.raises(TroubleTold, match="no-storage"):
        phone.run("drafts.list")


def test_a_newer_version_in_another_tab_is_told(phone: Phone, page: Page) -> None:
    phone.capture(1)
    other = Phone(page.context.new_page(), phone.address).open()
    other.page.evaluate(
        """() => new Promise((resolve, reject) => {
          const request = indexedDB.open("field", 2);
          request.onsuccess = () => resolve(request.result.close());
          request.onerror = () => reject(request.error);
          request.onblocked = () => reject(new Error("the old tab does not let go"));
        })"""
    )
    with pytest.raises(TroubleTold, match="outdated"):
        phone.run("drafts.begin", "trash-reports")


def test_what_the_office_put_right_is_told_on_the_phone(phone: Phone) -> None:
    wrong = phone.run("drafts.begin", "trash-reports", {"values": {"category": "gold"}})
    phone.run("outbox.finish", wrong["id"])
    phone.send()
    assert phone.states() == ["refused"]
    sent = Submission.objects.get()
    desk = User.objects.create(username="meja")
    Duty.objects.create(user=desk, role=Role.ADMINISTRATOR)
    put_right = json.loads(sent.payload) | {
        "instance_id": str(uuid4()), "revises": str(sent.pk), "values": {"category": "overflow"},
        "geometry": {"type": "Point", "coordinates": [CENTRE.x, CENTRE.y]},
    }  # fmt: skip
    receipt = receive(put_right, by=desk, device=None, channel=Submission.Channel.OFFICE)
    assert receipt.submission.state == "accepted", receipt.submission.reasons

    phone.run("sync.pull")

    (item,) = phone.run("outbox.list")
    assert item["put_right"]


def test_what_is_still_to_be_said_is_not_pruned(phone: Phone) -> None:
    phone.capture(2)
    phone.send()
    first, _ = (item["instance_id"] for item in phone.run("outbox.list"))
    phone.run("outbox.withdraw", first)

    phone.run("outbox.prune", {"days": -1})

    assert [item["instance_id"] for item in phone.run("outbox.list")] == [first]


def test_a_time_of_a_wrong_clock_is_not_handed_in_again(phone: Phone) -> None:
    told = {"values": {"category": "burning"}, "observed_at": "2012-01-01T00:00:00.000+08:00"}
    draft = phone.run("drafts.begin", "trash-reports", {"fix": FIX})
    phone.run("drafts.change", draft["id"], told)
    phone.run("outbox.finish", draft["id"])
    phone.send()
    (item,) = phone.run("outbox.list")
    assert "observed_at" in item["reasons"]

    again = phone.run("outbox.revise", item["instance_id"])

    assert not again["observed_at"].startswith("2012")
