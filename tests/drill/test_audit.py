"""The audit of the drill is worth something only if it finds what it is there to find."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from field_api.models import Attachment, Submission
from layers.catalog.markets.prices import PriceReading
from layers.catalog.trash.reports import TrashReport, TrashReportMove
from layers.photos import Photo
from tests.drill.audit import BROKEN, HALF, LOST, STUCK, TWICE, UNTOLD, WRONG, Audit, features_there
from tests.drill.town import tables
from tests.drill.work import Book, Work
from tests.factories import CENTRE, NOON
from tests.field_client.outbox import Result

pytestmark = pytest.mark.django_db
URL = "/api/v1/submissions/batch"


class Drilled:
    """A little work that was offered, answered and written down."""

    def __init__(self, cast: Any, phone: Any, files: Path) -> None:
        connection.ensure_connection()
        self.files, self.before = files, features_there(connection.connection, tables())
        self.book, self.results = Book(), dict[str, Result]()
        town = {"market": cast.town.market.code, "commodities": ["beras-medium-1"],
                "centre": CENTRE.coords}  # fmt: skip
        work = Work(town, self.book, random.Random(1), itertools.count(1), photo_share=0)
        for _ in range(2):
            sent = json.dumps({"submissions": [item for item, _ in work.some(40)]})
            answer = phone.post(URL, sent, content_type="application/json")
            request = b"POST /api/v1/submissions/batch HTTP/1.1\r\n\r\n"
            self.book.hear(request, b"HTTP/1.1 200 OK\r\n\r\n" + answer.content)
            for told in answer.json()["results"]:
                key = told["instance_id"]
                self.results[key] = Result(key, told["outcome"], told)

    def faults(self) -> dict[str, int]:
        audit = Audit(connection.connection, self.files, tables(), self.before)
        return {kind: len(found) for kind, found in audit.judge(self.book, self.results).items()}


@pytest.fixture
def drilled(cast: Any, phone_of: Any, tmp_path: Path, settings: Any) -> Drilled:
    settings.MEDIA_ROOT = str(tmp_path)
    return Drilled(cast, phone_of(cast.officer), tmp_path)


def test_what_is_right_has_no_fault(drilled: Drilled) -> None:
    assert len(drilled.results) == 80
    assert drilled.faults() == {}


def accepted(form: str = "price-readings") -> Any:
    """One that nobody revised."""
    revised = Submission.objects.filter(revises__isnull=False).values("revises")
    return (
        Submission.objects.filter(layer_id=form, state="accepted", root=None)
        .exclude(pk__in=revised)
        .order_by("pk")[0]
    )


def an_answer_is_forgotten() -> None:
    accepted().delete()


def a_feature_is_missing() -> None:
    PriceReading.objects.get(pk=accepted().feature_id).delete()


def a_feature_is_there_twice() -> None:
    row = PriceReading.objects.get(pk=accepted().feature_id)
    row.pk, row.instance_id = None, uuid4()
    row.save()


def a_feature_belongs_to_two() -> None:
    one = accepted()
    other = Submission.objects.filter(layer_id=one.layer_id, root=None).exclude(pk=one.pk)
    other.filter(state="accepted").update(feature_id=one.feature_id)


def a_value_is_another() -> None:
    PriceReading.objects.filter(pk=accepted().feature_id).update(price=9_999_999)


def a_time_is_another() -> None:
    PriceReading.objects.filter(pk=accepted().feature_id).update(observed_at=NOON)


def what_was_sent_is_changed() -> None:
    row = accepted()
    Submission.objects.filter(pk=row.pk).update(payload=row.payload.replace("price", "prise"))


def a_verdict_is_undone() -> None:
    Submission.objects.filter(pk=accepted().pk).update(
        state="received", judged_at=None, feature_id=None
    )


def half_a_request_is_kept() -> None:
    row = accepted()
    row.pk = uuid4()
    row.state, row.feature_id = "refused", None
    row.save(force_insert=True)


def a_history_is_missing() -> None:
    TrashReportMove.objects.filter(record=accepted("trash-reports").feature_id).delete()


def a_history_is_there_twice() -> None:
    move = TrashReportMove.objects.filter(record=accepted("trash-reports").feature_id)[0]
    move.pk = None
    move.save()


def nonsense_is_accepted() -> None:
    refused = Submission.objects.filter(state="refused")[0]
    refused.state, refused.feature_id, refused.reasons = "accepted", 1, {}
    refused.save()


def a_photo_has_no_file() -> None:
    Photo.objects.create(layer_id="trash-reports", feature_id=TrashReport.objects.all()[0].pk,
                         question="photo", sha256="0" * 64, image="photos/x.jpg",
                         thumbnail="photos/y.jpg")  # fmt: skip


def an_attachment_has_no_file() -> None:
    row = accepted("trash-reports")
    Attachment.objects.create(instance_id=row.pk, user=row.user, name="a.jpg", sha256="0" * 64,
                              size=9, offset=9, original="aa/bb", state="complete",
                              completed_at=row.received_at)  # fmt: skip


@pytest.mark.parametrize(
    ("tamper", "kind"),
    [
        (an_answer_is_forgotten, LOST),
        (a_feature_is_missing, HALF),
        (a_feature_is_there_twice, TWICE),
        (a_feature_belongs_to_two, TWICE),
        (a_value_is_another, LOST),
        (a_time_is_another, WRONG),
        (what_was_sent_is_changed, LOST),
        (a_verdict_is_undone, LOST),
        (a_verdict_is_undone, HALF),
        (half_a_request_is_kept, HALF),
        (a_history_is_missing, HALF),
        (a_history_is_there_twice, TWICE),
        (nonsense_is_accepted, WRONG),
        (a_photo_has_no_file, HALF),
        (an_attachment_has_no_file, HALF),
    ],
)
def test_it_finds_that(drilled: Drilled, tamper: Callable[[], None], kind: str) -> None:
    tamper()
    assert drilled.faults().get(kind, 0) > 0


def test_it_finds_what_stayed_on_a_phone(drilled: Drilled) -> None:
    drilled.results.popitem()
    assert drilled.faults() == {STUCK: 1}


def test_it_finds_an_answer_that_only_the_network_saw(drilled: Drilled) -> None:
    said = b'{"instance_id": "%s", "state": "accepted", "feature_id": 1}' % str(uuid4()).encode()
    drilled.book.hear(b"POST /api/v1/submissions HTTP/1.1", b"HTTP/1.1 201 Created\r\n\r\n" + said)
    assert drilled.faults() == {LOST: 1}


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (b"201 Created", b"submit_success", LOST),
        (b"202 Accepted", b"submit_refused", LOST),
        (b"409 Conflict", b"submit_error", None),
    ],
)
def test_it_finds_an_answer_of_openrosa_that_is_not_true(
    drilled: Drilled, status: bytes, said: bytes, kind: str | None
) -> None:
    xml = b"<meta><instanceID>uuid:%s</instanceID></meta>" % str(uuid4()).encode()
    drilled.book.hear(b"POST /openrosa/key/x/submission HTTP/1.1\r\n\r\n" + xml,
                      b"HTTP/1.1 %s\r\n\r\n%s" % (status, said))  # fmt: skip
    assert drilled.faults() == ({kind: 1} if kind else {})


def test_it_finds_a_photo_that_openrosa_said_it_has(drilled: Drilled) -> None:
    key, offer = next((k, o) for k, o in drilled.book.offers.items() if not o.poison)
    offer.photos["muka.jpg"] = "0" * 64
    assert drilled.faults() == {STUCK: 1}
    xml = b"<instanceID>uuid:%s</instanceID>" % key.encode()
    part = b'filename="muka.jpg"\r\nContent-Type: image/jpeg\r\n\r\n...'
    drilled.book.hear(b"POST /openrosa/submission HTTP/1.1\r\n\r\n" + xml + part,
                      b"HTTP/1.1 201 Created\r\n\r\n")  # fmt: skip
    assert drilled.faults() == {LOST: 1}


def test_it_finds_a_file_without_a_row(drilled: Drilled) -> None:
    (drilled.files / "photos").mkdir()
    (drilled.files / "photos" / "sisa.jpg").write_bytes(b"x")
    assert drilled.faults() == {HALF: 1}


def test_it_finds_a_phone_that_was_not_told(drilled: Drilled) -> None:
    audit = Audit(connection.connection, drilled.files, tables(), drilled.before)
    known = {key: row.state for key, row in audit.ledger.items()}
    audit.synchronised(known)
    assert audit.faults == {}
    audit.synchronised(known | {next(iter(known)): "received"})
    assert len(audit.faults[UNTOLD]) == 1


def test_it_finds_a_server_error(drilled: Drilled) -> None:
    drilled.book.statuses.update([503, 500])
    assert drilled.faults() == {BROKEN: 1}
