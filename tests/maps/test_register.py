"""The public register of applications: those that are far enough, drawn as far as they were
granted, and nobody's name."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from django.contrib.gis.geos import GEOSGeometry
from django.test import Client

from layers.catalog.permits.applications import PUBLISHABLE, Application
from layers.registry import LAYERS
from tests import letters as made
from tests.factories import NORTH, SECRET, WEST, application, around, point_in
from tests.test_privacy import items, tile_features

pytestmark = pytest.mark.django_db
REGISTER = "permit-register"
NEVER = ("registered", "completeness", "returned", "withdrawn", "lapsed")


@pytest.fixture
def one_of_each(cast: Any) -> dict[str, Application]:
    area = cast.town.kelurahan["Barat Daya"]
    middle = point_in(area)
    found = {}
    for n, status in enumerate(Application.Status):
        spot = middle.clone()
        spot.x += 0.002 * n - 0.01
        number = f"KKPR-2026-03{n:02}"
        found[status.value] = application(area, number, status.value, geom=around(spot))
    return found


def test_every_state_is_either_published_or_not() -> None:
    assert {*PUBLISHABLE, *NEVER} == set(Application.Status.values)
    assert not set(PUBLISHABLE) & set(NEVER)


@pytest.mark.parametrize("who", ["citizen", "idle_official", "planner", "approver", "officer"])
def test_of_every_state_the_register_tells_exactly_the_publishable(
    cast: Any, browser_of: Any, one_of_each: dict[str, Application], who: str
) -> None:
    """Officials see in the register what everybody sees there."""
    client = browser_of(getattr(cast, who))
    told = {row["properties"]["number"]: row["properties"] for row in items(client, REGISTER)}
    drawn = {row["properties"]["number"] for row in tile_features(client, REGISTER)}
    for status, file in one_of_each.items():
        public = status in PUBLISHABLE
        assert (file.number in told) == (file.number in drawn) == public, status
        if public:
            assert told[file.number]["status"] == status
        answer = client.get(f"/ogc/collections/{REGISTER}/items/{file.pk}")
        assert answer.status_code == (200 if public else 404)


@pytest.mark.parametrize("status", NEVER)
def test_what_is_asked_for_by_its_state_stays_hidden(
    client: Client, one_of_each: dict[str, Application], status: str
) -> None:
    answer: Any = client.get(f"/ogc/collections/{REGISTER}/items?status={status}")
    assert json.loads(b"".join(answer.streaming_content))["features"] == []


def test_an_application_that_is_withdrawn_leaves_the_register(
    client: Client, one_of_each: dict[str, Application]
) -> None:
    file = one_of_each["assessment"]
    assert file.number in {row["properties"]["number"] for row in items(client, REGISTER)}
    Application.objects.filter(pk=file.pk).update(status="withdrawn")
    assert file.number not in {row["properties"]["number"] for row in items(client, REGISTER)}


def test_a_partial_approval_is_drawn_as_far_as_it_was_granted(cast: Any, client: Client) -> None:
    decision = made.decided(cast, "granted-in-part")
    (row,) = [
        row for row in items(client, REGISTER) if row["properties"]["number"] == "KKPR-2026-0777"
    ]
    shape = GEOSGeometry(json.dumps(row["geometry"]), srid=4326)
    refused: Any = decision.recommendation.refused_part
    assert shape.intersection(refused).area < refused.area * 1e-3
    assert row["properties"]["area_m2"] == pytest.approx(8483.47, abs=0.01)
    assert row["properties"]["granted_m2"] == pytest.approx(decision.approved_m2)
    assert row["properties"]["granted_m2"] < row["properties"]["area_m2"]


def test_of_a_refusal_nothing_was_granted(cast: Any, client: Client) -> None:
    made.decided(cast, "refused")
    (row,) = [
        row for row in items(client, REGISTER) if row["properties"]["number"] == "KKPR-2026-0777"
    ]
    assert row["properties"]["granted_m2"] is None
    assert row["properties"]["decided_on"]


DOORS = (
    f"/ogc/collections/{REGISTER}",
    f"/ogc/collections/{REGISTER}/items?limit=1000",
    f"/ogc/collections/{REGISTER}/items?bbox={WEST},-10.3,123.7,{NORTH}",
    f"/ogc/collections/{REGISTER}/items?status=granted",
    "/ogc/api",
    "/",
    "/documents/kota.html",
)


@pytest.mark.parametrize("address", DOORS)
@pytest.mark.parametrize("who", ["citizen", "idle_official"])
def test_no_door_of_the_register_knows_the_applicant(
    cast: Any, browser_of: Any, one_of_each: dict[str, Application], who: str, address: str
) -> None:
    answer = browser_of(getattr(cast, who)).get(address)
    assert answer.status_code == 200
    told = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if answer.get("Content-Encoding") == "gzip":
        told = gzip.decompress(told)
    text = told.decode()
    assert ("Toko kelontong" in text) == ("/items" in address or "/documents" in address)
    assert SECRET not in text
    for file in one_of_each.values():
        assert file.tracking_code not in text
        assert str(file.instance_id) not in text


@pytest.mark.parametrize("name", ["applicant", "tracking_code", "officer", "identity__nik"])
def test_nobody_searches_by_who_applied(cast: Any, client: Client, name: str) -> None:
    answer = client.get(f"/ogc/collections/{REGISTER}/items?{name}={SECRET}")
    assert answer.status_code == 400
    assert SECRET not in answer.content.decode()


def test_the_tiles_carry_no_more_than_the_map_needs(
    client: Client, one_of_each: dict[str, Application]
) -> None:
    rows = tile_features(client, REGISTER)
    assert rows
    for row in rows:
        assert set(row["properties"]) == {"number", "status"}


def test_the_register_says_when_it_last_changed(cast: Any, client: Client) -> None:
    """The newest move tells it, not the newest application."""
    from layers.provenance import last_updated

    decision = made.decided(cast)
    move = decision.application.moves.latest("at")
    assert last_updated(LAYERS[REGISTER], cast.citizen) == move.at


def test_every_state_on_the_map_has_a_colour_and_a_name() -> None:
    style = LAYERS[REGISTER].style
    for status in PUBLISHABLE:
        line = style.class_of(status)
        assert line is not None
        assert str(line.title)
    refused = style.class_of("refused")
    assert refused is not None
    assert refused.pattern == "hatch"
