"""`python -m tests.drill burst`: a crowd looks at the map while reports arrive through the API.

It ends with 1 if any request fails, or any tile shows less of the city than was acknowledged
`STALE` seconds before it was asked for.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.request import urlopen
from uuid import UUID

import mapbox_vector_tile

from tests.drill import crowd
from tests.drill.crowd import DEEPEST, LAYER, City, Place, Plan, Seen, Sent, Tile, up
from tests.drill.portal import Portal, durable_portal

STALE = 5.0  # seconds
COUNTED = 13  # a report lies in no tile's buffer from here on
PHONES = 50
SHORT = Plan(connections=40, reports=20, seconds=8)
TICKS = os.sysconf("SC_CLK_TCK")


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
        f"  answered in {_spread(sending)} after they were due",
        f"failed    {dict(wrong + seen.faults + sent.faults) or 0}",
        f"oldest    a tile {oldest:.1f} s behind; {stale} tiles more than {STALE:g} s",
    ]
    good = not (wrong or seen.faults or sent.faults or stale) and bool(sent.acknowledged)
    return Verdict(lines, good)


def _spread(took: Sequence[float]) -> str:
    at = {share: took[int((len(took) - 1) * share)] * 1000 for share in (0.5, 0.95, 0.99, 1.0)}
    return ", ".join(f"p{share * 100:g} {ms:,.0f} ms" for share, ms in at.items())


# -- the processor


class Spent:
    """Seconds of processor time since now, of each part of the portal."""

    def __init__(self, portal: Portal) -> None:
        assert portal.process is not None
        self.roots = {"web": portal.master(), "all": portal.process.pid}
        self.roots["postgres"] = portal.postmaster()
        self.before = self._now()

    def _now(self) -> dict[str, float]:
        seconds, children = {}, defaultdict(list)
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                told = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            pid = int(stat.parent.name)
            children[int(told[1])].append(pid)
            seconds[pid] = sum(map(int, told[11:15])) / TICKS  # its ended children's too

        def of(pid: int | None) -> float:
            return seconds.get(pid or 0, 0.0) + sum(map(of, children[pid or 0]))

        return {part: of(root) for part, root in self.roots.items()}

    def told(self, seconds: float) -> dict[str, float]:
        """Of one processor, by part."""
        now = self._now()
        share = {part: (now[part] - self.before[part]) / seconds for part in now}
        return {
            "web workers": share["web"],
            "work": share["all"] - share["web"],
            "postgres": share["postgres"],
        }


# -- the burst


def burst(plan: Plan) -> Verdict:
    with durable_portal() as portal:
        town = portal.settle_town(PHONES)
        portal.serve()
        host, port = portal.address
        base = f"http://{host}:{port}"
        described = f"{base}/ogc/collections/{LAYER}/tiles/WebMercatorQuad/tile.json"
        with urlopen(described, timeout=60) as answer:
            template = json.load(answer)["tiles"][0].removeprefix(base)
        city, place = City(town["centre"]), Place(portal.address, template, time.time() + 15)
        before = {}
        for tile in city.tiles:
            with urlopen(base + place.path(tile), timeout=60) as answer:
                before[tile] = shown(gzip.compress(content)) if (content := answer.read()) else 0
        looking = crowd.start(crowd.look, plan, place, city)
        reporting = crowd.start(crowd.report, plan, place, city, town["phones"])
        time.sleep(max(0.0, place.begin - time.time()))
        spent = Spent(portal)
        time.sleep(plan.seconds)
        shares = spent.told(plan.seconds)
        seen, sent = crowd.done(looking), crowd.done(reporting)
        shares |= {"who looks": seen.cpu / plan.seconds, "who reports": sent.cpu / plan.seconds}
        verdict = judge(plan, seen, sent, before)
        kept = lasting(portal, town["tables"][LAYER], sent.names)
    told = ", ".join(f"{part} {share:.0%}" for part, share in shares.items())
    wrong = len(sent.names) - len(kept) + sum(count != 1 for count in kept.values())
    lines = [*verdict.lines, f"kept      {wrong} lost or doubled", f"processor {told}"]
    return Verdict(lines, verdict.good and not wrong)


def lasting(portal: Portal, table: str, names: Sequence[UUID]) -> Counter[UUID]:
    """How often each of these reports is there."""
    with portal.ask() as database:
        rows = database.execute(
            f"SELECT instance_id FROM {table} WHERE instance_id = ANY(%s)", [list(names)]
        )
        return Counter(name for (name,) in rows)


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
