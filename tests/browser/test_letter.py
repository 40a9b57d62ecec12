"""Who holds a letter looks whether it is genuine, on a phone or at a desk."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from layers.catalog.permits.letters import letters
from maps.letters.pdf import draw
from tests import letters as made
from tests.browser.conftest import MapPage

# Chromium's own teardown leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
APPROVED, REFUSED = (15, 23, 42), (185, 28, 28)


def test_a_file_is_compared_with_the_letter_without_being_sent(
    cast: Any, map_page: MapPage, tmp_path: Path
) -> None:
    letter = made.letter(cast, "granted-in-part")
    genuine = draw(letter, "https://portal.example/")
    letters.keep_pdf(letter=letter, content=genuine)
    (tmp_path / "same.pdf").write_bytes(genuine)
    (tmp_path / "forged.pdf").write_bytes(genuine.replace(b"1.7", b"1.6", 1))
    page = map_page.page
    page.goto(f"{map_page.address}/documents/letters/{letter.code}")
    expect(page.get_by_role("heading", name="Surat ini sah")).to_be_visible()
    map_page.ready()
    asked = len(map_page.asked)

    chosen, told = page.get_by_label("Pilih berkas PDF"), page.locator("#compared")
    chosen.set_input_files(tmp_path / "same.pdf")
    expect(told).to_have_text("Berkas ini sama dengan surat yang diterbitkan.")
    chosen.set_input_files(tmp_path / "forged.pdf")
    expect(told).to_contain_text("Berkas ini bukan surat yang diterbitkan")
    assert not [address for address in map_page.asked[asked:] if "tile" not in address.lower()]


def test_the_map_shows_what_was_granted_and_what_was_not(cast: Any, map_page: MapPage) -> None:
    letter = made.letter(cast, "granted-in-part")
    map_page.page.goto(f"{map_page.address}/documents/letters/{letter.code}")
    map_page.ready()
    drawn = Image.open(BytesIO(map_page.map.screenshot())).convert("RGB")
    colours = {colour for _, colour in drawn.getcolors(maxcolors=1_000_000)}
    assert colours >= {APPROVED, REFUSED}


def test_a_code_typed_from_paper_leads_to_its_letter(cast: Any, map_page: MapPage) -> None:
    letter = made.letter(cast)
    page = map_page.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{map_page.address}/documents/letters/")
    spaced = " ".join(letter.code[at : at + 5] for at in range(0, 30, 5))
    page.get_by_label("Kode surat").fill(spaced.upper())
    page.get_by_role("button", name="Periksa").click()
    expect(page.get_by_role("heading", name="Surat ini sah")).to_be_visible()
    expect(page.get_by_text("M. N.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
