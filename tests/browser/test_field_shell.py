"""What the officers' app keeps of itself and of the map, and how a new release takes its place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import count
from typing import Any

import pytest
from django.templatetags.static import static
from django.test import Client
from PIL import Image
from playwright.sync_api import Page, Playwright, Route

from field_api import app_pages
from field_api.models import Submission
from tests.browser.field_phone import Phone, PhoneInHand, TroubleTold
from tests.chromium import WHOLE
from tests.factories import EAST, NORTH, SOUTH, WEST

# Chromium's own teardown leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
AREA = {"bbox": [WEST, SOUTH, EAST, NORTH], "zooms": [10, 12, 14]}
CACHED = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) found.push([name, new URL(url)]);
  }
  return found.map(([name, { pathname, search }]) => [name, pathname + search]);
}"""

KEPT = """async () => {
  const cache = await caches.open("field-tiles");
  const kept = (await cache.keys()).filter(({ url }) => url.includes("/ogc/tiles/"));
  return Promise.all(kept.map(async (request) => {
    const tile = await cache.match(request, { ignoreVary: true });
    return [request.url, tile.headers.get("Date"), (await tile.arrayBuffer()).byteLength];
  })).then((tiles) => tiles.sort());
}"""


@pytest.fixture
def app(page: Page, live_server: Any, enrol: Callable[..., Phone], no_limits: None) -> Phone:
    return ready(page, live_server.url, enrol)


@pytest.fixture
def app_of_a_whole_browser(
    playwright: Playwright,
    browser_type_launch_args: dict[str, Any],
    browser_context_args: dict[str, Any],
    live_server: Any,
    enrol: Callable[..., Phone],
    no_limits: None,
) -> Iterator[Phone]:
    arguments = browser_type_launch_args | {"executable_path": WHOLE}
    with playwright.chromium.launch(**arguments) as browser:
        page = browser.new_context(**browser_context_args).new_page()
        yield ready(page, live_server.url, enrol)


def ready(page: Page, address: str, enrol: Callable[..., Phone]) -> Phone:
    """The app as its icon opens it, enrolled, and ready for a day without a network."""
    page.set_default_timeout(10_000)
    phone = Phone(page, address).open("/field/")
    phone.until(lambda: page.evaluate("navigator.serviceWorker.controller !== null"))
    enrol(phone)
    page.wait_for_selector("[data-screen=home]")
    return phone


def cached(phone: Phone) -> list[tuple[str, str]]:
    return [(name, path) for name, path in phone.page.evaluate(CACHED)]


def shells(phone: Phone) -> set[str]:
    return {name for name, _ in cached(phone) if name.startswith("field-shell")}


def test_the_shell_lists_files_that_are_there_and_changes_with_each_of_them(
    monkeypatch: pytest.MonkeyPatch, cast: Any
) -> None:
    def shell() -> dict[str, Any]:
        text = app_pages._written().partition(";\n")[0].removeprefix("const SHELL = ")
        return dict(json.loads(text))

    before = shell()
    assert static("field/main.js") in before["files"]
    assert static("field/service_worker.js") not in before["files"]
    monkeypatch.setattr(app_pages, "SHELL_EXTRAS", app_pages.SHELL_EXTRAS[:-1])
    assert shell()["version"] != before["version"]


def test_the_worker_is_asked_for_anew_each_time_and_rules_the_app_alone(cast: Any) -> None:
    answer = Client().get("/field/service-worker.js")
    assert answer["Service-Worker-Allowed"] == "/field/"
    assert "no-cache" in answer["Cache-Control"]
    assert answer["Content-Type"].startswith("text/javascript")
    assert Client().get("/field/manifest.webmanifest").json()["start_url"] == "/field/"


def test_the_app_can_be_installed(in_hand: PhoneInHand, live_server: Any, cast: Any) -> None:
    context = in_hand.switch_on()  # a profile of its own: nothing is installed from a private one
    phone = Phone(context.new_page(), live_server.url).open("/field/")
    told = context.new_cdp_session(phone.page).send("Page.getInstallabilityErrors")
    assert told["installabilityErrors"] == []
    manifest = Client().get("/field/manifest.webmanifest").json()
    for icon in manifest["icons"]:
        drawn = Image.open(BytesIO(b"".join(Client().get(icon["src"]).streaming_content)))  # type: ignore[attr-defined]
        assert icon["sizes"] == f"{drawn.width}x{drawn.height}"
    purposes = {(icon["sizes"], icon.get("purpose", "any")) for icon in manifest["icons"]}
    assert purposes == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}


def test_the_page_is_the_same_for_everybody(cast: Any, browser_of: Any) -> None:
    def page(user: Any) -> str:
        return re.sub(r'nonce="[^"]*"', "", browser_of(user).get("/field/").content.decode())

    texts = {page(user) for user in (cast.citizen, cast.officer)}
    assert len(texts) == 1


def test_without_a_network_the_app_opens_and_lacks_none_of_its_files(app: Phone) -> None:
    lacking: list[str] = []
    app.page.context.set_offline(True)
    again = app.page.context.new_page()
    again.on("pageerror", lambda error: lacking.append(str(error)))
    again.on("requestfailed", lambda request: lacking.append(request.url))

    Phone(again, app.address).open("/field/")
    again.wait_for_selector("[data-screen=home]")

    assert [url for url in lacking if "/api/" not in url] == []


def test_nothing_of_anybody_is_ever_kept_in_a_cache(app: Phone, cast: Any, log_in: Any) -> None:
    log_in(cast.health_officer)  # a session of its own in the same browser
    app.capture(2)
    app.send()
    app.run("sync.pull")
    with app.page.expect_request("**/ogc/tiles/**") as asked:
        app.run("tiles.keepArea", AREA)

    assert "cookie" not in asked.value.all_headers()
    paths = [path for _, path in cached(app)]

    assert any("/ogc/tiles/" in path for path in paths)
    assert not [path for path in paths if path.startswith("/api/")]
    kept_layers = {path.partition("collections=")[2] for path in paths if "/ogc/" in path}
    public = Client().get("/field/map.json").json()["layers"]
    assert set(",".join(kept_layers).split(",")) <= {layer["id"] for layer in public}


def test_the_kept_area_is_there_without_a_network(app: Phone, page: Page) -> None:
    told = app.run("tiles.keepArea", AREA)
    assert told["failed"] == 0
    assert told["kept"] == app.run("tiles.planArea", AREA)["tiles"] > 3
    page.context.set_offline(True)

    fetched = page.evaluate(
        """async (paths) => Promise.all(paths.map((path) => fetch(path, {credentials: "omit"})
          .then((answer) => answer.status, () => "none")))""",
        [path for _, path in cached(app) if "/ogc/tiles/" in path] + ["/ogc/collections"],
    )

    assert fetched.pop() == "none"
    assert set(fetched) <= {200, 204}
    assert 200 in fetched
    assert app.run("tiles.catalogue")["layers"]
    app.run("tiles.dropArea")
    assert not [path for _, path in cached(app) if "/ogc/" in path]


def test_keeping_an_area_that_is_too_wide_is_refused_before_it_begins(
    app: Phone, page: Page
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with pytest.raises(TroubleTold, match="full"):
        app.run("tiles.keepArea", {"bbox": [95, -11, 141, 6], "zooms": [14]})
    assert not [url for url in asked if "/ogc/tiles/" in url]


def test_where_nobody_pays_for_it_the_map_of_the_duty_comes_by_itself(
    app: Phone, page: Page
) -> None:
    duty = [WEST, SOUTH, (WEST + EAST) / 2, NORTH]

    def with_area(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"area": duty})

    page.route("**/api/v1/sync*", with_area)
    page.add_init_script("navigator.connection.saveData = false")
    app.run("sync.pull")
    assert app.run("tiles.kept") is None  # on a connection that is paid by the byte

    app.open("/field/")

    kept = app.until(lambda: app.run("tiles.kept"), 60)
    assert (kept["bbox"], kept["lacking"]) == (duty, 0)
    page.context.set_offline(True)
    page.get_by_text("Siap dipakai tanpa jaringan").wait_for()


def test_a_map_that_came_in_part_is_not_said_to_be_kept(app: Phone, page: Page) -> None:
    turns = count()

    def lose_some(route: Route) -> None:
        if next(turns) % 2:
            route.abort()
        else:
            route.continue_()

    page.context.route("**/ogc/tiles/**", lose_some)
    told = app.run("tiles.keepArea", AREA)
    assert told["failed"] > 0
    page.get_by_text("Peta baru tersimpan sebagian").wait_for()
    assert page.get_by_text("Belum siap tanpa jaringan").is_visible()


def test_a_tile_that_fails_leaves_the_older_one(app: Phone, page: Page) -> None:
    app.run("tiles.keepArea", AREA)
    before = page.evaluate(KEPT)
    page.context.route("**/ogc/tiles/**", lambda route: route.fulfill(status=200, body="portal"))
    stale = "Date.now = () => 4102444800000"  # a clock far ahead: everything is old
    page.evaluate(stale)

    told = app.run("tiles.keepArea", AREA)

    assert told["failed"] == 0
    assert page.evaluate(KEPT) == before
    page.context.unroute("**/ogc/tiles/**")
    assert app.run("tiles.keepArea", AREA)["failed"] == 0
    assert page.evaluate(KEPT) != before  # fetched anew


def test_a_new_release_waits_and_loses_nothing(
    app: Phone, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.context.set_offline(True)
    app.capture(2)
    draft = app.run("drafts.begin", "trash-reports", {"values": {"description": "setengah jadi"}})
    page.context.set_offline(False)
    text = app_pages._written()
    version = json.loads(text.partition(";\n")[0].removeprefix("const SHELL = "))["version"]
    monkeypatch.setattr(app_pages, "_worker", lambda: text.replace(version, "new"))

    Phone(page, app.address).open("/field/")
    app.until(lambda: app.run("start.updateReady"))
    assert f"field-shell-{version}" in shells(app)  # still the one in use

    with page.expect_navigation():
        app.run("start.applyUpdate")
    page.wait_for_selector("[data-screen=home]")

    app.until(lambda: shells(app) == {"field-shell-new"})
    assert app.run("drafts.get", draft["id"])["values"] == {"description": "setengah jadi"}
    app.until(lambda: app.states() == ["accepted"] * 2)


def test_a_release_that_lacks_a_file_is_not_installed(
    app: Phone, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = app_pages._written().replace("/field/main.js", "/field/gone.js")
    version = json.loads(text.partition(";\n")[0].removeprefix("const SHELL = "))["version"]
    monkeypatch.setattr(app_pages, "_worker", lambda: text.replace(version, "broken"))

    page.reload()
    page.wait_for_selector("[data-screen=home]")
    page.evaluate(
        """async () => {
          const registration = await navigator.serviceWorker.getRegistration("/field/");
          await registration.update().catch(() => {});
        }"""
    )

    app.until(lambda: "field-shell-broken" not in {n for n, p in cached(app) if p})
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("[data-screen=home]")


def test_what_is_left_is_sent_when_the_app_is_closed(app_of_a_whole_browser: Phone) -> None:
    """Background sync: the browser wakes the worker when the network is back."""
    app, page = app_of_a_whole_browser, app_of_a_whole_browser.page
    page.context.set_offline(True)
    app.capture(3)
    elsewhere = page.context.new_page()
    elsewhere.goto("about:blank")
    page.close()
    elsewhere.context.set_offline(False)
    elsewhere.goto(app.address + "/healthz")  # no page of the app

    deadline = Phone(elsewhere, app.address)
    deadline.until(lambda: Submission.objects.count() == 3, 60)
    deadline.until(lambda: deadline.states() == ["accepted"] * 3)
