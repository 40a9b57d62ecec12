"""A photo as it may be shown, drawn by a confined `redraw`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

SECONDS = 60  # by the clock; what a picture may cost in work is the child's own limit

# The picture's own doing: its decoder crashed, or worked longer or wrote more than any photo asks.
ITS_OWN_FAULT = {
    -getattr(signal, f"SIG{name}") for name in ("SEGV", "BUS", "ABRT", "FPE", "ILL", "XCPU", "XFSZ")
}
DAMAGED = "Gambar ini rusak atau terpotong, sehingga tidak dapat ditampilkan."
REASONS = {
    "format": "Isi berkas ini bukan foto JPEG, HEIC, PNG atau WebP, apa pun nama berkasnya.",
    "pixels": "Gambar ini terlalu besar; ambil foto dengan resolusi yang lebih rendah.",
    "damaged": DAMAGED,
}


class NotAPicture(Exception):
    """It will never be drawn; the message is a sentence for its sender."""


class NotNow(Exception):
    """The machine failed, not the picture: too busy, out of memory. To be tried again."""


@dataclass(frozen=True)
class Drawing:
    """JPEG, upright, in RGB, without anything but pixels."""

    image: bytes
    thumbnail: bytes


def redraw(original: Path) -> Drawing:
    """The picture in a file. Raises NotAPicture, NotNow.

    Whose fault a failure is, the way the child ended says: its limits are of work and memory, which
    no load on the machine changes; the clock, a kill from outside and a child that did not start
    are the machine's.
    """
    with original.open("rb") as file, TemporaryFile() as out:
        try:
            ended = _run(file, out)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotNow(str(error)) from error
        if ended in ITS_OWN_FAULT:
            raise NotAPicture(DAMAGED)
        if ended != 0:
            raise NotNow(f"redraw ended with {ended}")
        out.seek(0)
        return _read(out)


def _run(file: IO[bytes], out: IO[bytes]) -> int:
    script = Path(__file__).with_name("redraw.py")
    return subprocess.run(
        [sys.executable, "-I", str(script)],
        env={"LC_ALL": "C.UTF-8"},  # no secret of ours
        stdin=file,
        stdout=out,
        stderr=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
    ).returncode


def _read(out: IO[bytes]) -> Drawing:
    """What the child said. It met hostile bytes, so it is believed only where it makes sense."""
    try:
        told = json.loads(out.readline(200))
        if reason := told.get("not_drawn"):
            raise NotAPicture(REASONS.get(reason, DAMAGED))
        drawing = Drawing(out.read(told["image"]), out.read(told["thumbnail"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAPicture(DAMAGED) from error
    for jpeg in (drawing.image, drawing.thumbnail):
        if not (jpeg.startswith(b"\xff\xd8\xff") and jpeg.endswith(b"\xff\xd9")):
            raise NotAPicture(DAMAGED)
    return drawing
