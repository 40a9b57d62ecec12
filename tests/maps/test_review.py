"""The workbench as pages: who comes in, what a file tells, what is done from it."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from layers.catalog.permits.acts import Act
from layers.catalog.permits.applications import Application
from layers.catalog.permits.check.checks import Check
from layers.catalog.permits.markups import Markup
from layers.catalog.permits.requests import Request
from layers.catalog.permits.workflow.turns import last_act
from tests.factories import CENTRE
from tests.review_desk import NIK, checked, desk, parcel, soon

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def made(cast: Any) -> SimpleNamespace:
    return desk(cast)


@pytest.fixture
def planner(made: SimpleNamespace, browser_of: Any) -> Client:
    client: Client = browser_of(made.cast.planner)
    return client


def at(file: Application, **asked: str) -> str:
    return reverse("review-file", args=[file.number]) + (
        "?" + "&".join(f"{name}={value}" for name, value in asked.items()) if asked else ""
    )


def do(client: Client, on: Application, name: str, **typed: Any) -> Any:
    """Sends a form as the page that shows the newest state would."""
    typed.setdefault("seen", last_act(on))
    return client.post(reverse("review-deed", args=[on.number, name]), typed)


def embedded(answer: Any, name: str) -> Any:
    found = re.search(rf'<script id="{name}"[^>]*>(.*?)</script>', answer.content.decode(), re.S)
    assert found
    return json.loads(found[1])


# -- who comes in


@pytest.mark.parametrize(
    "name", ["idle_official", "officer", "health_officer", "walidata", "administrator"]
)
def test_who_does_not_work_on_permits_finds_nothing(
    made: SimpleNamespace, browser_of: Any, name: str
) -> None:
    client = browser_of(getattr(made.cast, name))
    number = made.file.number
    for address in ("/review/", at(made.file), f"/review/{number}/print", f"/review/{number}/next"):
        assert client.get(address).status_code == 404
    assert do(client, made.file, "check").status_code == 404
    assert not Check.objects.exists()
    assert "Meja telaah" not in client.get("/").content.decode()


def test_a_stranger_is_asked_to_log_in(made: SimpleNamespace, client: Client) -> None:
    for address in ("/review/", at(made.file)):
        assert client.get(address)["Location"].startswith("/login/?next=/review/")


def test_planner_and_approver_find_the_workbench(made: SimpleNamespace, browser_of: Any) -> None:
    for person in (made.cast.planner, made.cast.approver):
        client = browser_of(person)
        assert 'href="/review/"' in client.get("/").content.decode()
        assert client.get("/review/").status_code == 200
        assert client.get(at(made.file)).status_code == 200


def test_a_number_that_nobody_has_is_not_found(planner: Client, made: SimpleNamespace) -> None:
    for number in ("KKPR-1999-0001", "x" * 300, "%00", "..%2f"):
        assert planner.get(f"/review/{number}/").status_code == 404
    assert planner.get("/review/inbox/").status_code == 200  # an address of its own


# -- the file


def test_the_file_tells_the_check_part_by_part(planner: Client, made: SimpleNamespace) -> None:
    checked(made)
    answer = planner.get(at(made.file))
    text = answer.content.decode()
    for told in ("K-3", "R-2", "Diizinkan", "Bersyarat", "Parkir di dalam persil.", "KDB 70 %",
                 "100,00 %", "Tinggi bangunan menurut KKOP.", "Diperiksa, tidak berlaku",
                 "Belum diperiksa", "KKPR-2026-0102", "izin terbit"):  # fmt: skip
        assert told in text
    parts = set(re.findall(r'data-part="([^"]+)"', text))
    drawn = {one["properties"]["part"] for one in embedded(answer, "picture")["pieces"]["features"]}
    assert {"K-3", "R-2"} <= parts
    assert drawn <= parts  # whatever is on the map has its row


def test_a_file_without_a_check_shows_one_that_is_not_kept(
    planner: Client, made: SimpleNamespace
) -> None:
    text = planner.get(at(made.file)).content.decode()
    assert "belum tersimpan sebagai bukti" in text
    assert "Parkir di dalam persil." in text
    assert not Check.objects.exists()


def test_a_check_is_kept_and_computed_again_to_the_same(
    planner: Client, made: SimpleNamespace
) -> None:
    assert do(planner, made.file, "check").status_code == 302
    kept = Check.objects.get()
    text = planner.get(at(made.file, recompute="")).content.decode()
    assert "hasilnya sama" in text
    assert kept.sha256[:8] in text


def test_without_rules_in_force_the_file_opens_and_says_so(cast: Any, browser_of: Any) -> None:
    text = browser_of(cast.planner).get(at(cast.town.waiting_application)).content.decode()
    assert "Belum ada rencana atau aturan yang berlaku." in text


def test_another_plan_says_what_would_change(planner: Client, made: SimpleNamespace) -> None:
    answer = planner.get(at(made.file, compare="plan:geser"))
    text = answer.content.decode()
    assert "Rancangan bergeser" in text
    told = text[text.index('<table class="diff">') : text.index('id="sides"')]
    assert "Subzona R-2" in told
    assert "3.030,00 m²" in told
    left, right = embedded(answer, "sides")
    assert [one["properties"]["sub_zone"] for one in left["zones"]["features"]] == ["K-3", "R-2"]
    assert left["zones"] != right["zones"]


def test_an_earlier_red_line_says_what_the_new_one_changed(
    planner: Client, made: SimpleNamespace
) -> None:
    Application.objects.filter(pk=made.file.pk).update(status="completeness")
    moved = parcel(shift=-0.0005)
    answer = do(planner, made.file, "redraw", geom=moved.geojson, reason="Patok bergeser.")
    assert answer["Location"].endswith("#parcel")
    answer = planner.get(at(made.file, compare="parcel:1"))
    text = answer.content.decode()
    assert "Patok bergeser." in text
    told = text[text.index('<table class="diff">') : text.index('id="sides"')]
    assert "R-2" in told
    before, after = embedded(answer, "sides")
    assert before["line"] != after["line"]
    assert len(embedded(answer, "picture")["earlier"]["features"]) == 1


@pytest.mark.parametrize("asked", ["plan:", "plan:tidak-ada", "parcel:99", "parcel:x", "%00", ":"])
def test_a_comparison_with_what_is_not_there_is_none(
    planner: Client, made: SimpleNamespace, asked: str
) -> None:
    assert planner.get(at(made.file, compare=asked)).status_code == 200


def test_the_identity_is_masked_until_somebody_says_what_for(
    planner: Client, made: SimpleNamespace
) -> None:
    address = reverse("review-uncover", args=[made.file.number])
    assert NIK not in planner.get(at(made.file)).content.decode()
    refused = planner.post(address, {"reason": " "})
    assert refused.status_code == 422
    assert NIK not in refused.content.decode()
    assert not Act.objects.filter(kind="identity-uncovered").exists()

    shown = planner.post(address, {"reason": "Mencocokkan dengan KTP."})
    assert NIK in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert NIK not in str(planner.cookies) + str(dict(planner.session))
    assert Act.objects.get(kind="identity-uncovered").why == "Mencocokkan dengan KTP."
    assert NIK not in planner.get(at(made.file)).content.decode()


def test_what_people_wrote_is_text(planner: Client, made: SimpleNamespace) -> None:
    Application.objects.filter(pk=made.file.pk).update(activity=EVIL, applicant=EVIL)
    do(planner, made.file, "mark", text=EVIL, geom=CENTRE.geojson)
    for address in ("/review/", at(made.file), f"/review/{made.file.number}/print"):
        assert EVIL not in planner.get(address).content.decode()


def test_opening_a_file_asks_the_database_a_fixed_number_of_times(
    planner: Client, made: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    """Whatever lies in it: the bound is of one page, not of a row."""
    checked(made)
    for number in range(12):
        do(planner, made.file, "mark", text=f"Catatan {number}", geom=CENTRE.geojson)
        do(planner, made.file, "ask", kind="document", text=f"Surat {number}", due_on=soon())
    with django_assert_max_num_queries(75) as few:
        planner.get(at(made.file))
        asked = len(few)
    for number in range(4):
        do(planner, made.file, "mark", text=f"Lagi {number}", geom=CENTRE.geojson)
    with django_assert_max_num_queries(asked):
        planner.get(at(made.file))


# -- what is done


def test_a_request_is_asked_answered_and_told(planner: Client, made: SimpleNamespace) -> None:
    answer = do(planner, made.file, "ask", kind="document", text="Bukti tanah.", due_on=soon())
    assert answer["Location"] == f"{at(made.file)}#requests"
    asked = Request.objects.get()
    do(planner, made.file, "answer", request=asked.pk, answer="Sudah dibawa ke loket.")
    asked.refresh_from_db()
    assert asked.state == Request.State.ANSWERED
    text = planner.get(at(made.file)).content.decode()
    assert "Sudah dibawa ke loket." in text
    assert "Permintaan kepada pemohon" in text


def test_what_cannot_be_used_comes_back_as_it_was_typed(
    planner: Client, made: SimpleNamespace
) -> None:
    long = "Tolong lengkapi gambar tapak."
    answer = do(planner, made.file, "ask", kind="document", text=long, due_on="2001-01-01")
    assert answer.status_code == 422
    text = answer.content.decode()
    assert long in text
    assert "Tentukan tanggal batas sesudah hari ini" in text
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    "typed",
    [
        {"kind": "x", "text": "a", "due_on": "besok"},
        {"kind": "red-line", "text": "a", "proposed": "{"},
        {
            "kind": "red-line",
            "text": "a",
            "proposed": '{"type":"Polygon","coordinates":[[[1e9,0]]]}',
        },
        {
            "kind": "red-line",
            "text": "a",
            "proposed": f'{{"type":"Polygon","coordinates":[[[{10**400},0]]]}}',
        },
        {"kind": "document", "text": "\x00", "due_on": "2026-13-45"},
        {"seen": "-1"},
        {"seen": "9" * 40},
        {},
    ],
)
def test_nonsense_is_a_422_never_a_500(
    planner: Client, made: SimpleNamespace, typed: dict[str, str]
) -> None:
    for name in ("ask", "mark", "consult", "document", "assign", "redraw", "recommend", "pause"):
        assert do(planner, made.file, name, **typed).status_code == 422


def test_a_form_sent_twice_is_done_once(planner: Client, made: SimpleNamespace) -> None:
    seen = last_act(made.file)
    typed = {"text": "Saluran air.", "geom": CENTRE.geojson, "seen": seen}
    first, second = (do(planner, made.file, "mark", **typed) for _ in range(2))
    assert first.status_code == second.status_code == 302
    assert Markup.objects.count() == 1
    assert "tidak disimpan dua kali" in planner.get(at(made.file)).content.decode()


def test_another_remark_from_the_same_page_is_not_taken_for_the_first_sent_twice(
    planner: Client, made: SimpleNamespace
) -> None:
    seen = last_act(made.file)
    do(planner, made.file, "mark", text="Saluran air.", geom=CENTRE.geojson, seen=seen)
    other = do(planner, made.file, "mark", text="Pohon tua.", geom=CENTRE.geojson, seen=seen)
    assert other.status_code == 422
    assert "Pohon tua." in other.content.decode()  # not lost


def test_another_paper_from_the_same_page_is_not_taken_for_the_first_sent_twice(
    planner: Client, made: SimpleNamespace
) -> None:
    seen = last_act(made.file)
    sent = [
        do(planner, made.file, "document", kind="other", title="Peta", seen=seen,
           file=SimpleUploadedFile("peta.pdf", content))
        for content in (b"%PDF-1", b"%PDF-1", b"%PDF-2")
    ]  # fmt: skip
    assert [one.status_code for one in sent] == [302, 302, 422]
    assert made.file.documents.count() == 1


def test_of_two_officials_the_second_is_told_of_the_first(
    planner: Client, made: SimpleNamespace, browser_of: Any
) -> None:
    seen = last_act(made.file)
    other = browser_of(made.cast.approver)
    do(other, made.file, "mark", text="Dari pejabat.", geom=CENTRE.geojson, seen=seen)
    late = do(planner, made.file, "mark", text="Dari perencana.", geom=CENTRE.geojson, seen=seen)
    assert late.status_code == 422
    text = late.content.decode()
    assert "approver mengubah berkas ini" in text
    assert "Dari perencana." in text  # not lost
    again = re.search(r'name="seen" value="(\d+)"', text)
    assert again
    assert int(again[1]) == last_act(made.file)


def test_a_step_is_taken_from_the_page_and_refused_with_its_reason(
    planner: Client, made: SimpleNamespace
) -> None:
    text = planner.get(at(made.file)).content.decode()
    assert "Pemeriksaan kesesuaian belum dibuat." in text
    refused = do(planner, made.file, "to-forum")
    assert refused.status_code == 422
    assert "Pemeriksaan kesesuaian belum dibuat." in refused.content.decode()
    checked(made)
    assert do(planner, made.file, "to-forum").status_code == 302
    made.file.refresh_from_db()
    assert made.file.status == Application.Status.FORUM
    stale = do(planner, made.file, "to-forum")
    assert stale.status_code == 422


def test_a_part_is_recommended_and_decided_by_another(
    planner: Client, made: SimpleNamespace, browser_of: Any
) -> None:
    checked(made)
    half = parcel(shift=0.0005)
    answer = do(
        planner, made.file, "recommend", outcome="granted-in-part", reason="Di luar zona rumah.",
        refused_part=half.geojson, conditions=["B1", "KDH"], own="Pagar hidup.",
        **{"text-B1": "Parkir di belakang bangunan.", "text-KDH": ""},
    )  # fmt: skip
    assert answer.status_code == 302
    proposal = made.file.recommendations.get()
    assert proposal.conditions == [
        {"code": "B1", "text": "Parkir di belakang bangunan."},
        {"code": "KDH", "text": "Sediakan ruang hijau sesuai KDH."},
        {"code": "", "text": "Pagar hidup."},
    ]
    picture = embedded(planner.get(at(made.file)), "picture")
    assert picture["refused"]["features"]
    assert do(planner, made.file, "grant-in-part", reason="x").status_code == 422
    approver = browser_of(made.cast.approver)
    text = approver.get(at(made.file)).content.decode()
    assert "Parkir di belakang bangunan." in text
    assert do(approver, made.file, "grant-in-part", reason="Setuju.").status_code == 302
    made.file.refresh_from_db()
    assert made.file.status == Application.Status.GRANTED_IN_PART


def test_a_recommendation_that_cannot_be_used_keeps_its_conditions(
    planner: Client, made: SimpleNamespace
) -> None:
    checked(made)
    answer = do(
        planner, made.file, "recommend", outcome="granted-in-part", reason="Sebagian.",
        conditions=["B1"], own="Pagar hidup.", **{"text-B1": "Parkir di belakang."},
    )  # fmt: skip
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Parkir di belakang." in text
    assert "Pagar hidup." in text
    assert "Gambar bagian yang ditolak." in text


def test_a_deed_that_is_none_is_not_found(planner: Client, made: SimpleNamespace) -> None:
    assert do(planner, made.file, "delete-everything").status_code == 404
    address = reverse("review-deed", args=[made.file.number, "check"])
    assert planner.get(address)["Location"] == at(made.file)  # back from the log-in


def test_a_forged_form_is_refused(made: SimpleNamespace) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(made.cast.planner)
    assert do(client, made.file, "check").status_code == 403
    assert not Check.objects.exists()


def test_a_paper_is_handed_out_to_officials_only_and_as_a_download(
    planner: Client, made: SimpleNamespace, browser_of: Any, settings: Any, tmp_path: Any
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    settings.MEDIA_ROOT = tmp_path
    paper = SimpleUploadedFile("rumah.pdf", b"%PDF-1.4 uji", content_type="text/html")
    assert (
        do(planner, made.file, "document", kind="other", title="Denah", file=paper).status_code
        == 302
    )
    kept = made.file.documents.get()
    address = reverse("review-document", args=[made.file.number, kept.pk])
    answer = planner.get(address)
    assert b"".join(answer) == b"%PDF-1.4 uji"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert browser_of(made.cast.officer).get(address).status_code == 404
    other = reverse("review-document", args=[made.beside.number, kept.pk])
    assert planner.get(other).status_code == 404


def test_the_paper_copy_has_the_map_and_the_tables(planner: Client, made: SimpleNamespace) -> None:
    checked(made)
    text = planner.get(f"/review/{made.file.number}/print").content.decode()
    assert "<svg" in text
    assert "Skala 1 :" in text
    assert "K-3" in text
    assert NIK not in text


# -- what is sent after the file has moved on


def test_a_form_that_the_page_no_longer_has_is_told_of_with_what_was_typed(
    planner: Client, made: SimpleNamespace
) -> None:
    seen = last_act(made.file)
    do(planner, made.file, "withdraw", reason="Pemohon pindah.")
    answer = do(planner, made.file, "to-forum", seen=seen, reason="Perlu pendapat forum.")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "mengubah berkas ini" in text
    assert "Perlu pendapat forum." in text


def test_the_row_of_another_file_is_told_to_be_none_of_this_one(
    planner: Client, made: SimpleNamespace
) -> None:
    for name, row in (("answer", "request"), ("reply", "consultation"), ("erase", "markup")):
        typed = {row: 2**40, "answer": "agrees", "agreed": "yes", "answered_on": soon()}
        answer = do(planner, made.file, name, **typed)
        assert answer.status_code == 422
        assert "tidak ada lagi pada berkas" in answer.content.decode(), name
