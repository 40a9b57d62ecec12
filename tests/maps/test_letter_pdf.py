"""The letter on paper: read as a person with a copy of it reads it."""

from __future__ import annotations

import csv
import io
import json
import re
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from django.conf import settings
from django.utils.timezone import localtime

from layers.catalog.permits.letters.letters import Letter
from maps.letters import pdf
from maps.letters.drawing import drawing
from maps.letters.pdf import OwnFiles, draw
from tests import letters as made
from tests.factories import SECRET_NIK

pytestmark = pytest.mark.django_db
ADDRESS = "https://portal.example/documents/letters/{}"


class Paper:
    """A PDF, opened."""

    def __init__(self, content: bytes) -> None:
        self.size = len(content)
        self.document = pypdfium2.PdfDocument(content)

    @property
    def pages(self) -> list[str]:
        return [
            self.document[n].get_textpage().get_text_bounded().replace("\r\n", "\n")
            for n in range(len(self.document))
        ]

    @property
    def text(self) -> str:
        return "\n".join(self.pages)

    @property
    def attached(self) -> dict[str, bytes]:
        found = [self.document.get_attachment(n) for n in range(self.document.count_attachments())]
        return {one.get_name(): bytes(one.get_data()) for one in found}

    def codes(self, page: int = 0) -> list[str]:
        picture = self.document[page].render(scale=2).to_pil()
        return [code.text for code in zxingcpp.read_barcodes(picture)]


def drawn(letter: Letter) -> Paper:
    """As it is drawn from what the database holds."""
    return Paper(draw(Letter.objects.get(pk=letter.pk), ADDRESS.format(letter.code)))


def test_a_letter_says_what_was_decided(cast: Any) -> None:
    letter = made.letter(cast)
    paper = drawn(letter)
    front, chart, findings = paper.pages
    for told in (
        "PEMERINTAH KOTA UJI",
        letter.number,
        "KKPR-2026-0777",
        "DISETUJUI",
        "Maria Ndaumanu",
        "5371••••••••0001",
        "47111 · Toko eceran",
        "Kelurahan Tenggara, Kecamatan Timur, Kota Uji",
        "8.483,47 m²",
        "Menyediakan sumur resapan.",
        "Peraturan Pemerintah Nomor 21 Tahun 2021",
        "RDTR Kawasan Uji (Perwali 7 Tahun 2026), berlaku sejak 2 Januari 2026",
        "Pejabat pemutus",
    ):
        assert told in front, told
    assert "Skala 1 : 1.500" in drawing(letter.content)
    assert "123,6095000" in chart
    assert "8.871.339,25" in chart
    for told in (
        "R-2 Perumahan kepadatan tinggi",
        "diizinkan bersyarat",
        "Menyediakan parkir di dalam persil.",
        "100,00",
        "60 %",
        "Kawasan rawan bencana · sedang",
        "Lantai paling rendah 50 cm di atas jalan.",
        letter.decision.recommendation.basis.sha256,
    ):
        assert told in findings, told
    for page, text in enumerate(paper.pages, start=1):
        assert f"Halaman {page} dari 3" in text
        assert f"kode {letter.code}" in text


@pytest.mark.parametrize(
    ("outcome", "told", "never"),
    [
        ("granted-in-part", "DISETUJUI SEBAGIAN\nuntuk 6.665,59 m² dari 8.483,47 m²", "DITOLAK"),
        ("refused", "DITOLAK\nuntuk bidang seluas 8.483,47 m²", "DISETUJUI"),
    ],
)
def test_each_outcome_is_said_in_its_own_words(
    cast: Any, outcome: str, told: str, never: str
) -> None:
    paper = drawn(made.letter(cast, outcome, conditions=[]))
    assert told in paper.pages[0]
    assert never not in paper.pages[0]
    assert "Ketentuan\n1." not in paper.pages[0]


def test_the_code_on_paper_leads_to_the_page_that_verifies_it(cast: Any) -> None:
    letter = made.letter(cast)
    assert drawn(letter).codes() == [ADDRESS.format(letter.code)]


def test_the_whole_nik_is_nowhere_in_the_file(cast: Any) -> None:
    letter = made.letter(cast)
    paper = drawn(letter)
    assert SECRET_NIK not in paper.text
    for content in paper.attached.values():
        assert SECRET_NIK.encode() not in content
        assert b"Ndaumanu" not in content


def test_the_file_tells_what_it_is(cast: Any) -> None:
    letter = made.letter(cast)
    content = draw(letter, "https://portal.example/")
    told = pypdfium2.PdfDocument(content).get_metadata_dict()
    title = "Persetujuan Kesesuaian Kegiatan Pemanfaatan Ruang"
    assert told["Title"] == f"{title} {letter.number}"
    assert told["Author"] == "Pemerintah Kota Uji, Dinas Pekerjaan Umum dan Penataan Ruang"
    assert localtime(letter.issued_at).strftime("%Y%m%d") in told["CreationDate"]
    objects = b"".join(streams(content))
    assert b"/Lang (id)" in objects
    assert b'pdfaid:part="3"' in objects  # for the archive


def streams(content: bytes) -> Iterator[bytes]:
    """What is written in the file, unpacked."""
    for part in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            yield zlib.decompress(part)
        except zlib.error:
            yield part


def test_evidence_and_coordinates_travel_with_the_file(cast: Any) -> None:
    letter = made.letter(cast, "granted-in-part")
    attached = drawn(letter).attached
    assert set(attached) == {"koordinat.csv", "bidang.geojson", "bukti.json"}
    assert json.loads(attached["bukti.json"]) == letter.decision.recommendation.basis.evidence
    shape = json.loads(attached["bidang.geojson"])
    assert shape["geometry"]["type"] == "MultiPolygon"
    assert shape["properties"]["sha256"] == letter.content["outline"]["sha256"]
    rows = list(csv.DictReader(io.StringIO(attached["koordinat.csv"].decode())))
    told = [[float(row["bujur"]), float(row["lintang"])] for row in rows]
    assert told == shape["geometry"]["coordinates"][0][0][:-1]


HOSTILE = '<img src="http://evil.example/x.png"><img src="file:///etc/passwd"><b>tebal</b>'


def test_what_somebody_wrote_stays_text_and_fetches_nothing(
    cast: Any, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[str] = []

    class Watched(OwnFiles):
        def fetch(self, url: str, headers: Any = None) -> Any:
            asked.append(url)
            return super().fetch(url, headers)

    letter = made.letter(
        cast, activity=HOSTILE, applicant=HOSTILE, conditions=[{"code": "X", "text": HOSTILE}]
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pdf, "OwnFiles", Watched)
        paper = drawn(letter)
    assert asked
    assert all(address.startswith("portal:font/") for address in asked)
    assert "".join(paper.pages[0].split()).count("".join(HOSTILE.split())) == 3
    assert "root:" not in paper.text


@pytest.mark.parametrize(
    "address",
    [
        "http://evil.example/x.png",
        "https://evil.example/x.png",
        "file:///etc/passwd",
        "ftp://evil.example/",
        "data:text/plain,x",
        "portal:font/../../settings.py",
        "portal:font/",
        "portal:secret/latin",
        "/etc/passwd",
    ],
)
def test_only_the_type_of_the_portal_is_served(address: str) -> None:
    with pytest.raises(ValueError, match="fetches nothing"):
        OwnFiles().fetch(address)


def test_a_hostile_code_of_a_zone_stays_a_text_of_the_map(cast: Any) -> None:
    content = made.letter(cast).content
    content["map"]["zones"][0]["code"] = "<script>alert(1)</script>"
    assert "<script>" not in drawing(content)
    assert "&lt;script&gt;" in drawing(content)


def test_names_in_many_letters_are_written_out(cast: Any) -> None:
    name = "Žofia Đặng Nguyễn"
    assert name in drawn(made.letter(cast, applicant=name)).text


def test_a_short_outline_stands_beside_the_map(cast: Any) -> None:
    paper = drawn(made.letter(cast, geom=made.circle(200)))
    assert "Daftar koordinat" not in paper.text
    assert "Lampiran III" not in paper.text


def test_a_long_outline_has_an_annex_that_is_whole(cast: Any) -> None:
    letter = made.letter(cast, geom=made.circle(700, hole=True))
    paper = drawn(letter)
    annex = paper.text[paper.text.index("Daftar koordinat") :]
    lines = annex.splitlines()
    for ring in letter.content["outline"]["rings"]:
        for number, (lon, lat, _, _) in enumerate(ring["corners"], start=1):
            name = f"1/{ring['ring']}.{number}" if ring["ring"] else f"1.{number}"
            start = f"{name} {lon:.7f} {lat:.7f}".replace(".", ",").replace(
                name.replace(".", ","), name
            )
            assert any(line.startswith(start) for line in lines), start


def test_a_parcel_of_50_000_corners_keeps_the_file_small(cast: Any) -> None:
    letter = made.letter(cast, geom=made.circle(50_000))
    began = time.perf_counter()
    paper = drawn(letter)
    print(f"50,000 corners: {time.perf_counter() - began:.1f} s, {paper.size:,} bytes")  # noqa: T201
    assert paper.size < 3_000_000
    assert len(paper.pages) < 10
    told = " ".join(paper.text.split())
    assert "bertitik 50.000" in told
    assert letter.content["outline"]["sha256"] in told
    for number in (1, 200, 49_801, 50_000):
        lon, lat, *_ = letter.content["outline"]["rings"][0]["corners"][number - 1]
        assert f"{number} {lon:.7f} {lat:.7f}".replace(".", ",") in told
    assert paper.attached["koordinat.csv"].count(b"\r\n") == 50_001


def test_a_usual_letter_is_small_and_drawn_at_once(cast: Any) -> None:
    letter = made.letter(cast)
    draw(letter, "https://portal.example/")  # what the first one loads is not the second's
    began = time.process_time()
    content = draw(letter, "https://portal.example/")
    took = time.process_time() - began
    print(f"a letter: {took:.2f} s, {len(content):,} bytes")  # noqa: T201
    assert len(content) < 500_000
    assert took < 3


def test_a_letter_of_the_demo_city_says_so_on_every_page(cast: Any) -> None:
    letter = made.letter(cast)
    assert "rekaan" not in drawn(letter).text
    letter.content["demo"] = True
    paper = Paper(draw(letter, "https://portal.example/"))
    assert all("CONTOH: data rekaan" in page for page in paper.pages)


def test_a_letter_issued_again_says_which_it_replaces(cast: Any) -> None:
    from layers.catalog.permits.letters import letters

    first = made.letter(cast)
    again = letters.issue(decision=first.decision, by=cast.approver, reason="Nama diperbaiki.")
    told = " ".join(drawn(again).pages[0].split())
    assert "Versi 2, mengganti versi 1" in told
    assert "Alasan: Nama diperbaiki." in told


def test_letters_speak_indonesian_whoever_asks(cast: Any) -> None:
    from django.utils import translation

    letter = made.letter(cast)
    with translation.override("en"):
        assert "2 Januari 2026" in drawn(letter).text
    assert settings.LANGUAGE_CODE == "id"
