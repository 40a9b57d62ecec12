"""A letter as PDF/A-3: set by WeasyPrint from its content alone. Nothing is fetched but the
portal's own type: what somebody wrote into a file cannot make the server open anything."""

from __future__ import annotations

import json
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import segno
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from weasyprint import CSS, HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from layers.catalog.permits.letters.letters import Letter
from maps.assets import static_file
from maps.letters.drawing import drawing
from maps.letters.sheet import geojson, sheet, table

HERE = Path(__file__).parent
FONTS = "vendor/plus-jakarta-sans/files/plus-jakarta-sans-{}-wght-normal.woff2"
SUBSETS = ("latin", "latin-ext", "vietnamese", "cyrillic-ext")


class OwnFiles(URLFetcher):
    """Serves `portal:font/<subset>`; every other address is refused, whatever its scheme."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        scheme, _, subset = url.partition("/")
        if scheme != "portal:font" or subset not in SUBSETS:
            raise ValueError("A letter fetches nothing.")
        file = static_file(FONTS.format(subset))
        return URLFetcherResponse(url, file.read_bytes(), {"Content-Type": "font/woff2"})


def draw(letter: Letter, address: str) -> bytes:
    """The PDF; its QR code leads to `address`, where it is verified."""
    fetcher, fonts = OwnFiles(), FontConfiguration()
    style = CSS(string=(HERE / "letter.css").read_text(), url_fetcher=fetcher, font_config=fonts)
    with warnings.catch_warnings():
        # WeasyPrint leaves the file of its colour profile to be closed by whoever finds it.
        warnings.simplefilter("ignore", ResourceWarning)
        made = HTML(string=page(letter, address), url_fetcher=fetcher).write_pdf(
            stylesheets=[style],
            font_config=fonts,
            pdf_variant="pdf/a-3u",
            pdf_tags=True,
            pdf_identifier=letter.code.encode(),
            attachments=_attachments(letter),
        )
    assert made is not None  # it is only where a target is given
    return made


def page(letter: Letter, address: str) -> str:
    """The HTML of the letter."""
    content = letter.content
    with translation.override("id"):
        context = {
            **sheet(content),
            "letter": content,
            "issued_at": letter.issued_at,
            "code": letter.code,
            "spaced_code": " ".join(letter.code[at : at + 5] for at in range(0, 30, 5)),
            "address": address,
            "mark": mark_safe(static_file("maps/mark.svg").read_text()),  # our own file
            "map": mark_safe(drawing(content)),  # ElementTree escapes texts
            "qr": mark_safe(_qr(address)),  # segno escapes texts
        }
        return render_to_string("maps/letters/letter.html", context)


def _qr(address: str) -> str:
    return segno.make(address, error="m", micro=False).svg_inline(border=4, omitsize=True)


def _attachments(letter: Letter) -> list[Attachment]:
    content = letter.content
    return [
        _attachment("koordinat.csv", "Koordinat semua titik", table(content), letter.issued_at),
        _attachment("bidang.geojson", "Batas bidang", _json(geojson(content)), letter.issued_at),
        _attachment(
            "bukti.json", "Bukti pemeriksaan", _json(content["evidence"]), letter.issued_at
        ),
    ]


def _attachment(name: str, description: str, text: str, at: datetime) -> Attachment:
    return Attachment(
        string=text,
        name=name,
        description=description,
        created=at,
        modified=at,
        relationship="Data",
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
