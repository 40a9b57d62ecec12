"""Who comes in the burst: those who look at tiles, and those who report, each a process of its own.

Whoever looks asks for the next tile as soon as one is there. A report is due at its moment, however
long the ones before it take, and waits from that moment on.
"""

from __future__ import annotations

import asyncio
import json
import math
import pickle
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.drill.portal import PROJECT, START

LAYER = "trash-reports"
DEEPEST, SHALLOWEST = 16, 10
PATIENCE = 30.0  # seconds that a phone waits for its answer
Tile = tuple[int, int, int]
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Plan:
    connections: int = 200
    reports: float = 50.0  # a second
    seconds: float = 60.0
    seed: int = 1


@dataclass(frozen=True)
class Place:
    """Where the portal is, what a tile's address looks like there, and when the burst begins."""

    address: tuple[str, int]
    template: str
    begin: float

    def path(self, tile: Tile) -> str:
        z, x, y = tile
        return self.template.format(z=z, x=x, y=y)


@dataclass
class Seen:
    """What the crowd was shown: (asked at, tile, status, seconds, content)."""

    answers: list[tuple[float, Tile, int, float, bytes]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    cpu: float = 0.0


@dataclass
class Sent:
    """The reports that were acknowledged: when, in which tile of the deepest zoom; how long after
    they were due; and their names."""

    acknowledged: list[tuple[float, Tile]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    names: list[UUID] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    cpu: float = 0.0


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


# -- those who look


async def look(plan: Plan, place: Place, city: City) -> Seen:
    seen, one_of_each = Seen(), dict[bytes, bytes]()
    await asyncio.sleep(place.begin - time.time())
    await asyncio.gather(
        *(
            _look(random.Random(f"{plan.seed}/{n}"), plan, place, city, seen, one_of_each)
            for n in range(plan.connections)
        )
    )
    return seen


async def _look(
    chance: random.Random,
    plan: Plan,
    place: Place,
    city: City,
    seen: Seen,
    one_of_each: dict[bytes, bytes],
) -> None:
    """One browser's connection: a tile after the other, anew where the server hung up."""
    line: Line | None = None
    while time.time() < place.begin + plan.seconds:
        tile = chance.choice(city.tiles)
        asked = time.time()
        try:
            line = line or await asyncio.open_connection(*place.address)
            status, content, closes = await _ask(
                line, "GET", place.path(tile), "Accept-Encoding: gzip"
            )
        except (asyncio.IncompleteReadError, OSError) as error:
            if not _was_ended(error):
                seen.faults[type(error).__name__] += 1
            _hang_up(line)
            line = None
            continue
        content = one_of_each.setdefault(content, content)
        seen.answers.append((asked, tile, status, time.time() - asked, content))
        if closes:
            _hang_up(line)
            line = None
    _hang_up(line)


async def _ask(
    line: Line, method: str, path: str, *more: str, body: bytes = b""
) -> tuple[int, bytes, bool]:
    """(status, content, whether the server ends the connection)."""
    reader, writer = line
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *more]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status, length = int(head.split(" ", 2)[1]), 0
    for told in head.split("\r\n")[1:]:
        if told.startswith("content-length:"):
            length = int(told.partition(":")[2])
    content = await reader.readexactly(length) if length else b""
    return status, content, "connection: close" in head


def _was_ended(error: Exception) -> bool:
    """A kept connection that the server had ended between two questions: as browsers, again."""
    if isinstance(error, asyncio.IncompleteReadError):
        return not error.partial and error.expected is None
    return isinstance(error, ConnectionResetError | BrokenPipeError)


def _hang_up(line: Line | None) -> None:
    if line:
        line[1].close()


# -- those who report


async def report(plan: Plan, place: Place, city: City, phones: Sequence[str]) -> Sent:
    sent, idle = Sent(), list[Line]()
    async with asyncio.TaskGroup() as group:
        for number in range(round(plan.reports * plan.seconds)):
            due = place.begin + number / plan.reports
            await asyncio.sleep(max(0.0, due - time.time()))
            phone = phones[number % len(phones)]
            group.create_task(_report(number, due, plan, place, city, phone, sent, idle))
    for line in idle:
        _hang_up(line)
    return sent


async def _report(
    number: int,
    due: float,
    plan: Plan,
    place: Place,
    city: City,
    phone: str,
    sent: Sent,
    idle: list[Line],
) -> None:
    """Sent again where the connection had ended: by its name it is known as the same."""
    chance = random.Random(f"{plan.seed}/report/{number}")
    ground = chance.choice(city.grounds)
    name = UUID(int=chance.getrandbits(128), version=4)
    headers = (f"Authorization: Token {phone}", "Content-Type: application/json")
    body = json.dumps(_item(name, number, city.place(ground, chance))).encode()
    while True:
        line: Line | None = idle.pop() if idle else None
        kept = line is not None
        try:
            async with asyncio.timeout(PATIENCE):
                line = line or await asyncio.open_connection(*place.address)
                status, told, closes = await _ask(
                    line, "POST", "/api/v1/submissions", *headers, body=body
                )
            break
        except (asyncio.IncompleteReadError, OSError) as error:
            _hang_up(line)
            if not (kept and _was_ended(error)):
                sent.faults[type(error).__name__] += 1
                return
    if closes:
        _hang_up(line)
    else:
        idle.append(line)
    state = _state(told)
    if (status, state) not in ((201, "accepted"), (200, "accepted")):
        sent.faults[f"{status} {state}"] += 1
        return
    now = time.time()
    sent.seconds.append(now - due)
    sent.acknowledged.append((now, ground))
    sent.names.append(name)


def _item(name: UUID, number: int, point: tuple[float, float]) -> dict[str, Any]:
    return {
        "instance_id": str(name),
        "form": LAYER,
        "form_version": "1",
        "observed_at": datetime.now(UTC).isoformat(),
        "geometry": {"type": "Point", "coordinates": point},
        "accuracy": 5.0,
        "values": {"category": "overflow", "description": f"Uji {number}"},
    }


def _state(told: bytes) -> Any:
    with suppress(ValueError):
        return json.loads(told).get("properties", {}).get("state")
    return None


# -- each in a process of its own


def start(work: Any, *given: Any) -> subprocess.Popen[bytes]:
    """`work(*given)` begins elsewhere; `done` has its answer."""
    process = subprocess.Popen(
        [*START, "-c", "from tests.drill import crowd; crowd.answer()"],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(pickle.dumps((work, given)))
    process.stdin.close()
    process.stdin = None
    return process


def done(process: subprocess.Popen[bytes]) -> Any:
    told, _ = process.communicate()
    return pickle.loads(told)


def answer() -> None:
    work, given = pickle.load(sys.stdin.buffer)
    before = time.process_time()
    found = asyncio.run(work(*given))
    found.cpu = time.process_time() - before
    sys.stdout.buffer.write(pickle.dumps(found))
