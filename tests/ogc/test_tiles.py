"""OGC API - Tiles Part 1 (OGC 20-057): the classes that are claimed."""

from __future__ import annotations

import mapbox_vector_tile
import pytest

from layers.registry import LAYERS
from tests.factories import CENTRE
from tests.ogc.reader import PUBLIC, Json, Reader, links
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


def test_tiles_are_got_by_the_template(reader: Reader) -> None:
    """/conf/core/tc-op /conf/core/tc-success /conf/mvt/tileset-set"""
    for layer_id in PUBLIC:
        zoom = max(14, LAYERS[layer_id].minzoom)
        x, y = tile_at(CENTRE.x, CENTRE.y, zoom)
        address = template(reader, layer_id).format(z=zoom, y=y, x=x)
        answer = reader.answer(address)
        assert answer.status_code in (200, 204)
        if answer.status_code == 200:
            assert answer["Content-Type"] == MVT
            assert layer_id in mapbox_vector_tile.decode(answer.getvalue())


def test_a_tile_outside_the_matrix_is_an_error(reader: Reader) -> None:
    """/conf/core/tc-error"""
    address = template(reader, "markets")
    for z, y, x in ((0, 1, 0), (3, 0, 8), (40, 0, 0)):
        assert 400 <= reader.answer(address.format(z=z, y=y, x=x)).status_code < 500


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
