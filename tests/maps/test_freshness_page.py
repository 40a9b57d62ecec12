"""The freshness board, as everybody and as officials see it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from layers.freshness import Reminder
from layers.provenance import Load
from layers.registry import LAYERS, layers_for

pytestmark = pytest.mark.django_db

BOARD = "/freshness/"
Browser = Callable[[Any], Client]


@pytest.fixture
def late_markets(cast: Any) -> None:
    Load.objects.filter(layer_id="markets").delete()
    made = Load.objects.create(layer_id="markets", source="uji")
    Load.objects.filter(pk=made.pk).update(loaded_at=timezone.now() - timedelta(days=375))


def text(client: Client, address: str = BOARD) -> str:
    return client.get(address).content.decode()


def test_what_is_late_is_said_in_words_and_stands_first(
    cast: Any, late_markets: None, browser_of: Browser
) -> None:
    page = text(browser_of(cast.citizen))
    assert "terlambat 10 hari" in page
    first = page.split('class="layer-title">')[1]
    assert first.startswith(("Pasar<", "Catatan harga<", "Laporan", "Harga"))


def test_only_the_late_ones_and_only_one_office(
    cast: Any, late_markets: None, browser_of: Browser
) -> None:
    client = browser_of(cast.citizen)
    late = text(client, f"{BOARD}?show=late")
    assert ">Pasar<" in late
    assert ">Kecamatan<" not in late
    health = text(client, f"{BOARD}?office=Dinas+Kesehatan")
    assert ">Puskesmas<" in health
    assert ">Pasar<" not in health


@pytest.mark.parametrize("query", ["show=x", "office=Dinas+Karangan", "show=%00"])
def test_a_filter_that_cannot_be_understood_is_told(
    cast: Any, browser_of: Browser, query: str
) -> None:
    response = browser_of(cast.citizen).get(f"{BOARD}?{query}")
    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()


@pytest.mark.parametrize("name", ["citizen", "planner", "health_officer", "administrator"])
def test_everybody_finds_the_layers_that_exist_for_them_and_no_other(
    cast: Any, browser_of: Browser, name: str
) -> None:
    person = getattr(cast, name)
    told = browser_of(person).get("/freshness/freshness.json").json()["layers"]
    assert {one["id"] for one in told} == {layer.id for layer in layers_for(person)}
    rows = browser_of(person).get("/freshness/freshness.csv").content.decode("utf-8-sig")
    assert {one["id"] for one in csv.DictReader(io.StringIO(rows))} == {one["id"] for one in told}


def test_reminders_are_for_officials_and_about_layers_of_theirs(
    cast: Any, browser_of: Browser
) -> None:
    today = timezone.localdate()
    for number, layer in enumerate(("markets", "children")):
        Reminder.objects.create(layer_id=layer, office=LAYERS[layer].owner, due=today, week=0,
                                email=f"surel{number}@contoh.invalid")  # fmt: skip
    assert "surel0@" not in text(browser_of(cast.citizen))
    seen = text(browser_of(cast.planner))
    assert "surel0@" in seen
    assert "surel1@" not in seen


def test_what_officials_see_is_kept_by_no_cache(cast: Any, browser_of: Browser) -> None:
    response = browser_of(cast.planner).get(BOARD)
    assert response["Cache-Control"] == "private, no-store"


def test_the_history_is_told_to_who_cannot_see_bars(
    cast: Any, late_markets: None, browser_of: Browser
) -> None:
    assert 'aria-label="Hari dengan pembaruan: ' in text(browser_of(cast.citizen))
