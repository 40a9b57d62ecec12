"""Tiles made on demand as a city grows: from 20,000 to 2 million parcels and to 10 million points,
by zoom: milliseconds (median and most) and the largest tile. Then what it takes to bring the
overview up to a point that moved, and to seed the tiles.

No tile may have over 500 kB, and none may take over 100 ms.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import numpy as np

from tests.drill.portal import durable_portal

MOST_BYTES, MOST_MS = 500_000, 100
ZOOMS = range(5, 18)
SEEDED = {"bench-parcels": range(17), "bench-points": range(11)}  # zooms
TILES = 40  # looked at per zoom
DEGREES = 12.0  # the side of the square over which the points lie


def main(options: Sequence[str]) -> list[str]:
    """Which targets were missed."""
    parser = argparse.ArgumentParser(prog="make bench / growth", description=__doc__)
    parser.add_argument("--parcels", type=int, nargs="*", default=[20_000, 200_000, 2_000_000])
    parser.add_argument("--points", type=int, nargs="*", default=[10_000_000])
    asked = parser.parse_args(options)
    with durable_portal() as portal, tempfile.TemporaryDirectory() as store:
        ours = portal.environment | {"TILE_STORE": store}
        os.environ |= ours | {"DJANGO_SETTINGS_MODULE": "geo_portal.settings"}
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        from tests.bench import ground, synthetic

        call_command("migrate", verbosity=0)
        ground.settle()
        call_command("migrate", verbosity=0)  # the new tables get what every layer's table gets
        missed = []
        try:
            for count in asked.parcels:
                _empty("bench_parcel", "layers_area")
                columns = int(np.ceil(np.sqrt(count)))
                synthetic.kelurahan(columns * ground.SIDE, np.random.default_rng(7))
                _timed("filled", ground.fill_parcels, count, np.random.default_rng(5))
                missed += _layer(ground.PARCELS, count, columns * ground.SIDE)
            for count in asked.points:
                _empty("bench_point")
                _timed("filled", ground.fill_points, count, DEGREES)
                missed += _layer(ground.POINTS, count, DEGREES)
        finally:
            connection.close()
            connection.close_pool()  # type: ignore[attr-defined]
    return missed


def _empty(*tables: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"TRUNCATE {table} CASCADE")


def _layer(layer: Any, count: int, degrees: float) -> list[str]:
    from layers import overviews

    print(f"\n{count:,} rows of {layer.id}")  # noqa: T201
    _timed("overviews", overviews.rebuild, layer)
    print(f"  {_kept():.0f} MB of them", flush=True)  # noqa: T201
    missed = []
    for zoom in ZOOMS:
        took, sizes = _looked_at(layer, zoom, degrees)
        print(  # noqa: T201
            f"  z{zoom:<2} {len(took):3} tiles  median {statistics.median(took):7.1f} ms  "
            f"most {max(took):7.1f} ms  largest {max(sizes) / 1000:7.1f} kB",
            flush=True,
        )
        if max(sizes) > MOST_BYTES:
            missed.append(f"{layer.id} of {count:,}: {max(sizes) / 1000:.0f} kB at zoom {zoom}")
        if max(took) > MOST_MS:
            missed.append(f"{layer.id} of {count:,}: {max(took):.0f} ms at zoom {zoom}")
    if layer.overview == "grid":
        _move(layer)
    _seed(layer)
    return missed


def _kept() -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(oid)) / 1e6 FROM pg_class"
            " WHERE relname LIKE 'layers_overview%' AND relkind = 'r'"
        )
        return float(cursor.fetchone()[0])


def _move(layer: Any) -> None:
    """Points at random, one after the other, a little further."""
    from django.contrib.gis.geos import Point, Polygon

    from layers import overviews

    random, took = Random(1), []
    rows = layer.model._default_manager
    last = rows.order_by("-pk").values_list("pk", flat=True)[0]
    for _ in range(TILES):
        row = rows.get(pk=last - random.randrange(last // 2))
        before, row.geom = row.geom, Point(row.geom.x + 0.001, row.geom.y, srid=4326)
        row.save()
        area = Polygon.from_bbox(before.union(row.geom).extent)
        area.srid = 4326
        area.transform(3857)
        began = time.perf_counter()
        overviews.rebuild(layer, area)
        took.append((time.perf_counter() - began) * 1000)
    print(  # noqa: T201
        f"  a point moved  median {statistics.median(took):7.1f} ms  most {max(took):7.1f} ms",
        flush=True,
    )


def _seed(layer: Any) -> None:
    from maps.tiles import seeding

    began, zooms = time.perf_counter(), SEEDED[layer.id]
    many = sum(1 for _ in seeding.seed(layer, zooms))
    print(  # noqa: T201
        f"  {many:,} tiles to zoom {zooms[-1]} seeded in {time.perf_counter() - began:.1f} s",
        flush=True,
    )


def _looked_at(layer: Any, zoom: int, degrees: float) -> tuple[list[float], list[int]]:
    """(milliseconds, bytes) of tiles at random; the best of two looks, for the machine is noisy."""
    from django.contrib.auth.models import AnonymousUser

    from layers.tiles import tile
    from tests.bench.ground import CORNER, tile_at

    random, took, sizes = Random(zoom), [], []
    where = {
        tile_at(CORNER[0] + random.random() * degrees, CORNER[1] + random.random() * degrees, zoom)
        for _ in range(TILES)
    }
    for x, y in sorted(where):
        best = float("inf")
        for _ in range(2):
            began = time.perf_counter()
            content = tile([layer], AnonymousUser(), zoom, x, y)
            best = min(best, time.perf_counter() - began)
        took.append(best * 1000)
        sizes.append(len(content))
    return took, sizes


def _timed(what: str, act: Callable[..., Any], *given: Any) -> None:
    began = time.perf_counter()
    act(*given)
    print(f"  {what} in {time.perf_counter() - began:.1f} s", flush=True)  # noqa: T201
