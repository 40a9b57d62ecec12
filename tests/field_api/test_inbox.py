"""The office's inbox: who may read what, what it says, and how what was refused is put right."""

from __future__ import annotations

import json
import re
from html import unescape
from importlib import import_module
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import BooleanField, Func, Q, Value
from django.test import Client
from django.test.utils import CaptureQueriesContext

from field_api.inbox import filters, paging
from field_api.inbox.paging import NEWEST
from field_api.inbox.reviewable import NO_FORM, parts, reviewable
from field_api.models import Attachment, Device, Submission
from field_api.receive import receive, receive_unreadable
from layers.permissions import NOTHING, Duty, Role, can_review, can_submit, staff_rows
from layers.photos import Photo, keep_file
from layers.registry import LAYERS, reviews
from tests.conftest import CAST, person
from tests.factories import CENTRE
from tests.test_data_flow import ACCEPTING, answers, submission

pytestmark = pytest.mark.django_db
INBOX = "/review/inbox/"
State = Submission.State
# Whom the office trusts with what: the whole of it, written out so that a slip of the policy shows.
TRUSTED = {
    "reports": {"administrator"},
    "observations": {"walidata", "administrator"},
    "planning-internal": {"planner", "approver"},
    "health": {"health_officer"},
}
REVIEWERS = {layer_id: TRUSTED[LAYERS[layer_id].policy] for layer_id in ACCEPTING}


def sender_of(cast: Any, layer_id: str) -> Any:
    layer = LAYERS[layer_id]
    return next(user for who in CAST if can_submit(layer, user := getattr(cast, who)))


def hand_in(cast: Any, layer_id: str, *, by: Any = None, **more: Any) -> Submission:
    values = answers(layer_id) | more.pop("values", {})
    item = submission(layer_id, values, **more)
    by = by or sender_of(cast, layer_id)
    device = Device.objects.filter(user=by).first() or Device.enrol(by, "Ponsel uji")[0]
    receipt = receive(item, by=by, device=device)
    return Submission.objects.get(pk=receipt.submission.pk)


def refused(cast: Any, layer_id: str, **more: Any) -> Submission:
    """Refused for an answer that its form does not know."""
    wrong = {"luar": f"<script>alert('{layer_id}')</script>"}
    row = hand_in(cast, layer_id, values=wrong | more.pop("values", {}), **more)
    assert row.state == State.REFUSED
    return row


def page_of(row: Submission) -> str:
    return f"{INBOX}{row.pk}"


def typed(page: Any, **changes: str) -> dict[str, str]:
    """What a browser would send of the page's form, with what the official changed."""
    body = re.search(r'<form method="post" class="correction">(.*?)</form>', page, re.DOTALL)[1]
    found = {}
    for name, value in re.findall(r'<input[^>]*?name="([^"]+)" value="([^"]*)"', body):
        found[name] = unescape(value)
    for name, value in re.findall(r'name="(observed_at)" value="([^"]*)"', body):
        found[name] = value
    for name, inner in re.findall(r'<select[^>]*?name="([^"]+)"[^>]*>(.*?)</select>', body, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        found[name] = unescape(chosen[1]) if chosen else ""
    for name, inner in re.findall(
        r'<textarea[^>]*?name="([^"]+)"[^>]*>(.*?)</textarea>', body, re.S
    ):
        found[name] = unescape(inner)
    for name, value in re.findall(r'type="radio" name="([^"]+)" value="([^"]+)" checked', body):
        found[name] = value
    return found | changes


# -- who


@pytest.mark.parametrize("layer_id", ACCEPTING)
def test_each_form_is_read_by_its_reviewers_and_by_nobody_else(
    cast: Any, browser_of: Any, layer_id: str
) -> None:
    rows = [hand_in(cast, layer_id), refused(cast, layer_id)]
    assert rows[0].state == State.ACCEPTED, rows[0].reasons

    for who, row in product(CAST, rows):
        user = getattr(cast, who)
        client = browser_of(user)
        listed, page = client.get(INBOX), client.get(page_of(row))
        if who in REVIEWERS[layer_id]:
            assert page.status_code == listed.status_code == 200
            assert str(row.pk) in listed.content.decode()
            continue
        assert str(row.pk) not in listed.content.decode()
        assert not reviewable(user).filter(pk=row.pk).exists()
        unknown = client.get(f"{INBOX}{uuid4()}")
        assert page.status_code == unknown.status_code == (404 if who != "citizen" else 302)
        posted = client.post(page_of(row), {"key": uuid4(), "reason": "coba"})
        assert posted.status_code == page.status_code
        assert Submission.objects.count() == 2


@pytest.mark.parametrize("who", CAST)
def test_the_inbox_exists_for_those_who_review_and_the_map_leads_them_there(
    cast: Any, browser_of: Any, who: str
) -> None:
    user = getattr(cast, who)
    client = browser_of(user)
    expected = who in set().union(*REVIEWERS.values()) | {"other_health_officer"}

    assert reviews(user) == expected
    assert (client.get(INBOX).status_code == 200) == expected
    assert (f'href="{INBOX}"' in client.get("/").content.decode()) == expected


def test_who_has_not_logged_in_is_led_to_the_door_and_learns_nothing(
    cast: Any, client: Any
) -> None:
    row = refused(cast, "trash-reports")
    known, unknown = client.get(page_of(row)), client.get(f"{INBOX}{uuid4()}")
    assert known.status_code == unknown.status_code == 302
    assert known["Location"].startswith("/login/?next=")


def test_a_child_is_known_to_its_own_puskesmas_only(cast: Any, browser_of: Any) -> None:
    values = {"height_cm": "400", "child": str(cast.town.child.code)}
    row = hand_in(cast, "measurements", values=values)
    assert row.state == State.REFUSED

    for who in CAST:
        answer = browser_of(getattr(cast, who)).get(INBOX, {"search": str(row.pk)})
        assert ids(answer) == ([str(row.pk)] if who == "health_officer" else []), who


def move(cast: Any, officer: Any) -> None:
    """A health officer goes to serve at the other Puskesmas."""
    officer.duties.update(puskesmas=cast.town.other_puskesmas)
    officer.__dict__.pop("held_duties", None)


def test_what_was_refused_stays_where_its_sender_served_when_it_came(cast: Any) -> None:
    colleague = person("bidan", Role.HEALTH, puskesmas=cast.town.puskesmas)
    row = refused(cast, "measurements", by=cast.health_officer)
    move(cast, cast.health_officer)
    for user, reads in (
        (cast.other_health_officer, False), (cast.health_officer, False), (colleague, True)
    ):  # fmt: skip
        assert reviewable(user).filter(pk=row.pk).exists() == reads, user


def test_of_one_who_serves_two_puskesmas_only_such_a_one_reads_what_was_refused(cast: Any) -> None:
    """Nobody can tell whose child a refused one is about."""
    Duty.objects.create(
        user=cast.health_officer, role=Role.HEALTH, puskesmas=cast.town.other_puskesmas
    )
    row = refused(cast, "measurements", by=cast.health_officer)
    assert not reviewable(cast.other_health_officer).filter(pk=row.pk).exists()
    assert reviewable(cast.health_officer).filter(pk=row.pk).exists()


def test_a_child_that_moved_away_takes_its_measurements_along(cast: Any) -> None:
    row = hand_in(cast, "measurements")
    assert reviewable(cast.health_officer).filter(pk=row.pk).exists()
    cast.town.child.puskesmas = cast.town.other_puskesmas
    cast.town.child.save()
    assert not reviewable(cast.health_officer).filter(pk=row.pk).exists()


@pytest.mark.parametrize("form", ["trash-reports", "price-readings", "no-such-form", "site-visits"])
def test_a_health_officers_slip_is_shown_to_no_office(cast: Any, form: str) -> None:
    """A child's measurement sent under the wrong form's name stays a child's measurement."""
    row = hand_in(cast, "measurements", form=form)
    assert row.state == State.UNPERMITTED
    assert [who for who in CAST if reviewable(getattr(cast, who)).filter(pk=row.pk)] == []


def test_a_text_that_nobody_can_read_is_for_the_administrator(cast: Any) -> None:
    theirs = receive_unreadable("{", "Bukan JSON.", by=cast.officer, device=None).submission
    health = receive_unreadable("{", "x", by=cast.health_officer, device=None).submission
    readers = [who for who in CAST if reviewable(getattr(cast, who)).filter(pk=theirs.pk)]
    assert readers == ["administrator"]
    assert not [who for who in CAST if reviewable(getattr(cast, who)).filter(pk=health.pk)]


def test_who_once_measured_children_keeps_their_unreadable_texts_private(cast: Any) -> None:
    hand_in(cast, "measurements")
    before = receive_unreadable("{", "x", by=cast.health_officer, device=None).submission
    cast.health_officer.duties.all().delete()
    cast.health_officer.__dict__.pop("held_duties", None)
    after = receive_unreadable("{{", "x", by=cast.health_officer, device=None).submission
    assert not reviewable(cast.administrator).filter(pk__in=[before.pk, after.pk]).exists()


def test_who_served_a_puskesmas_and_sent_nothing_readable_is_not_read_later(cast: Any) -> None:
    before = receive_unreadable("{", "x", by=cast.health_officer, device=None).submission
    cast.health_officer.duties.all().delete()
    cast.health_officer.__dict__.pop("held_duties", None)
    after = receive_unreadable("{{", "x", by=cast.health_officer, device=None).submission
    slip = hand_in(cast, "trash-reports", by=cast.health_officer)
    assert slip.state == State.UNPERMITTED
    keys = [before.pk, after.pk, slip.pk]
    assert not reviewable(cast.administrator).filter(pk__in=keys).exists()


def test_what_came_before_units_were_kept_is_as_private(cast: Any) -> None:
    stamp = import_module("field_api.migrations.0004_units").stamp
    slip = receive_unreadable("{", "x", by=cast.health_officer, device=None).submission
    row = refused(cast, "measurements")
    gone = refused(cast, "measurements", by=cast.other_health_officer)
    other = receive_unreadable("{", "x", by=cast.officer, device=None).submission
    cast.other_health_officer.duties.all().delete()
    Submission.objects.update(units=None)
    stamp(apps, None)
    read = {
        who: set(reviewable(getattr(cast, who)).values_list("pk", flat=True))
        for who in ("health_officer", "other_health_officer", "administrator")
    }
    assert read["health_officer"] == {row.pk}
    assert gone.pk not in read["other_health_officer"]
    assert read["administrator"] == {other.pk}
    assert slip.pk not in set().union(*read.values())


def test_a_closed_account_reads_nothing(cast: Any) -> None:
    refused(cast, "price-readings")
    cast.walidata.is_active = False
    assert not reviewable(cast.walidata).exists()


def test_only_those_who_see_a_layers_whole_rows_review_it(cast: Any) -> None:
    for layer, who in product(LAYERS.values(), CAST):
        user = getattr(cast, who)
        if can_review(layer, user):
            assert staff_rows(layer, user) is not NOTHING


# -- the list


def ids(answer: Any) -> list[str]:
    return re.findall(r'<li class="row" data-id="([^"]+)"', answer.content.decode())


def test_a_refused_one_says_why_in_words(cast: Any, browser_of: Any) -> None:
    hand_in(cast, "trash-reports", values={"category": "gunung"})
    text = browser_of(cast.administrator).get(INBOX).content.decode()
    assert "Laporan sampah" in text
    assert "Jenis:" in text
    assert "Pilih salah satu" in text
    assert "values.category" not in text


def test_pages_follow_each_other_without_a_gap_or_a_repeat(
    cast: Any, browser_of: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("field_api.inbox.paging.SIZE", 4)
    sent = [hand_in(cast, "trash-reports") for _ in range(6)]
    sent += [hand_in(cast, "price-readings") for _ in range(3)]
    receive_unreadable("{", "x", by=cast.officer, device=None)
    # Those of one batch arrive in the same instant.
    Submission.objects.filter(pk__in=[row.pk for row in sent[:5]]).update(
        received_at=sent[0].received_at
    )
    client = browser_of(cast.administrator)
    expected = [
        str(pk)
        for pk in Submission.objects.order_by("-received_at", "-instance_id").values_list(
            "pk", flat=True
        )
    ]

    seen, pages, address = [], [], INBOX
    while address:
        answer = client.get(address)
        pages.append(ids(answer))
        seen += pages[-1]
        older = re.search(r'href="(\?[^"]*)" rel="next"', answer.content.decode())
        address = f"{INBOX}{older[1].replace('&amp;', '&')}" if older else ""

    assert seen == expected
    newer = re.search(r'href="(\?[^"]*)" rel="prev"', answer.content.decode())
    back = client.get(f"{INBOX}{newer[1].replace('&amp;', '&')}")
    assert ids(back) == pages[-2]


@pytest.mark.parametrize("key", ["older", "newer"])
@pytest.mark.parametrize("value", ["", "x", "99999999999999999-" + "f" * 32, "1-2", "\x00"])
def test_a_key_that_is_none_breaks_nothing(
    cast: Any, browser_of: Any, key: str, value: str
) -> None:
    assert browser_of(cast.administrator).get(INBOX, {key: value}).status_code == 200


def test_filters_narrow_and_are_counted(cast: Any, browser_of: Any) -> None:
    good, bad = hand_in(cast, "trash-reports"), refused(cast, "trash-reports")
    price = hand_in(cast, "price-readings")
    doubtful = hand_in(cast, "price-readings", mock=True)
    Submission.objects.filter(pk=price.pk).update(channel="openrosa")
    client = browser_of(cast.administrator)

    def found(**asked: str) -> set[str]:
        return set(ids(client.get(INBOX, asked)))

    assert found() == {str(row.pk) for row in (good, bad, price, doubtful)}
    assert found(state="refused") == {str(bad.pk)}
    assert found(form="trash-reports") == {str(good.pk), str(bad.pk)}
    assert found(form="-") == set()
    assert found(channel="openrosa") == {str(price.pk)}
    assert found(doubtful="on") == {str(doubtful.pk)}
    assert found(sender="offic", device="ponsel") == found()
    assert found(sender="nobody") == set()
    assert found(search=str(bad.pk)[:9]) == {str(bad.pk)}
    assert found(search=bad.pk.hex.upper()) == {str(bad.pk)}
    assert found(since="2020-01-01", until="2020-12-31") == set()
    assert found(conflicts="on") == set()
    text = client.get(INBOX).content.decode()
    assert re.search(r"Ditolak <b>1</b>", text)
    assert re.search(r"Semua <b>4</b>", text)


@pytest.mark.parametrize(
    "asked",
    [
        {"form": "measurements"},
        {"state": "x"},
        {"search": "zz"},
        {"since": "besok"},
        {"since": "0001-01-01"},
        {"until": "9999-12-31"},
        {"since": "2026-02-02", "until": "2026-01-01"},
        {"sender": "\x00"},
        {"device": "x" * 200},
        {"channel": "fax"},
    ],
)
def test_a_filter_that_cannot_be_understood_shows_nothing_and_says_so(
    cast: Any, browser_of: Any, asked: dict[str, str]
) -> None:
    hand_in(cast, "trash-reports")
    answer = browser_of(cast.administrator).get(INBOX, asked)
    assert answer.status_code == 200
    assert ids(answer) == []
    assert 'role="alert"' in answer.content.decode()


def test_a_search_that_takes_too_long_is_ended_and_says_how_to_narrow_it(
    cast: Any, browser_of: Any, monkeypatch: Any
) -> None:
    hand_in(cast, "trash-reports")
    nap = Func(Value(0.5), template="pg_sleep(%(expressions)s) IS NULL")
    nap.output_field = BooleanField()
    monkeypatch.setitem(filters._CONDITIONS, "doubtful", lambda _: Q(nap))
    monkeypatch.setattr(paging, "PATIENCE", "100ms")
    answer = browser_of(cast.administrator).get(INBOX, {"doubtful": "on"})
    assert answer.status_code == 200
    assert "terlalu luas" in answer.content.decode()


def test_the_empty_inbox_says_what_will_be_in_it(cast: Any, browser_of: Any) -> None:
    assert "Belum ada kiriman" in browser_of(cast.planner).get(INBOX).content.decode()


# -- one submission


def test_a_page_tells_all_in_the_words_of_the_form(cast: Any, browser_of: Any) -> None:
    row = hand_in(cast, "price-readings", accuracy=120.0)
    text = browser_of(cast.walidata).get(page_of(row)).content.decode()
    for told in ("Harga pasar", "Pasar Oeba", "Beras Medium I", "Ponsel uji", "officer"):
        assert told in text
    assert "Ketelitian hanya 120 m." in text
    assert str(row.pk) in text


@pytest.mark.parametrize(
    "payload",
    [
        "{",
        "[]",
        "null",
        '"teks"',
        "NaN",
        '{"values": 3}',
        '{"values": {"category": {"a": ["<img src=x onerror=alert(1)>"]}}, "geometry": 7}',
        '{"geometry": {"type": "Point", "coordinates": [NaN, 1e999]}, "accuracy": NaN}',
        '{"geometry": {"coordinates": [1, 1]}, "accuracy": Infinity, "values": {}}',
        '{"observed_at": "9999-12-31T23:59:59-23:59", "values": {"": null}}',
        '{"observed_at": 3, "form_version": [], "reason": {"a": 1}, "values": []}',
        "{}" + "x" * 1000,
    ],
)
def test_whatever_was_sent_can_be_read(cast: Any, browser_of: Any, payload: str) -> None:
    row = refused(cast, "trash-reports")
    Submission.objects.filter(pk=row.pk).update(payload=payload, geom=None, observed_at=None)
    client = browser_of(cast.administrator)
    for address in (INBOX, page_of(row)):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "<img src=x" not in answer.content.decode()
    posted = client.post(page_of(row), {"key": str(uuid4()), "reason": "perbaiki"})
    assert posted.status_code in (302, 404)


def test_hostile_text_is_only_ever_text(cast: Any, browser_of: Any) -> None:
    evil = "</script><script>alert(1)</script>"
    row = hand_in(cast, "trash-reports", values={"description": evil, evil: evil, "category": evil})
    client = browser_of(cast.administrator)
    for address in (INBOX, page_of(row)):
        text = client.get(address).content.decode()
        assert "<script>alert" not in text
        assert "script-src" in client.get(address)["Content-Security-Policy"]


def test_pages_of_the_inbox_are_kept_by_no_cache(cast: Any, browser_of: Any) -> None:
    row = refused(cast, "measurements")
    for address in (INBOX, page_of(row)):
        assert "no-store" in browser_of(cast.health_officer).get(address)["Cache-Control"]


def test_what_may_be_the_same_lies_side_by_side(cast: Any, browser_of: Any) -> None:
    near = {"type": "Point", "coordinates": [CENTRE.x + 0.001, CENTRE.y]}
    far = {"type": "Point", "coordinates": [CENTRE.x + 0.01, CENTRE.y]}
    row = hand_in(cast, "trash-reports")
    twin = hand_in(cast, "trash-reports", by=cast.west_officer, geometry=near)
    other_places = hand_in(cast, "trash-reports", by=cast.west_officer, geometry=far)
    another_day = hand_in(
        cast, "trash-reports", observed_at="2026-11-18T12:05:00+08:00", geometry=near
    )
    other_kind = hand_in(cast, "trash-reports", values={"category": "burning"})
    own_elsewhere = hand_in(cast, "trash-reports", geometry=far)
    text = browser_of(cast.administrator).get(page_of(row)).content.decode()

    shown = re.findall(r'<th scope="col"><a href="/review/inbox/([^"]+)"', text)

    assert shown == [str(twin.pk)]
    for hidden in (other_places, another_day, other_kind, own_elsewhere):
        assert str(hidden.pk) not in text


def test_of_the_same_price_by_the_same_officer_the_place_does_not_matter(
    cast: Any, browser_of: Any
) -> None:
    row = hand_in(cast, "price-readings", geometry=None)
    again = hand_in(cast, "price-readings", values={"price": 16_000})
    other_market = hand_in(cast, "price-readings", values={"market": "lain"})
    text = browser_of(cast.walidata).get(page_of(row)).content.decode()
    assert str(again.pk) in text
    assert str(other_market.pk) not in text


def test_a_photo_that_was_named_but_has_not_come_is_said_to_be_missing(
    cast: Any, browser_of: Any
) -> None:
    row = hand_in(cast, "trash-reports", values={"photo": "tumpukan.jpg"})
    text = browser_of(cast.administrator).get(page_of(row)).content.decode()
    assert "tumpukan.jpg" in text
    assert "belum datang" in text


def test_a_photo_is_shown_through_the_door_that_asks_who_is_looking(
    cast: Any, browser_of: Any, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    row = hand_in(cast, "trash-reports", values={"photo": "tumpukan.jpg"})
    arrived = {"sha256": "a" * 64, "size": 9, "offset": 9, "completed_at": row.judged_at}
    Attachment.objects.create(
        instance_id=row.pk, user=row.user, name="tumpukan.jpg", state="shown", **arrived
    )
    somebody = Attachment.objects.create(
        instance_id=row.pk, user=cast.planner, name="milik-orang.jpg", **arrived, state="complete"
    )
    photo = Photo.objects.create(
        layer_id="trash-reports", feature_id=row.feature_id or 0, question="photo", sha256="a" * 64,
        image=keep_file(b"jpeg"), thumbnail=keep_file(b"jpeg"),
    )  # fmt: skip
    client = browser_of(cast.administrator)
    text = client.get(page_of(row)).content.decode()
    door = f"/ogc/collections/trash-reports/items/{row.feature_id}/photos/{photo.pk}"
    assert f'href="{door}"' in text
    shown: Any = client.get(door)
    assert b"".join(shown.streaming_content) == b"jpeg"
    assert browser_of(cast.planner).get(door).status_code == 404
    assert somebody.name not in text


# -- corrections


WRONG: dict[str, dict[str, Any]] = {
    "trash-reports": {"category": "gunung"},
    "trash-cleanings": {"report": str(uuid4())},
    "price-readings": {"commodity": "berlian"},
    "site-visits": {"application": "KKPR-1"},
    "measurements": {"height_cm": 400},
}
UNKNOWN = {"luar": "tidak ditanyakan"}  # wrong in every form


@pytest.mark.parametrize("layer_id", ACCEPTING)
def test_an_official_puts_a_refused_one_right_and_it_is_accepted(
    cast: Any, browser_of: Any, layer_id: str
) -> None:
    wrong = WRONG.get(layer_id, UNKNOWN)
    row = hand_in(cast, layer_id, values=wrong)
    assert row.state == State.REFUSED
    before = Submission.objects.filter(pk=row.pk).values().get()
    official = getattr(cast, sorted(REVIEWERS[layer_id])[0])
    client = browser_of(official)
    right = {f"values.{name}": str(answers(layer_id)[name]) for name in wrong.keys() - UNKNOWN}
    sent = typed(client.get(page_of(row)).content.decode(), reason="Salah ketik.", **right)

    answer = client.post(page_of(row), sent)

    assert answer.status_code == 302, answer.content.decode()
    kept = Submission.objects.get(pk=sent["key"])
    assert answer["Location"] == page_of(kept)
    assert kept.state == State.ACCEPTED, kept.reasons
    assert (kept.user, kept.channel, kept.device) == (official, "office", None)
    assert (kept.revises, kept.root, kept.version) == (row.pk, row.pk, 2)
    item = json.loads(kept.payload)
    assert item["reason"] == "Salah ketik."
    assert item["values"].keys() == answers(layer_id).keys()
    untouched = {name: told for name, told in answers(layer_id).items() if name not in wrong}
    assert item["values"] | untouched == item["values"]
    assert kept.geom == row.geom
    assert kept.observed_at == row.observed_at
    assert Submission.objects.filter(pk=row.pk).values().get() == before
    told = client.get(page_of(kept)).content.decode()
    assert "Salah ketik." in told
    assert "sudah diperbaiki" in client.get(INBOX).content.decode()
    assert 'class="correction"' not in client.get(page_of(row)).content.decode()


def test_a_double_click_makes_one_correction(cast: Any, browser_of: Any) -> None:
    row = hand_in(cast, "trash-reports", values=WRONG["trash-reports"])
    client = browser_of(cast.administrator)
    sent = typed(client.get(page_of(row)).content.decode(), reason="x") | {
        "values.category": "overflow"
    }
    first, second = client.post(page_of(row), sent), client.post(page_of(row), sent)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert Submission.objects.filter(revises=row.pk).count() == 1


def test_the_same_page_saved_with_other_words_is_not_silently_dropped(
    cast: Any, browser_of: Any
) -> None:
    row = hand_in(cast, "trash-reports", values=WRONG["trash-reports"])
    client = browser_of(cast.administrator)
    sent = typed(client.get(page_of(row)).content.decode(), reason="x")
    client.post(page_of(row), sent | {"values.category": "overflow"})
    second = client.post(page_of(row), sent | {"values.category": "burning"})
    assert second.status_code == 422
    text = second.content.decode()
    assert "sudah disimpan dengan isi lain" in text
    again = typed(text)
    assert again["key"] != sent["key"]
    assert again["values.category"] == "burning"


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_without_a_reason_nothing_is_saved_and_nothing_typed_is_lost(
    cast: Any, browser_of: Any, reason: str
) -> None:
    row = hand_in(cast, "trash-reports", values=WRONG["trash-reports"])
    client = browser_of(cast.administrator)
    sent = typed(client.get(page_of(row)).content.decode())
    sent |= {"values.description": "Diketik <b>ulang</b>", "reason": reason}
    answer = client.post(page_of(row), sent)
    assert answer.status_code == 422
    assert typed(answer.content.decode())["values.description"] == "Diketik <b>ulang</b>"
    assert typed(answer.content.decode())["key"] == sent["key"]
    assert Submission.objects.count() == 1


def test_a_point_that_the_official_moves_is_placed_by_hand(cast: Any, browser_of: Any) -> None:
    row = hand_in(cast, "trash-reports", geometry={"type": "Point", "coordinates": [0, 0]})
    assert "geometry" in row.reasons
    client = browser_of(cast.administrator)
    sent = typed(client.get(page_of(row)).content.decode(), reason="Titik salah.")
    sent |= {"lon": str(CENTRE.x).replace(".", ","), "lat": str(CENTRE.y)}
    client.post(page_of(row), sent)
    kept = Submission.objects.get(pk=sent["key"])
    assert kept.state == State.ACCEPTED, kept.reasons
    assert kept.accuracy == 0
    assert kept.geom.distance(CENTRE) < 1e-9


def test_a_correction_that_is_wrong_itself_is_kept_and_can_be_corrected(
    cast: Any, browser_of: Any
) -> None:
    row = hand_in(cast, "trash-reports", values=WRONG["trash-reports"])
    client = browser_of(cast.administrator)
    sent = typed(client.get(page_of(row)).content.decode(), reason="satu", lat="95")
    wrong = client.post(page_of(row), sent, follow=True)
    assert Submission.objects.get(pk=sent["key"]).state == State.REFUSED
    again = typed(wrong.content.decode(), reason="dua", lat=str(CENTRE.y))
    again |= {"values.category": "overflow", "lon": str(CENTRE.x)}
    client.post(f"{INBOX}{sent['key']}", again)
    kept = Submission.objects.get(pk=again["key"])
    assert kept.state == State.ACCEPTED, kept.reasons
    assert kept.root == row.pk
    assert kept.version == 3


def test_of_two_officials_the_second_sees_what_the_first_changed(
    cast: Any, browser_of: Any
) -> None:
    row = hand_in(cast, "trash-reports", values=WRONG["trash-reports"] | {"description": "awal"})
    client = browser_of(cast.administrator)
    page = client.get(page_of(row)).content.decode()
    first = typed(page, reason="satu") | {
        "values.category": "overflow", "values.description": "pertama",
    }  # fmt: skip
    second = typed(page, reason="dua", key=str(uuid4())) | {
        "values.category": "overflow", "values.description": "kedua",
    }  # fmt: skip
    client.post(page_of(row), first)

    told = client.post(page_of(row), second, follow=True).content.decode()

    kept = Submission.objects.get(pk=second["key"])
    assert kept.conflicts["values.description"] == {
        "base": "awal", "standing": "pertama", "sent": "kedua",
    }  # fmt: skip
    assert "Putuskan pertentangan" in told
    layer = LAYERS["trash-reports"]
    reports: Any = layer.rows()
    assert reports.get(pk=kept.feature_id).description == "pertama"
    assert ids(client.get(INBOX, {"conflicts": "on"})) == [str(kept.pk)]

    choice = typed(told, reason="Yang kedua benar.") | {"values.description": "sent"}
    client.post(page_of(kept), choice)
    settled = Submission.objects.get(pk=choice["key"])
    assert (settled.state, settled.conflicts) == (State.ACCEPTED, {})
    assert reports.get(pk=kept.feature_id).description == "kedua"
    assert ids(client.get(INBOX, {"conflicts": "on"})) == []
    assert layer.rows().filter(instance_id=row.pk).count() == 1


def waiting(cast: Any, base: Any = None, **values: Any) -> Submission:
    """A revision of what has not come."""
    row = hand_in(cast, "trash-reports", revises=str(base or uuid4()), values=values)
    assert row.state == State.RECEIVED
    return row


def test_a_revision_that_waits_for_its_base_is_found_and_explained(
    cast: Any, browser_of: Any
) -> None:
    hand_in(cast, "trash-reports")
    row = waiting(cast)
    client = browser_of(cast.administrator)
    listed = client.get(INBOX, {"waiting": "on"})
    assert ids(listed) == [str(row.pk)]
    assert "menunggu kiriman yang diperbaikinya" in listed.content.decode()
    assert "dalam 30 hari" in client.get(page_of(row)).content.decode()


def test_what_waits_in_vain_is_accepted_as_whole_and_what_waits_for_it_follows(
    cast: Any, browser_of: Any
) -> None:
    row = waiting(cast, description="awal")
    next_one = waiting(cast, row.pk, description="akhir")
    client = browser_of(cast.administrator)
    sent = typed(client.get(page_of(row)).content.decode(), reason="Ponselnya hilang.")
    answers_ = [client.post(page_of(row), sent | {"act": "accept"}) for _ in range(2)]

    assert [answer.status_code for answer in answers_] == [302, 302]
    kept = Submission.objects.get(pk=sent["key"])
    assert (kept.state, kept.revises, kept.version) == (State.ACCEPTED, row.pk, 2)
    row.refresh_from_db()
    assert row.state == State.REFUSED
    assert "Ponselnya hilang." in row.reasons["revises"]
    next_one.refresh_from_db()
    assert (next_one.state, next_one.root) == (State.ACCEPTED, row.pk)
    reports: Any = LAYERS["trash-reports"].rows()
    assert reports.get(pk=kept.feature_id).description == "akhir"
    assert next_one.feature_id == kept.feature_id


def test_what_waits_in_vain_is_refused_with_a_reason(cast: Any, browser_of: Any) -> None:
    row = waiting(cast)
    client = browser_of(cast.administrator)
    sent = typed(client.get(page_of(row)).content.decode()) | {"act": "refuse"}
    assert client.post(page_of(row), sent | {"reason": " "}).status_code == 422
    row.refresh_from_db()
    assert row.state == State.RECEIVED
    told = client.post(page_of(row), sent | {"reason": "Uji \x00coba."}, follow=True)
    row.refresh_from_db()
    assert row.state == State.REFUSED
    assert "administrator: Uji" in row.reasons["revises"]
    assert "Kiriman ditolak." in told.content.decode()
    again = client.post(page_of(row), sent | {"reason": "Lain."}, follow=True)
    assert "sudah dinilai" in again.content.decode()
    assert Submission.objects.count() == 1


def test_who_refuses_what_has_just_been_accepted_changes_nothing(
    cast: Any, browser_of: Any
) -> None:
    base = uuid4()
    row = waiting(cast, base)
    client = browser_of(cast.administrator)
    sent = typed(client.get(page_of(row)).content.decode(), reason="x") | {"act": "refuse"}
    hand_in(cast, "trash-reports", instance_id=str(base))
    told = client.post(page_of(row), sent, follow=True).content.decode()
    assert "Tidak ada yang disimpan" in told
    row.refresh_from_db()
    assert row.state == State.ACCEPTED


def test_the_history_shows_field_by_field_who_changed_what(cast: Any, browser_of: Any) -> None:
    row = hand_in(cast, "trash-reports", values=WRONG["trash-reports"])
    client = browser_of(cast.administrator)
    sent = typed(client.get(page_of(row)).content.decode(), reason="Kategori keliru.")
    told = client.post(
        page_of(row), sent | {"values.category": "burning"}, follow=True
    ).content.decode()
    assert "<del>gunung</del>" in told
    assert "<ins>Pembakaran sampah</ins>" in told
    assert "Kategori keliru." in told
    assert "administrator" in told


def test_what_stands_is_not_for_the_office_to_rewrite(cast: Any, browser_of: Any) -> None:
    row = hand_in(cast, "trash-reports")
    client = browser_of(cast.administrator)
    assert 'class="correction"' not in client.get(page_of(row)).content.decode()
    answer = client.post(page_of(row), {"key": str(uuid4()), "reason": "x"}, follow=True)
    assert "Tidak ada yang disimpan" in answer.content.decode()
    assert Submission.objects.count() == 1


def test_the_key_of_somebody_elses_submission_changes_nothing(cast: Any, browser_of: Any) -> None:
    row = hand_in(cast, "trash-reports", values=WRONG["trash-reports"])
    secret = hand_in(cast, "measurements")
    client = browser_of(cast.administrator)
    sent = typed(client.get(page_of(row)).content.decode(), reason="x", key=str(secret.pk))
    answer = client.post(page_of(row), sent)
    assert answer.status_code == 422
    assert Submission.objects.count() == 2
    assert UUID(typed(answer.content.decode())["key"]) != secret.pk


def test_a_form_of_another_site_corrects_nothing(cast: Any) -> None:
    row = hand_in(cast, "trash-reports", values=WRONG["trash-reports"])
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.administrator)
    answer = client.post(page_of(row), {"key": str(uuid4()), "reason": "x"})
    assert answer.status_code == 403


def test_a_longer_list_asks_the_database_no_more(
    cast: Any, browser_of: Any, django_assert_num_queries: Any
) -> None:
    client = browser_of(cast.administrator)
    hand_in(cast, "trash-reports")
    client.get(INBOX)  # what the map under the list tells of layers is kept for a minute
    with CaptureQueriesContext(connection) as asked:
        client.get(INBOX)
    for _ in range(8):
        hand_in(cast, "trash-reports")
    with django_assert_num_queries(len(asked)):
        client.get(INBOX)


@pytest.mark.parametrize("who", ["administrator", "walidata", "planner", "health_officer"])
def test_every_part_of_the_list_is_a_walk_along_an_index(cast: Any, who: str) -> None:
    with connection.cursor() as cursor:  # a small table is read whole, whatever its indexes
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    for form, part in parts(getattr(cast, who)).items():
        plan = Submission.objects.filter(part).order_by(*NEWEST)[:51].explain()
        index = "field_api_submission_rejected" if form == NO_FORM else "field_api_submission_inbox"
        assert f"Index Scan Backward using {index} on field_api_submission" in plan, plan


def test_the_inbox_speaks_english_to_who_asks_for_it(cast: Any, browser_of: Any) -> None:
    row = hand_in(cast, "trash-reports", values=WRONG["trash-reports"])
    client = browser_of(cast.administrator)
    client.cookies["django_language"] = "en"
    assert "Inbox" in client.get(INBOX).content.decode()
    text = client.get(page_of(row)).content.decode()
    assert "Correct and accept" in text
    assert "Refused" in text
    assert "Trash report" in text
