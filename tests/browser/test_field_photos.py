"""Photos on their way from the officers' app: taken up where they stopped, whole or not at all."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.templatetags.static import static
from playwright.sync_api import Page, Route

from field_api.attachments import originals
from field_api.models import Attachment, Submission
from tests.browser.field_phone import FIX, Phone, TroubleTold

# Chromium's own teardown leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
PIECES = "**/api/v1/attachments/*"
COMPLETE = {"complete", "shown"}


@pytest.fixture
def photographed(phone: Phone) -> Callable[[int], str]:
    """An item with one photo of a side so long, by its UUID."""

    def capture(side: int) -> str:
        values = {"category": "burning"}
        draft = phone.run("drafts.begin", "trash-reports", {"values": values, "fix": FIX})
        phone.photograph(draft["id"], side)
        phone.run("outbox.finish", draft["id"])
        return str(draft["id"])

    return capture


def photo_of(phone: Phone, item: str) -> dict[str, Any]:
    return dict(phone.run("outbox.get", item)["photos"]["list"][0])


def test_a_photo_arrives_byte_for_byte_and_leaves_the_phone(
    phone: Phone, photographed: Any
) -> None:
    item = photographed(900)
    photo = photo_of(phone, item)
    assert photo["size"] > 512 * 1024  # several pieces
    assert phone.run("drafts.photoBlob", photo["id"]) is not None

    phone.send()

    kept = Attachment.objects.get()
    assert (str(kept.instance_id), kept.name, kept.size) == (item, photo["name"], photo["size"])
    assert kept.state in COMPLETE
    content = originals.path(kept.original).read_bytes()
    assert hashlib.sha256(content).hexdigest() == kept.sha256
    assert photo_of(phone, item)["state"] == "sent"
    assert phone.run("drafts.photoBlob", photo["id"]) is None
    assert f'"photo":"{photo["name"]}"' in Submission.objects.get().payload.replace(": ", ":")


def test_it_goes_on_where_it_stopped(phone: Phone, page: Page, photographed: Any) -> None:
    sent: list[int] = []

    def break_off(route: Route) -> None:
        if route.request.method == "PATCH":
            sent.append(int(route.request.headers["upload-offset"]))
            if len(sent) == 2:
                return route.abort("connectionreset")
        return route.continue_()

    page.route(PIECES, break_off)
    item = photographed(900)
    assert phone.send()["code"] == "no-answer"
    assert photo_of(phone, item)["state"] == "waiting"

    phone.send()

    assert photo_of(phone, item)["state"] == "sent"
    assert sent[1] == sent[2] == 256 * 1024  # the first piece went once
    assert sent == sorted(sent)
    assert Attachment.objects.get().state in COMPLETE


def test_a_piece_of_which_the_answer_was_lost_is_not_sent_again(
    phone: Phone, page: Page, photographed: Any
) -> None:
    offsets: list[int] = []

    def eat_the_first_answer(route: Route) -> None:
        if route.request.method != "PATCH":
            return route.continue_()
        offsets.append(int(route.request.headers["upload-offset"]))
        if len(offsets) == 1:
            route.fetch()
            return route.abort("connectionreset")
        return route.continue_()

    page.route(PIECES, eat_the_first_answer)
    item = photographed(900)
    phone.send()
    phone.send()

    assert photo_of(phone, item)["state"] == "sent"
    assert len(offsets) == len(set(offsets))
    assert Attachment.objects.get().state in COMPLETE


def test_an_upload_that_the_server_forgot_begins_anew(
    phone: Phone, page: Page, photographed: Any
) -> None:
    page.route(PIECES, lambda route: route.abort("connectionreset"))
    item = photographed(500)
    phone.send()
    page.unroute(PIECES)
    Attachment.objects.all().delete()

    phone.send()

    assert photo_of(phone, item)["state"] == "sent"
    assert Attachment.objects.get().state in COMPLETE


def test_a_page_of_a_captive_portal_is_no_receipt(
    phone: Phone, page: Page, photographed: Any
) -> None:
    def portal(route: Route) -> None:
        if route.request.method == "PATCH":
            route.fulfill(status=200, content_type="text/html", body="Selamat datang")
        else:
            route.continue_()

    page.route(PIECES, portal)
    item = photographed(300)
    assert phone.send()["code"] == "no-answer"
    photo = photo_of(phone, item)
    assert photo["state"] == "waiting"
    assert phone.run("drafts.photoBlob", photo["id"]) is not None


def test_one_that_the_server_will_not_have_does_not_keep_the_others(
    phone: Phone, page: Page, photographed: Any
) -> None:
    first, second = photographed(200), photographed(200)
    name = photo_of(phone, first)["name"]

    def dislike(route: Route) -> None:
        said = route.request.headers["upload-metadata"]
        if base64.b64encode(name.encode()).decode() in said:
            problem = {
                "title": "Terlalu besar",
                "status": 413,
                "detail": "Berkas ini terlalu besar.",
            }
            route.fulfill(status=413, content_type="application/problem+json", json=problem)
        else:
            route.continue_()

    page.route("**/api/v1/attachments", dislike)
    assert phone.send()["trouble"] is None

    kept = photo_of(phone, first)
    assert (kept["state"], kept["last_error"]) == ("waiting", "Berkas ini terlalu besar.")
    assert photo_of(phone, second)["state"] == "sent"


def test_a_refused_item_gives_its_photo_all_the_same(phone: Phone) -> None:
    draft = phone.run("drafts.begin", "trash-reports", {"values": {"category": "gold"}})
    phone.photograph(draft["id"], 100)
    phone.run("outbox.finish", draft["id"])

    phone.send()

    assert phone.states() == ["refused"]
    assert photo_of(phone, draft["id"])["state"] == "sent"


def test_a_picture_that_cannot_be_read_is_told_at_once(phone: Phone, page: Page) -> None:
    draft = phone.run("drafts.begin", "trash-reports", {"values": {}})
    empty = f"""async (id) => (await import("{static("field/drafts.js")}"))
      .addPhoto(id, "photo", new Blob([])).then(() => "kept", (error) => error.code)"""
    assert page.evaluate(empty, draft["id"]) == "unreadable"
    assert phone.run("drafts.get", draft["id"])["photos"] == {}
    with pytest.raises(TroubleTold, match="gone"):
        phone.run("drafts.change", "no such draft", {"values": {"description": "x"}})
