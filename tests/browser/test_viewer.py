"""What the map page lets people do with the layers: find, order, narrow, compare, measure."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib.gis.geos import Point
from playwright.sync_api import expect

from layers.catalog.stunting.prevalence import Prevalence
from layers.catalog.trash.reports import TrashReport
from layers.overviews.grid import BITS, Cells
from layers.overviews.rows import Overview, OverviewCell
from tests.browser.conftest import PHONE, MapPage
from tests.factories import CENTRE, NOON, trash_report

# Chromium's own teardown leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def fragment(map_page: MapPage) -> dict[str, str]:
    pairs = map_page.page.url.partition("#")[2].split("&")
    return {name: unquote(value) for name, _, value in (pair.partition("=") for pair in pairs)}


def test_a_layer_is_found_weakened_narrowed_and_put_elsewhere_and_the_address_keeps_it(
    cast: Any, map_page: MapPage
) -> None:
    page = map_page.open(CENTRE, on="kelurahan,markets,zones").page
    titles = page.locator("#order li")

    page.get_by_label("Cari lapisan menurut").fill("pekerjaan umum pola ruang")
    expect(page.locator(".layer:visible")).to_have_count(1)
    page.get_by_label("Cari lapisan menurut").fill("tidak-ada")
    expect(page.locator("#layers-missing")).to_be_visible()
    page.get_by_label("Cari lapisan menurut").fill("")

    page.get_by_role("button", name="Tentang dan atur Rencana pola ruang").click()
    zones = page.locator("[data-layer=zones]")
    zones.get_by_label("Kepekatan").fill("40")
    zones.get_by_label("Nilai Subzona").select_option("R-2")
    expect(zones.get_by_role("button", name="Hapus saringan Subzona: R-2")).to_be_visible()
    assert fragment(map_page)["opacity.zones"] == "0.4"
    assert fragment(map_page)["filter.zones.sub_zone"] == "R-2"

    page.get_by_text("Urutan lapisan yang menyala").click()
    expect(titles).to_have_text(["Pasar", "Kelurahan", "Rencana pola ruang"])
    page.get_by_role("button", name="Naikkan Rencana pola ruang").press("Enter")
    expect(titles).to_have_text(["Pasar", "Rencana pola ruang", "Kelurahan"])
    expect(page.get_by_role("button", name="Naikkan Rencana pola ruang")).to_be_focused()
    handle = titles.nth(1).locator(".order-handle").bounding_box()
    above = titles.nth(0).bounding_box()
    assert handle
    assert above
    page.mouse.move(handle["x"] + 9, handle["y"] + 9)
    page.mouse.down()
    page.mouse.move(handle["x"] + 9, above["y"] + 3, steps=4)
    page.mouse.up()
    expect(titles).to_have_text(["Rencana pola ruang", "Pasar", "Kelurahan"])

    page.go_back()
    expect(titles).to_have_text(["Pasar", "Rencana pola ruang", "Kelurahan"])
    page.reload()
    map_page.ready()
    page.get_by_text("Urutan lapisan yang menyala").click()
    expect(titles).to_have_text(["Pasar", "Rencana pola ruang", "Kelurahan"])
    page.get_by_role("button", name="Hapus saringan").click()
    expect(page.locator(".filter-chip")).to_have_count(0)
    assert "filter.zones.sub_zone" not in fragment(map_page)


def test_a_place_is_found_with_the_keyboard_alone(cast: Any, map_page: MapPage) -> None:
    page = map_page.open(CENTRE, on="kelurahan").page
    box = page.get_by_role("combobox", name="Cari kelurahan")

    page.keyboard.press("/")
    expect(box).to_be_focused()
    page.keyboard.type("pasar oeba")
    expect(page.locator("#place-list").get_by_role("option")).to_have_text(re.compile("Pasar Oeba"))
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "place-0")
    page.keyboard.press("Enter")
    expect(map_page.card.get_by_role("heading")).to_have_text("Pasar Oeba")
    expect(map_page.card.get_by_role("link", name="Halaman data")).to_have_attribute(
        "href", re.compile(r"^/ogc/collections/markets/items/\d+")
    )
    expect(map_page.switch("Pasar")).to_be_checked()

    box.fill("tidak ada yang bernama begini")
    expect(page.locator("#place-status")).to_contain_text("Tidak ada yang cocok")
    box.fill("10°12'36\"LS 123°36'0\"BT")
    expect(page.locator("#place-list").get_by_role("option")).to_have_text(
        re.compile(r"-10\.21000, 123\.60000")
    )
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"map=[\d.]+/-10\.21000/123\.60000"))


def test_days_are_run_through_and_only_their_rows_are_drawn(cast: Any, map_page: MapPage) -> None:
    TrashReport.objects.update(geom=CENTRE, observed_at=NOON - timedelta(days=3))
    trash_report(cast.town.kelurahan["Tenggara"], observed_at=NOON)
    page = map_page.open(CENTRE, on="trash-reports").page
    drawn = map_page.colours()
    layer = page.locator("[data-layer=trash-reports]")

    layer.get_by_text("Waktu:").click()
    layer.get_by_label("Waktu Laporan sampah").select_option("day")
    assert fragment(map_page)["time.trash-reports"] == "2026-11-20/2026-11-20"
    slider = layer.get_by_role("slider", name="Waktu")
    slider.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", "19 Nov 2026")
    map_page.until(lambda found: found != drawn)
    slider.press("Home")
    map_page.until(lambda found: found == drawn)
    assert fragment(map_page)["time.trash-reports"] == "2026-11-17/2026-11-17"
    layer.get_by_label("Waktu Laporan sampah").select_option("all")
    assert "time.trash-reports" not in fragment(map_page)


def test_two_months_are_compared_at_a_divider(cast: Any, map_page: MapPage) -> None:
    area = cast.town.kelurahan["Barat Laut"]
    Prevalence.objects.create(kelurahan=area, month=date(2026, 7, 1), measured=60, stunted=25,
                              rate=41.7, hidden=False, released_at=NOON,
                              released_by=cast.walidata)  # fmt: skip
    page = map_page.open(CENTRE, on="stunting-prevalence").page

    page.get_by_role("button", name="Bandingkan").click()
    form = page.get_by_role("form", name="Bandingkan")
    form.get_by_label("Yang dibandingkan").select_option("stunting-prevalence")
    form.get_by_role("button", name="Mulai").click()

    divider = page.get_by_role("slider", name="Pembatas")
    expect(divider).to_be_focused()
    expect(page.locator(".swipe-title")).to_have_text(["Juli 2026", "Agustus 2026"])
    page.locator(".swipe-map[data-state=ready]").wait_for()
    divider.press("Home")
    right = map_page.ready().colours()
    card = map_page.click_centre()
    expect(card).to_contain_text("Agustus 2026")
    page.keyboard.press("Escape")
    divider.press("End")
    map_page.until(lambda found: found != right)
    expect(map_page.click_centre()).to_contain_text("Juli 2026")
    assert fragment(map_page)["compare"] == "value|stunting-prevalence|2026-08-01|100"
    page.reload()
    expect(page.locator(".swipe-title")).to_have_count(2)
    page.get_by_role("button", name="Bandingkan").click()
    expect(page.locator(".swipe-map")).to_have_count(0)
    assert "compare" not in fragment(map_page)


def test_a_distance_is_measured_and_escape_ends_it(cast: Any, map_page: MapPage) -> None:
    page = map_page.open(CENTRE, on="markets").page
    button = page.get_by_role("button", name="Jarak")
    box = map_page.map.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2

    button.click()
    expect(page.locator("#pill")).to_contain_text("Klik titik-titik jaraknya")
    page.mouse.click(box["x"] + 150, middle)
    page.mouse.click(box["x"] + 350, middle)
    # 200 pixels at zoom 16 and 10.19 degrees south
    expect(page.locator("#pill")).to_contain_text(re.compile(r"Jarak 23\d(,\d)?\sm"))
    expect(map_page.card).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#pill")).to_be_hidden()
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-pressed", "false")


def test_what_stands_for_many_tells_how_many_and_opens_closer_in(
    cast: Any, map_page: MapPage
) -> None:
    overview, _ = Overview.objects.update_or_create(
        layer_id="trash-reports", defaults={"raw_from": 14}
    )
    at = Point(CENTRE.x, CENTRE.y, srid=4326).transform(3857, clone=True)
    cell = Cells.touching(at.extent, 12)
    OverviewCell.objects.filter(level=overview.level(12)).delete()
    OverviewCell.objects.create(
        level=overview.level(12),
        key=(cell.west << BITS) + cell.north,
        n=1234,
        geom=at,
        properties={"status": "received"},
    )
    map_page.open(CENTRE, on="trash-reports", zoom=12)

    assert len(map_page.colours()) > 3  # a circle and the number in it
    box = map_page.map.bounding_box()
    assert box
    map_page.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(map_page.page).to_have_url(re.compile(r"map=14\.00/"))
    expect(map_page.card).to_have_count(0)


@pytest.mark.parametrize(
    "hostile",
    [
        "map=x/y/z&on=zzz,markets&order=,,&compare=value|a|b|c",
        "map=99/99/999&on=markets,markets,%00&opacity.markets=7&time.markets=2026-13-45/zzz",
        "on=__proto__,markets&filter.__proto__.x=1&compare=layers|markets|markets&base=%27%22",
        "on=markets&%E0%A4%A&filter.markets.manager=%3Cscript%3E&order=zones",
    ],
)
def test_an_address_that_says_nonsense_opens_a_usable_map(
    cast: Any, map_page: MapPage, hostile: str
) -> None:
    page = map_page.page
    page.goto(f"{map_page.address}/#{hostile}")
    map_page.ready()

    expect(map_page.switch("Pasar")).to_be_checked()
    expect(page.get_by_role("switch", checked=True)).to_have_count(1)
    expect(page.locator(".filter-chip")).to_have_count(0)


def test_whoever_is_far_from_the_city_or_offline_is_told(
    cast: Any, map_page: MapPage, context: Any
) -> None:
    context.grant_permissions(["geolocation"])
    context.set_geolocation({"latitude": -6.2, "longitude": 106.8, "accuracy": 30})
    page = map_page.open(CENTRE, on="markets").page

    page.get_by_role("button", name="Cari lokasi saya").click()
    expect(page.locator("#toast")).to_contain_text("di luar kota ini")
    page.locator("#toast").get_by_role("button", name="Lihat seluruh kota").click()
    expect(page.locator("#toast")).to_be_hidden()
    context.set_offline(True)
    expect(page.locator("#pill")).to_contain_text("Tidak ada sambungan internet")
    context.set_offline(False)
    expect(page.locator("#pill")).not_to_contain_text("Tidak ada sambungan internet")
    map_page.complaints.clear()  # the browser itself reports what failed meanwhile


@pytest.mark.browser_context_args(**PHONE)
def test_every_tool_is_within_reach_on_a_phone(cast: Any, map_page: MapPage) -> None:
    page = map_page.open(CENTRE, on="markets").page

    for button in page.locator(".map-top button:visible, #place-search").all():
        box = button.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44
        assert 0 <= box["x"] <= 390 - box["width"]
    page.get_by_role("combobox", name="Cari kelurahan").tap()
    page.keyboard.type("barat laut")
    first = page.locator("#place-list").get_by_role("option").first
    expect(first).to_contain_text("Barat Laut")
    first.tap()
    expect(page.locator("#panel .card").get_by_role("heading")).to_have_text("Barat Laut")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
