"""What the map page is told of the layers: everything from the declarations, nothing more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext, override

from layers.permissions import Role, properties_for
from layers.registry import LAYERS, layers_for
from maps.catalogue import catalogue
from tests.conftest import CAST
from tests.factories import EAST, NORTH, SECRET, SOUTH, WEST

pytestmark = pytest.mark.django_db


def told(user: Any) -> dict[str, Any]:
    return {layer["id"]: layer for layer in catalogue(user)["layers"]}


@pytest.mark.parametrize("who", CAST)
def test_a_person_is_told_of_the_layers_and_properties_that_exist_for_them(
    cast: Any, browser_of: Any, who: str
) -> None:
    user = getattr(cast, who)
    layers = told(user)

    assert set(layers) == {layer.id for layer in layers_for(user) if layer.on_map}
    for layer_id, layer in layers.items():
        allowed = [prop.name for prop in properties_for(LAYERS[layer_id], user)]
        assert [prop["name"] for prop in layer["properties"]] == allowed
    assert browser_of(user).get("/").status_code == 200


def test_the_page_of_a_citizen_holds_nothing_secret(cast: Any) -> None:
    page = Client().get("/")

    assert SECRET not in page.content.decode()
    assert page["Cache-Control"] == "private, no-cache"


def test_the_legend_has_the_classes_that_occur_and_one_line_for_one_look(cast: Any) -> None:
    def titles(user: Any, layer_id: str) -> list[str]:
        return [line["title"] for line in told(user)[layer_id]["legend"]]

    assert titles(cast.citizen, "permit-register") == ["Penilaian", "Disetujui"]
    assert titles(cast.planner, "permit-parcels") == ["Dikembalikan", "Penilaian", "Disetujui"]
    assert titles(cast.citizen, "trash-reports") == ["Diterima", "Selesai"]
    assert titles(cast.citizen, "stunting-prevalence")[0] == "Disembunyikan"


def test_unreleased_months_are_not_offered(cast: Any) -> None:
    def months(user: Any) -> list[str]:
        return [one["label"] for one in told(user)["stunting-prevalence"]["facet"]["values"]]

    assert months(cast.citizen) == ["Agustus 2026"]
    assert months(cast.walidata) == ["November 2026", "Agustus 2026"]


def test_the_map_opens_on_the_city(cast: Any) -> None:
    assert catalogue(cast.citizen)["bounds"] == pytest.approx((WEST, SOUTH, EAST, NORTH))


def test_an_empty_portal_says_so() -> None:
    page = Client().get("/", headers={"Accept-Language": "id"})

    assert "Belum ada data" in page.content.decode()


def test_areas_are_labelled_once_each(cast: Any) -> None:
    labels = told(cast.citizen)["kelurahan"]["labels"]

    assert sorted(name for _, _, name in labels) == sorted(cast.town.kelurahan)
    assert all(WEST < lon < EAST and SOUTH < lat < NORTH for lon, lat, _ in labels)


def test_lateness_is_told_in_days(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    late = timezone.now() - LAYERS["trash-reports"].update_every - timedelta(days=3)
    monkeypatch.setattr("layers.freshness.last_updated", lambda *_: late)

    assert told(cast.citizen)["trash-reports"]["daysLate"] == 3
    page = Client().get("/", headers={"Accept-Language": "id"})
    assert "terlambat 3 hari" in page.content.decode()


def test_every_role_has_an_english_name() -> None:
    with override("en"):
        for role in set(Role) - {Role.ADMINISTRATOR}:
            assert gettext(role.label) != role.label


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("path", ["/", "/login/"])
def test_a_page_names_its_language(cast: Any, path: str, language: str) -> None:
    page = Client().get(path, headers={"Accept-Language": language})

    assert f'<html lang="{language}">' in page.content.decode()


def test_the_language_is_chosen_and_kept(cast: Any) -> None:
    client = Client(headers={"Accept-Language": "id"})

    client.post("/language/", {"language": "en", "next": "/"})

    assert "Open data" in client.get("/").content.decode()


def test_a_missing_page_is_in_the_look_of_the_portal() -> None:
    page = Client().get("/tidak-ada", headers={"Accept-Language": "id"})

    assert page.status_code == 404
    assert "Halaman ini tidak ada" in page.content.decode()
