"""`make clients`: real GIS clients read the portal, and what they count is what is there.

Each client is a process of its own. What is not installed (Debian's gdal-bin, python3-qgis) is
passed over with a sentence. `--address` asks a portal that runs; without it one is started, with
the demo city: enough for several pages.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.drill.portal import PROJECT, durable_portal

HERE = Path(__file__).parent
PATIENCE = 600  # seconds for one client
SYSTEM_PYTHON = "/usr/bin/python3"


@dataclass(frozen=True)
class Told:
    """One line of the table. `expected` is None where something is drawn and not counted."""

    client: str
    version: str
    read: str
    expected: int | None
    count: int

    @property
    def right(self) -> bool:
        return self.count > 0 if self.expected is None else self.count == self.expected


def main(options: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make clients", description=__doc__)
    parser.add_argument("--address", default="", help="of a portal that runs")
    parser.add_argument(
        "--layers", default="", help="comma-separated; the three largest by default"
    )
    asked = parser.parse_args(options)
    if asked.address:
        return report(list(checked(asked.address.rstrip("/"), asked.layers)))
    with durable_portal() as portal:
        portal.serve()
        city = [sys.executable, "manage.py", "demo_city"]
        subprocess.run(city, cwd=PROJECT, env=portal.environment, check=True, capture_output=True)
        host, port = portal.address
        return report(list(checked(f"http://{host}:{port}", asked.layers)))


def checked(address: str, chosen: str) -> Iterator[Told]:
    there = {
        one["id"]: counted(address, one["id"])
        for one in told(f"{address}/ogc/collections")["collections"]
    }
    layers = chosen.split(",") if chosen else sorted(there, key=there.__getitem__)[-3:]
    for layer in layers:
        yield from over(address, layer, there[layer])


def over(address: str, layer: str, count: int) -> Iterator[Told]:
    box = middle(address, layer)
    inside = counted(address, layer, bbox=",".join(map(str, box)))
    yield from wheel("GDAL (wheel), OAPIF", "gdal", address, layer, count)
    yield from wheel("GDAL (wheel), OAPIF, bbox", "gdal", address, layer, inside, box)
    yield from system_gdal(address, layer, count)
    yield from qgis("features", address, layer, count)
    yield from qgis("tiles", address, layer, None)
    yield from wheel("geopandas, FlatGeobuf URL", "geopandas", address, layer, count)
    yield from wheel("geopandas, GeoParquet", "geopandas-parquet", address, layer, count)
    yield from wheel("geopandas, URL with bbox", "geopandas", address, layer, inside, box)
    yield from wheel(
        "GDAL (wheel), FlatGeobuf index, bbox", "flatgeobuf-box", address, layer, inside, box
    )
    yield from wheel("pyarrow, GeoParquet", "pyarrow", address, layer, count)
    yield from wheel("SQLite, GeoPackage", "sqlite", address, layer, count)
    yield from wheel("Python csv, CSV", "csv", address, layer, count)
    yield from system_file("kml", address, layer, count)


# -- what is there


def told(address: str) -> Any:
    with urlopen(Request(address, headers={"Accept": "application/json"}), timeout=60) as answer:
        return json.load(answer)


def counted(address: str, layer: str, **narrowed: str) -> int:
    """What the database counts."""
    more = "".join(f"&{name}={value}" for name, value in narrowed.items())
    found = told(f"{address}/ogc/collections/{layer}/items?f=json&resultType=hits{more}")
    return int(found["numberMatched"])


def middle(address: str, layer: str) -> tuple[float, ...]:
    """A box of a quarter of the layer's."""
    collection = told(f"{address}/ogc/collections/{layer}")
    west, south, east, north = collection["extent"]["spatial"]["bbox"][0]
    quarter = (east - west) / 4, (north - south) / 4
    return west + quarter[0], south + quarter[1], east - quarter[0], north - quarter[1]


# -- the clients


def wheel(
    client: str, reader: str, address: str, layer: str, expected: int, box: Sequence[float] = ()
) -> Iterator[Told]:
    command = [
        sys.executable,
        "-m",
        "tests.clients.readers",
        reader,
        address,
        layer,
        *map(str, box),
    ]
    found = json.loads(run(client, command) or "{}")
    yield Told(client, found.get("version", "?"), layer, expected, found.get("count", -1))


def system_gdal(address: str, layer: str, expected: int) -> Iterator[Told]:
    if not shutil.which("ogr2ogr", path="/usr/bin"):
        return missing("gdal-bin")
    source = [f"OAPIF:{address}/ogc", layer]
    out = run("GDAL", ["/usr/bin/ogr2ogr", "-f", "GeoJSONSeq", "/vsistdout/", *source])
    yield Told("GDAL (Debian), OAPIF", gdal_version(), layer, expected, out.count("\n"))


def system_file(form: str, address: str, layer: str, expected: int) -> Iterator[Told]:
    if not shutil.which("ogr2ogr", path="/usr/bin"):
        return missing("gdal-bin")
    source = f"/vsicurl_streaming/{address}/ogc/collections/{layer}/items?f={form}"
    with urlopen(source.removeprefix("/vsicurl_streaming/"), timeout=300) as answer:
        content = answer.read()
    out = run(
        "GDAL", ["/usr/bin/ogr2ogr", "-f", "GeoJSONSeq", "/vsistdout/", "/vsistdin/"], content
    )
    yield Told(f"GDAL (Debian), {form.upper()}", gdal_version(), layer, expected, out.count("\n"))


def gdal_version() -> str:
    return run("GDAL", ["/usr/bin/ogr2ogr", "--version"]).split(",")[0].removeprefix("GDAL ")


def qgis(what: str, address: str, layer: str, expected: int | None) -> Iterator[Told]:
    if subprocess.run(
        [SYSTEM_PYTHON, "-c", "import qgis.core"], capture_output=True, check=False
    ).returncode:
        return missing("python3-qgis")
    out = run("QGIS", [SYSTEM_PYTHON, str(HERE / "in_qgis.py"), what, address, layer])
    found = json.loads(out.strip().splitlines()[-1]) if out.strip() else {}
    title = "QGIS, OAPIF" if what == "features" else "QGIS, vector tiles (pixels drawn)"
    yield Told(title, found.get("version", "?"), layer, expected, found.get("count", -1))


def missing(package: str) -> None:
    say(f"Passed over: {package} is not installed (apt-get install {package}).")


def run(client: str, command: Sequence[str], given: bytes | None = None) -> str:
    """What a client writes; nothing where it fails, and why on the screen."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": "/tmp"}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, input=given, capture_output=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip
    if done.returncode:
        say(f"{client} failed: {done.stderr.decode(errors='replace')[-500:]}")
        return ""
    return done.stdout.decode()


# -- the table


def report(lines: Sequence[Told]) -> int:
    say("| client | version | read | in = out |")
    say("|---|---|---|---|")
    for one in lines:
        expected = "drawn" if one.expected is None else f"{one.expected:,}"
        mark = "=" if one.right else "≠"
        say(f"| {one.client} | {one.version} | {one.read} | {expected} {mark} {one.count:,} |")
    return 0 if lines and all(one.right for one in lines) else 1


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
