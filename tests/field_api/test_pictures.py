"""Photos are drawn anew by a process that may do nothing else; whatever comes, the portal lives."""

from __future__ import annotations

import gzip
import io
import os
import signal
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, PngImagePlugin

from field_api.attachments import pictures
from field_api.attachments.pictures import Drawing, NotAPicture, NotNow

HEIC = Path(__file__).with_name("pictures") / "photo.heic"
BOMB = gzip.decompress(HEIC.with_name("100-megapixels.heic.gz").read_bytes())
SECRET = b"RAHASIA"


def scene(width: int = 64, height: int = 48) -> Image.Image:
    """Green, its upper left quarter red."""
    image = Image.new("RGB", (width, height), "#22aa66")
    ImageDraw.Draw(image).rectangle((0, 0, width // 2 - 1, height // 2 - 1), fill="#dd2222")
    return image


def exif(orientation: int = 1) -> Image.Exif:
    """A camera, a place, and how the phone was held."""
    said = Image.Exif()
    said[0x010F], said[0x0112] = SECRET.decode(), orientation
    said.get_ifd(0x8825).update({1: "S", 2: (10.0, 9.0, 30.0), 3: "E", 4: (123.0, 36.0, 0.0)})
    return said


def encoded(image: Image.Image, kind: str, **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def draw(content: bytes, folder: Path) -> Drawing:
    file = folder / "original"
    file.write_bytes(content)
    return pictures.redraw(file)


def read(jpeg: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(jpeg))
    assert image.format == "JPEG"
    return image


def why_not(content: bytes, folder: Path) -> str:
    with pytest.raises(NotAPicture) as refused:
        draw(content, folder)
    return str(refused.value)


def text_chunk() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SECRET.decode())
    return info


XMP = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
SPEAKING = {
    "jpeg": lambda: encoded(scene(), "JPEG", exif=exif(), comment=SECRET, xmp=XMP,
                            icc_profile=SECRET * 20) + b"PK\x03\x04" + SECRET,
    "png": lambda: encoded(scene(), "PNG", exif=exif(), pnginfo=text_chunk()) + SECRET,
    "webp": lambda: encoded(scene(), "WEBP", exif=exif(), xmp=XMP),
    "mpo": lambda: encoded(scene(), "MPO", exif=exif(), save_all=True, append_images=[scene()]),
    "heic": HEIC.read_bytes,
}  # fmt: skip


@pytest.mark.parametrize("kind", SPEAKING)
def test_nothing_but_pixels_is_left(kind: str, tmp_path: Path) -> None:
    content = SPEAKING[kind]()
    assert SECRET in content, "else this would prove nothing"
    drawing = draw(content, tmp_path)
    for jpeg in (drawing.image, drawing.thumbnail):
        assert SECRET not in jpeg
        assert jpeg.endswith(b"\xff\xd9")
        image = read(jpeg)
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert b"Exif" not in jpeg


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_it_stands_upright_as_it_was_seen(kind: str, orientation: int, tmp_path: Path) -> None:
    turned = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # what each undoes, by Pillow's numbers
    stored = scene()
    if orientation > 1:
        stored = stored.transpose(Image.Transpose(turned[orientation]))
    drawing = draw(encoded(stored, kind, exif=exif(orientation), quality=95), tmp_path)
    image = read(drawing.image)
    assert image.size == (64, 48)
    red, _, _ = image.getpixel((8, 8))  # type: ignore[misc]
    green, _, _ = image.getpixel((56, 40))  # type: ignore[misc]
    assert red > 180 > 90 > green


def test_a_heic_that_was_held_upright_stands_upright(tmp_path: Path) -> None:
    image = read(draw(HEIC.read_bytes(), tmp_path).image)
    assert image.size == (48, 64)
    assert image.getpixel((40, 8))[0] > 180


def test_it_is_no_larger_than_a_screen_and_never_blown_up(tmp_path: Path) -> None:
    drawing = draw(encoded(scene(4000, 3000), "JPEG"), tmp_path)
    assert read(drawing.image).size == (2048, 1536)
    assert read(drawing.thumbnail).size == (320, 240)
    small = draw(encoded(scene(200, 100), "PNG"), tmp_path)
    assert read(small.image).size == read(small.thumbnail).size == (200, 100)


@pytest.mark.parametrize(
    ("content", "colour"),
    [
        (encoded(Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "JPEG"), (255, 0, 0)),
        (encoded(Image.new("L", (40, 40), 128), "JPEG"), (128, 128, 128)),
        (encoded(Image.new("I;16", (40, 40), 0x8000), "PNG"), (128, 128, 128)),
        (encoded(Image.new("1", (40, 40), 1), "PNG"), (255, 255, 255)),
        (encoded(Image.new("RGBA", (40, 40), (255, 0, 0, 0)), "PNG"), (255, 255, 255)),
        (encoded(Image.new("LA", (40, 40), (0, 0)), "PNG"), (255, 255, 255)),
        (encoded(Image.new("P", (40, 40), 0), "PNG", transparency=0), (255, 255, 255)),
        (encoded(Image.new("RGBA", (40, 40), (0, 0, 255, 255)), "WEBP", lossless=True),
         (0, 0, 255)),
    ],
    ids=["cmyk", "grey", "16-bit", "1-bit", "clear", "clear-grey", "clear-palette", "webp"],
)  # fmt: skip
def test_every_kind_of_pixel_becomes_what_one_sees(
    content: bytes, colour: tuple[int, int, int], tmp_path: Path
) -> None:
    seen: Any = read(draw(content, tmp_path).image).convert("RGB").getpixel((20, 20))
    assert all(abs(one - other) <= 4 for one, other in zip(seen, colour, strict=True)), seen


def test_of_what_moves_the_first_picture_is_shown(tmp_path: Path) -> None:
    frames = {"save_all": True, "append_images": [Image.new("RGB", (64, 48), "blue")]}
    for kind in ("WEBP", "PNG"):
        content = encoded(scene(), kind, duration=100, **frames)
        red, _, blue = read(draw(content, tmp_path).image).getpixel((8, 8))  # type: ignore[misc]
        assert red > 180 > blue


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"PK\x03\x04",
        b"\x7fELF",
        encoded(scene(), "GIF"),
        encoded(scene(), "TIFF"),
        encoded(scene(), "BMP"),
        encoded(scene(), "ICO"),
        b"x",
    ],
)
def test_what_is_no_photo_is_told_so_whatever_its_name(content: bytes, tmp_path: Path) -> None:
    assert "bukan foto JPEG" in why_not(content, tmp_path)


def png_of(width: int, height: int) -> bytes:
    """Says that it is so large, and would indeed unpack to it."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * ((width // 8 + 2) * height), 9)
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def heic_of(width: int, height: int, content: bytes = BOMB) -> bytes:
    """With another size in its header."""
    at = content.index(b"ispe") + 8
    return content[:at] + struct.pack(">II", width, height) + content[at + 8 :]


@pytest.mark.parametrize(
    "bomb",
    [
        png_of(10_000, 10_000),
        png_of(60_000, 60_000),
        BOMB,
        encoded(Image.new("L", (16_000, 8_000)), "JPEG"),
    ],
    ids=["100 megapixels", "3600 megapixels", "heic", "jpeg"],
)
def test_a_bomb_is_told_from_its_header(bomb: bytes, tmp_path: Path) -> None:
    assert "terlalu besar" in why_not(bomb, tmp_path)


@pytest.mark.parametrize(
    "content",
    [heic_of(64, 64), heic_of(4, 4, HEIC.read_bytes()), heic_of(9_000, 8_000, HEIC.read_bytes())],
)
def test_a_heic_that_lies_about_its_size_is_refused(content: bytes, tmp_path: Path) -> None:
    assert why_not(content, tmp_path)


def damaged() -> list[tuple[str, bytes]]:
    noise = Image.effect_noise((640, 480), 90).convert("RGB")
    whole = {
        "jpeg": encoded(noise, "JPEG"),
        "png": encoded(noise, "PNG"),
        "webp": encoded(noise, "WEBP"),
        "heic": HEIC.read_bytes(),
    }
    return [
        (f"{kind} to {part}", content[: int(len(content) * part)])
        for kind, content in whole.items()
        for part in (0.02, 0.5, 0.9)
    ]


@pytest.mark.parametrize(("name", "content"), damaged(), ids=[name for name, _ in damaged()])
def test_a_photo_that_was_cut_off_is_told_so(name: str, content: bytes, tmp_path: Path) -> None:
    assert why_not(content, tmp_path)


def test_a_header_with_anything_behind_it_is_only_refused(tmp_path: Path) -> None:
    heads = (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x18ftypheic")
    for head in heads:
        for tail in (b"", b"\0" * 5000, b"\xff" * 5000, os.urandom(5000)):
            assert why_not(head + tail, tmp_path)


# -- the cage


def in_the_cage(code: str) -> subprocess.CompletedProcess[bytes]:
    """Runs a line after the confinement, as a decoder that was taken over would."""
    script = (
        "import sys; sys.path.insert(0, 'field_api/attachments'); "
        f"import redraw; redraw.confine(); {code}"
    )
    return subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)


@pytest.mark.parametrize(
    "code",
    [
        "open('/etc/passwd')",
        "import socket; socket.socket()",
        "import os; os.pipe()",
        "import os; os.open('/tmp/x', os.O_CREAT | os.O_WRONLY)",
        "bytearray(2 * 1024**3)",
    ],
)
def test_in_the_cage_nothing_can_be_opened(code: str) -> None:
    ended = in_the_cage(code)
    assert ended.returncode == 1
    assert b"Too many open files" in ended.stderr or b"MemoryError" in ended.stderr


def test_in_the_cage_no_secret_of_the_portal_is_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET_KEY", "RAHASIA")
    ended, told = ending(monkeypatch, tmp_path, "import os; print(dict(os.environ))")
    assert ended is NotAPicture
    assert "RAHASIA" not in told


def ending(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> tuple[type[Exception], str]:
    """What the portal makes of a child that does this instead."""
    child = folder / "redraw.py"
    child.write_text(code)
    monkeypatch.setattr(pictures, "__file__", str(folder / "pictures.py"))
    with pytest.raises((NotAPicture, NotNow)) as ended:
        draw(b"x", folder)
    return ended.type, str(ended.value)


@pytest.mark.parametrize(
    ("code", "whose"),
    [
        ("import os; os.abort()", NotAPicture),
        (f"import os; os.kill(os.getpid(), {signal.SIGSEGV:d})", NotAPicture),
        ("import resource as r\nr.setrlimit(r.RLIMIT_CPU, (1, 2))\nwhile True: pass", NotAPicture),
        (f"import os; os.kill(os.getpid(), {signal.SIGKILL:d})", NotNow),
        (f"import os; os.kill(os.getpid(), {signal.SIGTERM:d})", NotNow),
        ("import nothing_of_that_name", NotNow),
        ("print('{}')", NotAPicture),
        ("print('x' * 1000)", NotAPicture),
        ("print('{\"image\": 9, \"thumbnail\": 9}'); print('<script>alert(1)')", NotAPicture),
        ('print(\'{"image": -1, "thumbnail": null}\')', NotAPicture),
        ("print('[]')", NotAPicture),
        ("", NotAPicture),
    ],
)
def test_whose_fault_a_failure_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str, whose: type[Exception]
) -> None:
    assert ending(monkeypatch, tmp_path, code)[0] is whose


def test_a_machine_too_busy_to_draw_it_in_time_may_try_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pictures, "SECONDS", 0.5)
    assert ending(monkeypatch, tmp_path, "import time; time.sleep(60)")[0] is NotNow
