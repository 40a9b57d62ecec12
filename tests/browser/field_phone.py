"""An officer's phone: Chromium with a profile of its own, which can be killed and started again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.templatetags.static import static
from playwright.sync_api import BrowserContext, Page, Playwright

from tests.factories import CENTRE

FIX = {"longitude": CENTRE.x, "latitude": CENTRE.y, "accuracy": 6.5, "altitude": None}
# A real JPEG of the camera's kind, each one different: noise does not compress.
PICTURE = """async ({side, quality}) => {
  const canvas = new OffscreenCanvas(side, side);
  const pen = canvas.getContext("2d");
  const noise = pen.createImageData(side, side);
  for (let at = 0; at < noise.data.length; at += 65536) {
    crypto.getRandomValues(noise.data.subarray(at, Math.min(at + 65536, noise.data.length)));
  }
  for (let at = 3; at < noise.data.length; at += 4) noise.data[at] = 255;
  pen.putImageData(noise, 0, 0);
  return canvas.convertToBlob({type: "image/jpeg", quality});
}"""
CAPTURE = f"""async ({{first, count, photo, fix, pause}}) => {{
  const drafts = await import("{static("field/drafts.js")}");
  const outbox = await import("{static("field/outbox.js")}");
  const picture = {PICTURE};
  for (let number = first; number < first + count; number += 1) {{
    const values = {{category: "burning", description: `tumpukan ${{number}}`}};
    const draft = await drafts.begin("trash-reports", {{values, fix}});
    if (photo) await drafts.addPhoto(draft.id, "photo", await picture(photo));
    await outbox.finish(draft.id);
    globalThis.captured = number + 1;
    if (pause) await new Promise((done) => setTimeout(done, pause));
  }}
}}"""


PHOTOGRAPH = f"""async ({{draft, side}}) => {{
  const drafts = await import("{static("field/drafts.js")}");
  const picture = await ({PICTURE})({{side, quality: 0.95}});
  return drafts.addPhoto(draft, "photo", picture).then(() => null, (error) => error.code);
}}"""
# A connection that is paid by the byte: the app fetches no map unasked.
METERED = "Object.defineProperty(navigator.connection, 'saveData', {value: true, writable: true})"


class Phone:
    """A page on the portal's address, and the engine's functions by module and name."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        page.add_init_script(METERED)

    def open(self, path: str = "/healthz") -> Phone:
        """Without a path: a page that is nothing but the portal's address."""
        self.page.goto(self.address + path)
        return self

    def run(self, what: str, *args: Any) -> Any:
        module, name = what.split(".")
        script = """async ([module, name, args]) => {
          try { return {done: await (await import(module))[name](...args)}; }
          catch (error) {
            if (error.name !== "Trouble") throw error;
            return {trouble: error.code, message: error.message};
          }
        }"""
        answer = self.page.evaluate(script, [static(f"field/{module}.js"), name, list(args)])
        if "trouble" in answer:
            raise TroubleTold(answer["trouble"], answer["message"])
        return answer.get("done")

    def capture(self, count: int, first: int = 0, photo: bool = False, pause: int = 0) -> None:
        size = {"side": 270, "quality": 0.9} if photo else None
        what = {"first": first, "count": count, "photo": size, "fix": FIX, "pause": pause}
        self.page.evaluate(CAPTURE, what)

    def begin_capture(self, count: int, first: int = 0) -> None:
        """Goes on by itself, as an officer does who is then interrupted."""
        size = {"side": 270, "quality": 0.9}
        what = {"first": first, "count": count, "photo": size, "fix": FIX, "pause": 0}
        self.page.evaluate(f"(what) => {{ ({CAPTURE})(what); }}", what)

    def photograph(self, draft: str, side: int) -> None:
        if code := self.page.evaluate(PHOTOGRAPH, {"draft": draft, "side": side}):
            raise TroubleTold(code)

    def send(self) -> dict[str, Any]:
        self.run("sender.sendNow")
        return self.run("sender.status")

    def states(self) -> list[str]:
        return sorted(item["state"] for item in self.run("outbox.list"))

    def owed(self) -> int:
        """Photos that the server still wants."""
        wanted = [one for one in self.run("outbox.list") if one["state"] != "withdrawn"]
        return sum(one["photos"]["total"] - one["photos"]["sent"] for one in wanted)

    def until(self, wanted: Callable[[], Any], seconds: float = 30, every: int = 50) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := wanted()):
            assert time.monotonic() < deadline, (self.run("sender.status"), self.states())
            self.page.wait_for_timeout(every)
        return found


class TroubleTold(Exception):
    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code, message)
        self.code = code


class PhoneInHand:
    """The browser's process itself, with its profile on the disk."""

    def __init__(self, playwright: Playwright, profile: Path, arguments: dict[str, Any]) -> None:
        self.playwright = playwright
        self.profile = profile
        self.arguments = arguments

    def switch_on(self) -> BrowserContext:
        return self.playwright.chromium.launch_persistent_context(
            str(self.profile), locale="id-ID", **self.arguments
        )

    def kill(self) -> int:
        """SIGKILL, to every process of this profile and no other."""
        mine = [pid for pid, words in _processes() if f"--user-data-dir={self.profile}" in words]
        for pid in mine:
            os.kill(pid, signal.SIGKILL)
        while any(pid in mine for pid, _ in _processes()):
            time.sleep(0.05)
        for name in ("SingletonLock", "SingletonCookie", "SingletonSocket"):
            (self.profile / name).unlink(missing_ok=True)
        return len(mine)


def _processes() -> list[tuple[int, list[str]]]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if words != [""]:  # a zombie has none
                found.append((int(folder.name), words))
    return found
