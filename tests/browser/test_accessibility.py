"""Every page, judged by axe-core in light and dark, on a phone and on a desk: nothing serious. And
the map page walked through with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.browser.conftest import MapPage
from tests.factories import CENTRE

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

AXE = Path(settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
SIZES = {"phone": (390, 844), "desk": (1440, 900)}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
JUDGE = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) =>
      `${id}: ${html.slice(0, 160)} (${failureSummary.slice(0, 200)})`));
}"""
SMALL = """() => [...document.querySelectorAll("button, select, input, a.button")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .filter((one) => !one.closest("label") && !one.matches(".skip"))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([one, { width, height }]) => width && height && Math.min(width, height) < 43.5)
  .filter(([one]) => !one.matches("[type=hidden], [type=checkbox], [type=radio], [type=range]"))
  .map(([one, { width, height }]) => `${one.outerHTML.slice(0, 120)} ${width} × ${height}`)"""

FOCUSED = """() => {
  const one = document.activeElement;
  const { width, height } = one.getBoundingClientRect();
  return {
    name: one.ariaLabel || one.textContent.trim() || one.title || one.id,
    tag: one.tagName,
    drawn: width > 0 && height > 0,
    ring: getComputedStyle(one).outlineStyle !== "none",
  };
}"""

PUBLIC = (
    *("/", "/login/", "/embed", "/print/", "/documents/", "/documents/letters/", "/permits/apply"),
    *("/track/", "/freshness/", "/ogc/?f=html", "/ogc/collections?f=html"),
    *("/ogc/collections/markets?f=html", "/ogc/collections/markets/items?f=html", "/tidak-ada"),
)
OFFICE = ("/", "/review/", "/review/inbox/", "/review/new", "/data/")


@pytest.fixture
def judged(page: Page, live_server: Any) -> Callable[[str], list[str]]:
    """What is wrong with a page, in each size and colour, each with where it was seen."""
    page.set_default_timeout(40_000)

    def judge(path: str) -> list[str]:
        page.goto(live_server.url + path)
        if page.locator("#map").count():
            page.locator("#map[data-state=ready], #paper[data-state=ready]").first.wait_for()
        page.evaluate(AXE.read_text())
        told = []
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                found = page.evaluate(JUDGE, RULES) + page.evaluate(SMALL)
                told += [f"{path} {size} {scheme}: {one}" for one in found]
        return told

    return judge


def test_no_page_for_everybody_bars_anybody(cast: Any, judged: Any) -> None:
    assert [wrong for path in PUBLIC for wrong in judged(path)] == []


def test_no_page_of_the_office_bars_anybody(cast: Any, judged: Any, log_in: Any) -> None:
    log_in(cast.planner)
    assert [wrong for path in OFFICE for wrong in judged(path)] == []


def test_the_tools_bar_nobody(cast: Any, map_page: MapPage) -> None:
    page = map_page.open(CENTRE, on="markets,zones").page
    for tool, dialog in (("Bagikan", "#share-dialog"), ("Unduh", "#download-dialog")):
        page.get_by_role("button", name=tool).click()
        page.locator(dialog).wait_for()
        page.evaluate(AXE.read_text())
        assert page.evaluate(JUDGE, RULES) + page.evaluate(SMALL) == []
        page.keyboard.press("Escape")
        expect(page.locator(dialog)).to_be_hidden()
        expect(page.get_by_role("button", name=tool)).to_be_focused()


def test_the_map_page_is_walked_with_the_keyboard_alone(cast: Any, map_page: MapPage) -> None:
    page = map_page.open(CENTRE, on="markets").page
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    names = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen = page.evaluate(FOCUSED)
        if seen["tag"] == "BODY":
            break
        assert seen["drawn"], seen
        assert seen["ring"], seen
        names.append(seen["name"])
    told = " | ".join(names)
    assert all(tool in told for tool in ("Bagikan", "Cetak", "Unduh"))

    page.keyboard.press("Home")
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    expect(page.locator("canvas.maplibregl-canvas")).to_be_focused()
    page.keyboard.press("Enter")
    expect(map_page.card).to_contain_text("Pasar Oeba")
    page.keyboard.press("Escape")
    expect(map_page.card).to_be_hidden()
