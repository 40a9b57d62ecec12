"""An application as it is sent: once, whole, and with nothing of it shown that is private."""

from __future__ import annotations

import json
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import zxingcpp
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from PIL import Image, ImageDraw

from field_api.applicants import views
from layers.catalog.permits.applications import Application
from layers.catalog.permits.documents import Document
from layers.catalog.permits.parcels import Parcel
from layers.catalog.zoning.rules import Activity
from tests import factories
from tests.conftest import CAST
from tests.field_api.test_applicants_outline import (
    PLOT,
    ask,
    decimal_commas,
    degrees_minutes_seconds,
    file_of,
    told,
)

pytestmark = pytest.mark.django_db
APPLY, COUNTER = "/permits/apply", "/review/new"
NIK = "5371014505900001"
EVIL = "<script>alert(1)</script>"
PDF, JPEG = b"%PDF-1.7 uji", b"\xff\xd8\xff uji"
BOW = "123,600; -10,200\n123,601; -10,199\n123,601; -10,200\n123,600; -10,199"


def paper(content: bytes = PDF, name: str = "kertas.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def entry(**changes: Any) -> dict[str, Any]:
    """A whole application; None leaves a field out."""
    fields = {
        "instance_id": str(uuid4()),
        "kind": "person",
        "applicant": "Maria Lado",
        "nik": NIK,
        "phone": "0812 3456 7890",
        "address": "Jl. Uji 1",
        "kbli": "47111",
        "activity": "Toko kelontong",
        "table": decimal_commas(),
        "identity_paper": paper(),
        "land_title": paper(JPEG, "akta.jpg"),
        "consent": "on",
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def sent(client: Client, to: str = APPLY, /, **changes: Any) -> Any:
    return client.post(to, entry(**changes))


def sent_by_script(client: Client, **changes: Any) -> Any:
    return client.post(APPLY, entry(**changes), headers={"accept": "application/json"})


def only() -> Application:
    """The one that was sent; those of the town were never registered."""
    return Application.objects.get(acts__kind="register")


def count() -> int:
    return Application.objects.count()


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())


# -- accepted


def test_an_application_is_registered_with_its_parcel_and_papers(cast: Any, client: Client) -> None:
    answer = sent(client)
    made = only()
    assert answer.status_code == 302
    assert answer["Location"] == f"/track/{made.tracking_code}/receipt"
    assert (made.status, made.channel, made.kelurahan.name) == (
        "registered", "applicant", "Barat Laut",
    )  # fmt: skip
    assert (made.applicant, made.kbli, made.activity) == ("Maria Lado", "47111", "Toko kelontong")
    assert (made.identity.nik, made.identity.phone) == (NIK, "081234567890")
    line = Parcel.objects.get(application=made)
    assert (line.notation, line.crs, len(line.sent_sha256)) == ("decimal", "EPSG:4326", 64)
    papers = Document.objects.filter(application=made)
    assert {(one.kind, one.media_type) for one in papers} == {
        ("identity", "application/pdf"), ("land-title", "image/jpeg"),
    }  # fmt: skip
    assert {act.kind for act in made.acts.all()} == {"register", "document"}
    assert all(act.by is None for act in made.acts.all())


def test_the_receipt_says_the_number_the_code_and_the_way_back(cast: Any, client: Client) -> None:
    page = client.get(sent(client)["Location"])
    made = only()
    html = text_of(page)
    assert made.number in html
    assert made.tracking_code in html
    assert "no-store" in page["Cache-Control"]
    (picture,) = re.findall(r'src="(data:image/svg[^"]+)"', html)
    assert read_code(picture) == f"http://testserver/track/{made.tracking_code}"


def read_code(picture: str) -> str:
    """The text of a QR code that is drawn as one path of rows (segno's SVG)."""
    from urllib.parse import unquote

    svg = unquote(picture)
    side = int(re.findall(r"width=['\"](\d+)", svg)[0])
    path = re.findall(r"stroke=['\"]#000['\"] d=['\"]([^'\"]+)", svg) or re.findall(
        r" d=['\"](M4[^'\"]+)", svg
    )
    image = Image.new("L", (side * 8, side * 8), 255)
    pen, x, y = ImageDraw.Draw(image), 0.0, 0.0
    for act, numbers in re.findall(r"([Mmh])([^Mmh]+)", path[0]):
        values = [float(one) for one in re.findall(r"-?\d*\.?\d+", numbers)]
        if act == "M":
            x, y = values
        elif act == "m":
            x, y = x + values[0], y + values[1]
        else:
            pen.rectangle((x * 8, (y - 0.5) * 8, (x + values[0]) * 8 - 1, (y + 0.5) * 8 - 1), 0)
            x += values[0]
    return zxingcpp.read_barcodes(image)[0].text


def test_a_script_is_told_where_to_go(cast: Any, client: Client) -> None:
    answer = sent_by_script(client)
    assert answer.status_code == 201
    made = only()
    assert answer.json() == {
        "number": made.number, "address": f"/track/{made.tracking_code}/receipt",
    }  # fmt: skip


def test_what_was_judged_on_the_map_keeps_where_it_came_from(cast: Any, client: Client) -> None:
    found = told(ask(client, table=degrees_minutes_seconds()))
    geometry, receipt = json.dumps(found["geometry"]), found["receipt"]
    sent(client, table=None, geometry=geometry, receipt=receipt)
    line = Parcel.objects.get(application=only())
    assert (line.notation, line.sent_sha256) == ("dms", found["sentSha256"])


def test_a_file_alone_is_enough(cast: Any, client: Client, tmp_path: Path) -> None:
    content = SimpleUploadedFile("tanah.zip", file_of(tmp_path, ".zip"))
    sent(client, table=None, parcel_file=content)
    line = Parcel.objects.get(application=only())
    assert (line.notation, line.crs) == ("zip", "EPSG:32751")


def test_a_company_gives_its_nib(cast: Any, client: Client) -> None:
    sent(client, kind="company", nik=None, nib="1234567890123")
    assert only().identity.nib == "1234567890123"


# -- once


def test_a_form_sent_twice_is_one_application(cast: Any, client: Client) -> None:
    key = str(uuid4())
    first, second = (sent(client, instance_id=key) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Document.objects.filter(application=only()).count() == 2


OTHER_PLOT = "123,6; -10,2\n123,601; -10,2\n123,601; -10,199"


@pytest.mark.parametrize(
    "change", [{"applicant": "Orang lain"}, {"kbli": "56101"}, {"table": OTHER_PLOT}]
)
def test_a_form_sent_again_with_something_else_is_told_that_it_was_not_taken(
    cast: Any, client: Client, change: dict[str, str]
) -> None:
    key = str(uuid4())
    sent(client, instance_id=key)
    answer = sent(client, instance_id=key, **change)
    assert answer.status_code == 409
    made = only()
    assert made.number in text_of(answer)
    assert f"/track/{made.tracking_code}" in text_of(answer)
    by_script = sent_by_script(client, instance_id=key, **change)
    assert by_script.status_code == 409
    assert by_script.json()["address"] == f"/track/{made.tracking_code}"


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_by_two_presses_at_once_is_one_application(cast: Any) -> None:
    key = str(uuid4())

    def press(_: int) -> str:
        try:
            return str(sent(Client(), instance_id=key)["Location"])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(press, range(4)))) == 1
    assert only().documents.count() == 2


# -- refused, with all that is wrong at once


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("applicant", "", "Isi nama pemohon"),
        ("applicant", "x" * 151, "paling banyak 150"),
        ("nik", "", "16 angka"),
        ("nik", "537101", "16 angka"),
        ("nik", "53710145059000AB", "16 angka"),
        ("phone", "", "Isi nomor telepon"),
        ("phone", "tidak ada", "angka saja"),
        ("email", "bukan surel", "surel"),
        ("address", "", "Isi alamat"),
        ("kbli", "", "KBLI"),
        ("kbli", "471", "5 angka"),
        ("kbli", "٤٧١١١", "5 angka"),
        ("activity", "", "kegiatan"),
        ("kind", "robot", "perorangan"),
        ("consent", None, "setuju"),
        ("instance_id", "x", "Muat ulang"),
        ("instance_id", None, "Muat ulang"),
        ("table", "", "Gambar bidangnya"),
        ("table", "123,6; -10,2\napa; ini", "Baris 2"),
        ("table", BOW, "memotong dirinya di bujur 123,600500"),
        ("identity_paper", None, "Pilih berkasnya"),
        ("land_title", paper(b""), "kosong"),
        ("land_title", paper(b"MZ\x90 program", "akta.pdf"), "Hanya PDF"),
        ("site_plan", paper(b"<svg onload=alert(1)>", "tapak.png"), "Hanya PDF"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(
    cast: Any, client: Client, field: str, value: Any, said: str
) -> None:
    before = count()
    changes = {field: value}
    answer = sent(client, **changes)
    assert answer.status_code == 422
    assert said in text_of(answer)

    again = {name: paper(one.read()) if hasattr(one, "seek") and not one.seek(0) else one
             for name, one in changes.items()}  # fmt: skip
    errors = sent_by_script(client, **again).json()["errors"]
    assert list(errors) == ["parcel" if field == "table" else field]
    assert said in errors["parcel" if field == "table" else field]
    assert count() == before


def test_a_paper_over_the_limit_is_refused(cast: Any, client: Client) -> None:
    answer = sent(client, land_title=paper(PDF + bytes(10_000_001)))
    assert answer.status_code == 422
    assert "lebih dari 10 MB" in text_of(answer)


def test_what_was_typed_stays_on_the_page_but_not_the_nik(cast: Any, client: Client) -> None:
    answer = sent(client, applicant=EVIL, activity="", address='"><img src=x>')
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    for kept in ("0812 3456 7890", "47111", "123,5900000"):
        assert kept in unescape(html)
    assert NIK not in html


def test_a_parcel_out_of_a_file_stays_on_the_page_too(
    cast: Any, client: Client, tmp_path: Path
) -> None:
    """A browser forgets the files of a form that comes back."""
    content = SimpleUploadedFile("tanah.geojson", file_of(tmp_path, ".geojson"))
    html = text_of(sent(client, table=None, parcel_file=content, activity=""))
    (geometry,) = re.findall(r'id="f-geometry" hidden>([^<]*)<', html)
    (receipt,) = re.findall(r'id="f-receipt" value="([^"]*)"', html)
    sent(client, table=None, geometry=geometry, receipt=receipt)
    assert Parcel.objects.get(application=only()).notation == "geojson"


def test_a_table_that_was_changed_goes_before_what_was_read_of_the_first(
    cast: Any, client: Client
) -> None:
    first = told(ask(client, table=decimal_commas()))
    read = {"geometry": json.dumps(first["geometry"]), "receipt": first["receipt"]}
    sent(client, **read, table=OTHER_PLOT)
    assert only().geom.extent[0] == pytest.approx(123.6)


def test_an_error_of_the_last_moment_leaves_nothing_behind(
    cast: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layers.catalog.permits.documents.MOST_PAPERS", 1)
    before = count()
    answer = sent(client)
    assert answer.status_code == 422
    assert "paling banyak 1 dokumen" in text_of(answer)
    assert count() == before


# -- private


def test_the_nik_is_in_no_page_and_in_no_log(
    cast: Any, browser_of: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client()
    name = f"KTP {NIK}.pdf"
    with caplog.at_level(logging.DEBUG):
        receipt = sent(client, identity_paper=paper(PDF, name))["Location"]
        sent(client, identity_paper=paper(PDF, name), kbli="x")
        code = only().tracking_code
        pages = [receipt, f"/track/{code}", APPLY, "/ogc/collections/permit-register/items"]
        for address in pages:
            answer: Any = client.get(address)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            assert NIK.encode() not in body, address
    assert NIK not in caplog.text


def test_the_tracking_code_of_another_is_on_no_page(cast: Any, client: Client) -> None:
    sent(client)
    assert only().tracking_code not in text_of(client.get(APPLY))


def test_a_page_of_an_application_leaves_no_trace_outside(cast: Any, client: Client) -> None:
    for address in (APPLY, sent(client)["Location"], "/track/"):
        answer = client.get(address)
        assert answer["X-Robots-Tag"] == "noindex"
        assert answer["Referrer-Policy"] == "strict-origin"
        assert "no-store" in answer["Cache-Control"]


# -- the counter


@pytest.mark.parametrize("who", CAST)
def test_only_planners_enter_applications_at_the_counter(
    cast: Any, browser_of: Any, who: str
) -> None:
    client, before = browser_of(getattr(cast, who)), count()
    page = client.get(COUNTER)
    expected = {"citizen": 302, "planner": 200}.get(who, 404)
    assert page.status_code == expected
    assert sent(client, COUNTER).status_code == (302 if who in ("planner", "citizen") else 404)
    assert count() == before + (who == "planner")


def test_the_counter_enters_what_is_at_hand_under_its_own_name(cast: Any, browser_of: Any) -> None:
    client = browser_of(cast.planner)
    answer = sent(client, COUNTER, nik=None, phone=None, address=None, identity_paper=None,
                  land_title=None)  # fmt: skip
    made = only()
    assert answer.status_code == 302
    assert made.channel == "counter"
    assert made.acts.get(kind="register").by == cast.planner
    assert f"/review/{made.number}/" in text_of(client.get(answer["Location"]))
    assert f"/review/{made.number}/" not in text_of(Client().get(answer["Location"]))


def test_an_official_on_the_public_page_is_an_applicant(cast: Any, browser_of: Any) -> None:
    sent(browser_of(cast.planner))
    assert only().channel == "applicant"
    assert only().acts.filter(by__isnull=False).count() == 0


# -- the page, and what guards it


def test_the_page_offers_the_activities_of_the_rules_in_force(cast: Any, client: Client) -> None:
    rules = factories.rule_set()
    rules.status = "draft"
    rules.save()
    Activity.objects.create(rule_set=rules, code="K.1", name=f"Toko {EVIL}", kbli=["47111", "472"])
    assert '<option value="47' not in text_of(client.get(APPLY))
    rules.status = "active"
    rules.save()
    html = client.get(APPLY).content.decode()
    assert '<option value="47111">' in html
    assert EVIL not in html


def test_the_page_works_where_nothing_is_loaded(db: None, client: Client) -> None:
    page = client.get(APPLY)
    assert page.status_code == 200
    assert sent(client, table=decimal_commas()).status_code == 302


def test_it_is_sent_from_our_own_page_only(cast: Any) -> None:
    stranger = Client(enforce_csrf_checks=True)
    assert sent(stranger).status_code == 403
    html = stranger.get(APPLY).content.decode()
    (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', html))
    assert sent(stranger, csrfmiddlewaretoken=token).status_code == 302


def test_who_sends_too_often_waits(
    cast: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views.ENTRIES, "burst", 1)
    sent(client, kbli="x")
    answer = sent(client)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 30
    assert "Coba lagi dalam" in text_of(answer)
    assert client.get(APPLY).status_code == 200


def test_a_body_over_the_limit_gets_a_page_that_says_so(cast: Any, client: Client) -> None:
    body = b"x" * (views.MOST_ENTRY + 1)
    answer = client.post(APPLY, body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 413
    assert "48 MB" in text_of(answer)


@pytest.mark.parametrize(
    "body", [b"", b"--b\r\n", b"--b\r\nContent-Disposition: form-data; name=x\r\n\r\n1"]
)
def test_a_broken_body_is_no_error_of_ours(cast: Any, client: Client, body: bytes) -> None:
    answer = client.post(APPLY, body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code in (400, 422)


def test_the_parcel_of_the_page_is_the_parcel_of_the_row(cast: Any, client: Client) -> None:
    found = told(ask(client, geometry=json.loads(json.dumps(PLOT.__geo_interface__))))
    sent(client, table=None, geometry=json.dumps(found["geometry"]), receipt=found["receipt"])
    assert only().geom[0].coords[0] == tuple(PLOT.exterior.coords)
    assert only().area_m2 == pytest.approx(found["areaM2"], rel=1e-6)
