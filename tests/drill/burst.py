"""`python -m tests.drill burst`: a crowd looks at the map while reports arrive through the API.

It ends with 1 if any request fails, or any tile shows less of the city than was acknowledged
`STALE` seconds before it was asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import math
import random
import sys
import threading
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from http.client import HTTPConnection
from urllib.request import urlopen
from uuid import uuid4

import mapbox_vector_tile

from tests.drill.portal import durable_portal

LAYER = "trash-reports"
STALE = 5.0  # seconds
DEEPEST, SHALLOWEST, COUNTED = 16, 10, 13  # a report lies in no tile's buffer from zoom 13 on
SENDERS = 8
Tile = tuple[int, int, int]


@dataclass(frozen=True)
class Plan:
    connections: int = 200
    reports: float = 50.0  # a second
    seconds: float = 60.0
    seed: int = 1


SHORT = Plan(connections=40, reports=20, seconds=8)


@dataclass
class Seen:
    """What the crowd was shown: (asked at, tile, status, seconds, content)."""

    answers: list[tuple[float, Tile, int, float, bytes]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


@dataclass
class Sent:
    """The reports that were acknowledged: when, in which tile of the deepest zoom."""

    acknowledged: list[tuple[float, Tile]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


class City:
    """Forty tiles at the deepest zoom, and all that lie above them."""

    def __init__(self, centre: Sequence[float]) -> None:
        lon, lat = centre
        self.count = 2**DEEPEST
        x = int((lon + 180) / 360 * self.count)
        y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * self.count)
        self.grounds = [(DEEPEST, x + i, y + j) for i in range(-4, 4) for j in range(-2, 3)]
        above = {up(tile, z) for tile in self.grounds for z in range(SHALLOWEST, DEEPEST + 1)}
        self.tiles = sorted(above)

    def place(self, ground: Tile, chance: random.Random) -> tuple[float, float]:
        """A point well within the tile."""
        _, x, y = ground
        east, south = (one + chance.uniform(0.3, 0.7) for one in (x, y))
        lat = math.atan(math.sinh(math.pi * (1 - 2 * south / self.count)))
        return east / self.count * 360 - 180, math.degrees(lat)


def up(tile: Tile, zoom: int) -> Tile:
    z, x, y = tile
    return zoom, x >> (z - zoom), y >> (z - zoom)


# -- the crowd


async def crowd(
    plan: Plan, address: tuple[str, int], template: str, city: City, seen: Seen
) -> None:
    end = time.time() + plan.seconds
    each = (
        look(random.Random(f"{plan.seed}/{n}"), address, template, city, seen, end)
        for n in range(plan.connections)
    )
    await asyncio.gather(*each)


async def look(
    chance: random.Random,
    address: tuple[str, int],
    template: str,
    city: City,
    seen: Seen,
    end: float,
) -> None:
    """One browser's connection: a tile after the other, anew where the server hung up."""
    pair = None
    while time.time() < end:
        tile = chance.choice(city.tiles)
        asked = time.time()
        try:
            if pair is None:
                pair = await asyncio.open_connection(*address)
            status, content, closes = await fetch(*pair, path(template, tile))
        except asyncio.IncompleteReadError as error:
            if pair and not error.partial and error.expected is None:
                pair[1].close()
                pair = None  # a kept connection that the server had ended: as browsers, again
                continue
            seen.faults["cut off"] += 1
            pair = None
            continue
        except OSError as error:
            seen.faults[type(error).__name__] += 1
            pair = None
            continue
        seen.answers.append((asked, tile, status, time.time() - asked, content))
        if closes and pair:
            pair[1].close()
            pair = None
    if pair:
        pair[1].close()


async def fetch(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str
) -> tuple[int, bytes, bool]:
    ask = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n"
    writer.write(ask.encode())
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status, length = int(head.split(" ", 2)[1]), 0
    for line in head.split("\r\n")[1:]:
        if line.startswith("content-length:"):
            length = int(line.partition(":")[2])
    content = await reader.readexactly(length) if length else b""
    return status, content, "connection: close" in head


def path(template: str, tile: Tile) -> str:
    z, x, y = tile
    return template.format(z=z, x=x, y=y)


# -- the reporters


class Reporter(threading.Thread):
    """An officer's phone that sends its share of the reports, one by one."""

    def __init__(
        self, n: int, plan: Plan, address: tuple[str, int], token: str, city: City, sent: Sent
    ) -> None:
        super().__init__()
        self.plan, self.token, self.city, self.sent = plan, token, city, sent
        self.chance = random.Random(f"{plan.seed}/reporter/{n}")
        self.line = HTTPConnection(*address, timeout=30)

    def run(self) -> None:
        began, number = time.time(), 0
        pause = SENDERS / self.plan.reports
        while time.time() - began < self.plan.seconds:
            self.report(number)
            number += 1
            time.sleep(max(0.0, began + number * pause - time.time()))
        self.line.close()

    def report(self, number: int) -> None:
        ground = self.chance.choice(self.city.grounds)
        item = {
            "instance_id": str(uuid4()),
            "form": LAYER,
            "form_version": "1",
            "observed_at": datetime.now(UTC).isoformat(),
            "geometry": {"type": "Point", "coordinates": self.city.place(ground, self.chance)},
            "accuracy": 5.0,
            "values": {"category": "overflow", "description": f"Uji {number}"},
        }
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        began = time.time()
        try:
            self.line.request("POST", "/api/v1/submissions", json.dumps(item), headers)
            response = self.line.getresponse()
            told = response.read()
        except OSError as error:
            self.sent.faults[type(error).__name__] += 1
            self.line.close()
            return
        state = json.loads(told).get("properties", {}).get("state")
        if (response.status, state) != (201, "accepted"):
            self.sent.faults[f"{response.status} {state}"] += 1
            return
        self.sent.seconds.append(time.time() - began)
        self.sent.acknowledged.append((time.time(), ground))


# -- the verdict


@cache
def shown(content: bytes) -> int:
    """How many reports a tile stands for."""
    if not content:
        return 0
    layer = mapbox_vector_tile.decode(gzip.decompress(content)).get(LAYER, {"features": []})
    return sum(one["properties"].get("n", 1) for one in layer["features"])


@dataclass
class Verdict:
    lines: list[str]
    good: bool


def judge(plan: Plan, seen: Seen, sent: Sent, before: dict[Tile, int]) -> Verdict:
    arrived: dict[Tile, list[float]] = defaultdict(list)
    for at, ground in sorted(sent.acknowledged):
        for zoom in range(COUNTED, DEEPEST + 1):
            arrived[up(ground, zoom)].append(at)
    oldest, stale = 0.0, 0
    for asked, tile, status, _, content in seen.answers:
        if status not in (200, 204) or tile[0] < COUNTED:
            continue
        there = shown(content) - before[tile]
        times = arrived[tile]
        if there < bisect_left(times, asked):
            oldest = max(oldest, asked - times[max(there, 0)])
            stale += asked - times[max(there, 0)] > STALE
    wrong = Counter(str(status) for _, _, status, _, _ in seen.answers if status not in (200, 204))
    took = sorted(seconds for _, _, _, seconds, _ in seen.answers) or [0.0]
    sending = sorted(sent.seconds) or [0.0]
    rate = len(sent.acknowledged) / plan.seconds
    lines = [
        f"tiles     {len(took):,} over {plan.connections} connections,"
        f" {len(took) / plan.seconds:,.0f} a second",
        f"  answered in {_spread(took)}",
        f"reports   {len(sent.acknowledged):,} acknowledged, {rate:.1f} a second",
        f"  answered in {_spread(sending)}",
        f"failed    {dict(wrong + seen.faults + sent.faults) or 0}",
        f"oldest    a tile {oldest:.1f} s behind; {stale} tiles more than {STALE:g} s",
    ]
    good = not (wrong or seen.faults or sent.faults or stale) and bool(sent.acknowledged)
    return Verdict(lines, good)


def _spread(took: Sequence[float]) -> str:
    at = {share: took[int((len(took) - 1) * share)] * 1000 for share in (0.5, 0.95, 0.99, 1.0)}
    return ", ".join(f"p{share * 100:g} {ms:,.0f} ms" for share, ms in at.items())


def burst(plan: Plan) -> Verdict:
    with durable_portal() as portal:
        town = portal.settle_town(SENDERS)
        portal.serve()
        host, port = portal.address
        base = f"http://{host}:{port}"
        described = f"{base}/ogc/collections/{LAYER}/tiles/WebMercatorQuad/tile.json"
        with urlopen(described, timeout=60) as answer:
            template = json.load(answer)["tiles"][0].removeprefix(base)
        city = City(town["centre"])
        before = {}
        for tile in city.tiles:
            with urlopen(base + path(template, tile), timeout=60) as answer:
                before[tile] = shown(gzip.compress(content)) if (content := answer.read()) else 0
        seen, sent = Seen(), Sent()
        reporters = [
            Reporter(n, plan, portal.address, token, city, sent)
            for n, token in enumerate(town["phones"])
        ]
        for one in reporters:
            one.start()
        asyncio.run(crowd(plan, portal.address, template, city, seen))
        for one in reporters:
            one.join()
        return judge(plan, seen, sent, before)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drill burst", description=__doc__)
    parser.add_argument("--short", action="store_true", help="some seconds, as the test suite does")
    parser.add_argument("--connections", type=int)
    parser.add_argument("--reports", type=float, help="a second")
    parser.add_argument("--seconds", type=float)
    given = vars(parser.parse_args(arguments))
    plan = SHORT if given.pop("short") else Plan()
    told = {name: value for name, value in given.items() if value is not None}
    verdict = burst(Plan(**{**vars(plan), **told}))
    sys.stdout.write("\n".join([*verdict.lines, "good" if verdict.good else "BAD"]) + "\n")
    return 0 if verdict.good else 1
