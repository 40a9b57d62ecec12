"""`make fuzz`: requests that nobody would think of, against the portal as it runs.

First schemathesis over the OpenAPI definition, as an officer and as nobody; then real requests with
their bodies mutated byte by byte, their headers swapped, their addresses bent. Whatever comes in,
no answer is a 5xx, none takes long, every refusal is a problem document, and the portal still takes
a right submission afterwards. `python -m tests.fuzz --examples 20 --mutations 500` is a short one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from email.message import Message
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from random import Random
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from tests.bench.intake import reports
from tests.drill.portal import PROJECT, Portal, durable_portal
from tests.openrosa_client import multipart

SLOW = 5.0
FILE = b"12345"
OCTETS = "application/offset+octet-stream"
ORX = "http://openrosa.org/xforms"
VALUES = ("", "x", "0", "-1", "1" * 400, "null", "a b,c d,", "instance_id !!", "filename Li4v",
          "sha256 AAAA", "bytes=0-", "\u00e9", "*/*;q=x")  # fmt: skip
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance"
)
JSON = "application/json"
TYPES = (JSON, "text/xml", "text/plain", "multipart/form-data; boundary=x", "", "a" * 300,
         OCTETS, "application/json; charset=utf-16")  # fmt: skip
ALLOWED = frozenset({400, 401, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 414, 415, 422,
                     429, 431, 460})  # fmt: skip
PIECES = (b"\x00", b"\xff\xfe", b"null", b"NaN", b"1e999", b"[" * 50, b"{" * 50, b'"', b"\\ud800",
          b"-1", b"9" * 400, b"true", b"../../etc/passwd", b"<!ENTITY x SYSTEM 'file:///'>",
          b"%00", b"' OR 1=1 --", b"", b"\r\n\r\n", "\u202e".encode(), b"Infinity")  # fmt: skip


def main(options: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=300, help="for each operation")
    parser.add_argument("--mutations", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(options)
    with durable_portal() as portal:
        portal.environment |= {
            "DEVICE_REFILL": "100000",
            "DEVICE_BURST": "1000000",
            "ATTACHMENTS_BEGUN": "1000000",
        }
        town = portal.settle_town(2)
        portal.serve()
        token = town["phones"][0]
        found = _schemathesis(portal, token, asked)
        told, faults = mutate(portal.address, token, town, asked.mutations, Random(asked.seed))
        faults += _still_well(portal, town)
        traces = portal.log.read_text().count("Traceback (most recent call last)")
    answers = ", ".join(f"{status}: {count:,}" for status, count in sorted(told.items()))
    print(f"{sum(told.values()):,} mutated requests answered {answers}")  # noqa: T201
    for fault in faults[:20]:
        print(f"FAULT {fault}")  # noqa: T201
    print(  # noqa: T201
        f"schemathesis {'clean' if not found else 'FOUND FAULTS'} · "
        f"{len(faults)} faults · {traces} tracebacks in the log"
    )
    return int(bool(found or faults or traces))


def _schemathesis(portal: Portal, token: str, asked: argparse.Namespace) -> int:
    """Whether it found something, as an officer or as nobody."""
    host, port = portal.address
    found = 0
    for header in (["--header", f"Authorization: Token {token}"], []):
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "run",
             f"http://{host}:{port}/api/schema/?format=json", *header,
             "--checks", CHECKS, "--max-examples", str(asked.examples), "--seed", str(asked.seed),
             "--continue-on-failure", "--request-timeout", str(SLOW), "--warnings", "off",
             "--generation-database", "none",
             "--exclude-method", "PATCH"],  # raw bytes: the mutations below send them
            cwd=portal.folder, env=portal.environment | {"PYTHONPATH": str(PROJECT)},
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        found |= done.returncode
    return found


Shot = tuple[str, str, bytes, dict[str, str]]


def mutate(
    address: tuple[str, int], token: str, town: dict[str, Any], count: int, random: Random
) -> tuple[Counter[int], list[str]]:
    """How often each status came, and every fault."""
    told: Counter[int] = Counter()
    right = Right(address, token, town, random)
    faults = refused(right)
    for method, path, body, headers in _shots(right, count, random):
        began = time.perf_counter()
        status, about, text = _ask(address, method, path, body, headers)
        kind = about.get("Content-Type", "")
        seconds = time.perf_counter() - began
        told[status] += 1
        shot = f"{method} {path!r} {body[:200]!r} {headers}: {status} {text[:200]!r}"
        if status == 0 or status >= 500:
            faults.append(f"broke: {shot}")
        elif seconds > SLOW:
            faults.append(f"took {seconds:.1f} s: {shot}")
        elif status >= 400 and path.startswith("/api/") and "problem+json" not in kind:
            faults.append(f"no problem document ({kind}): {shot}")
        elif status >= 400 and status not in ALLOWED:
            faults.append(f"odd: {shot}")
    return told, faults


def _shots(right: Right, count: int, random: Random) -> Iterator[Shot]:
    """Right requests, each with something bent."""
    made = list(right.requests.values())
    for _ in range(count):
        method, path, body, headers = random.choice(made)()
        match random.randrange(7):
            case 0:
                headers = headers | {"Content-Type": random.choice(TYPES)}
            case 1:
                method = random.choice(("GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "POST"))
            case 2:
                path = _bent(path, random)
            case 3 if headers:
                name = random.choice(sorted(headers))
                headers = headers | {name: random.choice((*VALUES, headers[name][:-1]))}
            case _:
                for _ in range(random.randint(1, 4)):
                    body = _broken(body, random)
        yield method, path, body, headers


class Right:
    """Right requests of one officer, each made anew and about something that is there."""

    def __init__(
        self, address: tuple[str, int], token: str, town: dict[str, Any], random: Random
    ) -> None:
        self.address, self.token, self.town, self.random = address, token, town, random
        self.officer = {"Authorization": f"Token {token}", "Content-Type": JSON}
        self.tus = self.officer | {"Tus-Resumable": "1.0.0"}
        self.kept = self._hand_in()
        self.cursor = json.loads(self.get("/api/v1/sync"))["cursor"]
        self.requests: dict[str, Callable[[], Shot]] = {
            "submit": self.submit,
            "batch": self.batch,
            "read": lambda: ("GET", f"/api/v1/submissions/{self.kept}", b"", self.officer),
            "list": lambda: ("GET", "/api/v1/submissions?state=accepted", b"", self.officer),
            "withdraw": lambda: (
                "DELETE", f"/api/v1/submissions/{self._hand_in()}", b"", self.officer
            ),
            "sync": lambda: ("GET", f"/api/v1/sync?since={self.cursor}", b"", self.officer),
            "forms": lambda: ("GET", "/api/v1/forms", b"", self.officer),
            "form": lambda: ("GET", "/api/v1/forms/trash-reports/1", b"", self.officer),
            "announce": self.announce,
            "upload": self.upload,
            "offset": lambda: ("HEAD", self._upload(), b"", self.tus),
            "attachment": lambda: ("GET", self._upload(), b"", self.officer),
            "collect": self.collect,
            "form list": lambda: (
                "GET", f"/openrosa/key/{self.token}/formList?formID=trash-reports", b"",
                {"X-OpenRosa-Version": "1.0"},
            ),
        }  # fmt: skip

    def get(self, path: str) -> bytes:
        return self._done(("GET", path, b"", self.officer))[2]

    def _done(self, shot: Shot) -> tuple[int, Message, bytes]:
        status, headers, text = _ask(self.address, *shot)
        assert 200 <= status < 300, f"a right request was refused: {shot}: {status} {text[:500]!r}"
        return status, headers, text

    def submit(self) -> Shot:
        (item,) = reports(self.town["centre"], 1, self.random)
        return "POST", "/api/v1/submissions", json.dumps(item).encode(), self.officer

    def batch(self) -> Shot:
        body = json.dumps({"submissions": reports(self.town["centre"], 2, self.random)})
        return "POST", "/api/v1/submissions/batch", body.encode(), self.officer

    def _hand_in(self) -> str:
        return str(json.loads(self._done(self.submit())[2])["id"])

    def announce(self) -> Shot:
        digest = sha256(FILE).hexdigest()
        told = {"instance_id": str(uuid4()), "filename": "bak.jpg", "sha256": digest}
        coded = ",".join(f"{n} {b64encode(v.encode()).decode()}" for n, v in told.items())
        headers = self.tus | {"Upload-Length": str(len(FILE)), "Upload-Metadata": coded}
        return "POST", "/api/v1/attachments", b"", headers

    def _upload(self) -> str:
        return urlsplit(self._done(self.announce())[1]["Location"]).path

    def upload(self) -> Shot:
        """All of it or its beginning, with its checksum or without."""
        body = FILE[: self.random.choice((3, len(FILE)))]
        headers = self.tus | {"Upload-Offset": "0", "Content-Type": OCTETS}
        if self.random.random() < 0.5:
            headers["Upload-Checksum"] = f"sha256 {b64encode(sha256(body).digest()).decode()}"
        return "PATCH", self._upload(), body, headers

    def collect(self) -> Shot:
        lon, lat = self.town["centre"]
        xml = (
            f'<data xmlns:orx="{ORX}" id="trash-reports" version="1"><category>burning</category>'
            f"<geometry>{lat} {lon} 5 4</geometry><orx:meta><orx:instanceID>uuid:{uuid4()}"
            f"</orx:instanceID><orx:timeStart>{datetime.now(UTC).isoformat()}</orx:timeStart>"
            "</orx:meta></data>"
        )
        kind, body = multipart(xml.encode(), {})
        headers = {"Content-Type": kind, "X-OpenRosa-Version": "1.0"}
        return "POST", f"/openrosa/key/{self.token}/submission", body, headers


def refused(right: Right) -> list[str]:
    """Which of the right requests, with nothing bent, are not taken."""
    faults = []
    for name, made in right.requests.items():
        shot = made()
        status, _, text = _ask(right.address, *shot)
        if not 200 <= status < 300:
            faults.append(f"a right request was refused: {name} {shot}: {status} {text[:300]!r}")
    return faults


def _broken(body: bytes, random: Random) -> bytes:
    at = random.randrange(len(body) + 1)
    match random.randrange(4):
        case 0:
            return body[:at] + random.choice(PIECES) + body[at:]
        case 1:
            return body[:at] + body[at + random.randint(1, 12) :]
        case 2:
            return body[:at] + bytes([random.randrange(256)]) + body[at + 1 :]
        case _:
            return body[:at]


def _bent(path: str, random: Random) -> str:
    odd = (
        "%00",
        "%ff",
        "..%2f",
        "?a=1&a=2",
        "/",
        "%F0%9F",
        "'",
        "?since=%00",
        "?cursor=x",
        "x" * 200,
    )
    at = random.randrange(path.index("/", 1), len(path) + 1)
    return path[:at] + random.choice(odd) + path[at:]


def _ask(
    address: tuple[str, int], method: str, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, Message, bytes]:
    """(status, headers, body); status 0 where no answer came."""
    connection = HTTPConnection(*address, timeout=4 * SLOW)
    try:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    except (OSError, HTTPException) as error:
        return 0, Message(), repr(error).encode()
    finally:
        connection.close()


def _still_well(portal: Portal, town: dict[str, Any]) -> list[str]:
    """After all that, a right submission is accepted, and nothing is left unjudged."""
    items = reports(town["centre"], 3, Random())
    body = json.dumps({"submissions": items}).encode()
    headers = {"Authorization": f"Token {town['phones'][1]}", "Content-Type": JSON}
    status, _, text = _ask(portal.address, "POST", "/api/v1/submissions/batch", body, headers)
    faults = [] if text.count(b'"accepted"') else [f"not well: {status} {text!r}"]
    with portal.ask() as connection:
        unjudged = (
            "SELECT payload FROM field_api_submission WHERE state = 'received' AND revises IS NULL"
        )
        faults += [f"unjudged: {payload[:200]}" for (payload,) in connection.execute(unjudged)]
    return faults


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
