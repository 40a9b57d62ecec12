"""Draws one picture anew in a process of its own: `pictures.redraw` starts this script.

Decoders are C that meets bytes from anywhere, so they meet them here only: stdin is the file,
stdout a file of the parent's, and before the first byte is read nothing more can be opened: no
file, no socket. Memory, time and what may be written have an end too. Imports nothing of the
project. The first line of the output says what follows it, or why nothing does.
"""

import json
import os
import resource
import sys
import warnings
from io import BytesIO

import pi_heif
from PIL import Image, ImageOps

# All that opening, drawing and saving would import later, when nothing can be opened any more.
from PIL import JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401 # isort: skip

MEMORY = 1024**3  # bytes of address space; a photo of 50 megapixels needs about 500 MiB
CPU_SECONDS = 20
WRITTEN = 16 * 1024**2
MAX_PIXELS = 80_000_000
SIDE, QUALITY = 2048, 82
THUMBNAIL_SIDE, THUMBNAIL_QUALITY = 320, 75


class NotDrawn(Exception):
    """Why not, in one word that the parent knows."""


def confine() -> None:
    os.nice(10)
    for what, soft, hard in (
        (resource.RLIMIT_AS, MEMORY, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS, CPU_SECONDS + 5),
        (resource.RLIMIT_FSIZE, WRITTEN, WRITTEN),
        (resource.RLIMIT_NOFILE, 3, 3),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(what, (soft, hard))


def format_of(start: bytes) -> str:
    """The format by content; a name or a declared type is worth nothing."""
    if start.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WEBP"
    if start[4:8] == b"ftyp":
        return "HEIF"
    raise NotDrawn("format")


def opened(content: bytes) -> Image.Image:
    kind = format_of(content[:16])
    try:
        image = Image.open(BytesIO(content), formats=[kind, "MPO"] if kind == "JPEG" else [kind])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotDrawn("pixels") from error
    image.draft("RGB", (SIDE, SIDE))  # a JPEG is decoded no larger than needed
    image.load()
    if image.width * image.height > MAX_PIXELS:
        raise NotDrawn("pixels")  # it lied in its header
    return image


def upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # EXIF that cannot be read turns nothing
        return image


def plain(image: Image.Image) -> Image.Image:
    """In RGB, on white where it is transparent, and with nothing but its pixels."""
    if image.mode.startswith("I;16") or image.mode == "I":
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("RGB")
    image.info = {}
    return image


def jpeg(image: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def drawn(content: bytes) -> tuple[bytes, bytes]:
    """The picture and its thumbnail as JPEG."""
    image = opened(content)
    image.thumbnail((SIDE, SIDE), reducing_gap=3.0)
    image = plain(upright(image))
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), reducing_gap=3.0)
    return jpeg(image, QUALITY), jpeg(small, THUMBNAIL_QUALITY)


def main() -> None:
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    pi_heif.register_heif_opener(
        thumbnails=False, depth_images=False, aux_images=False, decode_threads=0
    )
    confine()
    try:
        image, thumbnail = drawn(sys.stdin.buffer.read())
        told: dict[str, object] = {"image": len(image), "thumbnail": len(thumbnail)}
        body = image + thumbnail
    except NotDrawn as reason:
        told, body = {"not_drawn": str(reason)}, b""
    except MemoryError:
        told, body = {"not_drawn": "pixels"}, b""
    except Exception:
        told, body = {"not_drawn": "damaged"}, b""
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + body)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
