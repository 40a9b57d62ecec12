"""Submissions a second through the batch endpoint, against (a) one transaction of COPY and
`INSERT … ON CONFLICT` of the very rows that the endpoint wrote, and (b) a plain
djangorestframework-gis viewset that takes them one by one.

Everything of the endpoint is in: HTTP, JSON, the ledger, validation, the kelurahan of each point,
GPS trust, the report and the first row of its history, two durable commits a batch. Rounds are
interleaved, and the figures are medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from socket import socket
from typing import Any
from uuid import uuid4

from tests.drill.portal import PROJECT, Portal, durable_portal

BATCH = 1000
SENDERS = 8
OF_COPY, OF_VIEWSET, GROWTH = 0.50, 20, 1.10  # at least, at least, at most
TABLES = {
    "field_api_submission": "instance_id = ANY(%s)",
    "layers_trashreport": "instance_id = ANY(%s)",
    "layers_trashreportmove": (
        "record_id IN (SELECT id FROM layers_trashreport WHERE instance_id = ANY(%s))"
    ),
}


def main(options: Sequence[str]) -> list[str]:
    """Which targets were missed."""
    parser = argparse.ArgumentParser(prog="make bench / intake", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--single", type=int, default=400, help="items for the viewset")
    parser.add_argument("--memory", type=int, default=100_000, help="items for the memory check")
    asked = parser.parse_args(options)
    with durable_portal() as portal:
        portal.environment["DEVICE_REFILL"] = "1000"
        town = portal.settle_town(SENDERS)
        missed = _rounds(portal, town, asked)
        if asked.memory:
            missed += _memory(portal, town, asked.memory)
    return missed


def _rounds(portal: Portal, town: dict[str, Any], asked: argparse.Namespace) -> list[str]:
    rates: dict[str, list[float]] = {"batch": [], "copy": [], "viewset": []}
    for number in range(asked.rounds):
        items = reports(town["centre"], asked.items, Random(number))
        portal.serve()
        rates["batch"].append(asked.items / _send(portal, town["phones"], items))
        portal.end_serving()
        rows = _taken_out(portal, [item["instance_id"] for item in items])
        rates["copy"].append(asked.items / _copy(portal, rows))
        with _rival(portal) as address:
            rates["viewset"].append(
                asked.single / _one_by_one(address, town["phones"][0], items[: asked.single])
            )
        print(  # noqa: T201
            f"round {number + 1}: "
            + " · ".join(f"{name} {found[-1]:,.0f}/s" for name, found in rates.items()),
            flush=True,
        )
    batch, copy, viewset = (statistics.median(found) for found in rates.values())
    of_copy, of_viewset = batch / copy, batch / viewset
    print(  # noqa: T201
        f"\nmedians of {asked.rounds}, {asked.items:,} reports a round, "
        f"{BATCH} a request, {SENDERS} senders\n"
        f"  batch endpoint    {batch:9,.0f} submissions/s\n"
        f"  COPY, same rows   {copy:9,.0f} /s    ratio {of_copy:5.2f}  (target {OF_COPY:.2f})\n"
        f"  drf-gis viewset   {viewset:9,.0f} /s    ratio {of_viewset:5.1f}  (target {OF_VIEWSET})"
    )
    missed = []
    if of_copy < OF_COPY:
        missed.append(f"the batch endpoint has {of_copy:.2f} of the speed of COPY, not {OF_COPY}")
    if of_viewset < OF_VIEWSET:
        missed.append(f"it is {of_viewset:.1f} times as fast as the viewset, not {OF_VIEWSET}")
    return missed


def reports(centre: Sequence[float], count: int, random: Random) -> list[dict[str, Any]]:
    lon, lat = centre
    now = datetime.now(UTC).isoformat()
    return [
        {
            "instance_id": str(uuid4()),
            "form": "trash-reports",
            "form_version": "1",
            "sequence": number,
            "observed_at": now,
            "geometry": {
                "type": "Point",
                "coordinates": [
                    round(lon + random.uniform(-0.02, 0.03), 7),
                    round(lat + random.uniform(-0.03, 0.02), 7),
                ],
            },
            "accuracy": round(random.uniform(3, 25), 1),
            "values": {"category": "scattered", "description": f"Tumpukan di RT {number % 40}"},
        }
        for number in range(count)
    ]


def _bodies(items: Sequence[dict[str, Any]]) -> list[bytes]:
    return [
        json.dumps({"submissions": items[start : start + BATCH]}).encode()
        for start in range(0, len(items), BATCH)
    ]


def _send(portal: Portal, tokens: Sequence[str], items: Sequence[dict[str, Any]]) -> float:
    """Seconds until every item is accepted, by `SENDERS` phones at once, who have sent before: a
    web worker's first request compiles what later ones use."""
    first = reports([123.59, -10.19], 2 * SENDERS * BATCH, Random())
    _all_at_once(portal, tokens, first)
    began = time.perf_counter()
    accepted = _all_at_once(portal, tokens, items)
    seconds = time.perf_counter() - began
    assert accepted == len(items), f"{accepted} of {len(items)} accepted"
    return seconds


def _all_at_once(portal: Portal, tokens: Sequence[str], items: Sequence[dict[str, Any]]) -> int:
    bodies = _bodies(items)
    with ThreadPoolExecutor(SENDERS) as pool:
        return sum(
            pool.map(lambda n: _post(portal.address, tokens[n], bodies[n::SENDERS]), range(SENDERS))
        )


def _post(address: tuple[str, int], token: str, bodies: Sequence[bytes]) -> int:
    """How many were accepted."""
    connection = HTTPConnection(*address, timeout=120)
    accepted = 0
    for body in bodies:
        connection.request(
            "POST",
            "/api/v1/submissions/batch",
            body,
            {"Authorization": f"Token {token}", "Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text[:500]
        accepted += text.count(b'"outcome":"accepted"')
    connection.close()
    return accepted


def _taken_out(portal: Portal, keys: Sequence[str]) -> dict[str, tuple[list[str], list[Any]]]:
    """The rows that these submissions became, out of their tables: columns and values of each."""
    taken = {}
    with portal.ask() as connection:
        for table, condition in TABLES.items():
            # flagged columns are computed by the database
            columns = [
                name
                for (name,) in connection.execute(
                    "SELECT column_name FROM information_schema.columns "
                    "WHERE table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
                    (table,),
                )
            ]
            told = ", ".join(f"{name}::text" for name in columns)
            rows = connection.execute(
                f"SELECT {told} FROM {table} WHERE {condition}", (list(keys),)
            ).fetchall()
            taken[table] = (columns, rows)
        for table, condition in reversed(TABLES.items()):
            connection.execute(f"DELETE FROM {table} WHERE {condition}", (list(keys),))
    with portal.ask() as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    return taken


def _copy(portal: Portal, tables: dict[str, tuple[list[str], list[Any]]]) -> float:
    """Seconds for one transaction that puts them back."""
    with portal.ask() as connection:
        began = time.perf_counter()
        with connection.transaction(), connection.cursor() as cursor:
            for table, (columns, rows) in tables.items():
                names = ", ".join(columns)
                cursor.execute(
                    f"CREATE TEMP TABLE staged_{table} ON COMMIT DROP AS "
                    f"SELECT {names} FROM {table} WITH NO DATA"
                )
                with cursor.copy(f"COPY staged_{table} ({names}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                cursor.execute(
                    f"INSERT INTO {table} ({names}) SELECT {names} FROM staged_{table} "
                    "ON CONFLICT DO NOTHING"
                )
        return time.perf_counter() - began


@contextmanager
def _rival(portal: Portal) -> Iterator[tuple[str, int]]:
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (portal.folder / "rival.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "tests.bench.rival:application", "--workers=2",
             "--threads=32", "--worker-class=gthread", "--no-control-socket",
             f"--bind=127.0.0.1:{port}"],
            cwd=PROJECT, env=portal.environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        for _ in range(100):
            try:
                HTTPConnection("127.0.0.1", port).connect()
                break
            except OSError:
                time.sleep(0.2)
        yield "127.0.0.1", port
    finally:
        process.terminate()
        process.wait(20)


def _one_by_one(address: tuple[str, int], token: str, items: Sequence[dict[str, Any]]) -> float:
    """Seconds for the viewset to take them, by as many senders at once."""

    def send(some: Sequence[dict[str, Any]]) -> None:
        connection = HTTPConnection(*address, timeout=60)
        for item in some:
            feature = {
                "type": "Feature",
                "geometry": item["geometry"],
                "properties": {
                    "instance_id": str(uuid4()),
                    "observed_at": item["observed_at"],
                    "accuracy": item["accuracy"],
                    **item["values"],
                },
            }
            connection.request(
                "POST", "/reports/", json.dumps(feature).encode(),
                {"Authorization": f"Token {token}", "Content-Type": "application/json"},
            )  # fmt: skip
            answer = connection.getresponse()
            assert answer.status == 201, answer.read()[:500]
            answer.read()

    send(items[:2])
    began = time.perf_counter()
    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, [items[n::SENDERS] for n in range(SENDERS)]))
    return time.perf_counter() - began


def _memory(portal: Portal, town: dict[str, Any], count: int) -> list[str]:
    """The workers' memory after each tenth: it has grown to its size by the third."""
    portal.serve()
    sizes = []
    for tenth in range(10):
        items = reports(town["centre"], count // 10, Random(1000 + tenth))
        _send(portal, town["phones"], items)
        sizes.append(sum(map(_resident, portal.workers())))
    portal.end_serving()
    print(  # noqa: T201
        f"\nmemory of the workers over {count:,} submissions, MB after each tenth: "
        + " ".join(f"{size / 1e6:.0f}" for size in sizes)
    )
    return grown(sizes)


def grown(sizes: Sequence[int]) -> list[str]:
    """Whether memory still grows, from its size after each tenth."""
    growth = max(sizes[-3:]) / sizes[2]
    told = f"the workers' memory grew {growth - 1:.0%} after the third tenth, more than"
    return [f"{told} {GROWTH - 1:.0%}"] if growth > GROWTH else []


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
