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
from collections import Counter
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection, HTTPException
from random import Random
from typing import Any
from uuid import uuid4

from tests.bench.intake import reports
from tests.drill.portal import PROJECT, Portal, durable_portal

SLOW = 5.0
CHECKS = "not_a_server_error"
JSON = "application/json"
TYPES = (JSON, "text/xml", "text/plain", "multipart/form-data; boundary=x", "", "a" * 300,
         "application/offset+octet-stream", "application/json; charset=utf-16")  # fmt: skip
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
        portal.environment |= {"DEVICE_REFILL": "100000", "DEVICE_BURST": "1000000"}
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
    faults: list[str] = []
    for method, path, body, headers in _shots(token, town, count, random):
        began = time.perf_counter()
        status, kind, text = _ask(address, method, path, body, headers)
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


def _shots(token: str, town: dict[str, Any], count: int, random: Random) -> Iterator[Shot]:
    """Right requests, each with something bent."""
    key = str(uuid4())
    for _ in range(count):
        method, path, body, headers = random.choice(_right(token, town, key, random))
        match random.randrange(6):
            case 0:
                headers = headers | {"Content-Type": random.choice(TYPES)}
            case 1:
                method = random.choice(("GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "POST"))
            case 2:
                path = _bent(path, random)
            case _:
                for _ in range(random.randint(1, 4)):
                    body = _broken(body, random)
        yield method, path, body, headers


def _right(token: str, town: dict[str, Any], key: str, random: Random) -> list[Shot]:
    (item,) = reports(town["centre"], 1, random)
    officer = {"Authorization": f"Token {token}", "Content-Type": JSON}
    xml = (
        f'<data xmlns:orx="http://openrosa.org/xforms" id="trash-reports" version="1"><category>'
        "burning</category><point>-10.19 123.59 5 4</point><orx:meta><orx:instanceID>"
        f"uuid:{uuid4()}</orx:instanceID></orx:meta></data>"
    )
    form = (
        '--x\r\nContent-Disposition: form-data; name="xml_submission_file"; filename="s.xml"\r\n'
        f"Content-Type: text/xml\r\n\r\n{xml}\r\n--x--\r\n"
    ).encode()
    tus = officer | {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(random.choice((0, 5, -1, 10**12, "x"))),
        "Upload-Metadata": random.choice(("", "instance_id !!", "filename Li4v", "a b,c d,")),
    }
    chunk = officer | {"Tus-Resumable": "1.0.0", "Upload-Offset": str(random.choice((0, 1, "x"))),
                       "Content-Type": "application/offset+octet-stream"}  # fmt: skip
    batch = json.dumps({"submissions": [item]}).encode()
    return [
        ("POST", "/api/v1/submissions", json.dumps(item).encode(), officer),
        ("POST", "/api/v1/submissions/batch", batch, officer),
        ("GET", f"/api/v1/submissions/{key}", b"", officer),
        ("DELETE", f"/api/v1/submissions/{key}", b"", officer),
        ("GET", "/api/v1/sync?since=WzEsMSxudWxsLHt9XQ==", b"", officer),
        ("GET", "/api/v1/forms/trash-reports/1", b"", officer),
        ("POST", "/api/v1/devices", b'{"code":"abc","name":"A05"}', {"Content-Type": JSON}),
        ("POST", "/api/v1/attachments", b"", tus),
        ("PATCH", f"/api/v1/attachments/{key}", b"12345", chunk),
        ("POST", f"/openrosa/key/{token}/submission", form,
         {"Content-Type": "multipart/form-data; boundary=x", "X-OpenRosa-Version": "1.0"}),
        ("GET", f"/openrosa/key/{token}/formList?formID=x", b"", {}),
    ]  # fmt: skip


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
    at = random.randrange(1, len(path) + 1)
    return path[:at] + random.choice(odd) + path[at:]


def _ask(
    address: tuple[str, int], method: str, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, str, bytes]:
    """(status, content type, beginning of the answer); status 0 where none came."""
    connection = HTTPConnection(*address, timeout=4 * SLOW)
    try:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read()[:500]
    except (OSError, HTTPException) as error:
        return 0, "", repr(error).encode()
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
