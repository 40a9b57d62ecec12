"""The inbox in a real browser: list and map move together, and a refused report is put right."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from field_api.models import Submission
from field_api.receive import receive
from tests.browser.conftest import PHONE, MapPage
from tests.factories import CENTRE
from tests.test_data_flow import answers, submission

# Chromium's own teardown leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
EVIL = "<img src=x onerror=alert(1)>"


def hand_in(cast: Any, shift: float = 0.0, **values: str) -> Submission:
    place = {"type": "Point", "coordinates": [CENTRE.x + shift, CENTRE.y]}
    item = submission("trash-reports", answers("trash-reports") | values, geometry=place)
    return receive(item, by=cast.officer, device=None).submission


def row(map_page: MapPage, one: Submission) -> Any:
    return map_page.page.locator(f'.row[data-id="{one.pk}"]')


@pytest.fixture
def inbox(cast: Any, map_page: MapPage, log_in: Any) -> MapPage:
    """An administrator at the inbox."""
    log_in(cast.administrator)
    return map_page


def visit(map_page: MapPage, path: str = "") -> None:
    map_page.page.goto(f"{map_page.address}/review/inbox/{path}")
    map_page.ready()


def test_the_map_leads_from_the_list_to_the_point_and_back(cast: Any, inbox: MapPage) -> None:
    first, second = hand_in(cast), hand_in(cast, 0.02, category=EVIL)
    page = inbox.page
    visit(inbox)

    row(inbox, first).get_by_role("button", name="di peta").click()
    inbox.ready()
    expect(row(inbox, first)).to_have_attribute("aria-current", "true")
    page.wait_for_timeout(600)
    row(inbox, second).get_by_role("link").focus()
    expect(row(inbox, second)).to_have_attribute("aria-current", "true")

    row(inbox, first).get_by_role("button", name="di peta").click()
    page.wait_for_timeout(600)
    inbox.ready()
    row(inbox, second).get_by_role("link").focus()
    row(inbox, second).get_by_role("button").click()
    page.wait_for_timeout(600)
    inbox.ready()
    box = inbox.map.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(row(inbox, second)).to_have_attribute("aria-current", "true")
    expect(row(inbox, second).get_by_role("link")).to_be_focused()


def test_the_list_is_walked_with_the_keyboard_alone(cast: Any, inbox: MapPage) -> None:
    older, newer = hand_in(cast), hand_in(cast)
    page = inbox.page
    visit(inbox)

    row(inbox, newer).get_by_role("link").focus()
    page.keyboard.press("ArrowDown")
    expect(row(inbox, older).get_by_role("link")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(row(inbox, older).get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Laporan sampah")
    expect(page).to_have_url(f"{inbox.address}/review/inbox/{older.pk}")


def test_a_refused_report_is_put_right_with_a_point_from_the_map(cast: Any, inbox: MapPage) -> None:
    wrong = hand_in(cast, category=EVIL, description=EVIL)
    page = inbox.page
    visit(inbox, str(wrong.pk))
    expect(page.locator("#why + ul")).to_contain_text("Jenis")

    page.get_by_label("Jenis").select_option(label="TPS penuh")
    page.get_by_role("button", name="Ambil dari peta").click()
    inbox.map.click(position={"x": 120, "y": 100})
    expect(page.get_by_label("Lintang")).not_to_have_value(str(CENTRE.y))
    page.get_by_label("Alasan").fill("Titik dan jenisnya keliru.")
    page.get_by_role("button", name="Simpan dan terima").dblclick()

    expect(page.get_by_text("Perbaikan diterima dan sudah berlaku.")).to_be_visible()
    expect(page.locator(".chain")).to_contain_text("Titik dan jenisnya keliru.")
    (kept,) = Submission.objects.filter(revises=wrong.pk)
    assert kept.state == Submission.State.ACCEPTED
    assert kept.accuracy == 0
    assert kept.geom
    assert kept.geom.distance(CENTRE) > 1e-5


def test_on_a_phone_nothing_is_wider_than_the_screen(
    cast: Any, inbox: MapPage, browser: Any, log_in: Any
) -> None:
    wrong = hand_in(cast, category="x" * 400, description="y" * 1500)
    cookies = inbox.page.context.cookies()
    phone = browser.new_context(**PHONE, locale="id-ID")
    phone.add_cookies(cookies)
    page = phone.new_page()
    for path in ("", "?since=besok", str(wrong.pk)):
        page.goto(f"{inbox.address}/review/inbox/{path}")
        page.locator("#map[data-state=ready]").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.close()
    visit(inbox)


def test_without_scripts_the_list_and_the_form_still_work(
    cast: Any, inbox: MapPage, browser: Any
) -> None:
    wrong = hand_in(cast, category="gunung")
    plain = browser.new_context(java_script_enabled=False, locale="id-ID")
    plain.add_cookies(inbox.page.context.cookies())
    page = plain.new_page()
    page.goto(f"{inbox.address}/review/inbox/")
    page.locator(".row a").first.click()
    page.get_by_label("Jenis").select_option(label="TPS penuh")
    page.get_by_label("Alasan").fill("Salah pilih.")
    page.get_by_role("button", name="Simpan dan terima").click()
    expect(page.get_by_text("Perbaikan diterima dan sudah berlaku.")).to_be_visible()
    plain.close()
    assert Submission.objects.get(revises=wrong.pk).state == Submission.State.ACCEPTED
    visit(inbox)
