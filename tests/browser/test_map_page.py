"""The public map in a real browser: drawn, read, switched, shared, and by whom it is read."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from layers.catalog.markets.places import Market
from layers.catalog.stunting.prevalence import Prevalence
from tests.browser.conftest import PHONE, MapPage
from tests.factories import CENTRE, NOON, SECRET, point_in

# Chromium's own teardown leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def test_the_map_is_drawn(cast: Any, map_page: MapPage) -> None:
    map_page.open()

    assert len(map_page.colours()) > 1
    shown = map_page.page.get_by_role("switch", checked=True)
    expect(shown).to_have_count(7)
    expect(map_page.switch("Laporan sampah")).to_be_checked()
    expect(map_page.page.locator("html")).to_have_attribute("lang", "id")


def test_a_click_tells_what_is_there_as_an_indonesian_writes_it(
    cast: Any, map_page: MapPage
) -> None:
    parcel = point_in(cast.town.application)

    card = map_page.open(parcel, on="permit-register", zoom=17).click_centre()

    expect(card.get_by_role("heading")).to_have_text("KKPR-2026-0001")
    expect(card).to_contain_text("Disetujui")
    expect(card).to_contain_text(re.compile(r"Luas dimohon\s*12\.1\d\d\sm²"))
    expect(card).to_contain_text("1 Okt 2026")
    expect(card).to_contain_text("20 Nov 2026 12.00 WITA")
    expect(card).not_to_contain_text(SECRET)


def test_prices_are_rupiah_and_changes_percent(cast: Any, map_page: MapPage) -> None:
    card = map_page.open(CENTRE, on="latest-prices").click_centre()

    expect(card.get_by_role("heading")).to_have_text("Rp\u00a015.750")
    expect(card).to_contain_text("Beras Medium I")
    expect(card).to_contain_text("5\u00a0%")


def test_several_features_under_one_click_are_listed(cast: Any, map_page: MapPage) -> None:
    card = map_page.open(CENTRE, on="latest-prices,markets").click_centre()

    expect(card.get_by_role("listitem")).to_have_count(2)
    card.get_by_role("button", name="Pasar Oeba").click()
    expect(card.get_by_role("heading")).to_have_text("Pasar Oeba")
    card.get_by_role("button", name="Kembali").click()
    expect(card.get_by_role("listitem")).to_have_count(2)


def test_a_switch_takes_a_layer_off_the_map_and_out_of_the_legend(
    cast: Any, map_page: MapPage
) -> None:
    map_page.open(CENTRE, on="markets,zones")
    with_market = map_page.colours()

    map_page.switch("Rencana pola ruang").click()

    map_page.until(lambda found: found != with_market)
    expect(map_page.page.locator("[data-layer=zones] .legend")).to_be_hidden()
    expect(map_page.page).to_have_url(re.compile(r"on=markets$"))
    map_page.switch("Pasar").click()
    expect(map_page.page.locator("#pill")).to_contain_text("Semua lapisan mati")


def test_another_month_has_other_colours_and_a_shared_address_keeps_it(
    cast: Any, map_page: MapPage
) -> None:
    area = cast.town.kelurahan["Barat Laut"]
    Prevalence.objects.create(kelurahan=area, month=date(2026, 7, 1), measured=60, stunted=25,
                              rate=41.7, hidden=False, released_at=NOON,
                              released_by=cast.walidata)  # fmt: skip
    map_page.open(CENTRE, on="stunting-prevalence")
    august = map_page.colours()

    map_page.page.get_by_role("combobox", name="Bulan").select_option("Juli 2026")

    july = map_page.until(lambda found: found != august)
    expect(map_page.page).to_have_url(re.compile(r"stunting-prevalence\.month=2026-07-01"))
    map_page.page.reload()
    map_page.ready().until(lambda found: found == july)
    expect(map_page.click_centre()).to_contain_text("41,7\u00a0%")


def test_a_hidden_figure_is_hatched(cast: Any, map_page: MapPage) -> None:
    map_page.open(point_in(cast.town.kelurahan["Timur Laut"]), on="stunting-prevalence")

    assert len(map_page.colours()) > 1  # stripes, not one flat colour
    expect(map_page.page.get_by_text("Disembunyikan", exact=True)).to_be_visible()


def test_english(cast: Any, map_page: MapPage) -> None:
    map_page.open(CENTRE, on="latest-prices")
    map_page.page.get_by_role("button", name="EN", exact=True).click()

    expect(map_page.page.locator("html")).to_have_attribute("lang", "en")
    expect(map_page.switch("Latest prices")).to_be_checked()  # the view was kept
    card = map_page.ready().click_centre()
    expect(card.get_by_role("heading")).to_have_text("Rp\u00a015,750")
    assert not re.search(r"\b(Data per|terlambat|Masuk|contoh)\b", map_page.page.inner_text("body"))


def test_a_planner_sees_more_on_the_same_page(cast: Any, map_page: MapPage, log_in: Any) -> None:
    waiting = point_in(cast.town.returned_application)
    map_page.open(waiting, on="permit-parcels", zoom=17)
    without = map_page.colours()
    expect(map_page.switch("Tinjauan lapangan")).to_have_count(0)

    log_in(cast.planner)
    card = map_page.open(waiting, on="permit-parcels", zoom=17).click_centre()

    assert map_page.colours() != without
    expect(card).to_contain_text(f"{SECRET} Pemohon")
    expect(map_page.switch("Tinjauan lapangan")).to_be_visible()
    expect(map_page.page.locator(".chip")).to_contain_text("Perencana tata ruang")


def test_logging_in_and_out(cast: Any, map_page: MapPage, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # not slow
    cast.planner.set_password("kupang-2026")
    cast.planner.save()
    page = map_page.open(CENTRE, on="markets").page

    page.get_by_role("link", name="Masuk").click()
    page.get_by_label("Nama pengguna").fill("planner")
    page.get_by_label("Kata sandi").fill("salah")
    page.get_by_role("button", name="Masuk").click()
    expect(page.get_by_role("alert")).to_contain_text("tidak cocok")
    page.get_by_label("Kata sandi").fill("kupang-2026")
    page.get_by_role("button", name="Masuk").click()

    expect(page.locator(".chip")).to_contain_text("planner")
    expect(page).to_have_url(re.compile("on=markets"))
    page.get_by_role("button", name="Keluar").click()
    expect(page.get_by_role("link", name="Masuk")).to_be_visible()


@pytest.mark.browser_context_args(**PHONE)
def test_on_a_phone_the_panel_is_a_sheet(cast: Any, map_page: MapPage) -> None:
    page = map_page.open(CENTRE, on="markets").page
    panel, grip = page.locator("#panel"), page.locator("#grip")
    expect(grip).to_have_attribute("aria-expanded", "false")

    grip.tap()
    expect(map_page.switch("Register permohonan ruang")).to_be_in_viewport()
    top = grip.bounding_box()
    assert top
    page.mouse.move(195, top["y"] + 15)
    page.mouse.down()
    page.mouse.move(195, 600, steps=4)
    page.mouse.move(195, 820, steps=4)
    page.mouse.up()
    expect(grip).to_have_attribute("aria-expanded", "false")

    card = map_page.click_centre(tap=True)
    expect(panel.locator(".card")).to_be_visible()
    expect(card.get_by_role("heading")).to_have_text("Pasar Oeba")
    expect(page.locator(".maplibregl-popup")).to_have_count(0)
    card.get_by_role("button", name="Tutup").tap()
    expect(map_page.switch("Pasar")).to_be_attached()
    expect(map_page.card).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_keyboard_reaches_everything(cast: Any, map_page: MapPage) -> None:
    page = map_page.open(CENTRE, on="markets").page
    reached = []
    for _ in range(90):
        page.keyboard.press("Tab")
        what = page.evaluate(
            "(({tagName, type, className, id}) => `${tagName} ${type ?? ''} ${className} ${id}`)"
            "(document.activeElement)"
        )
        reached.append(what)
        if "maplibregl-ctrl-geolocate" in what:
            break
    for part in ("skip", "brand", "A  button login", "checkbox", "about-button",
                 "CANVAS", "zoom-in", "geolocate"):  # fmt: skip
        assert any(part in one for one in reached), f"{part} not in {reached}"

    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(map_page.card.get_by_role("heading")).to_have_text("Pasar Oeba")
    expect(map_page.card.get_by_role("button", name="Tutup")).to_be_focused()
    page.keyboard.press("Escape")
    expect(map_page.card).to_have_count(0)
    expect(page.locator("canvas")).to_be_focused()


def test_a_name_that_is_a_script_is_shown_as_text(cast: Any, map_page: MapPage) -> None:
    name = "<img src=x onerror=alert(1)>\"';</script><script>alert(2)</script>"
    Market.objects.update(name=name)

    card = map_page.open(CENTRE, on="markets").click_centre()

    expect(card.get_by_role("heading")).to_have_text(name)
    assert map_page.page.locator(".card img, .card script").count() == 0


def test_what_fails_can_be_tried_again(cast: Any, map_page: MapPage) -> None:
    page = map_page.open(CENTRE, on="markets").page
    page.route("**/items/**", lambda route: route.fulfill(status=500))
    card = map_page.click_centre()
    expect(card.get_by_role("alert")).to_contain_text("gagal dimuat")

    page.unroute("**/items/**")
    card.get_by_role("button", name="Coba lagi").click()

    expect(card).to_contain_text("Barat Laut")
    map_page.complaints.clear()  # the browser itself reports the answer 500
