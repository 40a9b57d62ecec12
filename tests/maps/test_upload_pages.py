"""The office side of files, page by page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from layers.catalog.markets.places import Market
from layers.permissions import Role
from layers.uploads.check import check_waiting
from layers.uploads.records import Status, Upload
from tests.conftest import person

pytestmark = pytest.mark.django_db

Browser = Callable[[Any], Client]
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def producer(cast: Any) -> Any:
    return person("produsen", Role.PRODUCER, themes=["markets"])


def content(name: str = "Pasar Penfui", column: str = "kode") -> bytes:
    shape = {"type": "Point", "coordinates": [123.6, -10.19]}
    row = {"type": "Feature", "geometry": shape, "properties": {column: "penfui", "nama": name}}
    return json.dumps({"type": "FeatureCollection", "features": [row]}).encode()


def hand_in(client: Client, body: bytes | None = None, name: str = "pasar.geojson") -> Any:
    file = SimpleUploadedFile(name, content() if body is None else body)
    return client.post("/data/new", {"layer": "markets", "file": file, "note": "Survei 2026"})


def page_of(upload: Upload, deed: str = "") -> str:
    return f"/data/{upload.key}/{deed}"


def test_from_file_to_map_and_back(cast: Any, producer: Any, browser_of: Browser) -> None:
    office, walidata = browser_of(producer), browser_of(cast.walidata)
    response = hand_in(office)
    upload = Upload.objects.get()
    assert response.headers["Location"] == page_of(upload)
    page = office.get(page_of(upload)).content.decode()
    assert "Sudah diperiksa" in page
    assert "Pasar Penfui" in page
    assert office.post(page_of(upload, "submit")).status_code == 302
    upload.refresh_from_db()
    assert "Menunggu keputusan Anda" in walidata.get("/data/").content.decode()
    assert walidata.post(page_of(upload, "publish"), {"seen": upload.digest}).status_code == 302
    assert Market.objects.filter(code="penfui").exists()
    undo = walidata.post(page_of(upload, "undo"), {"reason": "Salah berkas"})
    assert undo.status_code == 302
    assert not Market.objects.filter(code="penfui").exists()
    assert "Salah berkas" in office.get(page_of(upload)).content.decode()


def test_columns_are_matched_by_hand(cast: Any, producer: Any, browser_of: Browser) -> None:
    office = browser_of(producer)
    hand_in(office, content(column="nomor"))
    upload = Upload.objects.get()
    assert "Belum ditentukan kolom" in office.get(page_of(upload)).content.decode()
    typed = {"column-code": "nomor", "column-name": "nama"}
    assert office.post(page_of(upload, "match"), typed).status_code == 302
    upload.refresh_from_db()
    assert upload.status == Status.CHECKED


@pytest.mark.parametrize(
    "typed",
    [{"column-code": "tidak ada"}, {"crs": "x" * 21}, {"column-code": "nomor", "crs": "x"}],
)
def test_matching_that_cannot_be_is_told_and_kept(
    cast: Any, producer: Any, browser_of: Browser, typed: dict[str, str]
) -> None:
    office = browser_of(producer)
    hand_in(office, content(column="nomor"))
    upload = Upload.objects.get()
    response = office.post(page_of(upload, "match"), typed, follow=True)
    assert response.status_code in (200, 422)
    upload.refresh_from_db()
    assert upload.status == Status.FAILED


def test_names_that_are_scripts_stay_text(cast: Any, producer: Any, browser_of: Browser) -> None:
    office = browser_of(producer)
    hand_in(office, content(name=HOSTILE, column=f"kode{HOSTILE}"), f"{HOSTILE[:8]}.geojson")
    upload = Upload.objects.get()
    office.post(page_of(upload, "match"), {"column-code": f"kode{HOSTILE}", "column-name": "nama"})
    page = office.get(page_of(upload)).content.decode()
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [("a.exe", b"MZ", "Jenis berkas"), ("a.geojson", b"", "kosong")],
)
def test_what_is_no_file_is_told_on_the_form(
    cast: Any, producer: Any, browser_of: Browser, name: str, body: bytes, told: str
) -> None:
    response = hand_in(browser_of(producer), body, name)
    assert response.status_code == 422
    page = response.content.decode()
    assert told in page
    assert "Survei 2026" in page


def test_a_form_without_a_file_or_for_another_layer_is_told(
    cast: Any, producer: Any, browser_of: Browser
) -> None:
    office = browser_of(producer)
    assert office.post("/data/new", {"layer": "markets"}).status_code == 422
    file = SimpleUploadedFile("a.geojson", content())
    assert office.post("/data/new", {"layer": "zones", "file": file}).status_code == 422
    assert not Upload.objects.exists()


def test_a_stale_page_is_told_and_its_reason_is_kept(
    cast: Any, producer: Any, browser_of: Browser
) -> None:
    hand_in(browser_of(producer))
    upload = Upload.objects.get()
    walidata = browser_of(cast.walidata)
    response = walidata.post(page_of(upload, "return"), {"reason": "Titiknya di laut"})
    assert response.status_code == 422
    assert "tidak dapat berpindah" in response.content.decode()


def test_a_large_file_is_checked_while_nobody_waits(
    cast: Any, producer: Any, browser_of: Browser, settings: Any
) -> None:
    settings.UPLOAD_BYTES_AT_ONCE = 10
    office = browser_of(producer)
    hand_in(office)
    upload = Upload.objects.get()
    assert upload.status == Status.RECEIVED
    assert "diperiksa di belakang layar" in office.get(page_of(upload)).content.decode()
    assert (check_waiting(), check_waiting()) == (1, 0)
    upload.refresh_from_db()
    assert upload.status == Status.CHECKED


@pytest.mark.parametrize(
    "name", ["idle_official", "officer", "planner", "approver", "health_officer", "administrator"]
)
def test_for_everybody_else_there_is_nothing(
    cast: Any, producer: Any, browser_of: Browser, name: str
) -> None:
    hand_in(browser_of(producer))
    upload = Upload.objects.get()
    client = browser_of(getattr(cast, name))
    for address in ("/data/", "/data/new", page_of(upload), page_of(upload, "changes.json"),
                    page_of(upload, "file")):  # fmt: skip
        assert client.get(address).status_code == 404, address
    assert client.post(page_of(upload, "withdraw")).status_code == 404
    upload.refresh_from_db()
    assert upload.status == Status.CHECKED


def test_a_stranger_is_asked_who_they_are(cast: Any, producer: Any, browser_of: Browser) -> None:
    hand_in(browser_of(producer))
    address = page_of(Upload.objects.get(), "changes.json")
    assert browser_of(cast.citizen).get(address).headers["Location"].startswith("/login/")


def test_a_producer_of_another_theme_finds_nothing(
    cast: Any, producer: Any, browser_of: Browser
) -> None:
    hand_in(browser_of(producer))
    upload = Upload.objects.get()
    other = browser_of(person("dinkes", Role.PRODUCER, themes=["puskesmas"]))
    assert other.get(page_of(upload)).status_code == 404
    assert "pasar.geojson" not in other.get("/data/").content.decode()


def test_the_original_leaves_as_a_download_that_no_browser_opens(
    cast: Any, producer: Any, browser_of: Browser
) -> None:
    office = browser_of(producer)
    hand_in(office)
    response: Any = office.get(page_of(Upload.objects.get(), "file"))
    assert b"".join(response.streaming_content) == content()
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    response.close()


def test_an_unknown_deed_or_upload_is_not_found(
    cast: Any, producer: Any, browser_of: Browser
) -> None:
    office = browser_of(producer)
    hand_in(office)
    assert office.post(page_of(Upload.objects.get(), "delete")).status_code == 404
    assert office.get("/data/7c1f0f7a-4f3a-4a43-9a2b-0d6a1c1c9f11/").status_code == 404
    assert office.get(page_of(Upload.objects.get(), "submit")).status_code == 405
