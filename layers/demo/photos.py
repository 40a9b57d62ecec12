"""Drawn photos of the invented reports. Each says it is an example; none shows a real place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from functools import cache
from io import BytesIO
from random import Random

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw, ImageFont

from layers.catalog.trash.reports import TRASH_REPORTS, TrashReport
from layers.demo import trash
from layers.demo.seed import stream
from layers.demo.sizes import BATCH, Sizes
from layers.photos import Photo

WIDTH, HEIGHT, QUALITY = 320, 240, 55
BAND = 26  # pixels at the foot: what, and that it is an example
SKIES = ("#9cc5e3", "#c9dbe8", "#e8c9a1", "#b7cfd8")
GROUNDS = ("#a58a64", "#8f8a80", "#b9a27c", "#7d8a66")
BAGS = ("#1f2937", "#374151", "#e5e7eb", "#2563eb", "#dc2626", "#16a34a", "#f59e0b", "#92400e")
FLAMES = ("#f97316", "#fbbf24", "#ef4444")


def report_photo(category: str, label: str, random: Random) -> bytes:
    """A heap of its own making, as a JPEG without metadata."""
    image, draw, horizon = _scene(random)
    heap = {"scattered": 14, "overflow": 22, "illegal-dump": 30}.get(category, 18)
    middle = random.randint(90, 230)
    for _ in range(heap):
        spread = 110 if category == "scattered" else 55
        x = int(random.gauss(middle, spread))
        y = int(random.triangular(horizon + 10, HEIGHT - BAND - 12, HEIGHT - BAND - 30))
        w, h = random.randint(12, 38), random.randint(10, 28)
        shape = random.choice((draw.ellipse, draw.rectangle, draw.rounded_rectangle))
        shape((x, y - h, x + w, y), fill=random.choice(BAGS))
    if category == "overflow":
        _container(draw, middle, horizon)
    if category == "burning":
        _fire(draw, middle, horizon, random)
    return _jpeg(image, draw, label)


def proof_photo(label: str, random: Random) -> bytes:
    """The place swept clean."""
    image, draw, horizon = _scene(random)
    for _ in range(12):
        x, y = random.randint(0, WIDTH), random.randint(horizon + 8, HEIGHT - BAND)
        draw.line((x, y, x + random.randint(20, 60), y + 3), fill="#d6c7a8", width=2)
    draw.line((215, 95, 250, HEIGHT - BAND - 20), fill="#6b4f2a", width=5)
    draw.polygon(((232, 188), (268, 188), (282, 206), (232, 206)), fill="#ca8a04")
    return _jpeg(image, draw, label)


def _scene(random: Random) -> tuple[Image.Image, ImageDraw.ImageDraw, int]:
    image = Image.new("RGB", (WIDTH, HEIGHT), random.choice(SKIES))
    draw = ImageDraw.Draw(image)
    horizon = random.randint(80, 115)
    x = 0
    while x < WIDTH:
        wide, high = random.randint(30, 80), random.randint(20, 60)
        tone = random.randint(120, 205)
        draw.rectangle((x, horizon - high, x + wide, horizon), fill=(tone, tone - 12, tone - 30))
        x += wide + random.randint(0, 25)
    draw.rectangle((0, horizon, WIDTH, HEIGHT), fill=random.choice(GROUNDS))
    return image, draw, horizon


def _container(draw: ImageDraw.ImageDraw, middle: int, horizon: int) -> None:
    top = horizon + 25
    draw.polygon(
        ((middle - 60, top), (middle + 60, top), (middle + 48, top + 48), (middle - 48, top + 48)),
        fill="#15803d",
        outline="#14532d",
    )


def _fire(draw: ImageDraw.ImageDraw, middle: int, horizon: int, random: Random) -> None:
    foot = HEIGHT - BAND - 20
    for number in range(9):
        x, high = middle + random.randint(-40, 40), random.randint(25, 70)
        draw.polygon(((x - 9, foot), (x, foot - high), (x + 9, foot)), fill=FLAMES[number % 3])
    for number in range(6):
        x, y = middle + random.randint(-30, 60), horizon - number * 14
        draw.ellipse((x - 22, y - 14, x + 22, y + 14), fill="#9ca3af")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@cache
def _stamp() -> Image.Image:
    """«CONTOH» across the picture, as a mask."""
    mask = Image.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(mask).text(
        (WIDTH / 2, HEIGHT / 2 - 12), "CONTOH", font=_font(68), fill=150, anchor="mm"
    )
    return mask.rotate(18, center=(WIDTH / 2, HEIGHT / 2 - 12))


def _jpeg(image: Image.Image, draw: ImageDraw.ImageDraw, label: str) -> bytes:
    image.paste("#ffffff", (0, 0), _stamp())
    draw.rectangle((0, HEIGHT - BAND, WIDTH, HEIGHT), fill="#111827")
    draw.text(
        (8, HEIGHT - BAND / 2),
        f"FOTO CONTOH · {label}",
        font=_font(13),
        fill="#ffffff",
        anchor="lm",
    )
    out = BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def load(sizes: Sizes, until: date, tick: Callable[[float], None]) -> dict[str, int]:
    """A photo of every report and, of a part of the resolved ones, the proof."""
    random = stream("photos")
    proven = {
        draft.instance_id for draft in trash.drafts(sizes.trash_reports, until) if draft.proven
    }
    reports = list(TrashReport.objects.order_by("pk"))
    rows = []
    for number, report in enumerate(reports):
        label = f"{report.get_category_display()} · {str(report.instance_id)[:8]}"
        rows.append(_kept(report, "photo", report_photo(report.category, label, random)))
        if report.instance_id in proven:
            rows.append(_kept(report, "proof", proof_photo(label, random)))
        tick(number / len(reports))
    Photo.objects.bulk_create(rows, batch_size=BATCH)
    return {}


def _kept(report: TrashReport, question: str, content: bytes) -> Photo:
    """The files have names of their own for ever, so that a second load overwrites them."""
    stem = f"photos/contoh-{report.instance_id}-{question}"
    return Photo(
        layer_id=TRASH_REPORTS.id,
        feature_id=report.pk,
        question=question,
        sha256=hashlib.sha256(content).hexdigest(),
        image=_saved(f"{stem}.jpg", content),
        thumbnail=_saved(f"{stem}-kecil.jpg", _small(content)),
    )


def _saved(name: str, content: bytes) -> str:
    default_storage.delete(name)
    return default_storage.save(name, ContentFile(content))


def _small(content: bytes) -> bytes:
    out = BytesIO()
    with Image.open(BytesIO(content)) as image:
        image.thumbnail((WIDTH // 2, HEIGHT // 2))
        image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
