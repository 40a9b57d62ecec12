"""The officers' app as an officer uses it: a real browser, and a network that comes and goes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, Literal

import pytest
from django.contrib.auth.models import User
from django.templatetags.static import static
from PIL import Image
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    FilePayload,
    Geolocation,
    Locator,
    Page,
    expect,
)

from field_api.devices import invite
from field_api.models import Attachment, Submission
from layers.catalog.markets.places import Commodity
from layers.catalog.markets.prices import PriceReading
from layers.catalog.stunting.children import Measurement
from layers.catalog.trash.reports import TrashReport
from tests.browser.conftest import PHONE
from tests.browser.field_phone import METERED
from tests.factories import CENTRE

# Chromium's own teardown leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

HERE = Geolocation(longitude=CENTRE.x, latitude=CENTRE.y, accuracy=8)
NO_NETWORK = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return browser_context_args | PHONE | {"permissions": ["geolocation"], "geolocation": HERE}


def picture() -> FilePayload:
    """A camera's photo: larger than what is worth sending."""
    drawn = BytesIO()
    Image.effect_noise((2400, 1800), 40).convert("RGB").save(drawn, "JPEG", quality=70)
    return FilePayload(name="IMG_0001.jpg", mimeType="image/jpeg", buffer=drawn.getvalue())


# Texts, and answers in their fields, that stand out too little from what lies under them (WCAG 2.2,
# 1.4.3); and how many were looked at. A canvas reads every way of writing a colour.
PALE = """() => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((v, at) => v * a + below[at] * (1 - a));
  const ground = (node) => {
    if (!node) return rgba("Canvas").slice(0, 3);
    const colour = rgba(getComputedStyle(node).backgroundColor);
    return colour[3] === 1 ? colour.slice(0, 3) : over(colour, ground(node.parentElement));
  };
  const shares = [0.2126, 0.7152, 0.0722];
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = (rgb) => rgb.reduce((sum, v, at) => sum + shares[at] * linear(v / 255), 0);

  const shown = (node) => node.checkVisibility({ visibilityProperty: true })
    && !node.closest(".maplibregl-map, .visually-hidden, .skip");
  const nodes = new Set(document.querySelectorAll("input.field, textarea, .line-input input"));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    if (walker.currentNode.textContent.trim()) nodes.add(walker.currentNode.parentElement);
  }
  const looked = [...nodes].filter(shown);
  const pale = looked.filter((node) => {
    const { color, fontSize, fontWeight } = getComputedStyle(node);
    const under = ground(node);
    const [dark, bright] = [light(over(rgba(color), under)), light(under)].sort((a, b) => a - b);
    const size = parseFloat(fontSize);
    const large = size >= 24 || (size >= 18.66 && fontWeight >= 700);
    return (bright + 0.05) / (dark + 0.05) < (large ? 3 : 4.5);
  });
  const name = (node) => `${node.tagName}.${node.className} ${node.textContent.trim()}`;
  return [pale.map(name), looked.length];
}"""


class FieldApp:
    """The app in the officer's hand."""

    def __init__(self, page: Page, context: BrowserContext, address: str) -> None:
        self.page, self.context, self.address = page, context, f"{address}/field/"
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._listen)
        page.add_init_script(METERED)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(sign in message.text for sign in NO_NETWORK):
            self.complaints.append(message.text)

    def enrol(self, user: User) -> FieldApp:
        _, code = invite(user, by=user)
        self.page.goto(f"{self.address}#enrol={code}")
        self.press("Daftarkan ponsel ini")
        expect(self.page.locator("[data-screen=home]")).to_be_visible()
        self.page.evaluate(
            """() => navigator.serviceWorker.controller ?? new Promise((done) => {
              navigator.serviceWorker.addEventListener("controllerchange", done); })
              .then(() => null)"""
        )
        return self

    def open(self, screen: str) -> FieldApp:
        self.page.evaluate("(to) => { location.hash = to }", f"#/{screen}")
        name = re.split("[/?]", screen)[0] or "home"
        expect(self.page.locator(f"[data-screen={name}]")).to_be_visible()
        return self

    def press(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name).click()

    def offline(self, off: bool = True) -> None:
        self.context.set_offline(off)

    def photograph(self) -> None:
        self.page.locator("input[type=file]").first.set_input_files(picture())
        expect(self.page.locator("img.thumbnail")).to_be_visible()

    def sees(self, text: str | re.Pattern[str]) -> Locator:
        found = self.page.get_by_text(text).first
        expect(found).to_be_visible()
        return found

    def settled(self, state: str) -> None:
        """The app leads to its outbox, which comes to say this of its newest item."""
        expect(self.page.locator("[data-screen=outbox]")).to_be_visible()
        expect(self.page.locator("a.row .tag").first).to_have_text(state)


@pytest.fixture
def app(page: Page, context: BrowserContext, live_server: Any) -> Iterator[FieldApp]:
    page.set_default_timeout(10_000)
    opened = FieldApp(page, context, live_server.url)
    yield opened
    assert opened.complaints == []


def payload(form: str) -> dict[str, Any]:
    return dict(json.loads(Submission.objects.get(layer_id=form).payload))


def test_a_report_with_a_photo_made_offline_arrives_by_itself(cast: Any, app: FieldApp) -> None:
    app.enrol(cast.officer).offline()
    app.open("new/trash-reports")
    app.sees("Tanpa jaringan.")
    app.page.get_by_label("TPS penuh").check()
    app.page.get_by_label("Keterangan").fill("Bak penuh <b>sejak</b> Senin")
    app.photograph()
    app.press("Kirim")
    expect(app.page.locator("a.row")).to_contain_text("Foto 0/1 terkirim")
    assert not Submission.objects.filter(layer_id="trash-reports").exists()

    app.offline(False)

    expect(app.page.locator("a.row")).to_contain_text("Foto 1/1 terkirim")
    expect(app.page.locator("a.row .tag").first).to_have_text("Diterima")
    report = TrashReport.objects.get(description="Bak penuh <b>sejak</b> Senin")
    assert report.geom.coords == pytest.approx(CENTRE.coords)
    assert report.accuracy == 8
    photo = Attachment.objects.get(instance_id=report.instance_id)
    assert photo.offset == photo.size
    assert payload("trash-reports")["values"]["photo"] == photo.name


def test_the_app_opens_without_a_network_after_one_visit(cast: Any, app: FieldApp) -> None:
    app.enrol(cast.officer).offline()

    app.page.reload()

    app.sees("Tanpa jaringan.")
    app.page.get_by_role("link", name="Laporan sampah").click()
    expect(app.page.get_by_label("Pembuangan liar")).to_be_visible()


def test_a_draft_survives_a_reload_with_its_photo(cast: Any, app: FieldApp) -> None:
    app.enrol(cast.officer).open("new/trash-reports")
    app.page.get_by_label("Pembuangan liar").check()
    app.photograph()
    app.page.get_by_label("Keterangan").fill("Dekat jembatan")
    app.sees(re.compile("Draf tersimpan"))
    app.page.wait_for_timeout(600)

    app.page.reload()

    expect(app.page.get_by_label("Pembuangan liar")).to_be_checked()
    expect(app.page.get_by_label("Keterangan")).to_have_value("Dekat jembatan")
    expect(app.page.locator("img.thumbnail")).to_be_visible()
    app.press(re.compile("^Hapus$"))
    expect(app.page.locator("img.thumbnail")).to_be_hidden()
    app.open("drafts")
    app.sees(re.compile("Pembuangan liar · Dekat jembatan"))


def test_an_implausible_price_waits_for_its_confirmation_and_the_rest_goes(
    cast: Any, app: FieldApp
) -> None:
    Commodity.objects.create(code="gula-lokal", name="Gula Pasir Lokal", group="Gula", unit="kg")
    before = PriceReading.objects.count()
    app.enrol(cast.officer).open("new/price-readings")
    app.press(re.compile("Pasar Oeba"))
    rice = app.page.get_by_role("textbox", name="Beras Medium I")
    expect(rice).to_have_accessible_description(re.compile(r"15\.750 · 12 Nov 2026"))
    rice.fill("1575")
    expect(rice).to_have_value("1.575")
    app.page.get_by_role("textbox", name="Gula Pasir Lokal").fill("18500")

    app.press("Kirim 2 harga")
    app.sees("1 harga perlu dipastikan")
    app.press("Kirim 1 yang lain")

    app.sees(re.compile("Pasar Oeba · 1 harga")).click()
    expect(rice).to_have_value("1.575")
    assert PriceReading.objects.filter(price=1575).count() == 0
    app.sees(re.compile("Kurang satu nol"))
    app.page.get_by_label("Harga ini benar").check()
    app.press("Kirim 1 harga")
    expect(app.page.locator("a.row .tag")).to_have_text(["Diterima", "Diterima"])
    sent = PriceReading.objects.order_by("-pk")[: PriceReading.objects.count() - before]
    assert sorted((one.commodity.code, one.price) for one in sent) == [
        ("beras-medium-1", 1575),
        ("gula-lokal", 18500),
    ]


def test_the_same_price_as_last_time_is_one_tap(cast: Any, app: FieldApp) -> None:
    app.enrol(cast.officer).open("new/price-readings")
    app.press(re.compile("Pasar Oeba"))
    app.press(re.compile("Beras Medium I: Sama seperti 12 Nov"))
    expect(app.page.get_by_role("textbox", name="Beras Medium I")).to_have_value("15.750")
    app.page.wait_for_timeout(600)

    app.page.reload()  # the phone died in the middle of it

    expect(app.page.get_by_role("textbox", name="Beras Medium I")).to_have_value("15.750")
    app.press("Kirim 1 harga")
    app.settled("Diterima")


def test_a_health_officer_measures_a_child(cast: Any, app: FieldApp) -> None:
    app.enrol(cast.health_officer).open("new/measurements")
    app.press(re.compile("^Anak"))
    app.page.get_by_role("dialog").get_by_role("button", name=re.compile("RAHASIA Anak")).click()
    expect(app.page.locator(".chooser")).to_contain_text(re.compile(r"lahir \d+ \w+ \d{4}"))
    app.page.get_by_label("Tinggi atau panjang (cm)").fill("81,x")
    app.page.get_by_label("Berdiri").check()
    app.press("Kirim")
    app.sees("Tulis angka, misalnya 81,5.")
    expect(app.page.get_by_label("Tinggi atau panjang (cm)")).to_be_focused()

    app.page.get_by_label("Tinggi atau panjang (cm)").fill("84,5")
    app.press("Kirim")

    app.settled("Diterima")
    measured = Measurement.objects.latest("pk")
    assert measured.child == cast.town.child
    assert str(measured.height_cm) == "84.5"
    assert measured.by == cast.health_officer


def test_a_number_that_is_none_is_kept_as_it_was_typed(cast: Any, app: FieldApp) -> None:
    app.enrol(cast.health_officer).open("new/measurements")
    height = app.page.get_by_label("Tinggi atau panjang (cm)")
    height.fill("8o,5")
    app.sees(re.compile("Draf tersimpan"))

    app.page.reload()

    expect(height).to_have_value("8o,5")
    app.press("Kirim")
    app.sees("Tulis angka, misalnya 81,5.")


def test_a_code_that_the_phone_does_not_have_can_be_typed(cast: Any, app: FieldApp) -> None:
    app.enrol(cast.planner).open("new/site-visits")
    app.press(re.compile("^Nomor permohonan"))
    app.page.get_by_role("dialog").get_by_role("searchbox").fill("KKPR-2031-0009")
    app.press("Pakai kode «KKPR-2031-0009»")
    expect(app.page.locator(".chooser")).to_contain_text("KKPR-2031-0009")


def test_a_refused_item_tells_its_reason_and_can_be_put_right(cast: Any, app: FieldApp) -> None:
    app.enrol(cast.health_officer).open(f"new/measurements?child={cast.town.child.code}")
    app.page.get_by_label("Tanggal ukur").fill("2024-01-05")  # before the child was born
    app.page.get_by_label("Tinggi atau panjang (cm)").fill("84,5")
    app.page.get_by_label("Berdiri").check()
    app.press("Kirim")
    app.settled("Ditolak")
    reason = "Tanggal ukur harus antara tanggal lahir dan hari ini."
    app.page.locator("a.row").click()
    app.sees(reason)

    app.press("Perbaiki")
    app.sees(reason)
    expect(app.page.get_by_label("Tanggal ukur")).to_have_attribute("aria-invalid", "true")
    app.page.get_by_label("Tanggal ukur").fill("2026-11-20")
    app.press("Kirim perbaikan")

    app.settled("Diterima")
    assert str(Measurement.objects.latest("pk").measured_on) == "2026-11-20"
    refused, accepted = Submission.objects.order_by("received_at")
    assert (refused.state, accepted.revises) == ("refused", refused.pk)


def test_what_was_sent_can_be_taken_back(cast: Any, app: FieldApp) -> None:
    app.enrol(cast.officer).open("new/trash-reports")
    app.page.get_by_label("TPS penuh").check()
    app.press("Kirim")
    app.settled("Diterima")
    app.page.locator("a.row").click()

    app.press("Tarik kembali")
    app.page.get_by_role("dialog").get_by_role("button", name="Tarik kembali").click()

    app.open("outbox").settled("Ditarik kembali")
    assert Submission.objects.get(layer_id="trash-reports").state == "withdrawn"


def test_the_nearest_report_is_proved_clean(cast: Any, app: FieldApp) -> None:
    app.enrol(cast.officer).open("tasks/trash-cleanings")
    app.page.locator(".searchable a.row").first.click()
    app.press("Kirim")
    app.sees("Wajib diisi.")  # the photo
    app.photograph()
    app.press("Kirim")

    app.settled("Diterima")
    cast.town.report.refresh_from_db()
    assert cast.town.report.status == "resolved"
    app.open("tasks/trash-cleanings")
    expect(app.page.locator(".searchable a.row")).to_have_count(0)


def test_a_site_visit_is_drawn_from_its_definition_alone(cast: Any, app: FieldApp) -> None:
    app.enrol(cast.planner).open("tasks/site-visits")
    app.page.get_by_role("link", name=re.compile("KKPR-2026-0002")).last.click()
    expect(app.page.locator(".chooser")).to_contain_text("KKPR-2026-0002")
    app.page.get_by_label("Sudah dibangun sebelum izin").check()
    app.press("Kirim")
    app.settled("Diterima")
    assert cast.town.waiting_application.site_visits.get().finding == "built"


def test_a_poor_fix_is_used_with_a_warning(cast: Any, app: FieldApp) -> None:
    app.context.set_geolocation(Geolocation(**HERE | {"accuracy": 250}))
    app.enrol(cast.officer).open("new/trash-reports")
    app.page.get_by_label("TPS penuh").check()
    app.sees("Ketelitian 250 m")
    app.press("Pakai sekarang")
    app.sees(re.compile("Ketelitian lebih dari 100 m"))
    app.press("Kirim")
    app.settled("Diterima")
    assert payload("trash-reports")["accuracy"] == 250


def test_a_point_placed_by_hand_is_sent_as_such(cast: Any, app: FieldApp) -> None:
    app.context.clear_permissions()
    app.enrol(cast.officer).open("new/trash-reports")
    app.page.get_by_label("TPS penuh").check()
    app.press("Kirim")
    app.sees("Posisi wajib ada. Tunggu GPS atau letakkan di peta.")

    app.press("Letakkan di peta")
    app.page.locator(".map[data-state=ready]").wait_for()
    app.page.locator(".map canvas").focus()
    app.page.keyboard.press("ArrowRight")
    app.page.wait_for_timeout(600)
    app.press("Pakai titik ini")

    app.sees("Titik pilihan Anda sendiri, bukan dari GPS.")
    app.press("Kirim")
    app.settled("Diterima")
    assert payload("trash-reports")["accuracy"] == 0


def test_a_wrong_code_enrols_nothing_and_says_so(cast: Any, app: FieldApp) -> None:
    app.page.goto(f"{app.address}#enrol=salah")
    app.press("Daftarkan ponsel ini")
    expect(app.page.get_by_role("alert").locator(".notice")).to_be_visible()
    expect(app.page.locator("[data-screen=enrol]")).to_be_visible()
    app.complaints.clear()  # the browser itself reports the 422


def test_someone_logged_in_enrols_without_a_code(
    cast: Any, app: FieldApp, log_in: Callable[[Any], None]
) -> None:
    log_in(cast.officer)
    app.page.goto(app.address)
    app.press("Saya sudah masuk: daftarkan")
    expect(app.page.locator("[data-screen=home]")).to_be_visible()


def test_typing_is_kept_while_the_outbox_goes_on_behind_it(cast: Any, app: FieldApp) -> None:
    """A screen that redraws itself when something was sent must not take another's place."""
    app.enrol(cast.officer).open("new/trash-reports")
    app.page.get_by_label("TPS penuh").check()
    app.press("Kirim")
    expect(app.page.locator("[data-screen=outbox]")).to_be_visible()
    app.open("new/trash-reports")  # at once, while the first is on its way
    app.page.get_by_label("Keterangan").fill("yang kedua")
    app.page.wait_for_timeout(2500)
    expect(app.page.get_by_label("Keterangan")).to_have_value("yang kedua")
    expect(app.page.locator("[data-screen=draft], [data-screen=new]")).to_be_visible()


def test_leaving_the_phone_warns_of_what_is_unsent(cast: Any, app: FieldApp) -> None:
    app.enrol(cast.officer).offline()
    app.open("new/trash-reports")
    app.page.get_by_label("TPS penuh").check()
    app.press("Kirim")
    expect(app.page.locator("a.row")).to_contain_text("Menunggu")

    app.open("device")
    app.press("Keluar dan hapus dari ponsel")
    app.press(re.compile("^Keluar$"))
    app.sees(re.compile("belum sampai ke server dan akan HILANG"))
    app.press("Jangan keluar")
    app.open("outbox")
    expect(app.page.locator("a.row")).to_contain_text("Menunggu")


def test_the_map_is_one_tap_away_and_kept_for_days_without_a_network(
    cast: Any, app: FieldApp
) -> None:
    app.enrol(cast.officer)
    app.press(re.compile("Simpan peta"))
    app.open("map")
    expect(app.page.get_by_role("button", name="Perbarui peta")).to_be_visible(timeout=60_000)

    app.offline()
    app.open("")
    app.sees("Siap dipakai tanpa jaringan")
    app.open("map")
    app.page.locator(".map[data-state=ready]").wait_for()


@pytest.mark.parametrize(
    "screen", ["", "new/trash-reports", "new/price-readings", "tasks/trash-cleanings", "device"]
)
def test_every_target_is_large_and_nothing_is_wider_than_the_phone(
    cast: Any, app: FieldApp, screen: str
) -> None:
    app.enrol(cast.officer)
    app.page.set_viewport_size({"width": 320, "height": 640})
    app.page.evaluate("(to) => { location.hash = to }", f"#/{screen}")
    app.page.wait_for_timeout(500)
    small = app.page.evaluate(
        """() => [...document.querySelectorAll("a, button, summary, label.option, input.field")]
          .filter((one) => !one.closest(".maplibregl-map") && one.checkVisibility()
                  && one.id !== "skip" && one.getBoundingClientRect().height < 47.5)
          .map((one) => `${one.tagName} ${one.textContent}`)"""
    )
    assert small == []
    assert app.page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_lies_under_it(
    cast: Any, app: FieldApp, scheme: Literal["light", "dark"]
) -> None:
    def read(least: int) -> None:
        pale, looked = app.page.evaluate(PALE)
        assert pale == []
        assert looked >= least

    app.page.emulate_media(color_scheme=scheme)
    app.page.goto(app.address)
    expect(app.page.locator("[data-screen=enrol]")).to_be_visible()
    read(8)
    app.enrol(cast.officer)
    app.sees("Tugas saya")
    read(20)
    app.open("new/trash-reports").press("Kirim")
    app.sees("Wajib diisi.")
    read(10)
    app.page.get_by_label("TPS penuh").check()
    app.press("Kirim")
    app.settled("Diterima")
    app.open("new/price-readings").press(re.compile("Pasar Oeba"))
    app.page.get_by_role("textbox", name="Beras Medium I").fill("1575")
    app.sees("Harga ini benar")
    read(10)
    app.offline()
    app.open("drafts").sees(re.compile("Pasar Oeba"))
    read(5)
    refused = app.page.evaluate(
        """async (modules) => {
          const [drafts, outbox] = await Promise.all(modules.map((module) => import(module)));
          const draft = await drafts.begin("trash-reports", { values: { category: "gold" } });
          await outbox.finish(draft.id);
          return draft.id;
        }""",
        [static(f"field/{name}.js") for name in ("drafts", "outbox")],
    )
    app.open("outbox").sees("Menunggu")
    read(8)
    app.offline(False)
    app.sees("Ditolak")
    read(8)
    app.open(f"item/{refused}").sees("Perbaiki")
    read(8)
    for screen in ("tasks/trash-cleanings", "device", "map"):
        app.open(screen)
        read(5)
