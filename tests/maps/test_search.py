"""The search box of the map: what it finds, for whom, and what it answers to nonsense."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from layers.registry import LAYERS
from layers.search import find_rows
from maps import search
from tests.conftest import CAST
from tests.factories import EAST, NORTH, SECRET, SECRET_NIK, SOUTH, WEST

pytestmark = pytest.mark.django_db


def found(client: Client, text: str) -> list[dict[str, Any]]:
    answer = client.get("/search", {"q": text})
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


@pytest.mark.parametrize(
    ("text", "layer", "title"),
    [
        ("oeba", "markets", "Pasar Oeba"),
        ("  PASAR   oeba ", "markets", "Pasar Oeba"),
        ("barat laut", "kelurahan", "Barat Laut"),
        ("kelurahan barat laut", "kelurahan", "Barat Laut"),
        ("KKPR-2026-0001", "permit-register", "KKPR-2026-0001"),
        ("R-2", "zones", "R-2"),
    ],
)
def test_a_place_is_found_by_what_people_call_it(
    cast: Any, text: str, layer: str, title: str
) -> None:
    first = found(Client(), text)[0]

    assert (first["layer"], first["title"]) == (layer, title)
    assert first["detail"].startswith(str(LAYERS[layer].title))
    lon, lat = first["at"]
    assert WEST <= lon <= EAST
    assert SOUTH <= lat <= NORTH
    assert first["box"][0] <= lon <= first["box"][2]
    assert Client().get(f"/ogc/collections/{layer}/items/{first['id']}").status_code == 200


def test_every_word_has_to_fit(cast: Any) -> None:
    assert found(Client(), "oeba tenggara") == []


@pytest.mark.parametrize("wild", ["%%", "__", "\\\\", "' OR 1=1 --", "<script>"])
def test_signs_of_the_database_are_only_signs(cast: Any, wild: str) -> None:
    assert found(Client(), wild) == []


@pytest.mark.parametrize("who", CAST)
def test_only_rows_and_properties_of_whoever_asks_are_found(
    cast: Any, browser_of: Any, who: str
) -> None:
    user = getattr(cast, who)
    client = browser_of(user)
    for text in ("KKPR", "Barat", "oeba", "Toko", SECRET, SECRET_NIK):
        for one in found(client, text):
            layer = LAYERS[one["layer"]]
            assert layer.visible_to(user).filter(pk=one["id"]).exists()
            assert set(one["values"]) <= set(layer.search)
    assert found(client, SECRET_NIK) == []


def test_a_planner_finds_files_that_the_public_does_not(cast: Any, browser_of: Any) -> None:
    number = cast.town.returned_application.number

    assert found(Client(), number) == []
    assert [one["layer"] for one in found(browser_of(cast.planner), number)] == ["permit-parcels"]


def test_what_an_officer_sees_of_some_rows_only_finds_none_and_is_told_of_none(
    cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where a layer is searched by it."""
    reports = LAYERS["trash-reports"]
    searched = replace(reports, search=("description", "status"))
    monkeypatch.setattr("layers.search.layers_for", lambda user: [searched])
    told = find_rows(cast.west_officer, "received", limit=50)
    assert told
    assert all(set(one.values) == {"status"} for one in told)


@pytest.mark.parametrize("query", ["", "?q=", "?q=a", f"?q={'a' * 101}", "?q=a%00b", "?x=1"])
def test_a_question_that_cannot_be_asked_is_explained(cast: Any, query: str) -> None:
    answer = Client().get(f"/search{query}")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_who_asks_too_often_waits(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PER_MINUTE", 0)

    answer = Client().get("/search?q=oeba")

    assert answer.status_code == 429
    assert "detik" in answer.json()["detail"]
    assert 0 < int(answer["Retry-After"]) <= 60


def test_the_values_to_choose_from_are_those_that_occur(cast: Any) -> None:
    answer = Client().get("/search/values/kelurahan/kecamatan").json()

    assert answer == {"values": ["Barat", "Timur"], "more": False}


def test_values_of_what_one_may_not_see_do_not_exist(cast: Any, browser_of: Any) -> None:
    address = "/search/values/permit-parcels/number"

    assert Client().get(address).status_code == 404
    assert (
        cast.town.returned_application.number
        in browser_of(cast.planner).get(address).json()["values"]
    )
    assert Client().get("/search/values/markets/manager").status_code == 404


def test_tiles_of_a_span_of_days_hold_the_rows_of_that_span(cast: Any) -> None:
    def status(span: str) -> int:
        path = "/ogc/collections/trash-reports/tiles/WebMercatorQuad/0/0/0"
        return Client().get(path, {"datetime": span}).status_code

    assert status("2026-11-01/2026-11-30") == 200
    assert status("2020-01-01/2020-01-31") == 204
    assert status("kemarin") == 400
