"""An office hands in a file, sees on a map what it changes, and the walidata publishes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from layers.catalog.markets.places import Market
from layers.permissions import Role
from tests.browser.conftest import MapPage
from tests.conftest import person

# Chromium's own teardown leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def file(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    shape = {"type": "Point", "coordinates": [123.6, -10.19]}
    row = {"type": "Feature", "geometry": shape, "properties": {"kode": "baru", "nama": HOSTILE}}
    path = tmp_path / "pasar.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [row]}))
    return path


def test_a_file_is_handed_in_looked_at_and_published(
    cast: Any, map_page: MapPage, log_in: Any, file: Path
) -> None:
    page = map_page.page
    page.set_default_timeout(30_000)
    log_in(person("produsen", Role.PRODUCER, themes=["markets"]))
    page.goto(f"{map_page.address}/data/")
    page.get_by_role("link", name="Unggah berkas").click()
    page.get_by_label("Berkas", exact=True).set_input_files(file)
    page.get_by_role("button", name="Unggah dan periksa").click()

    expect(page.get_by_text("Sudah diperiksa").first).to_be_visible(timeout=30_000)
    map_page.ready()
    map_page.map.scroll_into_view_if_needed()
    box = map_page.map.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".maplibregl-popup")).to_contain_text(HOSTILE)
    shown = map_page.colours()
    page.get_by_label("Baru (1)").uncheck()
    map_page.until(lambda now: now != shown)
    page.get_by_role("button", name="Kirim ke walidata").click()
    expect(page.get_by_text("Dikirim ke walidata.")).to_be_visible()
    address = page.url

    log_in(cast.walidata)
    page.goto(address)
    page.get_by_role("button", name="Terbitkan", exact=True).click()
    expect(page.get_by_text("Data sudah terbit.")).to_be_visible(timeout=30_000)
    assert Market.objects.get(code="baru").name == HOSTILE

    page.locator("summary", has_text="Batalkan terbitan").click()
    page.get_by_label("Mengapa dibatalkan?").fill("Salah berkas")
    page.locator("form").get_by_role("button", name="Batalkan terbitan").click()
    expect(page.get_by_text("Terbitan dibatalkan.", exact=True)).to_be_visible(timeout=30_000)
    assert not Market.objects.filter(code="baru").exists()


@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_fit_their_screen(
    cast: Any, map_page: MapPage, log_in: Any, file: Path, width: int
) -> None:
    page = map_page.page
    page.set_default_timeout(30_000)
    page.set_viewport_size({"width": width, "height": 844})
    log_in(person("produsen", Role.PRODUCER, themes=["markets"]))
    page.goto(f"{map_page.address}/data/new")
    page.get_by_label("Berkas", exact=True).set_input_files(file)
    page.get_by_role("button", name="Unggah dan periksa").click()
    expect(page.get_by_text("Sudah diperiksa").first).to_be_visible(timeout=30_000)
    for address in (page.url, *(f"{map_page.address}{path}" for path in ("/data/", "/freshness/"))):
        page.goto(address)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, address
