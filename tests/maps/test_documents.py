"""A document is passed on: it must open anywhere, ask nobody for anything and hold no secret."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.gis.geos import Point
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from playwright.sync_api import Dialog, Page, Route, sync_playwright

from layers.base import Style, StyleClass, Text
from layers.catalog.boundaries import Area
from layers.catalog.markets.places import Commodity, Market
from layers.catalog.permits.applications import Application
from layers.catalog.trash.reports import TRASH_REPORTS, TrashReport
from layers.catalog.zoning.plans import Plan, SubZone, Zone
from layers.provenance import Load
from layers.registry import registered
from maps.documents import DOCUMENTS, drawing
from maps.documents.shelf import make
from maps.models import MadeDocument
from tests.chromium import FLAGS, SHELL
from tests.factories import EAST, NOON, NORTH, SECRET, SOUTH, WEST, box, trash_report

pytestmark = pytest.mark.django_db

# A name space and the licence notice of Leaflet: text, never fetched.
KNOWN_ADDRESSES = {"http://www.w3.org/2000/svg", "https://leafletjs.com"}
HOSTILE = [
    "<script>window.pwned = 1; alert(1)</script>",
    "</script><script>window.pwned = 1; alert(1)</script>",
    "<img src=x onerror='window.pwned=1;alert(1)'>",
    '"><svg onload=window.pwned=1>',
    "' onmouseover='alert(1)",
    "`${window.pwned=1}`",
    "${alert(1)}",
    "{{ 7*7 }}{{ cycler.__init__.__globals__.os.getcwd() }}",
    "{% for x in range(9) %}x{% endfor %}{# gone #}",
    "{{this.pwned=1}}",
    "<!-- --><![CDATA[ ]]>",
    "&lt;b&gt; &#60;b&#62; \\u003cb\\u003e",
    "javascript:alert(1)",
    "a\u2028b\u2029c\\",
]


@pytest.fixture(autouse=True)
def nothing_kept(db: None) -> None:
    cache.clear()
    MadeDocument.kept.all().delete()


def city() -> str:
    cache.clear()  # what the map page keeps of its catalogue for a moment
    return make(DOCUMENTS["kota"]).html.decode()


def overlay(html: str, layer_id: str) -> list[dict[str, Any]]:
    """The features of a layer as the page carries them."""
    found = re.search(rf"geo_json_{layer_id.replace('-', '_')}_add\((\{{.*\}})\);", html)
    return json.loads(found[1])["features"] if found else []


def in_chromium(look: Callable[[Page], Any]) -> Any:
    """What `look` finds on a page of a new browser. A thread of its own: Playwright's loop and the
    ORM do not share one."""

    def open_browser() -> Any:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=SHELL, args=FLAGS)
            page = browser.new_page(viewport={"width": 1200, "height": 800})
            page.set_default_timeout(30_000)
            found = look(page)
            browser.close()
            return found

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(open_browser).result()


# -- self-contained


class References(HTMLParser):
    """Every address that a browser would follow or fetch by itself."""

    NAMES = frozenset({"src", "href", "srcset", "data", "poster", "action", "xlink:href", "ping"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in self.NAMES]


@pytest.mark.usefixtures("cast")
def test_the_page_refers_to_nothing_outside_itself() -> None:
    html = city()

    followed = References(html).found + re.findall(r"url\(\s*[\"']?([^)\"']*)", html)

    assert all(address.startswith(("data:", "#")) for address in followed)
    assert "@import" not in html
    assert "sourceMappingURL" not in html
    assert set(re.findall(r"\b(?:https?|wss?)://[^\s\"'<>)]+", html)) <= KNOWN_ADDRESSES


def test_it_opens_from_a_file_without_a_network(cast: Any, tmp_path: Path) -> None:
    Load.objects.create(layer_id="zones", source="demo", is_demo=True)
    file = tmp_path / "kota.html"
    file.write_text(city())
    parcel = cast.town.application.geom.centroid

    def look(page: Page) -> dict[str, Any]:
        trouble: list[str] = []
        asked: list[str] = []

        def answer(route: Route) -> None:
            asked.append(route.request.url)
            if route.request.url == file.as_uri():
                route.continue_()
            else:
                route.abort()

        page.route("**/*", answer)
        page.context.set_offline(True)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda message: trouble.append(message.text))
        page.goto(file.as_uri())
        page.locator(".leaflet-overlay-pane canvas").wait_for()
        page.evaluate("at => map_city.setView(at, 16, {animate: false})", [parcel.y, parcel.x])
        for layer in ("trash-reports", "puskesmas", "markets"):
            page.uncheck(f"input[data-layer={layer}]")
        page.locator("main.map").click()
        card = page.locator(".leaflet-popup-content")
        card.wait_for()
        return {
            "trouble": trouble,
            "asked": asked,
            "heading": page.locator("h1").inner_text(),
            "banner": page.locator(".demo").inner_text(),
            "card": card.inner_text(),
            "names": page.locator(".name:visible").all_inner_texts(),
            "trash": page.evaluate("map_city.hasLayer(geo_json_trash_reports)"),
        }

    seen = in_chromium(look)

    assert seen["trouble"] == []
    assert seen["asked"] == [file.as_uri()]
    assert seen["heading"] == "Peta Kota Uji"
    assert "Data contoh" in seen["banner"]
    for text in (
        "Register permohonan ruang",
        "KKPR-2026-0001",
        "Toko kelontong",
        "1 Okt 2026",
        "m²",
        "Disetujui",
    ):
        assert text in seen["card"]
    assert "Barat Laut" in seen["names"]
    assert seen["trash"] is False


def test_served_by_the_portal_it_runs_as_a_stranger_to_it(cast: Any, client: Client) -> None:
    response = client.get("/documents/kota.html")
    address = "http://localhost/documents/kota.html"

    def look(page: Page) -> dict[str, Any]:
        trouble: list[str] = []
        page.route("**/*", lambda route: route.fulfill(
            body=response.content, headers=dict(response.items())))  # fmt: skip
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda message: trouble.append(message.text))
        page.goto(address)
        page.locator(".leaflet-overlay-pane canvas").wait_for()
        cookies = "() => { try { return document.cookie } catch (error) { return error.name } }"
        return {
            "trouble": trouble,
            "origin": page.evaluate("self.origin"),
            "cookies": page.evaluate(cookies),
        }

    seen = in_chromium(look)

    assert seen == {"trouble": [], "origin": "null", "cookies": "SecurityError"}


# -- hostile text


def settle_hostile_people(town: Any) -> None:
    """Payloads wherever somebody outside can have a say in what is published."""
    for number, payload in enumerate(HOSTILE):
        west = WEST + number * 0.005
        spot = Point(west + 0.001, SOUTH + 0.005, srid=4326)
        Market.objects.create(code=f"m{number}", name=payload, manager=payload, geom=spot)
        Application.objects.create(
            number=f"{number} {payload}"[:40], applicant="X", kbli="47111", activity=payload,
            status="granted", decided_on=NOON.date(), submitted_at=NOON,
            geom=box(west, SOUTH, west + 0.002, SOUTH + 0.002),
        )  # fmt: skip
    Area.objects.filter(level="kelurahan").update(name=HOSTILE[2])
    Area.objects.filter(level="city").update(name=HOSTILE[1])
    Commodity.objects.update(name=HOSTILE[7])
    SubZone.objects.update(name=HOSTILE[8], zone_name=HOSTILE[0])


def test_hostile_text_stays_text(cast: Any, tmp_path: Path) -> None:
    settle_hostile_people(cast.town)
    html = city()
    file = tmp_path / "kota.html"
    # Without the page's own policy, so that only the escaping stands between text and script.
    file.write_text(re.sub(r"<meta http-equiv[^>]*>", "", html))

    def look(page: Page) -> dict[str, Any]:
        dialogs: list[str] = []

        def dismiss(dialog: Dialog) -> None:
            dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", dismiss)
        page.goto(file.as_uri())
        page.locator(".leaflet-overlay-pane canvas").wait_for()
        cards = page.evaluate(
            """() => Object.keys(window).filter((name) => name.startsWith("geo_json_"))
                .map((name) => window[name]).filter((layer) => layer.eachLayer)
                .flatMap((layer) => layer.addTo(map_city).getLayers().map((shape) => {
                    const latlng = shape.getLatLng?.() ?? shape.getCenter();
                    shape.fire("mouseover", { latlng }, true);
                    shape.fire("click", { latlng }, true);
                    return layer.getPopup().getElement().innerText;
                }))"""
        )
        page.wait_for_timeout(200)
        return {
            "dialogs": dialogs,
            "pwned": page.evaluate("window.pwned"),
            "cards": "\n".join(cards),
            "injected": page.locator("img, main.map script, iframe, [onload], [onerror]").count(),
            "heading": page.locator("h1").inner_text(),
        }

    seen = in_chromium(look)

    assert seen["dialogs"] == []
    assert seen["pwned"] is None
    assert seen["injected"] == 0
    assert seen["heading"] == f"Peta {HOSTILE[1]}"
    for payload in HOSTILE:
        assert " ".join(payload.split()) in " ".join(seen["cards"].split())


# -- only what the public may see


def test_it_holds_only_what_the_public_may_see(cast: Any, browser_of: Any) -> None:
    town = cast.town
    for who in (cast.citizen, cast.planner, cast.health_officer):
        MadeDocument.kept.all().delete()
        html = unescape(browser_of(who).get("/documents/kota.html").content.decode())

        assert SECRET not in html
        assert str(town.child.code) not in html
        assert town.report.tracking_code not in html
        assert town.returned_application.number not in html
        assert "Rancangan" not in html
        assert "21,3 %" not in html
        assert {row["id"] for row in overlay(html, "trash-reports")} == {
            town.report.pk,
            town.other_report.pk,
        }
        assert not overlay(html, "children")
        assert not overlay(html, "site-visits")


def test_the_demo_banner_stands_until_real_data_is_loaded(cast: Any) -> None:
    assert "Data contoh" not in city()
    Load.objects.create(layer_id="zones", source="demo_city", is_demo=True)
    assert "Data contoh" in city()
    Load.objects.create(layer_id="zones", source="rdtr.gpkg")
    assert "Data contoh" not in city()


# -- what it shows


@pytest.mark.usefixtures("cast")
def test_values_are_written_for_people() -> None:
    html = city()
    parcel, _ = overlay(html, "permit-register")
    [report, _] = overlay(html, "trash-reports")

    assert parcel["properties"]["name"] == "Disetujui"
    assert "20 Nov 2026 12.00 WITA" in parcel["properties"]["rows"]
    assert "Sampah berserakan" in report["properties"]["rows"]
    assert any(
        "Rp 15.750" in row for row in overlay(html, "latest-prices")[0]["properties"]["rows"]
    )
    assert "Rencana pola ruang" in html
    assert "Sumber:" in html


@pytest.mark.usefixtures("cast")
def test_of_a_layer_with_many_values_one_is_shown_and_named() -> None:
    html = city()

    assert "Prevalensi stunting: Agustus 2026" in html
    assert {row["properties"]["rows"][1] for row in overlay(html, "stunting-prevalence")} == {
        "Agustus 2026"
    }
    assert "Harga terkini: Beras Medium I" in html


@pytest.mark.usefixtures("cast")
def test_a_layer_declared_later_is_drawn_as_well() -> None:
    hydrants = replace(TRASH_REPORTS, id="later-layer", title=Text("Hidran", "Hydrants"))
    with registered(hydrants):
        html = city()

    assert "Hidran" in html
    assert len(overlay(html, "later-layer")) == 2


def test_of_a_long_layer_the_newest_are_kept_and_the_page_says_so(
    cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "MAX_ROWS", 2)
    area = cast.town.kelurahan["Tenggara"]
    newest = [trash_report(area, observed_at=NOON.replace(day=21, hour=h)).pk for h in (1, 2)]

    html = city()

    assert [row["id"] for row in overlay(html, "trash-reports")] == newest
    assert "2 terbaru dari 4" in html


@pytest.mark.django_db
def test_without_any_data_there_is_a_page_that_says_so() -> None:
    html = city()

    assert "Belum ada data" in html


def test_neighbours_keep_their_common_border(cast: Any) -> None:
    corners = {
        tuple(corner)
        for row in overlay(city(), "kelurahan")
        for polygon in row["geometry"]["coordinates"]
        for ring in polygon
        for corner in ring
    }

    assert len(corners) == 9, "four boxes that share their corners"


@pytest.mark.parametrize(
    ("value", "expected"), [(None, "none"), (-1, None), (0, "low"), (9.9, "low"), (10, "high")]
)
def test_steps_are_lower_bounds(value: float | None, expected: str | None) -> None:
    steps: list[tuple[float | None, str]] = [(None, "none"), (0, "low"), (10, "high")]
    classes = tuple(StyleClass(bound, "#ffffff", Text(name, name)) for bound, name in steps)
    style = Style(kind="fill", by="rate", scale="step", classes=classes)

    found = style.class_of(value)

    assert (found.title.id if found else None) == expected


def test_categories_match_as_the_legend_writes_them() -> None:
    classes = (StyleClass("true", "#ffffff", Text("Ya", "Yes")),)
    style = Style(kind="circle", by="stunted", classes=classes)

    assert style.class_of(True) is classes[0]
    assert style.class_of(False) is None


# -- size, and the doors


def test_a_grown_city_stays_small_enough_for_a_chat(cast: Any) -> None:
    step, count = (EAST - WEST) / 25, 25
    plan = Zone.objects.filter(plan__status="active")[0].plan
    sub_zone = SubZone.objects.get()
    Plan.objects.update(status="draft")  # what is in force does not change
    Zone.objects.all().delete()
    Zone.objects.bulk_create(
        Zone(plan=plan, sub_zone=sub_zone, block=f"{x}-{y}",
             geom=box(WEST + x * step, SOUTH + y * step,
                      WEST + (x + 1) * step, SOUTH + (y + 1) * step))
        for x in range(count) for y in range(count)
    )  # fmt: skip
    Plan.objects.filter(pk=plan.pk).update(status="active")
    TrashReport.objects.bulk_create(
        TrashReport(instance_id=uuid4(), category="scattered", observed_at=NOON,
                    geom=Point(WEST + n % 50 / 1000, NORTH - n / 30_000, srid=4326))
        for n in range(2000)
    )  # fmt: skip

    html = city()

    assert len(overlay(html, "zones")) == 625
    assert len(overlay(html, "trash-reports")) == 2002
    assert len(html.encode()) < 3_000_000


@pytest.mark.usefixtures("cast")
def test_the_address_of_a_document(client: Client) -> None:
    response = client.get("/documents/kota.html", headers={"Accept-Encoding": "gzip"})

    assert response.status_code == 200
    assert response["Cache-Control"] == "public, max-age=60"
    assert "sandbox allow-scripts" in response["Content-Security-Policy"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response["Content-Disposition"].startswith('inline; filename="Peta-Kota-2')
    assert b"Peta Kota Uji" in gzip.decompress(response.content)
    assert not response.cookies
    assert client.post("/documents/kota.html").status_code == 405
    assert client.get("/documents/surat.html").status_code == 404


def test_a_crowd_gets_the_one_that_was_made_a_moment_ago(cast: Any, client: Client) -> None:
    first = client.get("/documents/kota.html").content
    trash_report(cast.town.kelurahan["Tenggara"])

    assert client.get("/documents/kota.html").content == first


@pytest.mark.usefixtures("cast")
def test_an_english_reader_does_not_change_the_document(client: Client) -> None:
    client.get("/documents/kota.html", headers={"Accept-Language": "en"})

    assert "Lapisan dan legenda" in client.get("/documents/kota.html").content.decode()
    MadeDocument.kept.all().delete()
    english = client.get("/documents/kota.html", headers={"Accept-Language": "en"}).content.decode()
    assert "Laporan sampah" in english
    assert "Trash reports" not in english


@pytest.mark.usefixtures("cast")
def test_the_list_tells_title_size_and_time(client: Client) -> None:
    client.get("/documents/kota.html")
    page = client.get("/documents/", headers={"Accept-Language": "id"}).content.decode()

    assert "Peta kota" in page
    assert re.search(r"\d+ kB · dibuat \d+ \w+ 20\d\d \d\d\.\d\d WITA", page)
    assert 'href="/documents/kota.html"' in page


@pytest.mark.usefixtures("cast")
def test_the_command_writes_the_same_page(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "kota.html"

    call_command("make_document", "kota", out=file)

    assert "Peta Kota Uji" in file.read_text()
    assert "kB, dibuat dalam" in capsys.readouterr().out
    with pytest.raises(CommandError, match="tidak dapat ditulis"):
        call_command("make_document", "kota", out=tmp_path / "tidak" / "ada.html")
