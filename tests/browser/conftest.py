"""A real browser, Debian's Chromium, on the town of `tests.factories`.

Whatever a test does, its page may neither ask another host for anything nor report an error.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.contrib.gis.geos import Point
from PIL import Image
from playwright.sync_api import ConsoleMessage, Locator, Page, Playwright, Request

from field_api.devices import invite
from tests.browser.field_phone import Phone, PhoneInHand
from tests.chromium import FLAGS, SHELL

# Playwright's own event loop runs in this thread; Django would take each query for a mistake.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
Colour = tuple[int, int, int]


@pytest.fixture(scope="session")
def base_url() -> str:
    """In place of a plugin's, which pytest warns of; tests give whole addresses."""
    return ""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return browser_type_launch_args | {"executable_path": SHELL, "args": FLAGS}


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Drawn without a graphics card, an animation is seconds of both cores: maps jump instead."""
    return browser_context_args | {
        "locale": "id-ID",
        "viewport": {"width": 1024, "height": 640},
        "reduced_motion": "reduce",
    }


class MapPage:
    """The map page as its users handle it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.card: Locator = page.locator(".card")
        self.map: Locator = page.locator("#map")
        page.on("request", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("console", self._listen)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _note(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            self.asked.append(request.url)

    def open(self, at: Point | None = None, on: str | None = None, zoom: int = 16) -> MapPage:
        """Opens the map at a place, with these layers on (ids with commas between)."""
        state = {"map": f"{zoom}/{at.y}/{at.x}"} if at else {}
        state |= {} if on is None else {"on": on}
        self.page.goto("about:blank")  # a new fragment alone would not load the page again
        self.page.goto(f"{self.address}/#{urlencode(state, safe='/,')}")
        return self.ready()

    def ready(self) -> MapPage:
        self.page.locator("#map[data-state=ready]").wait_for()
        return self

    def click_centre(self, tap: bool = False) -> Locator:
        box = self.map.bounding_box()
        assert box
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        (self.page.touchscreen.tap if tap else self.page.mouse.click)(*middle)
        self.card.wait_for()
        return self.card

    def switch(self, title: str) -> Locator:
        return self.page.get_by_role("switch", name=re.compile(f"^{title}"))

    def colours(self) -> set[Colour]:
        """The colours in the middle of the map."""
        image = Image.open(BytesIO(self.map.screenshot())).convert("RGB")
        left, top = image.width // 2 - 60, image.height // 2 - 60
        middle = image.crop((left, top, left + 120, top + 120)).tobytes()
        return set(zip(middle[::3], middle[1::3], middle[2::3], strict=True))

    def until(self, wanted: Callable[[set[Colour]], bool]) -> set[Colour]:
        deadline = time.monotonic() + 8
        while not wanted(found := self.colours()):
            assert time.monotonic() < deadline, f"the map still shows {sorted(found)[:20]}"
            self.page.wait_for_timeout(100)
        return found


@pytest.fixture
def map_page(page: Page, live_server: Any) -> Iterator[MapPage]:
    page.set_default_timeout(10_000)
    opened = MapPage(page, live_server.url)
    yield opened
    own = urlsplit(live_server.url).netloc
    assert {urlsplit(url).netloc for url in opened.asked} == {own}
    assert opened.complaints == []


@pytest.fixture
def log_in(browser_of: Any, context: Any, live_server: Any) -> Callable[[Any], None]:
    """Gives the browser the session of one of the cast."""

    def enter(user: Any) -> None:
        session = browser_of(user).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])

    return enter


# -- the officers' app


@pytest.fixture
def no_limits(settings: Any) -> None:
    settings.DEVICE_BURST = 100_000


@pytest.fixture
def enrol(cast: Any) -> Callable[..., Phone]:
    def with_code(phone: Phone, user: Any = None) -> Phone:
        _, code = invite(user or cast.officer, by=cast.administrator)
        phone.run("device.enrol", {"code": code, "name": "Samsung A05"})
        return phone

    return with_code


@pytest.fixture
def phone(page: Page, live_server: Any, enrol: Any, no_limits: None) -> Phone:
    page.set_default_timeout(10_000)
    return enrol(Phone(page, live_server.url).open())


@pytest.fixture
def in_hand(
    playwright: Playwright, browser_type_launch_args: dict[str, Any], tmp_path: Path
) -> Iterator[PhoneInHand]:
    hand = PhoneInHand(playwright, tmp_path / "profile", browser_type_launch_args)
    yield hand
    hand.kill()
