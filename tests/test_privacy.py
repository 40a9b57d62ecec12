"""Who gets what, over every layer and everybody: a new layer is tested the day it appears."""

from __future__ import annotations

import json
import math
import re
from itertools import product
from typing import Any

import mapbox_vector_tile
import pytest

from layers import features
from layers.base import Layer, User
from layers.exports.table import Kind, Table
from layers.permissions import POLICIES, properties_for
from layers.registry import LAYERS, layers_for
from maps.answers import FILES
from tests import downloads
from tests.conftest import CAST
from tests.factories import EAST, NORTH, SECRET, SOUTH, WEST

pytestmark = pytest.mark.django_db
EVERY_LAYER = sorted(LAYERS)


def tile_at(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    count = 2**zoom
    x = int((lon + 180) / 360 * count)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * count)
    return x, y


def items(client: Any, layer_id: str) -> list[dict[str, Any]] | None:
    answer = client.get(f"/ogc/collections/{layer_id}/items?limit=1000")
    if answer.status_code == 404:
        return None
    assert answer.status_code == 200, answer.content
    return json.loads(b"".join(answer.streaming_content))["features"]


def tile_features(client: Any, layer_id: str) -> list[dict[str, Any]] | None:
    """What all tiles of the town hold of a layer; None where it does not exist for this person."""
    zoom = max(LAYERS[layer_id].minzoom, 11)
    (west, north), (east, south) = tile_at(WEST, NORTH, zoom), tile_at(EAST, SOUTH, zoom)
    found = []
    for x, y in product(range(west, east + 1), range(north, south + 1)):
        answer = client.get(f"/ogc/collections/{layer_id}/tiles/WebMercatorQuad/{zoom}/{y}/{x}")
        if answer.status_code == 404:
            return None
        assert answer.status_code in (200, 204), answer.content
        if not client.cookies.get("sessionid"):
            assert answer["Cache-Control"] == "public, max-age=5"
        found += mapbox_vector_tile.decode(answer.content).get(layer_id, {}).get("features", [])
    return found


@pytest.mark.parametrize("who", CAST)
@pytest.mark.parametrize("layer_id", EVERY_LAYER)
def test_every_door_gives_the_same_rows_and_only_declared_properties(
    cast: Any, browser_of: Any, layer_id: str, who: str
) -> None:
    layer, user = LAYERS[layer_id], getattr(cast, who)
    client = browser_of(user)
    visible = set(layer.visible_to(user).values_list("pk", flat=True))
    allowed = {prop.name for prop in properties_for(layer, user)}

    listed = items(client, layer_id)

    if layer not in layers_for(user):
        assert not visible
        assert listed is None
        assert tile_features(client, layer_id) is None
        missing = client.get(f"/ogc/collections/{layer_id}")
        unknown = client.get("/ogc/collections/no-such-layer")
        assert missing.status_code == unknown.status_code == 404
        return
    assert {row["id"] for row in listed} == visible
    assert all(set(row["properties"]) == allowed for row in listed)
    drawn = tile_features(client, layer_id)
    assert {row["id"] for row in drawn} == visible
    assert all(set(row["properties"]) <= allowed for row in drawn)
    for row in layer.rows().exclude(pk__in=visible)[:3]:
        hidden = client.get(f"/ogc/collections/{layer_id}/items/{row.pk}")
        assert hidden.status_code == 404


@pytest.mark.parametrize("who", CAST)
@pytest.mark.parametrize("layer_id", EVERY_LAYER)
def test_files_pages_and_frames_hold_the_rows_and_properties_of_the_items(
    cast: Any, browser_of: Any, layer_id: str, who: str
) -> None:
    client = browser_of(getattr(cast, who))
    listed = items(client, layer_id)
    check_files(client, layer_id, listed)
    check_pages(client, layer_id, listed)
    check_frame(LAYERS[layer_id], getattr(cast, who))


def check_files(client: Any, layer_id: str, listed: list[dict[str, Any]] | None) -> None:
    told = {row["id"]: row["properties"] for row in listed or []}
    for form in FILES:
        answer = client.get(f"/ogc/collections/{layer_id}/items?f={form}")
        if listed is None:
            assert answer.status_code == 404, form
            continue
        assert answer.status_code == 200, answer.content
        rows = downloads.read(form, downloads.content_of(answer))
        assert rows.keys() == told.keys(), form
        for fid, row in rows.items():
            filled = {name for name, value in told[fid].items() if value is not None}
            assert filled <= row.keys() <= told[fid].keys(), form
            texts = {name for name in filled if isinstance(told[fid][name], str)}
            assert all(str(row[name]).strip("'") for name in texts if told[fid][name]), form


def check_pages(client: Any, layer_id: str, listed: list[dict[str, Any]] | None) -> None:
    """The rows of the items, and no other."""
    address = f"/ogc/collections/{layer_id}"
    pages = [f"{address}?f=html", f"{address}/items?f=html", f"{address}/queryables?f=html"]
    if listed is None:
        assert [client.get(page).status_code for page in pages] == [404] * 3
    else:
        assert [client.get(page).status_code for page in pages] == [200] * 3
        table = client.get(f"{address}/items?f=html&limit=500").content.decode()
        linked = set(re.findall(rf'href="{address}/items/(\d+)\?f=html"', table))
        assert linked == {str(row["id"]) for row in listed}
    visible = {row["id"] for row in listed or []}
    for row in LAYERS[layer_id].rows()[:3]:
        status = client.get(f"{address}/items/{row.pk}?f=html").status_code
        assert status == (200 if row.pk in visible else 404)


def check_frame(layer: Layer, user: User) -> None:
    """The rows, properties and texts of the items."""
    told = {fid: json.loads(text) for fid, text in features.features(layer, user, limit=1000)}
    frame = features.to_geodataframe(layer, user)
    assert set(frame.index) == set(told)
    assert set(frame.columns) == {prop.name for prop in properties_for(layer, user)} | {"geometry"}
    texts = [
        name
        for name, kind in zip(Table(layer, user).names, Table(layer, user).kinds, strict=True)
        if kind is Kind.TEXT
    ]
    for fid, row in frame[texts].iterrows():
        for name, value in row.items():
            expected = told[fid]["properties"][name]
            assert (None if value != value else value) == expected or isinstance(expected, list)


@pytest.mark.parametrize("layer_id", EVERY_LAYER)
def test_no_secret_is_in_any_public_file_or_page(cast: Any, browser_of: Any, layer_id: str) -> None:
    client = browser_of(cast.citizen)
    for form in (*FILES, "html"):
        answer = client.get(f"/ogc/collections/{layer_id}/items?f={form}")
        assert SECRET.encode() not in downloads.content_of(answer), form
    for address in ("/ogc/dcat", "/data.json", f"/ogc/collections/{layer_id}?f=html"):
        assert SECRET.encode() not in client.get(address).content


@pytest.mark.parametrize("layer_id", EVERY_LAYER)
def test_the_town_has_rows_to_hide_and_to_show(cast: Any, layer_id: str) -> None:
    assert LAYERS[layer_id].rows().exists(), "tests over this layer would prove nothing"


@pytest.mark.parametrize("layer_id", EVERY_LAYER)
def test_the_public_gets_public_properties_only(cast: Any, browser_of: Any, layer_id: str) -> None:
    layer = LAYERS[layer_id]
    for who in (cast.citizen, cast.idle_official):
        listed = items(browser_of(who), layer_id)
        if not POLICIES[layer.policy].public:
            assert listed is None
            continue
        public = {prop.name for prop in layer.public}
        assert all(set(row["properties"]) == public for row in listed)
        assert SECRET not in json.dumps(listed)


def test_an_officer_of_one_area_sees_no_staff_property_outside_it(cast: Any) -> None:
    layer = LAYERS["trash-reports"]
    rows = {
        fid: json.loads(text)["properties"]["description"]
        for fid, text in features.features(layer, cast.west_officer, limit=100)
    }
    assert SECRET in rows[cast.town.report.pk]
    assert rows[cast.town.other_report.pk] is None
    assert cast.town.rejected_report.pk in rows


def test_a_health_officer_sees_the_children_of_one_puskesmas(cast: Any, browser_of: Any) -> None:
    mine = items(browser_of(cast.health_officer), "children")
    theirs = items(browser_of(cast.other_health_officer), "children")
    assert [row["properties"]["code"] for row in mine] == [str(cast.town.child.code)]
    assert [row["properties"]["code"] for row in theirs] == [str(cast.town.other_child.code)]


@pytest.mark.parametrize("who", [name for name in CAST if "health" not in name])
@pytest.mark.parametrize("layer_id", ["children", "measurements"])
def test_nobody_else_knows_that_children_are_kept(
    cast: Any, browser_of: Any, who: str, layer_id: str
) -> None:
    client = browser_of(getattr(cast, who))
    assert items(client, layer_id) is None
    listed = client.get("/ogc/collections").json()["collections"]
    assert layer_id not in {collection["id"] for collection in listed}
    assert layer_id not in client.get("/ogc/api").content.decode()


def test_a_superuser_without_duty_sees_what_the_public_sees(cast: Any, browser_of: Any) -> None:
    user = cast.idle_official
    user.is_staff = user.is_superuser = True
    user.save()
    assert items(browser_of(user), "children") is None
    assert items(browser_of(user), "permit-parcels") is None
    listed = items(browser_of(user), "permit-register")
    numbers = [row["properties"]["number"] for row in listed]
    assert numbers == ["KKPR-2026-0001", "KKPR-2026-0002"]


def test_an_account_that_was_closed_loses_everything_at_once(cast: Any) -> None:
    cast.health_officer.is_active = False
    assert not LAYERS["children"].visible_to(cast.health_officer).exists()


def test_unreleased_and_hidden_figures_are_nowhere(cast: Any, browser_of: Any) -> None:
    rows = [row["properties"] for row in items(browser_of(cast.citizen), "stunting-prevalence")]
    assert {row["month"] for row in rows} == {"2026-08-01"}
    (hidden,) = [row for row in rows if row["hidden"]]
    assert hidden["measured"] is hidden["stunted"] is hidden["rate"] is None
