"""An applicant in a real browser: his parcel comes in by every way, a phone follows the file."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.templatetags.static import static
from django.utils import timezone
from playwright.sync_api import FilePayload, Page, expect
from pyproj import Geod
from shapely.geometry import box, mapping

from layers import geodesy
from layers.catalog.permits import requests
from layers.catalog.permits.applications import Application
from layers.catalog.permits.parcels import Parcel
from layers.catalog.permits.workflow import steps
from layers.catalog.zoning.rules import RuleSet
from tests import factories
from tests.browser.conftest import PHONE, MapPage
from tests.factories import CENTRE, around
from tests.field_api.test_applicants_follow import registered
from tests.field_api.test_applicants_outline import degrees_minutes_seconds, file_of

# Chromium's own teardown leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
NIK = "5371014505900001"
PDF: FilePayload = {
    "name": "kertas.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 uji",
}  # fmt: skip
JPEG: FilePayload = {
    "name": "akta.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff uji",
}  # fmt: skip


@pytest.fixture
def form(cast: Any, map_page: MapPage) -> MapPage:
    """The form, open, with the activities of some rules."""
    rules = factories.rule_set()
    RuleSet.objects.update(status="draft")  # rules in force do not change
    rules.activities.create(code="K.1", name="Toko kelontong", kbli=["47111"])
    RuleSet.objects.filter(pk=rules.pk).update(status="active")
    map_page.page.goto(f"{map_page.address}/permits/apply")
    return map_page.ready()


def fill(page: Page) -> None:
    page.get_by_label("Nama pemohon").fill("Maria <script>alert(1)</script>")
    page.get_by_label("NIK", exact=True).fill(NIK)
    page.get_by_label("Telepon").fill("0812 3456 7890")
    page.get_by_label("Alamat pemohon").fill("Jl. Uji 1")
    page.get_by_label("Cari kegiatan").fill("kelontong")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_label("KTP atau NIB").set_input_files(PDF)
    page.get_by_label("Bukti penguasaan").set_input_files(JPEG)
    page.get_by_label("Isian ini benar").check()


def draw(map_page: MapPage, *corners: tuple[int, int]) -> None:
    page = map_page.page
    page.get_by_role("button", name="Gambar batas").click()
    map_page.map.scroll_into_view_if_needed()
    box = map_page.map.bounding_box()
    assert box
    for x, y in corners:
        page.mouse.move(box["x"] + x, box["y"] + y)
        page.mouse.click(box["x"] + x, box["y"] + y)
        page.wait_for_timeout(50)
    page.keyboard.press("Enter")


def sent(page: Page) -> Application:
    page.get_by_role("button", name="Kirim permohonan").dblclick()
    page.wait_for_url("**/receipt")
    made = Application.objects.get(acts__kind="register")
    expect(page.get_by_role("heading", level=1)).to_have_text(made.number)
    return made


SOUND = "Batas bidang baik."


def test_an_application_is_drawn_on_the_map_and_sent_once(form: MapPage) -> None:
    page = form.page
    fill(page)
    expect(page.get_by_label("Kode KBLI")).to_have_value("47111")
    expect(page.get_by_label("Yang direncanakan")).to_have_value("Toko kelontong")
    draw(form, (200, 150), (320, 150), (320, 260), (200, 260))
    expect(page.locator("#found")).to_contain_text(SOUND)
    expect(page.locator("#found")).to_contain_text("4 titik")

    made = sent(page)
    assert Parcel.objects.get(application=made).notation == "drawn"
    assert made.geom.num_points == 5
    assert made.applicant == "Maria <script>alert(1)</script>"
    assert (made.kbli, made.identity.nik) == ("47111", NIK)
    assert NIK not in page.content()
    page.get_by_role("link", name="Ikuti permohonan").click()
    form.ready()
    expect(page.get_by_role("heading", level=1)).to_contain_text("menunggu diperiksa")


def test_corners_are_pasted_out_of_a_survey(form: MapPage) -> None:
    page = form.page
    fill(page)
    page.get_by_role("tab", name="Koordinat").click()
    page.get_by_label("Tabel koordinat").fill(degrees_minutes_seconds())
    page.get_by_role("button", name="Periksa dan tampilkan").click()
    expect(page.locator("#found")).to_contain_text(SOUND)
    expect(page.locator("#found")).to_contain_text("Barat Laut")
    made = sent(page)
    line = Parcel.objects.get(application=made)
    assert (line.notation, len(line.sent_sha256)) == ("dms", 64)


def test_a_surveyors_shapefile_is_uploaded(form: MapPage, tmp_path: Path) -> None:
    page = form.page
    fill(page)
    page.get_by_role("tab", name="Berkas").click()
    zipped: FilePayload = {"name": "tanah.zip", "mimeType": "application/zip",
              "buffer": file_of(tmp_path, ".zip")}  # fmt: skip
    page.locator("#f-parcel_file").set_input_files(zipped)
    expect(page.locator("#found")).to_contain_text(SOUND)
    made = sent(page)
    line = Parcel.objects.get(application=made)
    assert (line.notation, line.crs) == ("zip", "EPSG:32751")


def test_a_crossing_is_shown_where_it_is_and_mended(form: MapPage) -> None:
    page = form.page
    draw(form, (200, 150), (320, 260), (320, 150), (200, 260))
    flaw = page.locator(".flaws li")
    expect(flaw).to_contain_text("memotong dirinya")
    lon, lat = (float(one.replace(",", ".")) for one in re.findall(r"-?\d+,\d+", flaw.inner_text()))
    flaw.get_by_role("button", name="Tunjukkan").click()
    page.wait_for_timeout(800)
    form.ready()
    mark, box = page.locator(".flaw-mark").bounding_box(), form.map.bounding_box()
    assert mark
    assert box
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    assert mark["x"] + mark["width"] / 2 == pytest.approx(middle[0], abs=4)
    assert mark["y"] + mark["height"] / 2 == pytest.approx(middle[1], abs=4)
    assert (round(lon, 1), round(lat, 1)) == (123.6, -10.2)

    page.get_by_role("button", name="Pakai bentuk").click()
    expect(page.locator("#found")).to_contain_text(SOUND)
    page.get_by_role("button", name="Mundur").click()
    expect(page.locator(".flaws li")).to_contain_text("memotong dirinya")


def test_what_was_typed_outlives_a_reload_but_the_nik_does_not(form: MapPage) -> None:
    page = form.page
    fill(page)
    draw(form, (200, 150), (320, 150), (320, 260))
    expect(page.locator("#found")).to_contain_text(SOUND)
    page.wait_for_timeout(600)
    stored = page.evaluate("JSON.stringify(localStorage)")
    assert "0812 3456 7890" in stored
    assert NIK not in stored

    page.reload()
    form.ready()
    expect(page.locator("#draft")).to_contain_text("dipasang kembali")
    expect(page.get_by_label("Nama pemohon")).to_have_value("Maria <script>alert(1)</script>")
    expect(page.get_by_label("NIK", exact=True)).to_have_value("")
    expect(page.locator("#found")).to_contain_text("3 titik")

    page.get_by_role("button", name="Hapus draf").click()
    form.ready()
    expect(page.get_by_label("Nama pemohon")).to_have_value("")
    assert page.evaluate("localStorage.length") == 0


def test_a_broken_connection_loses_nothing_and_doubles_nothing(form: MapPage) -> None:
    page = form.page
    fill(page)
    draw(form, (200, 150), (320, 150), (320, 260))
    expect(page.locator("#found")).to_contain_text(SOUND)
    # The answer is lost on its way: the application is made all the same.
    page.route("**/permits/apply", lambda route: (route.fetch(), route.abort())[1])
    page.get_by_role("button", name="Kirim permohonan").click()
    expect(page.locator("#trouble")).to_contain_text("tekan Kirim lagi")
    expect(page.get_by_label("NIK", exact=True)).to_have_value(NIK)
    page.unroute("**/permits/apply")
    sent(page)
    assert page.evaluate("localStorage.length") == 0
    assert "Failed to load resource" in form.complaints.pop()


def test_what_is_missing_is_marked_and_nothing_is_lost(form: MapPage) -> None:
    page = form.page
    page.get_by_label("Nama pemohon").fill("Maria")
    page.get_by_label("NIK", exact=True).fill("5371")
    expect(page.locator("#h-nik")).to_have_text("4 dari 16 angka")
    page.get_by_role("button", name="Kirim permohonan").click()
    expect(page.locator("#trouble")).to_contain_text("isian yang ditandai")
    expect(page.get_by_label("NIK", exact=True)).to_be_focused()
    expect(page.locator("#e-parcel")).to_contain_text("Gambar bidangnya")
    expect(page.get_by_label("Nama pemohon")).to_have_value("Maria")
    assert "422" in form.complaints.pop()


def test_without_scripts_a_table_is_enough(form: MapPage, browser: Any) -> None:
    plain = browser.new_context(java_script_enabled=False, locale="id-ID")
    page = plain.new_page()
    page.goto(f"{form.address}/permits/apply")
    page.get_by_label("Nama pemohon").fill("Maria")
    page.get_by_label("NIK", exact=True).fill(NIK)
    page.get_by_label("Telepon").fill("081234567890")
    page.get_by_label("Alamat pemohon").fill("Jl. Uji 1")
    page.get_by_label("Kode KBLI").fill("47111")
    page.get_by_label("Yang direncanakan").fill("Toko")
    page.get_by_label("Tabel koordinat").fill(degrees_minutes_seconds())
    page.get_by_label("KTP atau NIB").set_input_files(PDF)
    page.get_by_label("Bukti penguasaan").set_input_files(JPEG)
    page.get_by_label("Isian ini benar").check()
    page.get_by_role("button", name="Kirim permohonan").click()
    expect(page.get_by_text("sudah kami terima")).to_be_visible()
    plain.close()
    assert Application.objects.get(acts__kind="register").applicant == "Maria"


def test_a_phone_follows_the_file_and_answers(cast: Any, map_page: MapPage, browser: Any) -> None:
    file = registered()
    steps.take(application=file, step="begin", by=cast.planner)
    asked = {"application": file, "due_on": timezone.localdate() + timedelta(days=7),
             "by": cast.planner}  # fmt: skip
    requests.ask(**asked, kind="document", text="Unggah sertipikat.")
    requests.ask(**asked, kind="red-line", text="Mundur 4 m.", proposed=around(CENTRE, 0.0008))
    steps.take(application=file, step="return", by=cast.planner, reason="Belum lengkap.")
    phone = browser.new_context(**PHONE, locale="id-ID")
    page = phone.new_page()
    page.set_default_timeout(10_000)
    page.goto(f"{map_page.address}/track/")
    page.get_by_label("Kode tindak lanjut").fill(file.tracking_code)
    page.get_by_role("button", name="Lihat").click()
    page.locator("#map[data-state=ready]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator("#key")).to_contain_text("Batas yang diusulkan")

    first, second = page.locator(".request").all()
    second.get_by_label("Setuju", exact=True).check()
    second.get_by_role("button", name="Kirim jawaban").tap()
    expect(page.get_by_text("Jawaban Anda sudah kami terima.")).to_be_visible()
    first = page.locator(".request")
    first.locator("input[type=file]").set_input_files(PDF)
    first.get_by_role("button", name="Kirim jawaban").tap()
    page.get_by_role("button", name="Ajukan kembali").tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text("sedang diperiksa")
    phone.close()

    file.refresh_from_db()
    assert file.status == "completeness"
    assert file.parcels.count() == 2
    assert file.documents.count() == 1
    map_page.open()
    map_page.page.get_by_role("link", name="Ikuti permohonan").click()
    expect(map_page.page.get_by_label("Kode tindak lanjut")).to_be_visible()


def test_nothing_is_wider_than_a_phone(form: MapPage, browser: Any) -> None:
    phone = browser.new_context(**PHONE, locale="id-ID")
    page = phone.new_page()
    for path in ("/permits/apply", "/track/", f"/track/{registered().tracking_code}/receipt"):
        page.goto(f"{form.address}{path}")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    phone.close()


def test_the_map_measures_what_the_ellipsoid_gives(form: MapPage) -> None:
    """Area and border, live in the browser, as pyproj has them."""
    plot = box(CENTRE.x, CENTRE.y, CENTRE.x + 0.003, CENTRE.y + 0.002)
    plot -= box(CENTRE.x + 0.001, CENTRE.y + 0.001, CENTRE.x + 0.0015, CENTRE.y + 0.0015)
    area, metres = form.page.evaluate(
        """async ([module, shape]) => {
          const { areaOf, lengthOf } = await import(module);
          const [border] = shape.coordinates;
          return [areaOf(shape), lengthOf({ type: "LineString", coordinates: border })];
        }""",
        [static("maps/measures.js"), mapping(plot)],
    )
    assert area == pytest.approx(geodesy.area(plot), rel=1e-6)
    assert metres == pytest.approx(Geod(ellps="WGS84").geometry_length(plot.exterior), rel=1e-6)
