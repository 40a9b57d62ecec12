"""Chunked bodies, through the gunicorn that serves the portal, with its worker class."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.handlers.wsgi import WSGIHandler

from field_api.models import Device, Submission
from geo_portal import bodies
from geo_portal.bodies import ReadableBodies
from tests.openrosa_client import multipart

ECHO = '''
from geo_portal import bodies

bodies.LIMITS = {"/openrosa/": 300_000}
bodies.OTHERS = 100_000


def echo(environ, start_response):
    """What an application that trusts CONTENT_LENGTH, as Django does, sees of a request."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    start_response("200 OK", [("X-Length", str(length)), ("Content-Length", str(len(body)))])
    return [body]


application = bodies.ReadableBodies(echo)
'''
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    folder = tmp_path_factory.mktemp("echo")
    (folder / "echo_app.py").write_text(ECHO)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "echo_app", f"--bind=fd://{listener.fileno()}"),
                *("--worker-class=gthread", "--threads=4", "--no-control-socket"),
                *("--log-level=critical", f"--pythonpath={folder},{ROOT}"),
            ],
            pass_fds=[listener.fileno()],
            cwd=folder,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "geo_portal.settings"},
        )
        try:
            yield "127.0.0.1", port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


def ask(server: tuple[str, int], raw: bytes, *, end: bool = False) -> tuple[int, str, bytes]:
    """Status, headers and body of the answer to these very bytes."""
    with socket.create_connection(server, timeout=30) as line:
        line.sendall(raw)
        if end:
            line.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := line.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode("latin-1").lower(), body


def request(path: str = "/api/v1/submissions", *, body: bytes, more: str = "") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Transfer-Encoding: chunked\r\n{more}\r\n"
    ).encode() + body


def chunked(content: bytes, size: int = 1000) -> bytes:
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


@pytest.mark.parametrize("size", [1, 7, 4096, 80_000])
def test_a_chunked_body_arrives_whole_and_with_its_length(server: Any, size: int) -> None:
    content = os.urandom(80_000 if size > 100 else 500)
    status, head, body = ask(server, request(body=chunked(content, size)))
    assert (status, body) == (200, content)
    assert f"x-length: {len(content)}" in head


def test_an_empty_chunked_body_has_the_length_nought(server: Any) -> None:
    assert ask(server, request(body=b"0\r\n\r\n"))[2] == b""


def test_a_body_with_a_length_is_left_alone(server: Any) -> None:
    raw = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"
    assert ask(server, raw)[2] == b"abc"


def test_a_body_that_nobody_takes_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST", 1000)
    told: list[str] = []
    environ = {"CONTENT_LENGTH": "1001", "PATH_INFO": "/login/", "wsgi.input": None}
    list(ReadableBodies(WSGIHandler())(environ, lambda status, _: told.append(status)))
    assert told == ["413 Request Entity Too Large"]


@pytest.mark.parametrize("alphabet", ["charset=utf-7", "charset=utf8", "charset*=klingon''x"])
def test_a_form_in_another_alphabet_is_told_so(alphabet: str) -> None:
    """Django alone answers such a form with an error that has no page."""
    told: list[str] = []
    environ = {"CONTENT_TYPE": f"application/x-www-form-urlencoded; {alphabet}", "PATH_INFO": "/"}
    answer = ReadableBodies(WSGIHandler())(environ, lambda status, _: told.append(status))
    assert told == ["400 Bad Request"]
    assert json.loads(b"".join(answer))["detail"].endswith("UTF-8; kirim lagi.")


def test_each_address_has_its_own_limit(server: Any) -> None:
    content = b"x" * 200_000
    status, head, body = ask(server, request(body=chunked(content, 50_000)))
    assert status == 413
    assert "content-type: application/problem+json" in head
    assert json.loads(body)["status"] == 413
    assert ask(server, request("/openrosa/submission", body=chunked(content)))[0] == 200


def test_a_stranger_sends_no_more_than_a_form(server: Any) -> None:
    content = chunked(b"x" * (bodies.STRANGERS + 1), 100_000)
    assert ask(server, request("/openrosa/submission", body=content))[0] == 413
    assert ask(server, request("/openrosa/key/x/submission", body=content))[0] == 200


def test_openrosa_is_told_in_its_own_words(server: Any) -> None:
    raw = request("/openrosa/key/x/submission", body=chunked(b"x" * 400_000, 100_000))
    status, head, body = ask(server, raw)
    assert (status, b"<OpenRosaResponse" in body) == (413, True)
    assert "x-openrosa-version: 1.0" in head


BROKEN = [
    *(b"zz\r\nabc\r\n0\r\n\r\n", b"-3\r\nabc\r\n0\r\n\r\n", b"5\r\nabc\r\n0\r\n\r\n"),
    *(
        b"3\r\nabcd\r\n",
        b"3 3\r\nabc\r\n0\r\n\r\n",
        b"\r\n\r\n",
        b"3\r\nabc\r\n",
        b"3\r\nabc\r\n0\r\n",
    ),
    *(b"ffffffff\r\nabc", b"9" * 20_000),
]


@pytest.mark.parametrize("body", BROKEN, ids=lambda body: repr(body[:20]))
def test_broken_chunks_are_a_400(server: Any, body: bytes) -> None:
    status, head, answer = ask(server, request(body=body), end=True)
    assert status == 400
    assert json.loads(answer)["detail"]
    assert re.search(r"x-request-id: [0-9a-f]{32}", head)


def test_a_length_beside_chunks_is_not_believed(server: Any) -> None:
    """Two lengths in one request are how requests are smuggled past a proxy."""
    raw = request(body=chunked(b"abc"), more="Content-Length: 100\r\n")
    status, _, body = ask(server, raw)
    assert status == 400 or body == b"abc"


def test_the_server_goes_on_after_all_that(server: Any) -> None:
    before = time.monotonic()
    assert ask(server, request(body=chunked(b"abc")))[2] == b"abc"
    assert time.monotonic() - before < 10


def environ(content: bytes, path: str, **more: Any) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "",
        "SERVER_NAME": "testserver", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr,
        "wsgi.input": io.BytesIO(content), "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked", **more,
    }  # fmt: skip


def answer(application: Any, given: dict[str, Any]) -> tuple[str, dict[str, str], bytes]:
    seen: list[Any] = []
    with closing(application(given, lambda *told: seen.extend(told[:2]))) as response:
        body = b"".join(response)
    return seen[0], dict(seen[1]), body


class Silent(list[bytes]):
    def close(self) -> None:
        pass


def test_a_server_that_does_not_end_the_stream_is_not_read_for_ever() -> None:
    given = environ(b"x", "/", **{"wsgi.input_terminated": False})
    application = ReadableBodies(lambda *_: pytest.fail("it was asked"))
    seen: list[Any] = []
    application(given, lambda *told: seen.extend(told))
    assert seen[0].startswith("411")


def test_a_full_disk_is_a_503(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, _: Any) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(bodies, "SpooledTemporaryFile", lambda _: Full())
    seen: list[Any] = []
    ReadableBodies(lambda *_: [])(environ(b"x", "/"), lambda *told: seen.extend(told))
    assert seen[0].startswith("503")
    assert dict(seen[1])["Retry-After"]


def test_the_file_lives_as_long_as_the_answer_and_no_longer() -> None:
    held: list[Any] = []

    def application(given: dict[str, Any], start: Any) -> Any:
        held.append(given["wsgi.input"])
        return Silent([b"a"])

    response = ReadableBodies(application)(environ(b"x", "/"), lambda *_: None)
    assert not held[0].closed
    response.close()  # type: ignore[attr-defined]
    assert held[0].closed


@pytest.mark.django_db(transaction=True)
def test_a_chunked_submission_is_kept_by_both_doors(
    cast: Any, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT, settings.SETTLE_IN_BACKGROUND = tmp_path, False
    settings.ALLOWED_HOSTS = ["testserver"]
    _, token = Device.enrol(cast.officer, "Collect")
    portal = ReadableBodies(WSGIHandler())
    named = [str(uuid4()), str(uuid4())]
    xml = (
        '<data id="price-readings" version="1"><market>oeba</market>'
        "<commodity>beras-medium-1</commodity><price>15500</price><meta>"
        f"<instanceID>uuid:{named[0]}</instanceID>"
        "<timeStart>2026-11-20T12:05:00+08:00</timeStart></meta></data>"
    )
    kind, body = multipart(xml.encode(), {"a.jpg": b"foto"})
    more = {"CONTENT_TYPE": kind, "HTTP_X_OPENROSA_VERSION": "1.0"}
    given = environ(body, f"/openrosa/key/{token}/submission", **more)
    assert answer(portal, given)[0] == "201 Created"

    item = {
        "instance_id": named[1],
        "form": "price-readings",
        "form_version": "1",
        "observed_at": "2026-11-20T12:05:00+08:00",
        "values": {"market": "oeba", "commodity": "beras-medium-1", "price": 15500},
    }
    more = {"CONTENT_TYPE": "application/json", "HTTP_AUTHORIZATION": f"Token {token}"}
    given = environ(json.dumps(item).encode(), "/api/v1/submissions", **more)
    assert answer(portal, given)[0] == "201 Created"
    assert set(Submission.objects.values_list("state", flat=True)) == {"accepted"}
    assert {str(row.pk) for row in Submission.objects.all()} == set(named)
