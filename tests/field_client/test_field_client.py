"""How a phone must behave, held against servers that do not, and against the portal itself."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.field_client.client import FieldClient
from tests.field_client.outbox import Outbox
from tests.field_client.wire import TokenRefusedError

Reply = tuple[int, dict[str, str], bytes]
ITEM = {"form": "trash-reports", "values": {"category": "overflow"}}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with closing(Outbox(tmp_path / "phone.db")) as box:
        yield box


class Stage:
    """A server that answers what a test tells it to; `seen` are the bodies it got."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.reply: Callable[[str, bytes], Reply] = lambda path, body: (200, JSON, b"{}")
        stage = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                stage.seen.append(body)
                status, headers, told = stage.reply(self.path, body)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(told)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def client(stage: Stage, outbox: Outbox) -> Iterator[FieldClient]:
    made = FieldClient(stage.url, "token", outbox, timeout=5)
    yield made
    made.wire.close()


def results(body: bytes, outcome: str = "accepted") -> Reply:
    """What a city that keeps everything says to a batch."""
    told = [
        {"instance_id": item["instance_id"], "outcome": outcome, "state": outcome}
        for item in json.loads(body)["submissions"]
    ]
    return 200, JSON, json.dumps({"results": told}).encode()


# -- the queue


def test_an_item_is_on_the_disk_under_its_uuid_and_number_before_it_is_sent(
    outbox: Outbox, tmp_path: Path
) -> None:
    keys = [outbox.add(ITEM) for _ in range(3)]
    with closing(Outbox(tmp_path / "phone.db")) as after_a_crash:
        waiting = [json.loads(item.text) for item in after_a_crash.waiting(10, 10_000)]
    assert [item["instance_id"] for item in waiting] == [str(UUID(key)) for key in keys]
    assert [item["sequence"] for item in waiting] == [1, 2, 3]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE item SET text = 'other'",
        "UPDATE item SET instance_id = 'other'",
        "UPDATE item SET sequence = 9",
        "DELETE FROM item",
    ],
)
def test_what_is_queued_is_frozen(outbox: Outbox, change: str) -> None:
    outbox.add(ITEM)
    with pytest.raises(sqlite3.IntegrityError, match="what"):
        outbox.db.execute(change)


def test_a_batch_is_as_long_as_it_may_be(outbox: Outbox) -> None:
    for _ in range(5):
        outbox.add(ITEM)
    length = len(outbox.waiting(1, 0)[0].text) + 1
    assert [len(outbox.waiting(9, n * length)) for n in (0, 1, 2, 5)] == [1, 1, 2, 5]
    assert len(outbox.waiting(3, 10_000)) == 3


# -- what is no answer


def other_item(path: str, body: bytes) -> Reply:
    told = [{"instance_id": str(uuid4()), "outcome": "accepted", "state": "accepted"}] * 2
    return 200, JSON, json.dumps({"results": told}).encode()


NO_ANSWERS: dict[str, Callable[[str, bytes], Reply]] = {
    "login page": lambda path, body: (200, {"Content-Type": "text/html"}, b"<h1>WiFi</h1>"),
    "redirect": lambda path, body: (302, {"Location": "http://hotel/"}, b""),
    "no content": lambda path, body: (204, {}, b""),
    "others' JSON": lambda path, body: (200, JSON, b'{"ok": true}'),
    "JSON that is a list": lambda path, body: (201, JSON, b"[]"),
    "too few": lambda path, body: (200, JSON, b'{"results": []}'),
    "other items": other_item,
    "outcome nobody knows": lambda path, body: results(body, "queued"),
    "half a body": lambda path, body: (200, {**JSON, "Content-Length": "999"}, b'{"results": ['),
    "bad gzip": lambda path, body: (200, {**JSON, "Content-Encoding": "gzip"}, b"\x1f\x8bxxxxxxx"),
    "not there": lambda path, body: (404, {"Content-Type": "text/html"}, b"nginx"),
    "401 of a login page": lambda path, body: (401, {"Content-Type": "text/html"}, b"WiFi"),
    "400 of a middlebox": lambda path, body: (400, {"Content-Type": "text/html"}, b"blocked"),
}


@pytest.mark.parametrize("name", NO_ANSWERS)
@pytest.mark.parametrize("count", [1, 2])
def test_that_is_no_answer_and_everything_waits(
    stage: Stage, client: FieldClient, name: str, count: int
) -> None:
    for _ in range(count):
        client.outbox.add(ITEM)
    stage.reply = NO_ANSWERS[name]
    assert client.round() > 0
    assert len(client.outbox.waiting(9, 10_000)) == count
    assert client.outbox.results() == {}


def test_it_waits_longer_each_time(stage: Stage, client: FieldClient) -> None:
    client.outbox.add(ITEM)
    stage.reply = NO_ANSWERS["login page"]
    waits = [client.round() for _ in range(12)]
    assert 1 <= waits[0] <= 2
    assert 4 <= waits[2] <= 8
    assert max(waits) <= 900


@pytest.mark.parametrize("status", [429, 503])
def test_it_waits_as_long_as_it_is_told(stage: Stage, client: FieldClient, status: int) -> None:
    client.outbox.add(ITEM)
    stage.reply = lambda path, body: (status, {"Retry-After": "7"}, b"")
    assert client.round() == 7
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    stage.reply = lambda path, body: (status, {"Retry-After": then}, b"")
    assert 57 <= client.round() <= 60


def test_a_token_that_is_refused_loses_nothing(stage: Stage, client: FieldClient) -> None:
    client.outbox.add(ITEM)
    stage.reply = lambda path, body: (
        401, {"Content-Type": "application/problem+json"}, b'{"status": 401}',
    )  # fmt: skip
    with pytest.raises(TokenRefusedError):
        client.round()
    assert not client.outbox.is_empty()


# -- what is one


def test_it_sends_the_very_same_bytes_again(stage: Stage, client: FieldClient) -> None:
    client.outbox.add(ITEM)
    client.outbox.add(ITEM)
    stage.reply = NO_ANSWERS["login page"]
    client.round()
    stage.reply = lambda path, body: results(body)
    client.round()
    assert stage.seen[0] == stage.seen[1]
    assert client.outbox.is_empty()


def test_each_item_goes_only_with_its_own_result(stage: Stage, client: FieldClient) -> None:
    keys = [client.outbox.add(ITEM) for _ in range(6)]
    said = ["accepted", "duplicate", "conflict", "refused", "gone", "received"]

    def reply(path: str, body: bytes) -> Reply:
        told = [
            {"instance_id": k, "outcome": o, "state": o} for k, o in zip(keys, said, strict=True)
        ]
        return 200, JSON, json.dumps({"results": told}).encode()

    stage.reply = reply
    client.round()
    texts = dict(client.outbox.db.execute("SELECT instance_id, text FROM item"))
    assert [texts[key] is None for key in keys] == [True, True, False, False, True, True]
    assert [client.outbox.results()[key].outcome for key in keys] == said


def test_a_duplicate_of_a_refused_one_is_refused(stage: Stage, client: FieldClient) -> None:
    keys = [client.outbox.add(ITEM) for _ in range(2)]
    stage.reply = lambda path, body: (
        200, JSON, results(body)[2].replace(b'"accepted"}', b'"refused"}'),
    )  # fmt: skip
    client.round()
    assert {client.outbox.results()[key].outcome for key in keys} == {"refused"}


@pytest.mark.parametrize("status", [400, 413, 500])
def test_one_poison_item_never_holds_up_the_others(
    stage: Stage, client: FieldClient, status: int
) -> None:
    keys = [client.outbox.add(ITEM | {"values": {"n": n, "racun": n == 17}}) for n in range(40)]

    def reply(path: str, body: bytes) -> Reply:
        if b'"racun": true' in body:
            return status, JSON, b'{"status": 0}'
        if path.endswith("/batch"):
            return results(body)
        key = re.search(rb'"instance_id": "([^"]+)"', body)[1].decode()
        told = {"id": key, "properties": {"state": "accepted"}}
        return 201, JSON, json.dumps(told).encode()

    stage.reply = reply
    for _ in range(3):
        client.round()
    found = client.outbox.results()
    assert all(found[key].outcome == "accepted" for n, key in enumerate(keys) if n != 17)
    told = found.get(keys[17])
    assert told is None if status == 500 else told.outcome == "unsendable"
    assert b"racun" in client.outbox.db.execute(
        "SELECT cast(text AS BLOB) FROM item WHERE instance_id = ?", (keys[17],)
    ).fetchone()[0]  # fmt: skip
