"""What leaves the map: an address, a frame in another site, a sheet of paper, files; and what lies
under it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Page, expect

from layers.registry import LAYERS
from tests.browser.conftest import MapPage
from tests.factories import CENTRE

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def test_a_short_address_and_its_qr_lead_to_the_same_map(cast: Any, map_page: MapPage) -> None:
    page = map_page.open(CENTRE, on="markets,stunting-prevalence").page
    shown = map_page.colours()

    page.get_by_role("button", name="Bagikan").click()
    dialog = page.get_by_role("dialog", name="Bagikan peta ini")
    link = dialog.get_by_label("Alamat peta")
    expect(link).to_have_value(re.compile(r"/s/[0-9A-Za-z]{12}$"))
    address = link.input_value()
    expect(dialog.get_by_alt_text("Kode QR")).to_be_visible()
    dialog.get_by_role("button", name="Salin", exact=True).click()
    expect(dialog.get_by_role("status")).to_contain_text(re.compile("disalin|Ctrl"))

    page.goto(address)
    map_page.ready()
    assert page.url.startswith(f"{map_page.address}/#map=16")
    map_page.until(lambda found: found == shown)
    expect(map_page.switch("Pasar")).to_be_checked()


def test_a_person_is_told_that_others_will_not_see_restricted_layers(
    cast: Any, map_page: MapPage, log_in: Any
) -> None:
    log_in(cast.planner)
    page = map_page.open(CENTRE, on="markets,permit-parcels").page

    page.get_by_role("button", name="Bagikan").click()

    told = page.locator("[data-share=restricted]")
    expect(told).to_be_visible()
    expect(told).to_contain_text(str(LAYERS["permit-parcels"].title))


class Foreign(BaseHTTPRequestHandler):
    """A site of another host, with the portal's map in a frame."""

    frame = ""

    def do_GET(self) -> None:
        body = f"<!doctype html><title>Situs lain</title>{self.frame}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def foreign_site() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Foreign)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_the_map_stands_in_a_page_of_another_site(
    cast: Any, map_page: MapPage, foreign_site: str, page: Page, log_in: Any
) -> None:
    log_in(cast.planner)  # whose own layers are still not in the frame
    map_page.open(CENTRE, on="markets,permit-parcels")
    page.get_by_role("button", name="Bagikan").click()
    page.get_by_text("Pasang di situs lain").click()
    page.get_by_label("Ukuran").select_option("800 × 600")
    Foreign.frame = page.get_by_label("Kode", exact=True).input_value()

    page.goto(foreign_site)
    frame = page.frame_locator("iframe")
    frame.locator("#map[data-state=ready]").wait_for()
    frame.get_by_text("Legenda").click()
    expect(frame.locator("[data-layer=markets]")).to_be_visible()
    expect(frame.locator("[data-layer=permit-parcels]")).to_have_count(0)
    whole = frame.get_by_role("link", name="Buka di Geo Portal")
    expect(whole).to_have_attribute("href", re.compile("^/#map=16.*markets"))
    page.goto("about:blank")
    # The other host was asked on purpose.
    map_page.asked = [url for url in map_page.asked if not url.startswith(foreign_site)]


def sheet(map_page: MapPage, query: str, fragment: str) -> pypdfium2.PdfDocument:
    page = map_page.page
    page.set_default_timeout(40_000)
    page.goto("about:blank")
    page.goto(f"{map_page.address}/print/?{query}#{fragment}")
    page.locator("#paper[data-state=ready]").wait_for()
    return pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))


def dots_per_inch(picture: Any) -> float:
    left, _, right, _ = picture.get_bounds()
    return float(picture.get_px_size()[0] / (right - left) * 72)


def test_a_sheet_has_all_that_a_map_needs_on_one_page(cast: Any, map_page: MapPage) -> None:
    view = f"map=15/{CENTRE.y}/{CENTRE.x}&on=zones,markets,kelurahan"
    pdf = sheet(map_page, "title=Tata+ruang+&+pasar&scale=10000".replace("&+", "%26+"), view)

    assert len(pdf) == 1
    width, height = (round(side / 72 * 25.4) for side in pdf[0].get_size())
    assert (width, height) == (297, 210)
    text = pdf[0].get_textpage().get_text_bounded()
    for told in (
        *("Tata ruang & pasar", "1 : 10.000", "Legenda", "Pasar", "Sumber", "Dicetak", "WITA"),
        *(LAYERS["zones"].owner, LAYERS["markets"].owner),
    ):
        assert told in text, told
    assert re.search(r"\d m\b", text)  # the scale bar
    pictures = [one for one in pdf[0].get_objects() if one.type == 3]
    assert max(map(dots_per_inch, pictures)) >= 150
    found = zxingcpp.read_barcodes(pdf[0].render(scale=4).to_pil())
    assert re.search(r"/s/[0-9A-Za-z]{12}$", found[0].text)


def test_a_long_legend_and_a_dark_screen_do_not_spoil_a_sheet(cast: Any, map_page: MapPage) -> None:
    map_page.page.emulate_media(color_scheme="dark")
    ids = [layer.id for layer in LAYERS.values() if layer.on_map]
    pdf = sheet(map_page, "turned=portrait", f"map=14/{CENTRE.y}/{CENTRE.x}&on={','.join(ids)}")

    pages = [page.get_textpage().get_text_bounded() for page in pdf]
    assert len(pages) <= 2
    assert "Dicetak" in pages[0]
    for layer in (LAYERS["zones"], LAYERS["markets"]):
        assert any(str(layer.title) in text for text in pages)
    corner = pdf[0].render(scale=1).to_pil().convert("RGB").getpixel((5, 5))
    assert corner == (255, 255, 255)


def test_what_is_seen_is_downloaded_and_nothing_else(cast: Any, map_page: MapPage) -> None:
    page = map_page.open(CENTRE, on="markets,stunting-prevalence", zoom=17).page

    page.get_by_role("button", name="Unduh", exact=True).click()
    dialog = page.get_by_role("dialog", name="Unduh yang terlihat")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    dialog.get_by_label("CSV").check()
    link = dialog.get_by_role("link", name=re.compile("^Unduh Pasar sebagai CSV"))
    with page.expect_download() as waiting:
        link.click()
    rows = waiting.value.path().read_text("utf-8-sig").splitlines()
    assert len(rows) == 2
    assert "Pasar Oeba" in rows[1]
    month = dialog.get_by_role("link", name=re.compile("^Unduh Prevalensi"))
    expect(month).to_have_attribute("href", re.compile("month=2026-08-01"))
    expect(month).to_have_attribute("href", re.compile("bbox="))
    dialog.get_by_label("Seluruh lapisan").check()
    expect(month).not_to_have_attribute("href", re.compile("bbox="))


def test_another_ground_is_part_of_the_address(cast: Any, map_page: MapPage) -> None:
    page = map_page.open(CENTRE, on="markets").page

    page.get_by_label("Peta dasar").select_option("Polos")
    expect(page).to_have_url(re.compile("base=plain"))
    page.get_by_label("Peta dasar").select_option("Kota sendiri")
    expect(page).not_to_have_url(re.compile("base="))


def test_names_in_any_script_need_no_other_host(cast: Any, map_page: MapPage) -> None:
    """The fixture fails where a request leaves the host."""
    area = cast.town.kelurahan["Barat Laut"]
    area.name = "Ōesapa Śrī Ñuẽ 古邦"
    area.save()

    map_page.open(CENTRE, on="kelurahan", zoom=13)
    map_page.page.get_by_role("button", name="EN", exact=True).click()
    map_page.ready()
    assert not any("glyphs" in url or ".pbf" in url for url in map_page.asked)
