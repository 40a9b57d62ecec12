"""Real GIS clients at the open door, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from django.test import Client

from tests.factories import trash_report

pytestmark = pytest.mark.django_db(transaction=True)

READ = """
import json, sys
import pyogrio
source, layer, *bbox = sys.argv[1:]
box = tuple(map(float, bbox)) or None
frame = pyogrio.read_dataframe(source, layer=layer, bbox=box)
print(json.dumps({
    "layers": sorted(name for name, _ in pyogrio.list_layers(source)),
    "rows": len(frame),
    "epsg": frame.crs.to_epsg(),
    "bounds": list(frame.total_bounds),
}))
"""


def gdal(address: str, layer: str, *bbox: float) -> dict[str, Any]:
    """What GDAL's OAPIF driver reads. In this process it would hold the interpreter while the
    server under test, a thread of it, waits to answer."""
    told = subprocess.run(
        [sys.executable, "-c", READ, f"OAPIF:{address}/ogc", layer, *map(str, bbox)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def test_gdal_reads_every_item_over_several_pages(cast: Any, live_server: Any) -> None:
    for _ in range(1100):  # GDAL asks for a thousand at once
        trash_report(cast.town.kelurahan["Tenggara"])

    reports = gdal(live_server.url, "trash-reports")

    collections = Client().get("/ogc/collections").json()["collections"]
    assert reports["layers"] == sorted(collection["id"] for collection in collections)
    assert (reports["rows"], reports["epsg"]) == (1102, 4326)


def test_gdal_reads_areas_where_they_are(cast: Any, live_server: Any) -> None:
    kelurahan = gdal(live_server.url, "kelurahan")
    assert kelurahan["rows"] == 4
    assert kelurahan["bounds"] == pytest.approx(cast.town.city.geom.extent)


def test_gdal_asks_for_a_box_and_gets_what_lies_in_it(cast: Any, live_server: Any) -> None:
    west, south, east, north = cast.town.report.geom.buffer(0.001).extent
    found = gdal(live_server.url, "trash-reports", west, south, east, north)
    assert found["rows"] == 1
