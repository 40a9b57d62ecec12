"""OGC API - Features Part 2: coordinate reference systems by reference."""

from __future__ import annotations

from typing import Any

import pytest
from pyproj import Transformer

from tests.ogc.reader import Reader, points

pytestmark = pytest.mark.django_db
STANDARD = "http://www.opengis.net/spec/ogcapi-features-2/1.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/{}"
OFFERED = {CRS84, *map(EPSG.format, (4326, 3857, 32751))}


def test_each_collection_names_its_systems(reader: Reader) -> None:
    """/conf/crs/crs-uri /conf/crs/default-crs /conf/crs/storageCrs"""
    for layer_id in reader.filled:
        told = reader.get(f"/ogc/collections/{layer_id}")
        assert set(told["crs"]) == OFFERED
        assert told["crs"][0] == CRS84
        assert told.get("storageCrs", CRS84) in told["crs"]


def test_features_come_in_the_system_asked_for(reader: Reader) -> None:
    """/conf/crs/crs-parameter /conf/crs/crs-parameter-transform"""
    for layer_id in reader.filled:
        plain = reader.every(layer_id)
        for uri in OFFERED:
            answer = reader.answer(f"/ogc/collections/{layer_id}/items", crs=uri, limit=10_000)
            assert answer["Content-Crs"] == f"<{uri}>"
            moved = reader.items(layer_id, crs=uri, limit=10_000)["features"]
            for one, other in zip(plain, moved, strict=True):
                expected = [place(point, uri) for point in points(one["geometry"])]
                near = 1e-6 if uri.endswith(("CRS84", "4326")) else 0.02
                for found, right in zip(points(other["geometry"]), expected, strict=True):
                    assert found == pytest.approx(right, abs=near, rel=0)


def test_one_feature_comes_in_the_system_asked_for(reader: Reader, cast: Any) -> None:
    address = f"/ogc/collections/markets/items/{cast.town.market.pk}"
    uri = EPSG.format(4326)
    assert reader.answer(address, crs=uri)["Content-Crs"] == f"<{uri}>"
    ((lat, lon),) = points(reader.get(address, crs=uri)["geometry"])
    assert (lon, lat) == pytest.approx(cast.town.market.geom.coords, abs=1e-6)


def test_without_a_system_it_is_crs84(reader: Reader) -> None:
    """/conf/crs/crs-parameter-default /conf/crs/bbox-crs-parameter-default"""
    answer = reader.answer("/ogc/collections/markets/items")
    assert answer["Content-Crs"] == f"<{CRS84}>"
    assert reader.every("markets") == reader.items("markets", crs=CRS84)["features"]
    assert reader.ids("markets", bbox="123,-11,124,-10") == reader.ids(
        "markets", **{"bbox": "123,-11,124,-10", "bbox-crs": CRS84}
    )


@pytest.mark.parametrize("wrong", ["", "EPSG:4326", EPSG.format(32750), EPSG.format("x"), "\n"])
def test_a_system_that_is_not_offered_is_refused(reader: Reader, wrong: str) -> None:
    """/conf/crs/crs-parameter-invalid /conf/crs/bbox-crs-parameter-invalid"""
    address = "/ogc/collections/markets/items"
    for name in ("crs", "bbox-crs", "filter-crs"):
        asked = {name: wrong, "bbox": "123,-11,124,-10", "filter": "name='x'"}
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
