"""OGC API - Features Part 2: coordinate reference systems by reference."""

from __future__ import annotations

import re

import pytest
import shapely
from pyproj import Transformer

from tests.ogc.reader import Reader, points

pytestmark = pytest.mark.django_db
STANDARD = "http://www.opengis.net/spec/ogcapi-features-2/1.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/{}"
# As OGC 09-048 spells the address of a coordinate system: authority, version, code.
NAMED = re.compile(r"http://www\.opengis\.net/def/crs/\w+/[\w.]+/\w+")
OFFERED = {CRS84, *map(EPSG.format, (4326, 3857, 32751))}


def test_each_collection_names_its_systems(reader: Reader) -> None:
    """/conf/crs/crs-uri /conf/crs/default-crs /conf/crs/storageCrs"""
    listed = reader.get("/ogc/collections")
    alone = [reader.get(f"/ogc/collections/{one['id']}") for one in listed["collections"]]
    for told in (listed, *listed["collections"], *alone):
        assert set(told["crs"]) == OFFERED
        assert told["crs"][0] == CRS84
        assert all(NAMED.fullmatch(uri) for uri in told["crs"])
        assert told.get("storageCrs", CRS84) in told["crs"]


def test_features_come_in_the_system_asked_for(reader: Reader) -> None:
    """/conf/crs/crs-parameter /conf/crs/crs-parameter-transform"""
    for layer_id in reader.filled:
        items = f"/ogc/collections/{layer_id}/items"
        plain = reader.every(layer_id)
        for uri in OFFERED:
            moved = reader.items(layer_id, crs=uri, limit=10_000)["features"]
            alone = reader.get(f"{items}/{plain[0]['id']}", crs=uri)
            for one, other in zip([*plain, plain[0]], [*moved, alone], strict=True):
                assert (other["type"], other["id"]) == ("Feature", one["id"])
                expected = [place(point, uri) for point in points(one["geometry"])]
                near = 1e-6 if uri.endswith(("CRS84", "4326")) else 0.02
                for found, right in zip(points(other["geometry"]), expected, strict=True):
                    assert found == pytest.approx(right, abs=near, rel=0)
            for address in (items, f"{items}/{plain[0]['id']}"):
                assert reader.answer(address, crs=uri)["Content-Crs"] == f"<{uri}>"


def test_without_a_system_it_is_crs84(reader: Reader) -> None:
    """/conf/crs/crs-parameter-default /conf/crs/bbox-crs-parameter-default"""
    for layer_id in reader.filled:
        answer = reader.answer(f"/ogc/collections/{layer_id}/items")
        assert answer["Content-Crs"] == f"<{CRS84}>"
        assert reader.every(layer_id) == reader.items(layer_id, crs=CRS84, limit=10_000)["features"]
        lon, lat = points(reader.every(layer_id)[0]["geometry"])[0]
        near = {"bbox": box(lon, lat, CRS84)}
        assert reader.ids(layer_id, **near) == reader.ids(layer_id, **near, **{"bbox-crs": CRS84})
        assert reader.ids(layer_id, **near)


@pytest.mark.parametrize("wrong", ["", "EPSG:4326", EPSG.format(32750), EPSG.format("x"), "\n"])
def test_a_system_that_is_not_offered_is_refused(reader: Reader, wrong: str) -> None:
    """/conf/crs/crs-parameter-invalid /conf/crs/bbox-crs-parameter-invalid"""
    for layer_id in reader.filled:
        address = f"/ogc/collections/{layer_id}/items"
        row = reader.items(layer_id, limit=1)["features"][0]
        assert reader.refused(f"{address}/{row['id']}", crs=wrong)["parameter"] == "crs"
        for name in ("crs", "bbox-crs", "filter-crs"):
            asked = {name: wrong, "bbox": "123,-11,124,-10", "filter": "TRUE"}
            assert reader.refused(address, **asked)["parameter"] == name


def test_a_box_is_read_in_its_system(reader: Reader) -> None:
    """/conf/crs/bbox-crs-parameter"""
    for layer_id in reader.filled:
        for row in reader.every(layer_id)[:2]:
            lon, lat = points(row["geometry"])[0]
            for uri in OFFERED:
                near, far = box(lon, lat, uri), box(lon + 0.5, lat, uri)
                assert row["id"] in reader.ids(layer_id, **{"bbox": near, "bbox-crs": uri})
                assert row["id"] not in reader.ids(layer_id, **{"bbox": far, "bbox-crs": uri})
                for other in reader.items(layer_id, **{"bbox": near, "bbox-crs": uri})["features"]:
                    shape = shapely.geometry.shape(other["geometry"])
                    assert shape.distance(shapely.Point(lon, lat)) < 1e-4  # half a box is 1e-5


@pytest.mark.parametrize(
    ("box", "epsg"),
    [("-11,123,-12,124", 4326), ("123,-11,124,-10", 4326), ("9,9,1,1", 3857),
     ("0,0,1e30,1e30", 32751), ("5e5,8e6,4e5,9e6", 32751), ("nan,0,1,1", 3857)],
)  # fmt: skip
def test_a_box_that_is_none_in_its_system_is_refused(reader: Reader, box: str, epsg: int) -> None:
    asked = {"bbox": box, "bbox-crs": EPSG.format(epsg)}
    assert reader.refused("/ogc/collections/markets/items", **asked)["parameter"] == "bbox"


def test_files_are_in_degrees_only(reader: Reader) -> None:
    asked = {"f": "csv", "crs": EPSG.format(3857)}
    assert reader.refused("/ogc/collections/markets/items", **asked)["parameter"] == "crs"


def place(point: tuple[float, float], uri: str) -> tuple[float, float]:
    """Where a point in degrees is in a system, in its own order of axes."""
    if uri == CRS84:
        return point
    if uri.endswith("/4326"):
        return point[1], point[0]
    moved = Transformer.from_crs(4326, int(uri.rsplit("/", 1)[1]), always_xy=True)
    return moved.transform(*point)


def box(lon: float, lat: float, uri: str) -> str:
    x, y = place((lon, lat), uri)
    half = 1e-5 if uri.endswith(("CRS84", "4326")) else 1.0
    return f"{x - half},{y - half},{x + half},{y + half}"
