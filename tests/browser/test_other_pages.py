"""The pages beside the map, held to the same: no other host, no error, and they do their work."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MapPage

# Chromium's own teardown leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def test_the_field_apis_page_lists_its_addresses(cast: Any, map_page: MapPage) -> None:
    map_page.page.goto(f"{map_page.address}/api/docs/")
    expect(map_page.page.get_by_text("/api/v1/submissions", exact=True).first).to_be_visible()


def test_an_administrator_draws_a_market_elsewhere(
    cast: Any, map_page: MapPage, log_in: Any
) -> None:
    cast.administrator.is_staff = True
    cast.administrator.save()
    log_in(cast.administrator)
    page = map_page.page
    page.goto(f"{map_page.address}/admin/layers/market/{cast.town.market.pk}/change/")
    text = page.locator("textarea[data-geometry]")
    told = text.input_value()
    before = json.loads(told)["coordinates"]

    drawing = page.locator(".admin-map > div")
    box = drawing.bounding_box()
    assert box
    drawing.click(position={"x": box["width"] / 2 + 120, "y": box["height"] / 2 + 60})

    expect(text).not_to_have_value(told)
    after = json.loads(text.input_value())["coordinates"]
    assert after[0] > before[0]
    assert after[1] < before[1]
    page.get_by_role("button", name="Simpan", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    cast.town.market.refresh_from_db()
    assert list(cast.town.market.geom.coords) == pytest.approx(after)


def test_the_list_of_documents_leads_to_the_city(cast: Any, map_page: MapPage) -> None:
    map_page.page.goto(f"{map_page.address}/documents/")
    map_page.page.get_by_role("link", name="Buka").first.click()
    expect(map_page.page.locator(".leaflet-container")).to_be_visible()
