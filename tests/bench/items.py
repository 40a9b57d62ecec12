"""10,000 parcels as GeoJSON over HTTP, against a plain djangorestframework-gis viewset, TiPg and
the bare SQL of the same rows through psycopg. Rounds are interleaved, and the figures are medians.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.bench import rivals
from tests.bench.tiles import settle
from tests.drill.portal import Portal, durable_portal

OF_DRF_GIS, OF_TIPG, OF_SQL = 40.0, 10.0, 1.2  # times as fast, at least; times as slow, at most
MANY = 10_000
BARE = """
SELECT '{"type":"Feature","id":' || id || ',"geometry":' || ST_AsGeoJSON(geom, 7)
       || ',"properties":{"number":' || to_json(number) || ',"use":' || to_json(use)
       || ',"area_m2":' || to_json(area_m2) || '}}'
FROM bench_parcel ORDER BY id LIMIT %s"""


def main(options: Sequence[str]) -> list[str]:
    """Which targets were missed."""
    parser = argparse.ArgumentParser(prog="make bench / items", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--parcels", type=int, default=200_000)
    asked = parser.parse_args(options)
    rivals.peers()
    with durable_portal() as portal:
        settle(portal, asked.parcels)
        return _measured(portal, asked.rounds)


def _measured(portal: Portal, rounds: int) -> list[str]:
    seconds: dict[str, list[float]] = {"portal": [], "drf-gis": [], "TiPg": [], "bare SQL": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds + 1):
            took = {}
            with rivals.portal_served(portal, Path(folder)) as address:
                ours = f"{address}/ogc/collections/bench-parcels/items?f=json&limit={MANY}"
                took["portal"] = _best_of(ours)
            with rivals.drf_gis(portal) as address:
                took["drf-gis"] = _best_of(f"{address}/parcels/")
            with rivals.tipg(portal) as address:
                items = f"{address}/collections/public.bench_peer_4326/items"
                took["TiPg"] = _best_of(f"{items}?limit={MANY}&f=geojson")
            took["bare SQL"] = _bare(portal)
            if number:  # the first is cold
                for name, found in took.items():
                    seconds[name].append(found)
                told = " · ".join(f"{name} {found * 1000:,.0f} ms" for name, found in took.items())
                print(f"round {number}: {told}", flush=True)  # noqa: T201
    return _against(seconds)


def _best_of(address: str, times: int = 7) -> float:
    """Seconds of one answer from a server of which each worker has answered before."""
    return min(_timed(lambda: _asked(address)) for _ in range(times))


def _timed(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _asked(address: str) -> None:
    with urlopen(
        Request(address, headers={"Accept": "application/geo+json, application/json"})
    ) as answer:
        body = answer.read()
    # Reading it is no part of the time of any server, and no more than a look at its end is needed.
    assert body.count(b'"Feature"') == MANY, f"{address}: {body[:300]!r}"


def _bare(portal: Portal) -> float:
    with portal.ask() as connection:

        def act() -> None:
            rows = connection.execute(BARE, [MANY]).fetchall()
            text = '{"type":"FeatureCollection","features":[' + ",".join(row[0] for row in rows)
            assert len(rows) == MANY, text[:80]

        return min(_timed(act) for _ in range(7))


def _against(seconds: dict[str, list[float]]) -> list[str]:
    ours = seconds["portal"]
    print(f"\n{MANY:,} parcels as GeoJSON: {statistics.median(ours) * 1000:,.0f} ms")  # noqa: T201
    missed = []
    for name, target, least in (
        ("drf-gis", OF_DRF_GIS, True),
        ("TiPg", OF_TIPG, True),
        ("bare SQL", OF_SQL, False),
    ):
        pairs = zip(seconds[name], ours, strict=True)
        ratio = statistics.median(theirs / one if least else one / theirs for theirs, one in pairs)
        word = "times as fast as" if least else "times the time of"
        print(  # noqa: T201
            f"  {ratio:6.2f} {word} {name} ({statistics.median(seconds[name]) * 1000:,.0f} ms; "
            f"target {'at least' if least else 'at most'} {target})"
        )
        if (ratio < target) if least else (ratio > target):
            missed.append(f"GeoJSON is {ratio:.2f} {word} {name}, not {target}")
    return missed
