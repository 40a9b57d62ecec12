"""The short form of `make drill DRILL=burst`, and that its judge can say no."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import mapbox_vector_tile
import pytest

from tests.drill.burst import LAYER, SHORT, City, Seen, Sent, judge

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
