"""The officers' app without a network, on a full disk, and killed: nothing lost, nothing twice."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.templatetags.static import static
from playwright.sync_api import BrowserContext, Playwright

from field_api.attachments import originals
from field_api.models import Attachment, Submission
from tests.browser.field_phone import FIX, Phone, PhoneInHand, TroubleTold

# Chromium's own teardown leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
HELD = "navigator.serviceWorker.controller !== null"
ITEMS = int(os.environ.get("FIELD_ITEMS", "40"))  # `make drill` takes 200


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 64 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk takes the right to mount one")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def opened(context: BrowserContext, address: str, *, offline: bool) -> Phone:
    """The app itself, as its icon opens it."""
    context.set_offline(offline)
    page = context.new_page()
    page.set_default_timeout(30_000)
    phone = Phone(page, address).open("/field/")
    phone.until(lambda: page.evaluate(HELD))
    return phone


def all_photos(phone: Phone) -> list[dict[str, Any]]:
    return [photo for item in phone.run("outbox.list") for photo in item["photos"]["list"]]


def test_what_was_captured_with_photos_survives_a_browser_killed_thrice(
    in_hand: PhoneInHand, live_server: Any, enrol: Callable[..., Phone], no_limits: None
) -> None:
    enrol(opened(in_hand.switch_on(), live_server.url, offline=False))
    assert in_hand.kill()

    phone = opened(in_hand.switch_on(), live_server.url, offline=True)
    half = ITEMS // 2
    phone.begin_capture(ITEMS)
    phone.until(lambda: phone.page.evaluate(f"globalThis.captured >= {half}"))
    seen = len(phone.run("outbox.list"))
    assert in_hand.kill()

    phone = opened(in_hand.switch_on(), live_server.url, offline=True)
    kept = phone.run("outbox.list")
    assert len(kept) >= seen >= half
    assert all(item["photos"]["total"] == 1 for item in kept)
    for draft in phone.run("drafts.list"):  # the one that was interrupted
        phone.run("drafts.remove", draft["id"])
    phone.capture(ITEMS - len(kept), first=1000, photo=True)
    digests = phone.page.evaluate(
        """async (module) => {
          const { everything } = await import(module);
          return (await everything("photos")).map(({ of, sha256 }) => [of, sha256]);
        }""",
        static("field/database.js"),
    )
    assert len(digests) == ITEMS
    phone.page.context.set_offline(False)
    phone.page.evaluate(
        "(module) => import(module).then((sender) => { sender.sendNow(); })",
        static("field/sender.js"),
    )
    phone.until(Submission.objects.exists, 60)  # the answer may still be on its way
    assert in_hand.kill()

    phone = opened(in_hand.switch_on(), live_server.url, offline=False)  # sends by itself
    phone.until(lambda: Attachment.objects.exclude(state="partial").count() >= ITEMS // 5, 120)
    assert in_hand.kill()
    assert Attachment.objects.exclude(state="partial").count() < ITEMS

    phone = opened(in_hand.switch_on(), live_server.url, offline=False)
    phone.until(lambda: phone.owed() == 0, 400, every=1000)

    assert {photo["state"] for photo in all_photos(phone)} == {"sent"}
    assert phone.states() == ["accepted"] * ITEMS
    assert set(Submission.objects.values_list("sequence", flat=True)) == set(range(1, ITEMS + 1))
    assert Submission.objects.count() == ITEMS
    files = Attachment.objects.exclude(state="partial")
    assert sorted((str(one.instance_id), one.sha256) for one in files) == sorted(
        map(tuple, digests)
    )
    for one in files:
        content = originals.path(one.original).read_bytes()
        assert hashlib.sha256(content).hexdigest() == one.sha256


def test_a_full_disk_is_told_and_takes_nothing_back(
    small_disk: Path,
    playwright: Playwright,
    browser_type_launch_args: dict[str, Any],
    live_server: Any,
    enrol: Callable[..., Phone],
    no_limits: None,
) -> None:
    hand = PhoneInHand(playwright, small_disk / "profile", browser_type_launch_args)
    phone = enrol(Phone(hand.switch_on().new_page(), live_server.url).open())
    phone.capture(5, photo=True)
    draft = phone.run("drafts.begin", "trash-reports", {"values": {"category": "burning"}})
    ballast = small_disk / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            while file.write(b"x" * 65536) == 65536:
                pass
    except OSError:
        pass  # not one byte more

    with pytest.raises(TroubleTold, match="full"):
        phone.photograph(draft["id"], 600)
    ballast.unlink()

    assert phone.run("drafts.get", draft["id"])["photos"] == {}
    assert phone.run("drafts.get", draft["id"])["values"] == {"category": "burning"}
    phone.photograph(draft["id"], 600)
    phone.run("drafts.change", draft["id"], {"fix": FIX})
    phone.run("outbox.finish", draft["id"])
    phone.send()
    assert phone.states() == ["accepted"] * 6
    assert {photo["state"] for photo in all_photos(phone)} == {"sent"}
    hand.kill()
