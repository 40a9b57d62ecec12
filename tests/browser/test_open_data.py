"""The pages of the open data in a real browser: they show what the data says, and never obey it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MapPage

# Chromium's own teardown leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

EVIL = "<img src=x onerror=alert(1)>\"';</script><script>alert(2)</script>{{7*7}}"


def test_a_name_that_is_a_script_is_a_name_on_every_page(cast: Any, map_page: MapPage) -> None:
    """`map_page` fails where a page opens a dialog, reports an error or asks another host."""
    market = cast.town.market
    market.name = EVIL
    market.save()
    page, items = map_page.page, f"{map_page.address}/ogc/collections/markets/items"

    for address in (
        f"{items}/{market.pk}?f=html",
        f"{items}?f=html",
        f"{items}?f=html&name={EVIL}",
    ):
        page.goto(quote(address, safe=":/?&="))
        expect(page.get_by_text(EVIL).first).to_be_visible()
    for path in (
        "collections?f=html",
        "collections/markets?f=html",
        "collections/markets/queryables",
    ):
        page.goto(f"{map_page.address}/ogc/{path}")
        expect(page.locator("h1")).to_be_visible()

    page.goto(f"{map_page.address}/#on=markets")
    page.locator("#place-search").fill(EVIL[:20])
    page.locator("#place-list").get_by_role("option").first.click()
    expect(map_page.card).to_contain_text(EVIL)
    assert page.locator("[onerror]").count() == 0
