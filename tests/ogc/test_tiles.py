"""OGC API - Tiles Part 1 (OGC 20-057): the classes that are claimed."""

from __future__ import annotations

import math
from typing import Any

import mapbox_vector_tile
import pytest

from layers.registry import LAYERS
from tests.ogc.reader import PUBLIC, Json, Reader, links, points
from tests.test_privacy import tile_at

pytestmark = pytest.mark.django_db
STANDARD = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0"
MVT = "application/vnd.mapbox-vector-tile"
TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"


def template(reader: Reader, layer_id: str) -> str:
    (one,) = links(tileset(reader, layer_id), "item")
    assert (one["type"], one["templated"]) == (MVT, True)
    return str(one["href"])


def tileset(reader: Reader, layer_id: str) -> Json:
    listed = reader.get(f"/ogc/collections/{layer_id}/tiles")
    return reader.get(links(listed["tilesets"][0], "self")[0]["href"])


def test_the_classes_are_declared(reader: Reader) -> None:
    """/conf/core/conformance-success"""
    claimed = reader.get("/ogc/conformance")["conformsTo"]
    assert f"{STANDARD}/conf/core" in claimed
    assert f"{STANDARD}/conf/mvt" in claimed


def test_the_definition_names_matrix_row_and_column(reader: Reader) -> None:
    """/conf/core/tc-tilematrix-definition /conf/core/tc-tilerow-definition
    /conf/core/tc-tilecol-definition fix their names for those who claim OGC API - Common."""
    assert not [one for one in reader.get("/ogc/conformance")["conformsTo"] if "-common-" in one]
    for layer_id in PUBLIC:
        path = f"/collections/{layer_id}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
        spelled = reader.get("/ogc/api")["paths"][path]["get"]["parameters"]
        parts = {one["name"]: one for one in spelled if one["in"] == "path"}
        assert list(parts) == ["z", "y", "x"]
        for one in parts.values():
            assert one["required"]
            assert one["schema"] == {"type": "integer", "minimum": 0}


def test_tiles_are_got_by_the_template(reader: Reader) -> None:
    """/conf/core/tc-op /conf/core/tc-success"""
    for layer_id in reader.filled:
        assert tileset(reader, layer_id)["tileMatrixSetURI"].endswith("/WebMercatorQuad")
        zoom = max(14, LAYERS[layer_id].minzoom)
        for row in reader.every(layer_id)[:2]:
            lon, lat = points(row["geometry"])[0]
            x, y = tile_at(lon, lat, zoom)
            address = template(reader, layer_id).format(z=zoom, y=y, x=x)
            answer = reader.client.get(address, headers={"accept": MVT})
            assert (answer.status_code, answer["Content-Type"]) == (200, MVT)
            assert layer_id in mapbox_vector_tile.decode(answer.getvalue())


def test_a_tile_is_a_grid_over_its_part_of_the_earth(reader: Reader, cast: Any) -> None:
    """/conf/mvt/content"""
    lon, lat = cast.town.market.geom.coords
    for zoom in (12, 16):
        x, y = tile_at(lon, lat, zoom)
        address = template(reader, "markets").format(z=zoom, y=y, x=x)
        content = reader.answer(address).getvalue()
        told = mapbox_vector_tile.decode(content, default_options={"y_coord_down": True})
        assert list(told) == ["markets"]
        (feature,) = told["markets"]["features"]
        assert feature["geometry"]["type"] == "Point"
        column, line = fractions(lon, lat, zoom)  # from the corner in the north-west
        extent = told["markets"]["extent"]
        expected = [(column - x) * extent, (line - y) * extent]
        assert feature["geometry"]["coordinates"] == pytest.approx(expected, abs=1)


def fractions(lon: float, lat: float, zoom: int) -> tuple[float, float]:
    """Where a place is, counted in tiles."""
    line = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return (lon + 180) / 360 * 2**zoom, line * 2**zoom


def test_a_tile_outside_the_matrix_is_an_error_and_an_empty_one_is_none(reader: Reader) -> None:
    """/conf/core/tc-error"""
    address = template(reader, "markets")
    for z, y, x in ((0, 1, 0), (3, 0, 8), (3, 8, 0), (40, 0, 0)):
        assert reader.answer(address.format(z=z, y=y, x=x)).status_code in (400, 404)
    empty = reader.answer(address.format(z=14, y=1, x=1))
    assert (empty.status_code, empty.getvalue()) == (204, b"")


def test_each_collection_links_to_its_tilesets(reader: Reader) -> None:
    for layer_id in PUBLIC:
        (link,) = links(reader.get(f"/ogc/collections/{layer_id}"), TILESETS)
        assert reader.get(link["href"])["tilesets"]


def test_the_list_of_tilesets_has_what_a_client_needs(reader: Reader) -> None:
    for layer_id in PUBLIC:
        for one in reader.get(f"/ogc/collections/{layer_id}/tiles")["tilesets"]:
            assert one["dataType"] == "vector"
            assert one["crs"].endswith("/EPSG/0/3857")
            assert links(one, "self")


def test_a_tileset_names_its_matrix_and_its_tiles(reader: Reader) -> None:
    for layer_id in PUBLIC:
        told = tileset(reader, layer_id)
        assert told["tileMatrixSetURI"].endswith("/WebMercatorQuad")
        assert {"self", "item"} <= {link["rel"] for link in told["links"]}
