"""Is this letter genuine? The page for everybody, and the PDF for whom it may concern."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from layers import files
from layers.catalog.permits.documents import anywhere
from layers.catalog.permits.letters import letters
from layers.catalog.permits.letters.letters import Letter
from maps.letters.public import initials
from tests import letters as made
from tests.factories import SECRET_NIK

pytestmark = pytest.mark.django_db
PAGE = "/documents/letters/{}"
NAME = "Maria Ndaumanu"


def content_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def page(client: Client, letter: Letter) -> str:
    answer = client.get(PAGE.format(letter.code))
    assert answer.status_code == 200
    return answer.content.decode()


def test_everybody_sees_that_a_letter_is_genuine(cast: Any, client: Client) -> None:
    letter = made.letter(cast, "granted-in-part")
    told = page(client, letter)
    assert "Surat ini sah" in told
    for fact in (
        letter.number,
        "KKPR-2026-0777",
        "Disetujui sebagian",
        "8.483,47 m²",
        "6.665,59 m²",
        "Tenggara, Timur",
        "Toko kelontong",
        "RDTR Kawasan Uji",
        "M. N.",
    ):
        assert fact in told, fact


@pytest.mark.parametrize("outcome", ["granted", "granted-in-part", "refused"])
def test_the_page_names_nobody(cast: Any, client: Client, outcome: str) -> None:
    told = page(client, made.letter(cast, outcome))
    for secret in ("Maria", "Ndaumanu", SECRET_NIK, "5371•", "planner", "approver", "Sependapat"):
        assert secret not in told, secret


def test_no_robot_and_no_other_site_learns_of_a_letter(cast: Any, client: Client) -> None:
    letter = made.letter(cast)
    for address in (PAGE.format(letter.code), PAGE.format("0" * 30), "/documents/letters/"):
        answer = client.get(address)
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "private, no-store"
        assert 'name="robots" content="noindex' in answer.content.decode()


def test_of_a_replaced_letter_the_page_says_which_stands(cast: Any, client: Client) -> None:
    first = made.letter(cast)
    second = letters.issue(decision=first.decision, by=cast.approver, reason="Nama Budi salah.")
    told = page(client, first)
    assert "Surat ini sudah diganti versi 2" in told
    assert PAGE.format(second.code) in told
    assert "Surat ini sah" not in told
    assert "Budi" not in told
    assert "Surat ini sah" in page(client, second)


@pytest.mark.parametrize("code", ["0" * 30, "palsu", "%00", "a" * 300, "<script>", "%F0%9F%92%A9"])
def test_an_unknown_code_says_what_to_do(db: None, client: Client, code: str) -> None:
    answer = client.get(PAGE.format(code))
    told = answer.content.decode()
    assert answer.status_code == 404
    assert "Surat ini tidak dikenal" in told
    assert "jangan memakai surat itu" in told
    assert "<script>" not in re.sub(r"<script[^>]* (src|nonce)[^>]*>", "", told)


@pytest.mark.parametrize("typed", ["{0}", " {1} ", "https://kota.example/documents/letters/{0}"])
def test_a_typed_code_leads_to_its_letter(cast: Any, client: Client, typed: str) -> None:
    letter = made.letter(cast)
    groups = " ".join(letter.code[at : at + 5] for at in range(0, 30, 5))
    answer = client.get("/documents/letters/", {"code": typed.format(letter.code, groups)})
    assert answer.status_code == 302
    assert answer["Location"] == PAGE.format(letter.code)


@pytest.mark.parametrize("typed", ["", "   ", "/", "///"])
def test_without_a_code_the_page_asks_for_one(db: None, client: Client, typed: str) -> None:
    answer = client.get("/documents/letters/", {"code": typed})
    assert answer.status_code == 200
    assert "Kode surat" in answer.content.decode()


def test_the_map_draws_what_was_granted(cast: Any, client: Client) -> None:
    letter = made.letter(cast, "granted-in-part")
    told = page(client, letter)
    found = re.search(r'<script id="drawing" type="application/json">(.*?)</script>', told)
    drawn = json.loads(found[1])
    parts = {one["properties"]["part"] for one in drawn["parcel"]["features"]}
    assert parts == {"approved", "refused"}
    assert {one["properties"]["code"] for one in drawn["zones"]["features"]} == {*made.ZONES}


@pytest.mark.parametrize("who", ["planner", "approver"])
def test_an_official_takes_the_pdf_and_everybody_can_compare_it(
    cast: Any, browser_of: Any, client: Client, who: str
) -> None:
    letter = made.letter(cast)
    official = browser_of(getattr(cast, who))
    answer = official.get(PAGE.format(f"{letter.code}.pdf"))
    taken = content_of(answer)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "private, no-store"
    assert f"surat-{letter.number.replace('/', '-')}-v1.pdf" in answer["Content-Disposition"]
    told = page(client, letter)
    assert f'data-sha256="{hashlib.sha256(taken).hexdigest()}"' in told
    assert "Unduh PDF" not in told
    assert "Unduh PDF" in page(official, letter)


def test_a_letter_is_drawn_once(cast: Any, browser_of: Any) -> None:
    letter = made.letter(cast)
    official = browser_of(cast.planner)
    first = content_of(official.get(PAGE.format(f"{letter.code}.pdf")))
    name = Letter.objects.get(pk=letter.pk).pdf.name
    assert content_of(official.get(PAGE.format(f"{letter.code}.pdf"))) == first
    assert Letter.objects.get(pk=letter.pk).pdf.name == name
    with default_storage.open(str(name)) as file:
        assert file.read() == first


def test_what_a_crash_left_undone_is_done_by_the_next_request(cast: Any, browser_of: Any) -> None:
    """The file was written, the row was not."""
    letter = made.letter(cast)
    files.keep(anywhere(), b"%PDF-half")
    assert Letter.objects.get(pk=letter.pk).pdf.name == ""
    taken = content_of(browser_of(cast.planner).get(PAGE.format(f"{letter.code}.pdf")))
    kept = Letter.objects.get(pk=letter.pk)
    assert kept.sha256 == hashlib.sha256(taken).hexdigest()


def test_a_file_that_was_lost_is_no_error_of_the_reader(
    cast: Any, browser_of: Any, caplog: pytest.LogCaptureFixture
) -> None:
    letter = made.letter(cast)
    kept = letters.keep_pdf(letter=letter, content=b"%PDF-1")
    default_storage.delete(str(kept.pdf.name))
    assert browser_of(cast.planner).get(PAGE.format(f"{letter.code}.pdf")).status_code == 404
    assert "has lost its file" in caplog.text


@pytest.mark.parametrize("who", ["citizen", "idle_official", "officer", "walidata"])
def test_nobody_else_gets_the_pdf_by_the_code_on_it(cast: Any, browser_of: Any, who: str) -> None:
    letter = made.letter(cast)
    answer = browser_of(getattr(cast, who)).get(PAGE.format(f"{letter.code}.pdf"))
    if who == "citizen":
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/?next=/documents/letters/")
    else:
        assert answer.status_code == 404
    assert Letter.objects.get(pk=letter.pk).pdf.name == ""


def test_the_applicant_takes_the_newest_letter_by_the_follow_up_code(
    cast: Any, client: Client
) -> None:
    first = made.letter(cast)
    application = first.decision.application
    second = letters.issue(decision=first.decision, by=cast.approver, reason="Nama diperbaiki.")
    answer = client.get(f"/track/{application.tracking_code}/letter.pdf")
    taken = content_of(answer)
    assert Letter.objects.get(pk=second.pk).sha256 == hashlib.sha256(taken).hexdigest()
    assert Letter.objects.get(pk=first.pk).sha256 == ""
    assert answer["Referrer-Policy"] == "no-referrer"


def test_without_a_letter_there_is_nothing_to_take(cast: Any, client: Client) -> None:
    application = made.decided(cast).application
    for code in (application.tracking_code, "x" * 24, "0" * 18):
        assert client.get(f"/track/{code}/letter.pdf").status_code == 404


@pytest.mark.parametrize(
    ("site", "https", "expected"),
    [
        ("", False, "http://kota.example/documents/letters/"),
        ("", True, "https://kota.example/documents/letters/"),
        ("https://geo.kota.example/", False, "https://geo.kota.example/documents/letters/"),
    ],
)
def test_the_printed_address_is_that_by_which_the_portal_is_reached(
    cast: Any, rf: Any, settings: Any, site: str, https: bool, expected: str
) -> None:
    from maps.letters.views import address_of

    settings.ALLOWED_HOSTS = ["kota.example"]
    settings.SITE_URL = site
    if https:
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    letter = made.letter(cast)
    request = rf.get("/", headers={"host": "kota.example", "x-forwarded-proto": "https"})
    assert address_of(request, letter) == expected + letter.code


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_letters_are_only_read(cast: Any, client: Client, method: str) -> None:
    letter = made.letter(cast)
    for address in (PAGE.format(letter.code), PAGE.format(f"{letter.code}.pdf")):
        assert getattr(client, method)(address).status_code == 405


def test_a_page_asks_the_database_a_handful_of_times(
    cast: Any, client: Client, django_assert_max_num_queries: Any
) -> None:
    letter = made.letter(cast)
    page(client, letter)
    with django_assert_max_num_queries(15):
        page(client, letter)


@pytest.mark.parametrize(
    ("name", "told"),
    [("Maria Ndaumanu", "M. N."), ("PT Maju Jaya Abadi", "P. M. J."), ("budi", "B."), ("", ""),
     ("- (x)", "")],
)  # fmt: skip
def test_initials_tell_of_a_name_no_more_than_they_must(name: str, told: str) -> None:
    assert initials(name) == told
