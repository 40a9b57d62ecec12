"""OGC API - Features Part 1, conformance classes GeoJSON and HTML."""

from __future__ import annotations

import math
from typing import Any

import jsonschema
import pytest
import shapely
from django.test import Client

from layers.registry import LAYERS
from tests.ogc.reader import GEOJSON, Reader, points

pytestmark = pytest.mark.django_db
STANDARD = "http://www.opengis.net/spec/ogcapi-features-1/1.0"
# What the schemas of the standard demand of each resource.
REQUIRED = {
    "/ogc/": {"links"},
    "/ogc/conformance": {"conformsTo"},
    "/ogc/collections": {"links", "collections"},
}


def test_features_are_offered_as_geojson_and_all_else_as_json(reader: Reader) -> None:
    """/conf/geojson/definition"""
    for layer_id in reader.filled:
        for address in (f"/ogc/collections/{layer_id}/items", one_of(reader, layer_id)):
            for accept in (GEOJSON, "application/json", "*/*"):
                answer = reader.client.get(address, headers={"accept": accept})
                assert answer["Content-Type"] == GEOJSON
        for address in (*REQUIRED, f"/ogc/collections/{layer_id}"):
            answer = reader.client.get(address, headers={"accept": f"{GEOJSON}, application/json"})
            assert answer["Content-Type"] == "application/json"


def test_what_comes_is_geojson(reader: Reader) -> None:
    """/conf/geojson/content"""
    for address, names in REQUIRED.items():
        assert names <= set(reader.get(address))
    schemas = reader.get("/ogc/api")["components"]
    feature, collection = (
        jsonschema.Draft4Validator({"$ref": f"#/components/schemas/{name}", "components": schemas})
        for name in ("Feature", "FeatureCollection")
    )
    for layer_id in reader.filled:
        assert {"id", "links"} <= set(reader.get(f"/ogc/collections/{layer_id}"))
        collection.validate(reader.items(layer_id))
        address = one_of(reader, layer_id)
        alone = reader.get(address)
        feature.validate(alone)
        assert address.endswith(f"/{alone['id']}")
        for row in [*reader.every(layer_id), alone]:
            assert row["type"] == "Feature"
            assert isinstance(row["properties"], dict)
            shape = shapely.geometry.shape(row["geometry"])
            assert shape.is_valid
            assert not shape.is_empty
            assert all(map(math.isfinite, shape.bounds))


def test_coordinates_are_written_to_a_centimetre(reader: Reader, cast: Any) -> None:
    (market,) = reader.every("markets")
    ((lon, lat),) = points(market["geometry"])
    assert (lon, lat) == pytest.approx(cast.town.market.geom.coords, abs=5e-8)


def test_every_resource_is_a_page_as_well(reader: Reader) -> None:
    """/conf/html/definition /conf/html/content"""
    layer = LAYERS["markets"]
    base = f"/ogc/collections/{layer.id}"
    for address in ("/ogc/", "/ogc/conformance", "/ogc/api", "/ogc/collections", base,
                    f"{base}/queryables", f"{base}/items", one_of(reader, layer.id),
                    f"{base}/tiles", f"{base}/tiles/WebMercatorQuad"):  # fmt: skip
        asked = reader.answer(address, f="html")
        accepted = reader.client.get(address, headers={"accept": "text/html,*/*;q=0.8"})
        for answer in (asked, accepted):
            text = answer.getvalue().decode()
            assert answer.status_code == 200
            assert answer["Content-Type"].startswith("text/html")
            assert text.lstrip().lower().startswith("<!doctype html>")
            assert text.rstrip().endswith("</html>")
    assert layer.title.id in Client().get(f"{base}?f=html").content.decode()


def one_of(reader: Reader, layer_id: str) -> str:
    return f"/ogc/collections/{layer_id}/items/{reader.every(layer_id)[0]['id']}"
