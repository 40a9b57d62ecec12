"""ODK Collect's side of the story: a client written from the OpenRosa text, and a live server."""

from __future__ import annotations

import csv
import io
import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from PIL import Image
from pytest_django.live_server_helper import LiveServer

from field_api.devices import invite
from field_api.models import Attachment, Device, Submission
from layers.catalog.markets.prices import PriceReading
from layers.catalog.trash.reports import TrashReport
from layers.forms import Earlier
from layers.permissions import can_submit
from layers.registry import LAYERS
from tests.factories import CENTRE
from tests.openrosa_client import Answer, Blank, Client, multipart

pytestmark = pytest.mark.django_db(transaction=True)
HERE = f"{CENTRE.y} {CENTRE.x} 12.0 4.5"
SEEN = "2026-11-20T12:05:00.000+08:00"
State = Submission.State


def photo(colour: str) -> bytes:
    """A picture large enough to need a post of its own."""
    file = io.BytesIO()
    Image.effect_noise((900, 900), 90).convert("RGB").save(file, "JPEG", quality=95)
    Image.new("RGB", (1, 1), colour).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.SETTLE_IN_BACKGROUND = False


@pytest.fixture
def collect(live_server: LiveServer) -> Callable[..., Client]:
    """Collect on the phone of this person."""

    def of(user: Any, **more: Any) -> Client:
        _, token = Device.enrol(user, "Collect")
        return Client(f"{live_server.url}/openrosa/key/{token}", **more)

    return of


def blank(client: Client, form: str) -> Blank:
    (listed,) = client.forms(formID=form)
    return client.download(listed)


def offered_to(user: Any) -> set[str]:
    """The forms of the registry that the policy gives this person."""
    return {layer.id for layer in LAYERS.values() if layer.accepts and can_submit(layer, user)}


def report(client: Client, **answers: str) -> tuple[str, bytes]:
    given = {"geometry": HERE, "category": "overflow", "description": "Bak penuh", **answers}
    return blank(client, "trash-reports").filled(given, seen=SEEN)


def row(named: str) -> Any:
    return Submission.objects.get(pk=UUID(named.removeprefix("uuid:")))


def only(answers: list[Answer]) -> Answer:
    assert len(answers) == 1
    return answers[0]


def test_a_client_written_from_the_text_does_its_whole_work(
    cast: Any, live_server: LiveServer
) -> None:
    _, code = invite(cast.officer, by=cast.administrator)
    enrolled = Client(live_server.url).request(
        "POST", f"{live_server.url}/api/v1/devices",
        json.dumps({"code": code, "name": "Samsung A05"}).encode(),
        {"Content-Type": "application/json"},
    )  # fmt: skip
    assert enrolled.status == 201
    client = Client(f"{live_server.url}/openrosa/key/{json.loads(enrolled.body)['token']}")

    listed = {found["formID"]: found for found in client.forms()}
    assert set(listed) == offered_to(cast.officer) >= {"trash-reports", "price-readings"}
    form = client.download(listed["trash-reports"])
    photos = {"muka.jpg": photo("red"), "belakang.jpg": photo("blue")}
    answers = {"geometry": HERE, "category": "overflow", "description": "Bak penuh",
               "photo": "muka.jpg", "photo_2": "belakang.jpg"}  # fmt: skip
    named, xml = form.filled(answers, seen=SEEN)

    posts = client.submit(xml, photos)

    assert [answer.status for answer in posts] == [201, 201], posts[-1].body
    assert "Diterima" in posts[0].message
    kept = row(named)
    assert (kept.state, kept.channel) == (State.ACCEPTED, Submission.Channel.OPENROSA)
    feature = TrashReport.objects.get(pk=kept.feature_id)
    assert (feature.category, feature.accuracy) == ("overflow", 4.5)
    assert feature.geom.coords == pytest.approx(CENTRE.coords)
    files = Attachment.objects.filter(instance_id=kept.pk)
    assert {file.name: file.size for file in files} == {n: len(b) for n, b in photos.items()}
    assert set(files.values_list("state", flat=True)) == {Attachment.State.SHOWN}

    again = client.submit(xml, photos)
    assert [answer.status for answer in again] == [201, 201]
    assert TrashReport.objects.filter(instance_id=kept.pk).count() == 1
    assert files.count() == 2

    mended, xml = form.filled({**answers, "description": "Dua bak"}, replaces=named, seen=SEEN)
    assert {answer.status for answer in client.submit(xml, photos)} == {201}
    feature.refresh_from_db()
    assert feature.description == "Dua bak"
    assert row(mended).feature_id == kept.feature_id
    assert row(mended).revises == kept.pk


def test_only_the_forms_that_a_person_may_submit_are_offered(cast: Any, collect: Any) -> None:
    health = collect(cast.health_officer)
    listed = {found["formID"] for found in health.forms()}
    assert listed == offered_to(cast.health_officer) >= {"measurements"}
    assert collect(cast.idle_official).forms() == []
    assert health.forms(formID="trash-reports") == []


def test_names_of_forms_come_in_the_language_that_is_asked_for(cast: Any, collect: Any) -> None:
    assert collect(cast.officer).forms(formID="price-readings")[0]["name"] == "Harga pasar"
    english = collect(cast.officer, language="en").forms(formID="price-readings")
    assert english[0]["name"] == "Market price"


def test_descriptions_are_told_only_when_asked_for(cast: Any, collect: Any) -> None:
    client = collect(cast.officer)
    assert "descriptionText" not in client.forms(formID="trash-reports")[0]
    assert client.forms(formID="trash-reports", verbose="true")[0]["descriptionText"]


def test_code_lists_come_as_the_files_that_the_form_asks_for(cast: Any, collect: Any) -> None:
    form = blank(collect(cast.officer), "price-readings")
    assert set(form.media) == {"markets.csv", "commodities.csv"}
    markets = list(csv.DictReader(io.StringIO(form.media["markets.csv"].decode())))
    assert {"code": "oeba", "name": "Pasar Oeba"}.items() <= markets[0].items()
    for name in form.media:
        assert f"jr://file-csv/{name}" in form.xml.decode()


def test_a_code_list_holds_only_what_its_reader_may_know(cast: Any, collect: Any) -> None:
    own, other = (
        blank(collect(user), "measurements").media["children.csv"].decode()
        for user in (cast.health_officer, cast.other_health_officer)
    )
    assert str(cast.town.child.code) in own
    assert str(cast.town.child.code) not in other


def test_an_unchanged_file_is_not_sent_again(cast: Any, collect: Any) -> None:
    client = collect(cast.officer)
    (listed,) = client.forms(formID="price-readings")
    tag = client.get(listed["downloadUrl"]).headers["etag"]
    again = client.request("GET", listed["downloadUrl"], more={"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")


def test_older_versions_are_offered_and_taken_while_they_are_declared(
    cast: Any, collect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = LAYERS["price-readings"].accepts
    older = Earlier("0", form.fields, lambda values: {**values, "price": 7777})
    monkeypatch.setitem(form.__dict__, "earlier", (older,))
    client = collect(cast.officer)

    assert [found["version"] for found in client.forms(formID="price-readings")] == ["1"]
    both = client.forms(formID="price-readings", listAllVersions="true")
    assert [found["version"] for found in both] == ["1", "0"]
    answers = {"market": "oeba", "commodity": "beras-medium-1", "price": "15500"}
    named, xml = client.download(both[1]).filled(answers, seen=SEEN)
    assert only(client.submit(xml)).status == 201
    assert PriceReading.objects.get(pk=row(named).feature_id).price == 7777


def test_what_was_not_answered_is_not_an_answer(cast: Any, collect: Any) -> None:
    client = collect(cast.officer)
    answers = {"market": "oeba", "commodity": "beras-medium-1", "price": "15500"}
    named, xml = blank(client, "price-readings").filled(answers, seen=SEEN)
    assert only(client.submit(xml)).status == 201
    assert row(named).geom is None


def test_a_point_from_a_mock_or_a_finger_is_never_a_perfect_one(cast: Any, collect: Any) -> None:
    client = collect(cast.officer)
    named, xml = report(client, geometry=f"{CENTRE.y} {CENTRE.x} 0.0 0.0")
    assert only(client.submit(xml)).status == 201
    kept = row(named)
    item = json.loads(kept.payload)
    assert (item["accuracy"], "altitude" in item) == (0, False)
    better, xml = report(client)
    assert only(client.submit(xml)).status == 201
    assert kept.trust < row(better).trust


def test_a_refused_submission_is_kept_with_its_files_and_its_reason_is_told(
    cast: Any, collect: Any
) -> None:
    client = collect(cast.officer)
    named, xml = report(client, category="burning", geometry="-6.2 106.8 0 5", photo="a.jpg")
    answer = only(client.submit(xml, {"a.jpg": photo("red")}))
    assert answer.status == 202
    assert "belum dapat diterima" in answer.message
    assert row(named).state == State.REFUSED
    assert all(reason in answer.message for reason in row(named).reasons.values())
    assert Attachment.objects.get(instance_id=row(named).pk).state == Attachment.State.COMPLETE


def test_a_form_that_is_not_ones_own_is_not_found_but_kept(cast: Any, collect: Any) -> None:
    named, xml = report(collect(cast.officer))
    answer = only(collect(cast.health_officer).submit(xml))
    assert answer.status == 404
    assert row(named).state == State.UNPERMITTED


def test_the_same_instance_with_other_content_is_a_conflict_and_its_files_are_not_kept(
    cast: Any, collect: Any
) -> None:
    client = collect(cast.officer)
    named, xml = report(client)
    assert only(client.submit(xml)).status == 201
    before = row(named)
    other = xml.replace(b"Bak penuh", b"Bak kosong")
    answer = only(client.submit(other, {"x.jpg": photo("red")}))
    assert answer.status == 409
    assert row(named).payload == before.payload
    assert not Attachment.objects.exists()


def test_a_connection_that_ends_too_early_keeps_nothing(cast: Any, collect: Any) -> None:
    """Though what came may be whole by itself: the rest may have been more photos."""
    client = collect(cast.officer)
    _, xml = report(client)
    address, _ = client.negotiate()
    content_type, body = multipart(xml, {"a.jpg": b"foto"})
    target = urlsplit(address)
    for sent in (body, body[:-20], body[:-60]):
        with socket.create_connection((target.hostname or "", target.port or 0)) as line:
            line.sendall(
                f"POST {target.path} HTTP/1.1\r\nHost: {target.netloc}\r\n"
                f"X-OpenRosa-Version: 1.0\r\nContent-Type: {content_type}\r\n"
                f"Content-Length: {len(body) + 10}\r\n\r\n".encode()
                + sent
            )
            line.shutdown(socket.SHUT_WR)
            assert b" 400 " in line.recv(100)
    assert not Submission.objects.exists()
    assert not Attachment.objects.exists()


def test_somebody_elses_instance_is_a_conflict(cast: Any, collect: Any) -> None:
    client = collect(cast.officer)
    named, xml = report(client)
    assert only(client.submit(xml)).status == 201
    assert only(collect(cast.west_officer).submit(xml)).status == 409
    assert row(named).user == cast.officer


def test_what_was_withdrawn_is_gone(cast: Any, collect: Any, phone_of: Any) -> None:
    client = collect(cast.officer)
    named, xml = report(client)
    assert only(client.submit(xml)).status == 201
    phone_of(cast.officer).delete(f"/api/v1/submissions/{row(named).pk}")
    answer = only(client.submit(xml, {"x.jpg": photo("red")}))
    assert answer.status == 410
    assert answer.message
    assert not Attachment.objects.exists()


def test_an_instance_id_that_is_no_uuid_names_one_submission_of_its_sender(
    cast: Any, collect: Any
) -> None:
    client = collect(cast.officer)
    named, xml = report(client)
    ours = xml.replace(named.encode(), b"kupang.go.id:2026/0001")
    assert only(client.submit(ours)).status == 201
    assert only(client.submit(ours)).status == 201
    assert Submission.objects.count() == 1
    theirs = ours.replace(b"Bak penuh", b"Lain")
    assert only(collect(cast.west_officer).submit(theirs)).status == 201
    assert Submission.objects.count() == 2


def test_a_wrong_clock_is_put_right_by_the_date_of_the_post(cast: Any, collect: Any) -> None:
    client = collect(cast.officer)
    named, xml = report(client)
    address, _ = client.negotiate()
    content_type, body = multipart(xml, {})
    written = datetime.fromisoformat(SEEN)
    an_hour_later = format_datetime((written + timedelta(hours=1)).astimezone(UTC), usegmt=True)
    slow = {"Content-Type": content_type, "Date": an_hour_later}
    assert client.request("POST", address, body, slow).status == 201
    kept = row(named)
    assert kept.clock_skew > 3600
    assert (kept.observed_at - written).total_seconds() == pytest.approx(kept.clock_skew)
    for nonsense in ("Kamis, 19 Nop 2026", "Thu, 99 Nov 2026 00:00:00 GMT", "0"):
        told = {"Content-Type": content_type, "Date": nonsense}
        assert client.request("POST", address, body, told).status == 201
