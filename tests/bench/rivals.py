"""Other tile and feature servers beside the portal, each started alone, in an environment that the
bench makes of its own. Nothing of them is part of the product."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

from geo_portal.postmaster import DATABASE, PORT, ROLE
from tests.drill.portal import PROJECT, Portal

LOCK = Path(__file__).with_name("peers") / "requirements.lock"
FOLDER = PROJECT / ".local" / "bench-peers"
WORKERS = 2
LUA = """
local paths, n = {}, 0
for line in io.lines(os.getenv("PATHS")) do paths[#paths + 1] = line end
request = function()
  n = n + 1
  return wrk.format("GET", paths[(n - 1) % #paths + 1], {["Accept-Encoding"] = "gzip"})
end
"""


class Lacking(Exception):
    """What the machine must have first, in a sentence."""


def programs(*names: str) -> None:
    """Raises Lacking."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        raise Lacking(f"Install first: {', '.join(missing)} (Debian: bin/system-packages bench).")


def peers() -> Path:
    """The Python of the rivals' environment, made at the first run."""
    python, stamp = FOLDER / "bin" / "python", FOLDER / "synced"
    if not stamp.exists() or stamp.read_text() != LOCK.read_text():
        uv = str(PROJECT / ".venv" / "bin" / "uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", str(FOLDER)], check=True)
        sync = ["pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(LOCK)]
        subprocess.run([uv, *sync], check=True)
        stamp.write_text(LOCK.read_text())
    return python


@contextmanager
def serving(
    command: Sequence[str | Path], environment: Mapping[str, str], ready: str
) -> Iterator[str]:
    """The address of a server while it runs; "{port}" in its command is a free one."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [str(part).replace("{port}", str(port)) for part in command],
            cwd=PROJECT,
            env={**environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait(process, address + ready)
            yield address
        except RuntimeError as error:
            log.seek(0)
            raise RuntimeError(f"{error}: {log.read()[-3000:]}") from error
        finally:
            process.terminate()
            process.wait(30)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as given:
        return int(given.getsockname()[1])


def wait(process: subprocess.Popen[bytes], address: str) -> None:
    """Until it answers, be it that there is nothing. Raises RuntimeError."""
    for _ in range(300):
        try:
            return urlopen(address, timeout=60).close()
        except HTTPError:
            return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.2)
    raise RuntimeError(f"{address} does not answer")


def gunicorn(python: str | Path, application: str, *more: str) -> list[str | Path]:
    """As `manage.py serve` starts the portal."""
    return [
        *(python, "-m", "gunicorn", application, "--bind=127.0.0.1:{port}", "--log-level=error"),
        *("--worker-class=gthread", f"--workers={WORKERS}", "--threads=32", "--no-control-socket"),
        *more,
    ]


@contextmanager
def portal_served(portal: Portal, store: Path) -> Iterator[str]:
    environment = portal.environment | {"TILE_STORE": str(store)}
    with serving(
        gunicorn(sys.executable, "tests.bench.served:application"), environment, "/healthz"
    ) as address:
        yield address


@contextmanager
def thin(portal: Portal) -> Iterator[str]:
    dsn = f"host={portal.database.socket_folder} port={PORT} user={ROLE} dbname={DATABASE}"
    environment = portal.environment | {"PEER_DATABASE": dsn}
    with serving(
        gunicorn(sys.executable, "tests.bench.peers.thin:application"), environment, "/0/0/0"
    ) as address:
        yield address


@contextmanager
def drf_gis(portal: Portal) -> Iterator[str]:
    with serving(
        gunicorn(sys.executable, "tests.bench.peers.viewset:application"),
        portal.environment,
        "/nothing",
    ) as address:
        yield address


@contextmanager
def tipg(portal: Portal) -> Iterator[str]:
    host = quote(str(portal.database.socket_folder), safe="")
    environment = portal.environment | {
        "DATABASE_URL": f"postgresql://{ROLE}@{host}:{PORT}/{DATABASE}",
        "TIPG_DB_TABLES": '["public.bench_peer", "public.bench_peer_4326"]',
    }
    command: list[str | Path] = [
        *(peers(), "-m", "uvicorn", "tipg.main:app", "--port={port}"),
        *(f"--workers={WORKERS}", "--log-level=error"),
    ]
    with serving(command, environment, "/collections") as address:
        yield address


@contextmanager
def django_vectortiles(portal: Portal) -> Iterator[str]:
    python = peers()
    libraries = next((python.parents[1] / "lib").glob("python3*")) / "site-packages"
    environment = portal.environment | {
        "PGDATABASE": DATABASE,
        "PEER_GDAL": str(next((libraries / "pyogrio.libs").glob("libgdal-*.so*"))),
        "PEER_GEOS": str(next((libraries / "shapely.libs").glob("libgeos_c-*.so*"))),
    }
    site = "tests.bench.peers.vectortiles_site:application"
    with serving(gunicorn(python, site), environment, "/nothing") as address:
        yield address


def requests_per_second(address: str, paths: Sequence[str], seconds: float, many: int = 8) -> float:
    """By wrk, over so many connections, through the paths in their order. Raises RuntimeError where
    any answer is not good."""
    load = ["-t1", f"-c{many}", f"-d{seconds:.0f}s", "--timeout=30s"]
    with tempfile.TemporaryDirectory() as folder:
        script, listed = Path(folder, "paths.lua"), Path(folder, "paths")
        script.write_text(LUA)
        listed.write_text("\n".join(paths))
        done = subprocess.run(
            ["wrk", *load, "-s", script, address],
            env={**os.environ, "PATHS": str(listed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    if bad := re.search(r"Non-2xx.*|Socket errors.*", done):
        raise RuntimeError(f"{address}: {bad[0]}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", done)[1])
