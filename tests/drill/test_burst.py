"""The short form of `make drill DRILL=burst`, and that its judge can say no."""

from __future__ import annotations

import asyncio
import gzip
import subprocess
import sys
import time
from pathlib import Path

import mapbox_vector_tile
import pytest

from tests.drill.burst import SHORT, judge
from tests.drill.crowd import LAYER, City, Place, Plan, Seen, Sent, report

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.drill
def test_a_crowd_sees_what_arrives() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.drill", "burst", "--short"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert "failed    0" in done.stdout


def a_tile_of(reports: int) -> bytes:
    feature = {"geometry": "POINT (1 1)", "properties": {}}
    layer = {"name": LAYER, "features": [feature] * reports}
    return gzip.compress(mapbox_vector_tile.encode([layer]))


def verdict_on(shown: int, asked: float, status: int = 200) -> bool:
    city = City((123.59, -10.19))
    tile = city.grounds[0]
    seen = Seen([(asked, tile, status, 0.01, a_tile_of(shown))])
    sent = Sent([(100.0, tile), (110.0, tile)], [0.1])
    return judge(SHORT, seen, sent, dict.fromkeys(city.tiles, 0)).good


def test_a_tile_may_lag_a_moment_and_no_longer() -> None:
    assert verdict_on(shown=1, asked=114.0)
    assert not verdict_on(shown=1, asked=116.0)
    assert verdict_on(shown=2, asked=116.0)


def test_a_failure_is_told() -> None:
    assert not verdict_on(shown=2, asked=116.0, status=503)


async def reports_to_a_portal_that_takes(seconds: float) -> Sent:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
        await asyncio.sleep(seconds)
        told = b'{"properties": {"state": "accepted"}}'
        headers = f"HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: {len(told)}"
        writer.write(f"{headers}\r\n\r\n".encode() + told)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        place = Place(server.sockets[0].getsockname()[:2], "", time.time())
        plan = Plan(reports=20, seconds=0.5)
        return await report(plan, place, City((123.59, -10.19)), ["a phone's token"])


def test_a_slow_answer_holds_up_no_other_report() -> None:
    sent = asyncio.run(reports_to_a_portal_that_takes(1.0))
    first, last = (at for at, _ in (min(sent.acknowledged), max(sent.acknowledged)))
    assert (len(sent.acknowledged), sent.faults) == (10, {})
    assert min(sent.seconds) >= 1.0
    assert last - first < 2.0  # one after the other would take ten
