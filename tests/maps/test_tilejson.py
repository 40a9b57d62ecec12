"""TileJSON: what a GIS client needs to draw a layer that it has never seen."""

from __future__ import annotations

from typing import Any

import mapbox_vector_tile
import pytest
from django.contrib.auth.models import AnonymousUser

from layers import tile_changes
from layers.registry import LAYERS
from maps.tiles.store import MAX_ZOOM
from tests.factories import CENTRE, EAST, NORTH, SOUTH, WEST
from tests.test_privacy import tile_at

pytestmark = pytest.mark.django_db
NOBODY = AnonymousUser()
PUBLIC = [layer.id for layer in tile_changes.public_layers()]


def tilejson(client: Any, layer_id: str) -> dict[str, Any]:
    answer = client.get(f"/ogc/collections/{layer_id}/tiles/WebMercatorQuad/tile.json")
    assert answer.status_code == 200
    return dict(answer.json())


@pytest.mark.parametrize("layer_id", PUBLIC)
def test_the_template_leads_to_tiles_with_these_fields(
    cast: Any, client: Any, layer_id: str
) -> None:
    told = tilejson(client, layer_id)
    assert told["tilejson"] == "3.0.0"
    (described,) = told["vector_layers"]
    (template,) = told["tiles"]
    assert template.startswith(f"http://testserver/tiles/{layer_id}/")
    zoom = min(max(told["minzoom"], 15), told["maxzoom"])
    (west, north), (east, south) = tile_at(WEST, NORTH, zoom), tile_at(EAST, SOUTH, zoom)
    shown: set[str] = set()
    for x in range(west, east + 1):
        for y in range(north, south + 1):
            answer = client.get(template.format(z=zoom, x=x, y=y).removeprefix("http://testserver"))
            assert answer.status_code in (200, 204)
            for name, layer in mapbox_vector_tile.decode(answer.content).items():
                assert name == described["id"]
                shown.update(key for one in layer["features"] for key in one["properties"])
    assert shown <= set(described["fields"])
    if LAYERS[layer_id].visible_to(NOBODY).exists():
        assert shown


@pytest.mark.parametrize("layer_id", PUBLIC)
def test_zooms_and_bounds_are_those_of_the_tiles(cast: Any, client: Any, layer_id: str) -> None:
    told = tilejson(client, layer_id)
    assert 0 <= told["minzoom"] <= told["maxzoom"] <= MAX_ZOOM
    west, south, east, north = told["bounds"]
    assert -180 <= west <= east <= 180
    assert -86 <= south <= north <= 86
    lon, lat, zoom = told["center"]
    assert west <= lon <= east
    assert south <= lat <= north
    assert told["minzoom"] <= zoom <= told["maxzoom"]


def test_whoever_sees_more_gets_tiles_of_their_own(cast: Any, browser_of: Any) -> None:
    (template,) = tilejson(browser_of(cast.officer), "trash-reports")["tiles"]
    assert template.endswith("/ogc/collections/trash-reports/tiles/WebMercatorQuad/{z}/{y}/{x}")
    (shared,) = tilejson(browser_of(cast.officer), "kelurahan")["tiles"]
    assert "/tiles/kelurahan/" in shared


def test_the_layers_of_others_have_none(cast: Any, client: Any) -> None:
    for layer in LAYERS.values():
        if not tile_changes.is_public(layer):
            path = f"/ogc/collections/{layer.id}/tiles/WebMercatorQuad/tile.json"
            assert client.get(path).status_code == 404


def test_an_unchanged_tile_of_the_standard_address_is_not_sent_again(
    cast: Any, client: Any, browser_of: Any
) -> None:
    x, y = tile_at(CENTRE.x, CENTRE.y, 14)
    path = f"/ogc/collections/markets/tiles/WebMercatorQuad/14/{y}/{x}"
    for who in (cast.citizen, cast.officer):
        browser = browser_of(who)
        first = browser.get(path)
        assert first.status_code == 200
        same = browser.get(path, headers={"If-None-Match": first["ETag"]})
        assert same.status_code == 304
        assert not same.content


def test_a_joint_tile_is_put_together_from_what_is_stored(
    cast: Any, client: Any, settings: Any, tmp_path: Any
) -> None:
    x, y = tile_at(CENTRE.x, CENTRE.y, 14)
    names = "kelurahan,markets,trash-reports"
    path = f"/ogc/tiles/WebMercatorQuad/14/{y}/{x}?collections={names}"
    drawn = client.get(path)
    settings.TILE_STORE = str(tmp_path)
    for _ in range(2):
        stored = client.get(path)
        assert mapbox_vector_tile.decode(stored.content) == mapbox_vector_tile.decode(drawn.content)
        assert client.get(path, headers={"If-None-Match": stored["ETag"]}).status_code == 304
    kept = {file.parts[len(tmp_path.parts)] for file in tmp_path.glob("[!.]*/**/*.gz")}
    assert kept == {"kelurahan", "markets"}, "no sweeper is here for a live layer"
