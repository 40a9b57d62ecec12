"""Vector tiles, judged by decoding them."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import mapbox_vector_tile
import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.test import Client

from layers.catalog.trash.reports import TrashReport
from layers.functions import TileBox
from layers.registry import LAYERS
from layers.selection import select
from layers.tiles import tile_properties
from tests.factories import CENTRE, NOON
from tests.test_privacy import tile_at

pytestmark = pytest.mark.django_db
TILE = "/ogc/collections/{}/tiles/WebMercatorQuad/{}/{}/{}"


@pytest.fixture
def client(cast: Any) -> Client:
    return Client()


def address(layer_id: str, zoom: int) -> str:
    x, y = tile_at(CENTRE.x, CENTRE.y, zoom)
    return TILE.format(layer_id, zoom, y, x)


def test_a_point_lies_in_its_tile_where_it_should(client: Client) -> None:
    zoom = 16
    x, y = tile_at(CENTRE.x, CENTRE.y, zoom)
    answer = client.get(TILE.format("markets", zoom, y, x))
    assert answer["Content-Type"] == "application/vnd.mapbox-vector-tile"
    (feature,) = mapbox_vector_tile.decode(answer.content)["markets"]["features"]
    px, py = feature["geometry"]["coordinates"]
    lon = (x + px / 4096) / 2**zoom * 360 - 180
    assert lon == pytest.approx(CENTRE.x, abs=1e-5)
    assert feature["properties"] == {"code": "oeba", "name": "Pasar Oeba"}
    assert 0 <= py <= 4096


def test_the_address_is_row_before_column(client: Client) -> None:
    x, y = tile_at(CENTRE.x, CENTRE.y, 16)
    assert client.get(TILE.format("markets", 16, x, y)).status_code == 204


def test_several_layers_share_one_tile_when_asked(client: Client) -> None:
    x, y = tile_at(CENTRE.x, CENTRE.y, 12)
    joint = f"/ogc/tiles/WebMercatorQuad/12/{y}/{x}?collections=kelurahan,markets,markets"
    assert set(mapbox_vector_tile.decode(client.get(joint).content)) == {"kelurahan", "markets"}


@pytest.mark.parametrize("collections", ["", ",", "children", "kelurahan,children", "no-such"])
def test_a_joint_tile_of_nothing_or_the_invisible_is_refused(
    client: Client, collections: str
) -> None:
    answer = client.get(f"/ogc/tiles/WebMercatorQuad/0/0/0?collections={collections}")
    assert answer.status_code in (400, 404)
    assert answer["Content-Type"] == "application/problem+json"


def test_a_property_narrows_a_tile(client: Client) -> None:
    with_it = client.get(address("latest-prices", 14) + "?commodity=Beras Medium I")
    without = client.get(address("latest-prices", 14) + "?commodity=Emas")
    (feature,) = mapbox_vector_tile.decode(with_it.content)["latest-prices"]["features"]
    assert feature["properties"]["price"] == 15_750
    assert feature["properties"]["week_change"] == 5.0
    assert without.status_code == 204


@pytest.mark.parametrize("zoom", range(0, 23, 2))
def test_every_layer_answers_at_every_zoom(client: Client, zoom: int) -> None:
    for layer in LAYERS.values():
        expected = (200, 204) if layer.public else (404,)
        assert client.get(address(layer.id, zoom)).status_code in expected


@pytest.mark.parametrize(
    "z_y_x",
    ["23/0/0", "0/1/0", "0/0/1", "5/32/0", "99999999999/0/0", "3/99999999999999999999/0"],
)
def test_outside_the_matrix_is_told_what_is_inside(client: Client, z_y_x: str) -> None:
    answer = client.get(f"/ogc/collections/markets/tiles/WebMercatorQuad/{z_y_x}")
    assert answer.status_code == 400
    assert "WebMercatorQuad" in answer.json()["detail"]


@pytest.mark.parametrize("z_y_x", ["-1/0/0", "a/b/c", "1.5/0/0"])
def test_what_is_no_tile_address_is_not_found(client: Client, z_y_x: str) -> None:
    answer = client.get(f"/ogc/collections/markets/tiles/WebMercatorQuad/{z_y_x}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("layer_id", sorted(LAYERS))
def test_tilejson_declares_what_the_tiles_carry(cast: Any, browser_of: Any, layer_id: str) -> None:
    layer = LAYERS[layer_id]
    user = cast.citizen if layer.public else cast.planner
    user = cast.health_officer if layer.theme.id == "stunting" and not layer.public else user
    answer = browser_of(user).get(f"/ogc/collections/{layer_id}/tiles/WebMercatorQuad/tile.json")
    document = answer.json()
    (described,) = document["vector_layers"]
    names = {prop.name for prop in tile_properties(layer, user)}
    assert set(described["fields"]) == names | ({"n"} if layer.overview else set())
    assert {"{z}", "{y}", "{x}"} <= set(re.findall(r"{.}", document["tiles"][0]))


def test_the_tile_query_uses_the_spatial_index(cast: Any) -> None:
    spread = (point for number in range(3000) if (point := nearby(number)))
    TrashReport.objects.bulk_create(
        TrashReport(instance_id=uuid4(), category="overflow", observed_at=NOON, geom=point)
        for point in spread
    )
    rows = select(LAYERS["trash-reports"], cast.citizen, ()).filter(
        geom__bboverlaps=TileBox(18, *tile_at(CENTRE.x, CENTRE.y, 18))
    )
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE layers_trashreport")
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "layers_trashreport_geom_" in plan, plan


def nearby(number: int) -> Point:
    return Point(CENTRE.x + number / 1e5, CENTRE.y + (number % 7) / 1e3, srid=4326)
