"""What the first view costs, held by counting what crosses the wire: 465 kB in 36 requests.

Of that 364 kB are MapLibre and its worker. 4G (9 Mbit/s, 85 ms) carries it in half a second, slow
4G (1.6 Mbit/s, 150 ms) in some three: the 2 s until the map is usable are meant for the first visit
on 4G, and for each later one on slow 4G, which fetches the page and tiles only. Times are measured
by `make bench BENCH=first_view`; bytes and requests decide them, and do not depend on the machine.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, Request

from geo_portal.static_files import SMALL, TEXT, packed
from maps.assets import static_file
from tests.browser.conftest import PHONE

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

KILOBYTES = 465  # packed with Brotli, with the worker of the map
REQUESTS = 36
WORKER = "vendor/maplibre-gl/maplibre-gl-worker.mjs"


class Meter:
    """What a page loads, as it crosses the wire. The server of the tests does not compress static
    files as that of the portal does, so their size is taken from the files."""

    def __init__(self, page: Page) -> None:
        self.sizes: list[tuple[str, int]] = []
        self.known: set[str] = set()
        page.on("requestfinished", self._loaded)

    def _loaded(self, request: Request) -> None:
        path = urlsplit(request.url).path
        if request.url.startswith("http"):
            self.sizes.append((path, self._size(request, path)))

    def _size(self, request: Request, path: str) -> int:
        if not path.startswith(settings.STATIC_URL):
            return request.sizes()["responseBodySize"]
        file = static_file(path.removeprefix(settings.STATIC_URL))
        if path in self.known:  # an address of a release is kept for good
            return 0
        self.known.add(path)
        content = file.read_bytes()
        if file.suffix not in TEXT or len(content) < SMALL:
            return len(content)
        return len(packed(content, "br"))

    def told(self) -> str:
        largest = sorted(self.sizes, key=lambda one: -one[1])
        return "\n".join(f"{size:>8} {path}" for path, size in largest)


@pytest.mark.browser_context_args(**PHONE)
def test_the_first_view_keeps_its_budget(cast: Any, page: Page, live_server: Any) -> None:
    meter = Meter(page)
    workers: list[str] = []
    page.on("worker", lambda worker: workers.append(urlsplit(worker.url).path))

    page.goto(live_server.url)
    page.locator("#map[data-state=ready]").wait_for()

    # What is asked for beforehand is what is used, or it is paid for twice.
    assert set(workers) == {page.locator("#map-worker").get_attribute("href")}
    assert workers[0] == settings.STATIC_URL + WORKER
    assert page.evaluate("performance.getEntriesByName('map-usable').length") == 1

    assert sum(size for _, size in meter.sizes) <= KILOBYTES * 1000, meter.told()
    assert len(meter.sizes) <= REQUESTS, meter.told()


def test_what_the_map_needs_at_once_is_asked_for_at_once(cast: Any, client: Client) -> None:
    """A module that is found only inside another costs a slow phone one more way to the server."""
    page = client.get("/").content.decode()
    preloaded = set(re.findall(rf'rel="modulepreload" href="{settings.STATIC_URL}([^"]+)"', page))
    needed, waiting = set(), ["maps/main.js"]
    while waiting:
        name = waiting.pop()
        source = static_file(name).read_text()
        for found in re.findall(r'^(?:import|export)[^;]*? from "(\./[^"]+)"', source, re.M):
            if (other := urljoin(name, found)) not in needed:
                needed.add(other)
                waiting.append(other)
    assert preloaded == needed | {"vendor/maplibre-gl/maplibre-gl.mjs"}
