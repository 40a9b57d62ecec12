"""Each document in a real browser, opened from a file without a network."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from layers.catalog.boundaries import Area
from layers.catalog.markets.places import Commodity, Market
from layers.catalog.markets.prices import PriceReading
from layers.catalog.permits.applications import Application
from layers.catalog.zoning.plans import SubZone
from maps.documents import DOCUMENTS, shelf
from tests.browser.conftest import MapPage
from tests.factories import CENTRE, trash_report

pytestmark = pytest.mark.django_db

SEEN = datetime(2026, 11, 12, 2, tzinfo=UTC)
HOSTILE = [
    "</script><script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned=1'>",
    "{{ cycler.__init__.__globals__.os.getcwd() }}{% raw %}",
    '"><svg onload=window.pwned=1><!-- map -->',
    "`${window.pwned=1}` {{this.pwned=1}}",
]
ASKED = {
    "kota": "",
    "harga": "2026-11-12",
    "sampah": "2026-W46",
    "stunting": "2026-08",
    "permohonan": "KKPR-2026-0001",
}


@pytest.fixture
def hostile_town(cast: Any) -> Any:
    """A payload in every name that a document writes, and reports enough for a hot spot."""
    for number, name in enumerate(HOSTILE):
        market = Market.objects.create(code=f"m{number}", name=name, geom=CENTRE)
        goods = Commodity.objects.create(code=f"c{number}", name=name, group=name, unit=name[:20])
        PriceReading.objects.create(
            instance_id=uuid4(), market=market, commodity=goods, price=10_000, observed_at=SEEN
        )
    for area, name in zip(Area.objects.filter(level="kelurahan"), HOSTILE, strict=False):
        Area.objects.filter(pk=area.pk).update(name=name)
        for _ in range(3):
            trash_report(area, received_at=SEEN, observed_at=SEEN)
    Area.objects.filter(level="city").update(name=HOSTILE[1])
    SubZone.objects.update(name=HOSTILE[0], zone_name=HOSTILE[2])
    Application.objects.update(activity=HOSTILE[3])
    return cast


@pytest.mark.parametrize("policy", ["with its own policy", "by its escaping alone"])
@pytest.mark.parametrize("name", list(DOCUMENTS))
@pytest.mark.usefixtures("hostile_town")
def test_it_opens_offline_asks_nobody_and_runs_no_name(
    page: Page, tmp_path: Path, name: str, policy: str
) -> None:
    html = shelf.make(DOCUMENTS[name], ASKED[name]).html.decode()
    if policy == "by its escaping alone":
        html = re.sub(r"<meta http-equiv[^>]*>", "", html)
    file = tmp_path / f"{name}.html"
    file.write_text(html)
    trouble: list[str] = []
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: trouble.append(message.text))
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.context.set_offline(True)
    page.set_viewport_size({"width": 390, "height": 844})

    page.goto(file.as_uri())
    page.locator(".leaflet-overlay-pane canvas").wait_for()
    written = page.evaluate(
        """() => Object.keys(window).filter((name) => name.startsWith("geo_json_"))
            .map((name) => window[name]).filter((layer) => layer.eachLayer)
            .flatMap((layer) => layer.addTo(map_city).getLayers().map((shape) => {
                const latlng = shape.getLatLng?.() ?? shape.getCenter();
                shape.fire("click", { latlng }, true);
                return layer.getPopup()?.getElement()?.innerText ?? "";
            })).join(" ") + document.body.innerText"""
    )
    page.wait_for_timeout(200)

    assert trouble == []
    assert [one for one in asked if not one.startswith("data:")] == [file.as_uri()]
    assert page.evaluate("window.pwned") is None
    assert page.locator("img, iframe, [onload], [onerror]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    words = " ".join(written.split())
    assert any(payload in words for payload in HOSTILE)
    assert len(html) < 3_000_000


def test_the_list_hands_out_the_period_that_was_chosen(cast: Any, map_page: MapPage) -> None:
    page = map_page.page
    page.goto(f"{map_page.address}/documents/")
    card = page.locator("#stunting")
    card.get_by_label("Periode").select_option("2026-08")
    with page.expect_download() as download:
        card.get_by_role("button", name="Simpan berkas").click()
    assert download.value.suggested_filename == "Buletin-Stunting-2026-08.html"

    card.get_by_role("button", name="Buka").click()
    expect(page.locator("h1")).to_have_text("Buletin stunting")
    expect(page.locator(".leaflet-container")).to_be_visible()
