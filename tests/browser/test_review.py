"""The workbench in a real browser: list and map, table and map, steps, drawing, the swipe."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from layers.catalog.permits.applications import Application
from layers.catalog.permits.markups import Markup
from tests.browser.conftest import PHONE, MapPage
from tests.factories import application, around, point_in
from tests.review_desk import checked, desk, soon

# Chromium's own teardown leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def made(cast: Any) -> SimpleNamespace:
    return desk(cast)


@pytest.fixture
def planner(made: SimpleNamespace, map_page: MapPage, log_in: Any) -> MapPage:
    log_in(made.cast.planner)
    map_page.page.set_viewport_size({"width": 1280, "height": 800})
    return map_page


def open_file(desk: MapPage, number: str, query: str = "") -> Page:
    desk.page.goto(f"{desk.address}/review/{number}/{query}")
    desk.ready()
    return desk.page


def open_queue(desk: MapPage, query: str = "") -> Page:
    desk.page.goto(f"{desk.address}/review/{query}")
    desk.ready()
    return desk.page


def middle(desk: MapPage, right: float = 0.0, down: float = 0.0) -> tuple[float, float]:
    box = desk.map.bounding_box()
    assert box
    return box["x"] + box["width"] / 2 + right, box["y"] + box["height"] / 2 + down


# -- the queue


def test_list_and_map_move_together(planner: MapPage, made: SimpleNamespace) -> None:
    far = application(
        made.town.kelurahan["Tenggara"], "KKPR-2026-0150", "assessment",
        geom=around(point_in(made.town.kelurahan["Tenggara"])),
    )  # fmt: skip
    page = open_queue(planner)
    row = page.locator(f'.file-row[data-number="{made.file.number}"]')
    row.click(position={"x": 300, "y": 60})
    expect(row).to_have_attribute("data-chosen", "")
    page.wait_for_timeout(700)
    planner.ready()
    page.get_by_label("hanya yang tampak di peta").check()
    expect(page.locator(f'.file-row[data-number="{far.number}"]')).to_be_hidden()
    expect(row).to_be_visible()
    expect(page).to_have_url(re.compile("map=.*seen=1"))

    page.keyboard.press("Escape")
    page.mouse.click(*middle(planner, right=5))  # on the parcel itself
    expect(row.get_by_role("link")).to_be_focused()
    page.reload()
    planner.ready()
    expect(page.locator(f'.file-row[data-number="{far.number}"]')).to_be_hidden()


def test_the_queue_is_walked_and_searched_with_the_keyboard(
    planner: MapPage, made: SimpleNamespace
) -> None:
    page = open_queue(planner, "?status=all&order=number")
    rows = page.locator(".file-row")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1).get_by_role("link")).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0).get_by_role("link")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("buka berkas")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("0101")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(f"{planner.address}/review/?text=0101&status=all&order=number")
    planner.ready()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(made.file.number)
    planner.ready()
    page.keyboard.press("u")
    expect(page).to_have_url(f"{planner.address}/review/?text=0101&status=all&order=number")
    planner.ready()


def test_one_goes_from_file_to_file_without_the_list(
    planner: MapPage, made: SimpleNamespace
) -> None:
    page = open_file(planner, made.file.number, "?status=all&order=number")
    page.keyboard.press("]")
    expect(page.get_by_role("heading", level=1)).to_have_text(made.beside.number)
    planner.ready()
    page.keyboard.press("[")
    expect(page.get_by_role("heading", level=1)).to_have_text(made.file.number)
    planner.ready()


# -- the table and the map


def test_a_row_shows_its_piece_and_a_piece_its_row(planner: MapPage, made: SimpleNamespace) -> None:
    checked(made)
    page = open_file(planner, made.file.number)
    west = page.locator('tr[data-part="K-3"]')
    east = page.locator('tr[data-part="R-2"]')
    plain = planner.colours()
    west.focus()
    expect(west).to_have_attribute("data-touched", "")
    planner.until(lambda seen: seen != plain)

    page.mouse.move(*middle(planner, right=60))
    expect(east).to_have_attribute("data-touched", "")
    expect(west).not_to_have_attribute("data-touched", "")
    page.mouse.click(*middle(planner, right=-60))
    expect(west).to_be_focused()
    page.locator('li[data-kind="overlap"]').first.hover()
    expect(west).not_to_have_attribute("data-touched", "")


# -- what is done


def test_a_step_is_taken_with_its_reason(planner: MapPage, made: SimpleNamespace) -> None:
    page = open_file(planner, made.file.number)
    forum = page.get_by_role("button", name="Bawa ke Forum Penataan Ruang")
    expect(forum).to_be_disabled()
    expect(page.locator("#why-to-forum")).to_have_text("Pemeriksaan kesesuaian belum dibuat.")
    page.get_by_role("button", name="Simpan sebagai bukti").click()
    expect(page.get_by_text("Pemeriksaan tersimpan.")).to_be_visible()
    planner.ready()

    page.get_by_text("Minta sesuatu dari pemohon").click()
    form = page.locator("#do-ask")
    form.get_by_label("Apa yang diminta").fill("Gambar potongan saluran.")
    form.get_by_label("Paling lambat").fill(soon())
    form.get_by_role("button", name="Kirim permintaan").dblclick()
    expect(page.locator("#requests .cards")).to_contain_text("Gambar potongan saluran.")
    planner.ready()
    assert made.file.requests.count() == 1

    back = page.locator("#do-return")
    back.locator("summary").click()
    back.get_by_role("button", name="Kembalikan kepada pemohon").click()
    expect(back.locator(".field-fault")).to_be_visible()
    planner.ready()
    page.locator("#do-return").get_by_label("Alasan").fill("Gambar belum lengkap.")
    page.locator("#do-return").get_by_role("button", name="Kembalikan kepada pemohon").click()
    expect(page.locator(".stage-chip").first).to_have_text("Dikembalikan")
    expect(page.locator(".chain")).to_contain_text("Gambar belum lengkap.")
    planner.ready()
    made.file.refresh_from_db()
    assert made.file.status == Application.Status.RETURNED
    # A form that came back with a fault is a 422, which the browser writes down as an error.
    planner.complaints[:] = [one for one in planner.complaints if "422" not in one]


def test_a_remark_is_drawn_and_erased(planner: MapPage, made: SimpleNamespace) -> None:
    page = open_file(planner, made.file.number)
    page.get_by_text("Tulis catatan di peta").click()
    form = page.locator("#do-mark")
    form.get_by_role("button", name="Garis").click()
    page.locator("canvas[data-drawing=line]").wait_for()
    page.mouse.click(*middle(planner, -80, 0))
    page.mouse.click(*middle(planner, 0, 40))
    page.mouse.click(*middle(planner, 80, 0))
    page.keyboard.press("Enter")
    expect(form.locator(".drawer-told")).to_contain_text("Sudah digambar")
    form.get_by_label("Catatan", exact=True).fill("Saluran air lewat sini.")
    form.get_by_role("button", name="Simpan catatan").click()
    expect(page.locator("#markups")).to_contain_text("Saluran air lewat sini.")
    planner.ready()
    (kept,) = Markup.objects.all()
    assert kept.geom.geom_type == "LineString"
    assert len(kept.geom) == 3
    page.get_by_role("button", name="Hapus catatan ini").click()
    expect(page.locator("#markups")).not_to_contain_text("Saluran air lewat sini.")
    planner.ready()


def test_a_distance_is_measured(planner: MapPage, made: SimpleNamespace) -> None:
    page = open_file(planner, made.file.number)
    page.get_by_role("button", name="Ukur jarak").click()
    page.locator("canvas[data-drawing=line]").wait_for()
    page.mouse.click(*middle(planner, -100, 0))
    page.mouse.click(*middle(planner, 100, 0))
    expect(page.locator("#pill")).to_contain_text("Jarak")
    expect(page.locator("#pill")).to_contain_text(" m")
    page.locator("#pill").get_by_role("button", name="Tutup").click()
    expect(page.locator("#pill")).to_be_hidden()


def test_part_of_a_parcel_is_recommended_by_drawing(
    planner: MapPage, made: SimpleNamespace
) -> None:
    checked(made)
    page = open_file(planner, made.file.number)
    page.locator("#do-recommend > summary").click()
    form = page.locator("#recommend")
    expect(form.get_by_role("button", name="Bidang")).to_be_hidden()
    form.get_by_label("Disetujui sebagian").check()
    form.get_by_role("button", name="Bidang").click()
    page.locator("canvas[data-drawing=polygon]").wait_for()
    for right, down in ((40, -90), (300, -90), (300, 90), (40, 90)):
        page.mouse.click(*middle(planner, right, down))
    page.keyboard.press("Enter")
    expect(form.locator(".drawer-told")).to_contain_text("Sudah digambar")
    form.get_by_label("Pertimbangan").fill("Bagian timur di luar zona perdagangan.")
    form.get_by_text("Parkir di dalam persil.").first.click()
    form.get_by_role("button", name="Rekomendasikan putusan").click()
    expect(page.locator(".stage-chip").first).to_have_text("Rekomendasi")
    expect(page.locator("#outcome")).to_contain_text("Parkir di dalam persil.")
    planner.ready()
    proposal = made.file.recommendations.get()
    assert proposal.approved.area < made.file.geom.area


def test_two_plans_are_compared_at_a_divider(planner: MapPage, made: SimpleNamespace) -> None:
    page = open_file(planner, made.file.number, "?compare=plan:geser#compare")
    divider = page.get_by_role("slider")
    expect(divider).to_have_attribute("aria-valuenow", "50")
    page.locator(".swipe-map[data-state=ready]").wait_for()
    at_half = planner.colours()
    divider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    expect(divider).to_have_attribute("aria-valuenow", "30")
    planner.until(lambda seen: seen != at_half)
    page.get_by_role("button", name="Geser di peta").click()
    expect(divider).to_have_count(0)


# -- on a phone, without scripts


def test_on_a_phone_nothing_is_wider_than_the_screen(
    planner: MapPage, made: SimpleNamespace, browser: Any
) -> None:
    Application.objects.filter(pk=made.file.pk).update(activity="x" * 200, applicant="y" * 150)
    checked(made)
    phone = browser.new_context(**PHONE, locale="id-ID")
    phone.add_cookies(planner.page.context.cookies())
    page = phone.new_page()
    for path in ("", f"{made.file.number}/", f"{made.file.number}/print"):
        page.goto(f"{planner.address}/review/{path}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate("innerWidth") == 390
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    phone.close()
    open_queue(planner)


def test_without_scripts_a_file_is_read_and_a_step_taken(
    planner: MapPage, made: SimpleNamespace, browser: Any
) -> None:
    checked(made)
    plain = browser.new_context(java_script_enabled=False, locale="id-ID")
    plain.add_cookies(planner.page.context.cookies())
    page = plain.new_page()
    page.goto(f"{planner.address}/review/?text=0101")
    page.locator(".file-row a").first.click()
    page.get_by_role("button", name="Bawa ke Forum Penataan Ruang").click()
    expect(page.locator(".stage-chip").first).to_have_text("Forum Penataan Ruang")
    plain.close()
    open_queue(planner)
