"""One file from intake to letter: an applicant with a phone, a planner, an approver, and whoever
holds the paper in the end. Everybody sees pages alone; the database is asked at the very end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pypdfium2
import pytest
import zxingcpp
from django.utils import timezone
from playwright.sync_api import FilePayload, Locator, Page, expect
from shapely.geometry import shape

from layers.catalog.permits.applications import Application
from layers.catalog.permits.consultations import Consultee
from layers.catalog.permits.workflow.steps import act_title
from tests.browser.conftest import PHONE, MapPage
from tests.factories import CENTRE
from tests.letters import cited
from tests.review_desk import SIDE, desk, soon

# Chromium's own teardown leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
NIK = "5371014505900001"
NAME = "Maria Ndaumanu"
PDF: FilePayload = {
    "name": "sertipikat.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 uji",
}  # fmt: skip
NORTHWARDS = 0.003  # degrees: clear of the files that lie on the desk already
LAND = "Kantor Pertanahan"
DOUBT = "Jelaskan jalan masuk ke bagian barat."
ACTS = [
    "register", "begin", "request", "return", "request-answered", "resubmit", "accept", "consult",
    "consult-answered", "assess", "check", "to-forum", "from-forum", "recommend", "challenge",
    "recommend", "grant-in-part", "letter",
]  # fmt: skip


@dataclass
class Seat:
    """Somebody with a browser of his own."""

    view: MapPage
    home: str

    @property
    def page(self) -> Page:
        return self.view.page

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.home}{path}")
        if self.page.locator("#map").count():
            self.view.ready()
        return self.page

    def file(self, number: str) -> Page:
        return self.open(f"/review/{number}/")

    def press(self, step: str, title: str, *, reason: str = "") -> None:
        """Takes a step of the file that is open."""
        box = self.page.locator(f"#do-{step}")
        if reason:
            box.locator("summary").click()
            box.get_by_label("Alasan").fill(reason)
        box.get_by_role("button", name=title).click()
        self.view.ready()

    def stands(self, status: str) -> None:
        expect(self.page.locator(".stage-chip").first).to_have_text(status)

    def unfold(self, offer: str) -> Locator:
        box = self.page.locator(f"#do-{offer}")
        box.locator("summary").first.click()
        return box

    def point(self, right: float, down: float) -> tuple[float, float]:
        box = self.view.map.bounding_box()
        assert box
        return box["x"] + box["width"] / 2 + right, box["y"] + box["height"] / 2 + down

    def fits(self) -> None:
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture
def town(cast: Any) -> SimpleNamespace:
    made = desk(cast)
    cited()
    Consultee.objects.create(code="land", name=LAND, for_step="land-consideration")
    return made


@pytest.fixture
def seat(browser: Any, live_server: Any, browser_of: Any) -> Iterator[Callable[..., Seat]]:
    """Sits somebody down; at the end no page may have complained or asked another host."""
    seats, contexts = [], []

    def sit(user: Any = None, **screen: Any) -> Seat:
        context = browser.new_context(locale="id-ID", reduced_motion="reduce", **screen)
        if user:
            session = browser_of(user).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        seats.append(Seat(MapPage(page, live_server.url), live_server.url))
        contexts.append(context)
        return seats[-1]

    yield sit
    for context in contexts:
        context.close()
    for one in seats:
        assert one.view.complaints == []
        assert {urlsplit(url).netloc for url in one.view.asked} <= {urlsplit(one.home).netloc}


def test_one_file_goes_from_the_phone_to_the_letter(
    town: SimpleNamespace, seat: Callable[..., Seat], tmp_path: Path
) -> None:
    desktop = {"viewport": {"width": 1024, "height": 700}}
    phone, paper = seat(**PHONE), seat(**PHONE)
    planner, approver = seat(town.cast.planner, **desktop), seat(town.cast.approver, **desktop)

    number = apply(phone)
    send_back(planner, number)
    answer(phone)
    hear_the_land_office(planner, number)
    examine(planner)
    recommend(planner, "Bagian timur di zona perumahan.", again=False)
    challenge(approver, number)
    planner.file(number)
    expect(planner.page.locator("#outcome")).to_contain_text(DOUBT)
    recommend(planner, "Jalan masuk dari barat, lebar 6 m.", again=True)
    address, content = decide(approver, number)
    verify(paper, address, content, tmp_path)
    find_in_the_register(paper, number)
    follow_to_the_end(phone, content)
    read_the_history(planner, number)


# -- morning


def apply(phone: Seat) -> str:
    page = phone.open("/permits/apply")
    page.get_by_label("Nama pemohon").fill(NAME)
    page.get_by_label("NIK", exact=True).fill(NIK)
    page.get_by_label("Telepon").fill("0812 3456 7890")
    page.get_by_label("Alamat pemohon").fill("Jl. Uji 1")
    page.get_by_label("Kode KBLI").fill("47111")
    page.get_by_label("Yang direncanakan").fill("Toko kelontong")
    page.get_by_role("tab", name="Koordinat").tap()
    page.get_by_label("Tabel koordinat").fill(pasted())
    page.get_by_role("button", name="Periksa dan tampilkan").tap()
    expect(page.locator("#found")).to_contain_text("Batas bidang baik.")
    page.get_by_label("KTP atau NIB").set_input_files(PDF)
    page.get_by_label("Bukti penguasaan").set_input_files(PDF)
    page.get_by_label("Isian ini benar").check()
    phone.fits()
    page.get_by_role("button", name="Kirim permohonan").tap()
    page.wait_for_url("**/receipt")
    number = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("link", name="Ikuti permohonan").tap()
    phone.view.ready()
    expect(page.get_by_role("heading", level=1)).to_contain_text("menunggu diperiksa")
    return number


def pasted() -> str:
    """A square over the border of the two zones, as a surveyor's table has it."""
    x, y, half = CENTRE.x, CENTRE.y + NORTHWARDS, SIDE / 2
    ring = ((x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half))
    return "\n".join(f"{lon:.7f}; {lat:.7f}".replace(".", ",") for lon, lat in ring)


def send_back(planner: Seat, number: str) -> None:
    page = planner.open("/review/")
    row = page.locator(f'.file-row[data-number="{number}"]')
    expect(row).to_contain_text("Terdaftar")
    row.get_by_role("link").first.click()
    planner.view.ready()
    expect(page.locator("#applicant")).not_to_contain_text(NIK)
    planner.press("begin", "Mulai pemeriksaan kelengkapan")
    expect(page.locator("#why-return")).to_contain_text("Tulis dahulu permintaan")
    asked = planner.unfold("ask")
    asked.get_by_label("Apa yang diminta").fill("Unggah sertipikat yang terbaca.")
    asked.get_by_label("Paling lambat").fill(soon())
    asked.get_by_role("button", name="Kirim permintaan").click()
    planner.view.ready()
    expect(page.locator("#why-accept")).to_contain_text("belum dijawab")
    planner.press("return", "Kembalikan kepada pemohon", reason="Sertipikat tidak terbaca.")
    planner.stands("Dikembalikan")


def answer(phone: Seat) -> None:
    page = phone.page
    page.reload()
    phone.view.ready()
    request = page.locator(".request")
    expect(request).to_contain_text("Unggah sertipikat yang terbaca.")
    phone.fits()
    request.get_by_label("Keterangan").fill("Ini pindaian yang baru.")
    request.locator("input[type=file]").set_input_files(PDF)
    request.get_by_role("button", name="Kirim jawaban").tap()
    page.get_by_role("button", name="Ajukan kembali").tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text("sedang diperiksa")


def hear_the_land_office(planner: Seat, number: str) -> None:
    page = planner.file(number)
    expect(page.locator("#requests")).to_contain_text("Ini pindaian yang baru.")
    planner.press("accept", "Nyatakan lengkap")
    expect(page.locator("#why-assess")).to_have_text(f"Belum ada jawaban dari {LAND}.")
    asked = planner.unfold("consult")
    asked.get_by_label("Instansi").select_option(label=LAND)
    asked.get_by_label("Yang ditanyakan").fill("Mohon pertimbangan teknis pertanahan.")
    asked.get_by_label("Jawaban paling lambat").fill(soon())
    asked.get_by_role("button", name="Catat permintaan").click()
    planner.view.ready()
    heard = page.locator("#consultations li")
    heard.locator("summary").click()
    heard.get_by_label("Pendapat").select_option(label="Menyetujui")
    heard.get_by_label("Nomor surat").fill("PT.01/2026")
    heard.get_by_label("Tanggal jawaban").fill(timezone.localdate().isoformat())
    heard.get_by_role("button", name="Catat jawaban").click()
    planner.view.ready()
    planner.press("assess", "Mulai penilaian")
    planner.stands("Penilaian")


# -- noon


def examine(planner: Seat) -> None:
    """The check, its table on the map, and the forum there and back."""
    page = planner.page
    expect(page.locator("#why-recommend")).to_contain_text("belum dibuat")
    page.get_by_role("button", name="Simpan sebagai bukti").click()
    expect(page.get_by_text("Pemeriksaan tersimpan.")).to_be_visible()
    planner.view.ready()
    trade, housing = page.locator('tr[data-part="K-3"]'), page.locator('tr[data-part="R-2"]')
    expect(trade).to_contain_text("Diizinkan")
    expect(housing).to_contain_text("Parkir di dalam persil.")
    expect(page.locator("#conformity")).to_contain_text("100,00 %")
    plain = planner.view.colours()
    trade.focus()
    planner.view.until(lambda seen: seen != plain)
    page.mouse.move(*planner.point(60, 0))
    expect(housing).to_have_attribute("data-touched", "")
    planner.press("to-forum", "Bawa ke Forum Penataan Ruang")
    planner.stands("Forum Penataan Ruang")
    planner.press("from-forum", "Kembali ke penilaian", reason="Forum sependapat, dengan catatan.")


def recommend(planner: Seat, why: str, *, again: bool) -> None:
    page = planner.page
    planner.unfold("recommend")
    form = page.locator("#recommend")
    form.get_by_label("Disetujui sebagian").check()
    form.get_by_role("button", name="Bidang").click()
    page.locator("canvas[data-drawing=polygon]").wait_for()
    for right, down in ((40, -200), (150, -200), (150, 200), (40, 200)):
        page.mouse.click(*planner.point(right, down))
    page.keyboard.press("Enter")
    expect(form.locator(".drawer-told")).to_contain_text("Sudah digambar")
    form.get_by_label("Pertimbangan").fill(why)
    form.get_by_text("Parkir di dalam persil.").first.click()
    if again:
        form.get_by_text("Sediakan ruang hijau").first.click()
        form.locator('textarea[name="text-KDH"]').fill("Ruang hijau 20 % di sisi timur.")
    form.get_by_role("button", name="Rekomendasikan putusan").click()
    planner.stands("Rekomendasi")
    planner.view.ready()
    expect(page.locator("#why-grant-in-part")).to_have_text("Hanya untuk pejabat pemutus.")


def challenge(approver: Seat, number: str) -> None:
    page = approver.file(number)
    expect(page.locator("#why-grant")).to_contain_text("Direkomendasikan «disetujui sebagian»")
    approver.press("challenge", "Kembalikan rekomendasi", reason=DOUBT)
    approver.stands("Penilaian")
    expect(page.locator("#why-recommend")).to_have_text("Hanya untuk perencana tata ruang.")


# -- afternoon


def decide(approver: Seat, number: str) -> tuple[str, bytes]:
    """The address that the letter's QR code bears, and its PDF."""
    page = approver.file(number)
    expect(page.locator("#outcome")).to_contain_text("Ruang hijau 20 % di sisi timur.")
    approver.press("grant-in-part", "Setujui sebagian", reason="Sependapat.")
    approver.stands("Disetujui sebagian")
    approver.unfold("letter").get_by_role("button", name="Terbitkan surat").click()
    approver.view.ready()
    path = page.locator("#outcome").get_by_role("link", name="PDF").get_attribute("href")
    answered = page.request.get(f"{approver.home}{path}")
    assert answered.headers["content-type"] == "application/pdf"
    content = answered.body()
    document = pypdfium2.PdfDocument(content)
    text = "\n".join(document[n].get_textpage().get_text_bounded() for n in range(len(document)))
    (code,) = zxingcpp.read_barcodes(document[0].render(scale=2).to_pil())
    document.close()
    for told in (number, NAME, "DISETUJUI SEBAGIAN", "Parkir di dalam persil.",
                 "Ruang hijau 20 % di sisi timur."):  # fmt: skip
        assert told in text
    assert NIK not in text
    return code.text, content


def verify(paper: Seat, address: str, content: bytes, folder: Path) -> None:
    """Whoever was handed the letter scans it, and holds the file against it."""
    assert address.startswith(f"{paper.home}/documents/letters/")
    page = paper.open(urlsplit(address).path)
    expect(page.get_by_role("heading", name="Surat ini sah")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Disetujui sebagian")
    expect(page.locator("main")).not_to_contain_text(NAME)
    (folder / "surat.pdf").write_bytes(content)
    page.get_by_label("Pilih berkas PDF").set_input_files(folder / "surat.pdf")
    expect(page.locator("#compared")).to_have_text("Berkas ini sama dengan surat yang diterbitkan.")
    paper.fits()


def find_in_the_register(paper: Seat, number: str) -> None:
    """The public sees what was granted, and not who asked."""
    found = paper.page.request.get(
        f"{paper.home}/ogc/collections/permit-register/items?limit=1000"
    ).json()
    (entry,) = [one for one in found["features"] if number in one["properties"].values()]
    assert NAME not in str(found)
    assert shape(entry["geometry"]).area < 0.8 * SIDE**2, "the refused part is in it"
    place = CENTRE.clone()
    place.x, place.y = CENTRE.x - SIDE / 4, CENTRE.y + NORTHWARDS
    paper.view.open(place, on="permit-register", zoom=17)
    card = paper.view.click_centre(tap=True)
    expect(card).to_contain_text("Disetujui sebagian")
    expect(card).not_to_contain_text(NAME)


def follow_to_the_end(phone: Seat, content: bytes) -> None:
    page = phone.page
    page.reload()
    phone.view.ready()
    expect(page.get_by_role("heading", level=1)).to_contain_text("disetujui sebagian")
    expect(page.locator("main")).not_to_contain_text(DOUBT)
    expect(page.locator("#key")).to_contain_text("Bagian yang disetujui")
    phone.fits()
    with page.expect_download() as download:
        page.get_by_role("link", name="Unduh surat keputusan").tap()
    assert Path(download.value.path()).read_bytes() == content


def read_the_history(planner: Seat, number: str) -> None:
    made = Application.objects.get(number=number)
    told = [one for one in made.acts.order_by("pk") if one.kind != "document"]
    assert [one.kind for one in told] == ACTS
    assert {one.by.username if one.by else "" for one in told} == {"", "planner", "approver"}
    page = planner.file(number)
    page.locator(".sections").get_by_role("link", name="Riwayat").click()
    expect(page.locator("#history-title")).to_be_in_viewport()
    assert page.evaluate("scrollY") == 0, "the head of the page has gone"
    titles = page.locator(".chain li b").all_inner_texts()
    assert titles == [act_title(one.kind).id for one in made.acts.order_by("-pk")]
    expect(page.locator(".chain")).to_contain_text(DOUBT)
