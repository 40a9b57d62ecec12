"""200,000 polygons of a GeoPackage into a layer, validated, against `ogr2ogr` with COPY: (a) as it
is, into a table of its own that nobody has checked; (b) with what makes of that table the layer:
the same checks and columns, in SQL. Rounds are interleaved, and the figures are medians."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from geo_portal.postmaster import DATABASE, PORT, ROLE
from tests.bench import rivals
from tests.drill.portal import Portal, durable_portal

OF_OGR = 1.0  # at least the speed of (b); (a) is told
INTO_THE_LAYER = """
INSERT INTO bench_parcel (number, use, area_m2, geom)
SELECT trim(number), trim(use), area_m2, geom FROM ogr
WHERE ST_IsValid(geom) AND geom && ST_MakeEnvelope(92, -14, 142, 8, 4326)
  AND number IS NOT NULL AND use IS NOT NULL AND area_m2 IS NOT NULL"""


def main(options: Sequence[str]) -> list[str]:
    """Which targets were missed."""
    parser = argparse.ArgumentParser(prog="make bench / loading", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--polygons", type=int, default=200_000)
    asked = parser.parse_args(options)
    rivals.programs("ogr2ogr")
    with durable_portal() as portal, tempfile.TemporaryDirectory() as folder:
        os.environ |= portal.environment | {"DJANGO_SETTINGS_MODULE": "geo_portal.settings"}
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        from tests.bench import ground

        call_command("migrate", verbosity=0)
        ground.settle()
        call_command("migrate", verbosity=0)  # the new tables get what every layer's table gets
        path = Path(folder, "parcels.gpkg")
        _written(path, asked.polygons)
        try:
            return _measured(portal, path, asked)
        finally:
            connection.close()
            connection.close_pool()  # type: ignore[attr-defined]


def _written(path: Path, count: int) -> None:
    import geopandas as gpd

    from tests.bench import ground

    rows = [row for strip in ground.rows(count, np.random.default_rng(5)) for row in strip]
    number, use, area, shapes = zip(*rows, strict=True)
    columns = {"number": number, "use": use, "area_m2": area}
    gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326).to_file(path)


def _measured(portal: Portal, path: Path, asked: argparse.Namespace) -> list[str]:
    from django.core.management import call_command
    from django.db import connection

    from tests.bench.ground import BenchParcel

    def load() -> None:
        call_command("load_layer", "bench-parcels", str(path), verbosity=0, no_color=True)

    def ogr() -> None:
        target = (
            f"PG:host={portal.database.socket_folder} port={PORT} user={ROLE} dbname={DATABASE}"
        )
        command = ["ogr2ogr", "-f", "PostgreSQL", target, str(path), "-nln", "ogr", "-overwrite"]
        copy = ["-lco", "GEOMETRY_NAME=geom", "--config", "PG_USE_COPY", "YES"]
        subprocess.run([*command, *copy], check=True, stderr=subprocess.DEVNULL)

    def into_the_layer() -> None:
        with connection.cursor() as cursor:
            cursor.execute(INTO_THE_LAYER)
            cursor.execute("ANALYZE bench_parcel")

    seconds: dict[str, list[float]] = {"load_layer": [], "ogr2ogr": [], "ogr2ogr + checks": []}
    for number in range(asked.rounds + 1):
        _empty()
        ours = _timed(load)
        assert BenchParcel._default_manager.count() == asked.polygons
        _empty()
        theirs = _timed(ogr)
        whole = theirs + _timed(into_the_layer)
        assert BenchParcel._default_manager.count() == asked.polygons
        if number:  # the first is cold
            for name, found in zip(seconds, (ours, theirs, whole), strict=True):
                seconds[name].append(found)
            told = " · ".join(f"{name} {found[-1]:.2f} s" for name, found in seconds.items())
            print(f"round {number}: {told}", flush=True)  # noqa: T201
    return _against(seconds, asked.polygons)


def _empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bench_parcel")


def _timed(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _against(seconds: dict[str, list[float]], polygons: int) -> list[str]:
    ours = seconds["load_layer"]
    print(f"\n{polygons:,} polygons, checked: {statistics.median(ours):.2f} s")  # noqa: T201
    ratios = {
        name: statistics.median(theirs / one for theirs, one in zip(found, ours, strict=True))
        for name, found in seconds.items()
    }
    for name in ("ogr2ogr", "ogr2ogr + checks"):
        print(f"  {ratios[name]:5.2f} times as fast as {name}")  # noqa: T201
    whole = ratios["ogr2ogr + checks"]
    return [f"loading has {whole:.2f} of ogr2ogr's speed, not {OF_OGR}"] if whole < OF_OGR else []
