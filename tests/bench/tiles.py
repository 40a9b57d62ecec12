"""Vector tiles of 200,000 parcels: (a) made on demand, against TiPg, django-vectortiles and the
bare SQL in the thinnest of servers, all with the same attributes of the same rows; (b) out of the
store, against nginx with a plain file of that size, and Python's own hit against its plainest
answer.

Rounds are interleaved, each server runs alone in its turn, and the figures are medians.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np

from tests.bench import rivals
from tests.drill.portal import PROJECT, Portal, durable_portal

OF_TIPG, OF_VECTORTILES, OF_THIN = 1.8, 1.3, 0.9  # a miss, at least
OF_NGINX, OF_HELLO = 0.9, 0.8  # a hit, at least
ZOOMS = range(14, 17)
WARMING = 200  # tiles that are asked for before
NGINX = """
worker_processes 2; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {deployed}
}}
"""
PLAIN = "location /plain/ {{ root {store}; default_type application/octet-stream; }}"


def main(options: Sequence[str]) -> list[str]:
    """Which targets were missed."""
    parser = argparse.ArgumentParser(prog="make bench / tiles", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--parcels", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=2)
    asked = parser.parse_args(options)
    rivals.programs("wrk", "nginx")
    rivals.peers()
    with durable_portal() as portal, tempfile.TemporaryDirectory() as stores:
        settle(portal, asked.parcels)
        return _misses(portal, asked, Path(stores)) + _hits(portal, asked)


def settle(portal: Portal, parcels: int) -> None:
    """The parcels in the portal's table, and the same rows as its rivals like them best."""
    os.environ |= portal.environment | {"DJANGO_SETTINGS_MODULE": "geo_portal.settings"}
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests.bench import ground

    call_command("migrate", verbosity=0)
    ground.settle()
    ground.fill_parcels(parcels, np.random.default_rng(5))
    call_command("migrate", verbosity=0)  # the new tables get what every layer's table gets
    with connection.cursor() as cursor:
        for table, geom in (("bench_peer", "geom_3857"), ("bench_peer_4326", "geom")):
            cursor.execute(
                f"CREATE TABLE {table} AS SELECT id, number, use, area_m2, {geom} AS geom "
                f"FROM bench_parcel ORDER BY id"
            )
            cursor.execute(f"ALTER TABLE {table} ADD PRIMARY KEY (id)")
            cursor.execute(f"CREATE INDEX ON {table} USING gist (geom)")
            cursor.execute(f"VACUUM ANALYZE {table}")
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


def _misses(portal: Portal, asked: argparse.Namespace, stores: Path) -> list[str]:
    from tests.bench import ground

    tiles = ground.tiles(ZOOMS, int(asked.parcels**0.5))
    order = np.random.default_rng(6).permutation(len(tiles))
    tiles = [tiles[n] for n in order]
    tipg = "/collections/public.bench_peer/tiles/WebMercatorQuad"
    servers: dict[str, Any] = {
        "portal": (
            lambda: portal_missing(portal, stores),
            [f"/tiles/bench-parcels/{{version}}/-/{z}/{x}/{y}.mvt" for z, x, y in tiles],
        ),
        "thin SQL": (lambda: rivals.thin(portal), [f"/{z}/{x}/{y}" for z, x, y in tiles]),
        "TiPg": (lambda: rivals.tipg(portal), [f"{tipg}/{z}/{x}/{y}" for z, x, y in tiles]),
        "django-vectortiles": (
            lambda: rivals.django_vectortiles(portal),
            [f"/tiles/{z}/{x}/{y}" for z, x, y in tiles],
        ),
    }
    rates: dict[str, list[float]] = {name: [] for name in servers}
    for number in range(asked.rounds + 1):
        for name, (start, paths) in servers.items():
            with start() as address:
                found = _versioned(address, paths)
                # What is compiled, and connected, at first use.
                rivals.requests_per_second(address, found[-WARMING:], 1)
                rate = rivals.requests_per_second(address, found[:-WARMING], asked.seconds)
                assert rate * asked.seconds < len(found) - WARMING, "tiles were asked for twice"
            if number:  # the first is cold
                rates[name].append(rate)
        if number:
            _tell(number, rates)
    return _against(
        f"tiles made on demand, zooms {ZOOMS.start}–{ZOOMS.stop - 1}, {asked.parcels:,} parcels",
        rates,
        {"TiPg": OF_TIPG, "django-vectortiles": OF_VECTORTILES, "thin SQL": OF_THIN},
    )


@contextmanager
def portal_missing(portal: Portal, stores: Path) -> Iterator[str]:
    """The portal with an empty store: every tile that is asked for once is made. Old stores stay
    until all is measured: for a minute after files were deleted, ext4 is slow to make new ones."""
    with rivals.portal_served(portal, Path(tempfile.mkdtemp(dir=stores))) as address:
        yield address


def _versioned(address: str, paths: Sequence[str]) -> list[str]:
    if "{version}" not in paths[0]:
        return [*paths]
    import json

    told = "/ogc/collections/bench-parcels/tiles/WebMercatorQuad/tile.json"
    with urlopen(address + told) as answer:
        template = json.load(answer)["tiles"][0]
    version = template.split("/tiles/bench-parcels/")[1].split("/")[0]
    return [path.replace("{version}", version) for path in paths]


def _hits(portal: Portal, asked: argparse.Namespace) -> list[str]:
    from tests.bench import ground

    tiles = [one for one in ground.tiles(ZOOMS, int(asked.parcels**0.5)) if one[0] == 16][:200]
    rates: dict[str, list[float]] = {}
    store = Path(tempfile.mkdtemp(prefix="geo-portal-store-"))
    store.chmod(0o755)
    try:
        with rivals.portal_served(portal, store) as address:
            paths = _versioned(
                address,
                [f"/tiles/bench-parcels/{{version}}/-/{z}/{x}/{y}.mvt" for z, x, y in tiles],
            )
            for path in paths:
                urlopen(address + path).close()
        plain = _plain_twins(store, paths)
        for _ in range(asked.rounds):
            with _nginx(store) as address:
                for name, which in (("nginx, tile", paths), ("nginx, plain file", plain)):
                    rate = rivals.requests_per_second(address, which, asked.seconds)
                    rates.setdefault(name, []).append(rate)
            with rivals.portal_served(portal, store) as address:
                for name, which in (("Python, tile", paths), ("Python, hello", ["/healthz"])):
                    rate = rivals.requests_per_second(address, which, asked.seconds)
                    rates.setdefault(name, []).append(rate)
    finally:
        shutil.rmtree(store, ignore_errors=True)
    missed = _against("tiles out of the store, by nginx", rates, {"nginx, plain file": OF_NGINX},
                      first="nginx, tile")  # fmt: skip
    return missed + _against("the same without nginx", rates, {"Python, hello": OF_HELLO},
                             first="Python, tile")  # fmt: skip


def _plain_twins(store: Path, paths: Sequence[str]) -> list[str]:
    """Files of the very bytes, as any web server would serve them."""
    for number, path in enumerate(paths):
        stored = store / f"{path.removeprefix('/tiles/')}.gz"
        twin = store / "plain" / f"{number}.bin"
        twin.parent.mkdir(exist_ok=True)
        twin.write_bytes(stored.read_bytes())
    return [f"/plain/{number}.bin" for number in range(len(paths))]


@contextmanager
def _nginx(store: Path) -> Iterator[str]:
    """As deploy/nginx.conf has it, with another port, another store and a plain file beside."""
    deployed = (PROJECT / "deploy" / "nginx.conf").read_text()
    port = rivals.free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        Path(folder, "portal_proxy.conf").touch()
        changes = {
            "server web:8000": "server 127.0.0.1:9",
            "listen 80;": f"listen 127.0.0.1:{port}; {PLAIN.format(store=store)}",
            "/srv/tiles/": f"{store}/",
            "/etc/nginx/portal_proxy.conf": f"{folder}/portal_proxy.conf",
        }
        for ours, here in changes.items():
            assert ours in deployed, ours
            deployed = deployed.replace(ours, here)
        conf = Path(folder, "nginx.conf")
        conf.write_text(NGINX.format(folder=folder, deployed=deployed))
        process = subprocess.Popen(["nginx", "-p", folder, "-c", str(conf)])
        try:
            rivals.wait(process, f"http://127.0.0.1:{port}/plain/0.bin")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def _tell(number: int, rates: dict[str, list[float]]) -> None:
    told = " · ".join(f"{name} {found[-1]:,.0f}/s" for name, found in rates.items())
    print(f"round {number}: {told}", flush=True)  # noqa: T201


def _against(
    what: str, rates: dict[str, list[float]], targets: dict[str, float], first: str = "portal"
) -> list[str]:
    ours = rates[first]
    print(f"\n{what}: {first} {statistics.median(ours):,.0f}/s")  # noqa: T201
    missed = []
    for name, target in targets.items():
        ratios = [one / other for one, other in zip(ours, rates[name], strict=True)]
        ratio = statistics.median(ratios)
        print(  # noqa: T201
            f"  of {name:20} {statistics.median(rates[name]):9,.0f}/s   ratio {ratio:5.2f} "
            f"({min(ratios):.2f}–{max(ratios):.2f}; target {target})"
        )
        if ratio < target:
            missed.append(f"{what}: {ratio:.2f} of {name}, not {target}")
    return missed
