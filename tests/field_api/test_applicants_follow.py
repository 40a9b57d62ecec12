"""An applicant follows his application: told what concerns him, and nothing of anybody else."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from field_api.applicants import standing
from layers.catalog.permits import acts, requests
from layers.catalog.permits.applications import Application
from layers.catalog.permits.clock import limits
from layers.catalog.permits.documents import Document
from layers.catalog.permits.markups import Markup
from layers.catalog.permits.registration import register
from layers.catalog.permits.requests import Request
from layers.catalog.permits.workflow import steps
from tests.factories import CENTRE, around

pytestmark = pytest.mark.django_db
NIK = "5371014505900001"
SECRET = "RAHASIA KANTOR"
EVIL = "<script>alert(1)</script>"
PDF = b"%PDF-1.7 uji"


@pytest.fixture
def application(cast: Any) -> Application:
    return registered()


def registered(**more: Any) -> Application:
    entries: dict[str, Any] = {
        "instance_id": uuid4(),
        "applicant": "Maria Lado",
        "kbli": "47111",
        "activity": f"Toko {EVIL}",
        "shape": around(CENTRE),
        "identity": {"kind": "person", "nik": NIK, "phone": "081234567890"},
        "channel": "applicant",
        "by": None,
    }
    return register(**(entries | more))


def soon(days: int = 7) -> Any:
    return timezone.localdate() + timedelta(days=days)


def ask(application: Application, by: Any, kind: str = "document", **more: Any) -> Request:
    given = {"kind": kind, "text": f"Lengkapi sertipikat {EVIL}", "due_on": soon()}
    return requests.ask(application=application, by=by, **(given | more))


def step(application: Application, name: str, by: Any, **more: Any) -> None:
    application.refresh_from_db()
    steps.take(application=application, step=name, by=by, **more)
    application.refresh_from_db()


def returned(application: Application, cast: Any, **more: Any) -> Request:
    step(application, "begin", cast.planner)
    asked = ask(application, cast.planner, **more)
    step(application, "return", cast.planner, reason="Sertipikat belum ada.")
    return asked


def page(application: Application, client: Client | None = None) -> Any:
    return (client or Client()).get(f"/track/{application.tracking_code}")


def send(application: Application, act: str, **fields: Any) -> Any:
    return Client().post(f"/track/{application.tracking_code}", {"act": act, **fields})


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())


def paper(content: bytes = PDF, name: str = f"KTP {NIK}.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


# -- what is told


def test_it_says_where_the_file_stands_in_an_applicants_words(
    cast: Any, application: Application
) -> None:
    told = {}
    for name in ("begin", "accept", "assess"):
        told[application.status] = text_of(page(application))
        step(application, name, cast.planner)
    told[application.status] = text_of(page(application))
    assert "menunggu diperiksa" in told["registered"]
    assert "sedang diperiksa" in told["completeness"]
    assert "Kantor Pertanahan" in told["land-consideration"]
    assert "sedang dinilai" in told["assessment"]
    current = re.findall(r'aria-current="step"><span>([^<]*)', told["assessment"])
    assert current == ["Penilaian tata ruang"]


@pytest.mark.parametrize("status", list(Application.Status))
def test_every_status_has_its_words_and_its_place(cast: Any, status: str) -> None:
    area = cast.town.kelurahan["Barat Laut"]
    from tests.factories import application as made
    from tests.factories import moved

    file = made(area, "KKPR-2026-0555", status)
    now = timezone.now()
    moved(file, ("registered", now), ("completeness", now), (status, now))
    stages = standing.stages(file)
    assert standing.now(file)
    assert len([one for one in stages if one.state == "now"]) == (
        0 if status in ("granted", "granted-in-part", "refused") else 1
    )
    assert page(file).status_code == 200


def test_days_left_are_told_and_that_they_stand_still(cast: Any, application: Application) -> None:
    limits.StepLimit.objects.create(
        step=limits.StepLimit.TOTAL, working_days=20, deemed=True, valid_from="2021-02-02",
        source="uji",
    )  # fmt: skip
    step(application, "begin", cast.planner)
    step(application, "accept", cast.planner)
    assert "Paling lama 20 hari kerja lagi" in text_of(page(application))
    limits.pause(application=application, by=cast.planner, reason=SECRET)
    html = text_of(page(application))
    assert "Hitungan hari berhenti" in html
    assert SECRET not in html


@pytest.mark.parametrize("status", ["granted", "refused", "withdrawn"])
def test_no_days_are_told_of_what_is_over(cast: Any, application: Application, status: str) -> None:
    """Least of all that the law approved it, when the limit has passed since."""
    from tests.factories import moved

    limits.StepLimit.objects.create(
        step=limits.StepLimit.TOTAL, working_days=20, deemed=True, valid_from="2021-02-02",
        source="uji",
    )  # fmt: skip
    past = [timezone.now() - timedelta(days=days) for days in (80, 79, 78, 77)]
    ways = ("registered", "completeness", "land-consideration", status)
    moved(application, *zip(ways, past, strict=True))
    Application.objects.filter(pk=application.pk).update(status="land-consideration")
    assert "dianggap disetujui sejak" in text_of(page(application))
    decided = None if status == "withdrawn" else timezone.localdate(past[-1])
    Application.objects.filter(pk=application.pk).update(status=status, decided_on=decided)
    html = text_of(page(application))
    assert "dianggap disetujui" not in html
    assert "hari kerja" not in html


def test_nothing_of_the_office_is_told(cast: Any, application: Application) -> None:
    cast.planner.first_name = "Perencana Rahasia"
    cast.planner.save()
    step(application, "begin", cast.planner)
    acts.record(application=application, kind="identity-uncovered", by=cast.planner, why=SECRET)
    acts.record(application=application, kind="consult", by=cast.planner, why=SECRET)
    acts.record(application=application, kind="challenge", by=cast.approver, why=SECRET)
    acts.record(application=application, kind="check", by=cast.planner, why=SECRET)
    acts.record(application=application, kind="document", by=cast.planner, why=SECRET)
    Markup.objects.create(application=application, geom=CENTRE, text=SECRET, by=cast.planner)
    html = text_of(page(application))
    for hidden in (SECRET, "Perencana Rahasia", "planner", "approver", NIK, "081234567890"):
        assert hidden not in html
    assert "Pemeriksaan kelengkapan dimulai" in html
    assert "Dokumen ditambahkan" not in html


def test_what_others_wrote_is_text(cast: Any, application: Application) -> None:
    returned(application, cast)
    html = page(application).content.decode()
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert(1)") >= 2


def test_nothing_of_another_application_is_told(cast: Any, application: Application) -> None:
    other = registered(activity="Gudang orang lain")
    ask(other, cast.planner, text="Permintaan orang lain")
    html = text_of(page(application))
    assert "orang lain" not in html
    assert other.number not in html


def test_the_decision_and_its_letter_are_at_hand(cast: Any, application: Application) -> None:
    from layers.catalog.permits.letters.letters import Letter
    from tests.factories import recommended

    recommended(application, cast.planner, "granted")
    step(application, "grant", cast.approver, reason="Sesuai.")
    html = text_of(page(application))
    assert "disetujui" in html
    assert "sedang disiapkan" in html
    Letter.objects.create(
        decision=application.decision, version=1, number="1", content={}, by=cast.approver
    )
    html = text_of(page(application))
    assert f'href="/track/{application.tracking_code}/letter.pdf"' in html
    assert "Cabut permohonan" not in html


@pytest.mark.parametrize("code", ["x", "a" * 24, "..", "%00", "x" * 3000, "kode-yang-tidak-ada"])
def test_an_unknown_code_is_a_page_that_does_not_exist(db: None, client: Client, code: str) -> None:
    assert client.get(f"/track/{code}").status_code == 404
    assert client.post(f"/track/{code}", {"act": "withdraw"}).status_code == 404
    assert client.get(f"/track/{code}/receipt").status_code == 404


def test_a_code_is_typed_pasted_or_a_whole_address(cast: Any, application: Application) -> None:
    client, code = Client(), application.tracking_code
    for typed in (code, f"  {code} ", f"https://portal.contoh.id/track/{code}"):
        answer = client.get("/track/", {"code": typed})
        assert (answer.status_code, answer["Location"]) == (302, f"/track/{code}")
    unknown = client.get("/track/", {"code": f"{EVIL}{'x' * 300}"})
    assert unknown.status_code == 404
    assert "tidak dikenal" in text_of(unknown)
    assert EVIL.encode() not in unknown.content
    assert client.get("/track/").status_code == 200


def test_no_trace_outside(cast: Any, application: Application) -> None:
    answer = page(application)
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["Referrer-Policy"] == "strict-origin"


# -- what he answers


def test_a_request_is_answered_with_papers_and_the_file_goes_on(
    cast: Any, application: Application
) -> None:
    asked = returned(application, cast)
    html = text_of(page(application))
    assert "Lengkapi sertipikat" in html
    assert 'value="resubmit"' not in html

    answer = send(application, "answer", request=asked.pk, answer="Terlampir.",
                  papers=[paper(), paper(PDF + b"2", "b.pdf")])  # fmt: skip
    assert answer.status_code == 302
    asked.refresh_from_db()
    assert (asked.state, asked.answer) == ("answered", "Terlampir.")
    assert Document.objects.filter(application=application, by=None).count() == 2

    html = text_of(page(application))
    assert NIK not in html
    assert 'value="resubmit"' in html
    assert "ajukan kembali permohonan Anda" in html
    assert send(application, "resubmit").status_code == 302
    application.refresh_from_db()
    assert application.status == "completeness"


def test_papers_alone_are_an_answer(cast: Any, application: Application) -> None:
    asked = returned(application, cast)
    send(application, "answer", request=asked.pk, papers=paper())
    asked.refresh_from_db()
    assert asked.answer == "Dokumen dilampirkan."


def test_neither_papers_nor_words_are_no_answer(cast: Any, application: Application) -> None:
    asked = returned(application, cast)
    answer = send(application, "answer", request=asked.pk, answer=" ")
    assert answer.status_code == 422
    assert "Lampirkan dokumennya" in text_of(answer)


def test_a_wrong_paper_leaves_nothing_and_what_was_typed_stays(
    cast: Any, application: Application
) -> None:
    asked = returned(application, cast)
    answer = send(application, "answer", request=asked.pk, answer=f"Ini {EVIL}",
                  papers=[paper(), paper(b"MZ program", "b.pdf")])  # fmt: skip
    assert answer.status_code == 422
    assert "Hanya PDF" in text_of(answer)
    assert "Ini &lt;script&gt;" in answer.content.decode()
    assert not Document.objects.filter(application=application).exists()
    asked.refresh_from_db()
    assert asked.state == "open"


def test_an_answer_that_is_refused_leaves_no_file(
    cast: Any, application: Application, tmp_path: Path, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    asked = returned(application, cast)
    answer = send(application, "answer", request=asked.pk, answer="x" * 5000, papers=paper())
    assert answer.status_code == 422
    assert not [one for one in tmp_path.rglob("*") if one.is_file()]


@pytest.mark.parametrize("agreed", ["yes", "no"])
def test_a_new_red_line_is_shown_and_agreed_to_or_not(
    cast: Any, application: Application, agreed: str
) -> None:
    smaller = around(CENTRE, 0.0005)
    asked = returned(application, cast, kind="red-line", proposed=smaller)
    (text,) = re.findall(
        r'id="sketch" type="application/json">([^<]+)<', text_of(page(application))
    )
    sketch = json.loads(text)
    assert set(sketch["proposed"]) == {str(asked.pk)}
    assert sketch["parcel"] != sketch["proposed"][str(asked.pk)]

    undecided = send(application, "answer", request=asked.pk, answer="Hm")
    assert undecided.status_code == 422
    assert "setuju" in text_of(undecided)
    send(application, "answer", request=asked.pk, agreed=agreed, answer="Pagar saya di situ.")
    application.refresh_from_db()
    assert application.parcels.count() == (2 if agreed == "yes" else 1)
    assert application.geom.equals(smaller) == (agreed == "yes")


def test_a_request_is_answered_once(cast: Any, application: Application) -> None:
    asked = returned(application, cast)
    send(application, "answer", request=asked.pk, answer="Satu")
    again = send(application, "answer", request=asked.pk, answer="Dua")
    assert again.status_code == 422
    assert "sudah dijawab" in text_of(again)
    asked.refresh_from_db()
    assert asked.answer == "Satu"


def test_the_request_of_another_cannot_be_answered(cast: Any, application: Application) -> None:
    other = registered()
    asked = ask(other, cast.planner)
    assert send(application, "answer", request=asked.pk, answer="Saya").status_code == 404
    asked.refresh_from_db()
    assert asked.state == "open"


@pytest.mark.parametrize("key", ["", "x", "-1", "0", "9" * 30, "9" * 5000, "1.5", "٤"])
def test_a_request_that_does_not_exist_is_not_found(
    cast: Any, application: Application, key: str
) -> None:
    assert send(application, "answer", request=key, answer="x").status_code == 404


# -- what he takes back


def test_it_is_withdrawn_with_a_reason_and_a_second_thought(
    cast: Any, application: Application
) -> None:
    for fields, said in (({"reason": "Pindah"}, "yakin"), ({"sure": "1"}, "Tuliskan mengapa")):
        answer = send(application, "withdraw", **fields)
        assert answer.status_code == 422
        assert said in text_of(answer)
    kept = send(application, "withdraw", reason="Pindah tempat")
    assert "Pindah tempat</textarea>" in text_of(kept)

    assert send(application, "withdraw", sure="1", reason="Pindah tempat").status_code == 302
    application.refresh_from_db()
    assert application.status == "withdrawn"
    html = text_of(page(application))
    assert "sudah Anda cabut" in html
    assert "Pindah tempat" in html
    late = send(application, "withdraw", sure="1", reason="Lagi")
    assert late.status_code == 422


def test_it_is_not_submitted_again_before_all_is_answered(
    cast: Any, application: Application
) -> None:
    returned(application, cast)
    answer = send(application, "resubmit")
    assert answer.status_code == 422
    assert "belum dijawab" in text_of(answer)


@pytest.mark.parametrize("act", ["", "grant", "begin", "lapse", "accept"])
def test_nothing_else_can_be_done(cast: Any, application: Application, act: str) -> None:
    assert send(application, act, reason="x").status_code == 404
    application.refresh_from_db()
    assert application.status == "registered"


def test_it_is_done_from_our_own_page_only(cast: Any, application: Application) -> None:
    address = f"/track/{application.tracking_code}"
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post(address, {"act": "resubmit"}).status_code == 403
    html = stranger.get(address).content.decode()
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)[0]
    fields = {"act": "withdraw", "sure": "1", "reason": "x", "csrfmiddlewaretoken": token}
    assert stranger.post(address, fields).status_code == 302


def test_reading_it_takes_few_queries(
    cast: Any, application: Application, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        ask(application, cast.planner, text=f"Permintaan {number}")
    with django_assert_max_num_queries(30):
        page(application)
