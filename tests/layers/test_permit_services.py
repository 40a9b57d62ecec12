"""What is done to a file besides its way through the offices: who may, and what stays of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Point, Polygon
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from layers.base import Refused
from layers.catalog.permits import (
    applicants,
    consultations,
    documents,
    markups,
    parcels,
    registration,
    requests,
)
from layers.catalog.permits.acts import Act
from layers.catalog.permits.applicants import Applicant
from layers.catalog.permits.applications import Application
from layers.catalog.permits.clock import limits
from layers.catalog.permits.clock.limits import Pause
from layers.catalog.permits.consultations import Consultee
from layers.catalog.permits.documents import Document
from layers.catalog.permits.entries import typed
from layers.catalog.permits.parcels import Parcel
from layers.catalog.permits.requests import Request
from layers.catalog.zoning.overlays import OverlayKind
from layers.permissions import Role
from tests.conftest import person
from tests.factories import (
    SECRET,
    SECRET_NIK,
    application,
    around,
    box,
    identified,
    point_in,
)

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj"
SOON = timedelta(days=7)


def soon() -> Any:
    return timezone.localdate() + SOON


@pytest.fixture
def area(cast: Any) -> Any:
    return cast.town.kelurahan["Tenggara"]


@pytest.fixture
def open_file(area: Any) -> Application:
    return application(area, "KKPR-2026-0100", "completeness")


def register(by: Any = None, **changed: Any) -> Application:
    entries: dict[str, Any] = {
        "instance_id": uuid4(),
        "applicant": f"{SECRET} Pemohon",
        "kbli": "47111",
        "activity": "Toko kelontong",
        "shape": around(Point(123.62, -10.22, srid=4326)),
        "identity": {"nik": SECRET_NIK, "phone": "0812 3456 7890"},
        "channel": "applicant" if by is None else "counter",
    }
    return registration.register(**{**entries, **changed}, by=by)


def told(refused: Any) -> dict[str, str]:
    return refused.value.reasons


# -- an application begins


def test_an_application_begins_with_its_parcel_its_applicant_and_its_first_move(cast: Any) -> None:
    file = register(notation="dms", crs="EPSG:4326", sent_sha256="a" * 64)
    year = timezone.localdate().year
    assert file.number.startswith(f"KKPR-{year}-")
    assert (file.status, file.channel, file.kelurahan.name) == (
        "registered",
        "applicant",
        "Tenggara",
    )
    parcel = file.parcels.get()
    assert (parcel.revision, parcel.notation, parcel.sent_sha256) == (1, "dms", "a" * 64)
    assert parcel.geom.equals_exact(file.geom)
    assert file.identity.nik == SECRET_NIK
    assert file.identity.phone == "081234567890"
    move = file.moves.get()
    assert (move.from_status, move.to_status, move.at) == ("", "registered", file.submitted_at)
    act = file.acts.get()
    assert (act.kind, act.by, act.what["number"]) == ("register", None, file.number)
    assert SECRET_NIK not in str(act.what)


def test_numbers_run_on_where_others_were_given_before(cast: Any) -> None:
    year = timezone.localdate().year
    area = cast.town.kelurahan["Tenggara"]
    application(area, f"KKPR-{year}-0099")
    application(area, f"KKPR-{year - 1}-0500")
    assert register().number == f"KKPR-{year}-0100"
    assert register().number == f"KKPR-{year}-0101"


def test_a_refused_registration_gives_its_number_back(cast: Any) -> None:
    first = register()
    with pytest.raises(Refused):
        register(kbli="4711")
    with pytest.raises(Refused):
        register(shape=Point(123.6, -10.2))
    following = register()
    assert int(following.number[-4:]) == int(first.number[-4:]) + 1


def test_the_same_form_sent_twice_is_one_application_unchanged(cast: Any) -> None:
    same = uuid4()
    first = register(instance_id=same)
    second = register(instance_id=same, applicant="Orang lain", kbli="56101")
    assert second == first
    assert second.applicant == first.applicant
    assert Act.objects.filter(application=first).count() == 1
    assert Parcel.objects.filter(application=first).count() == 1


@pytest.mark.django_db(transaction=True)
def test_64_registrations_at_once_get_64_numbers_in_a_row(cast: Any) -> None:
    def one(_: int) -> str:
        try:
            return register().number
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as workers:
        numbers = sorted(workers.map(one, range(64)))
    running = [int(number.rsplit("-", 1)[1]) for number in numbers]
    assert running == list(range(running[0], running[0] + 64))


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_eight_times_at_once_is_one_application(cast: Any) -> None:
    same = uuid4()

    def one(_: int) -> Any:
        try:
            return register(instance_id=same).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as workers:
        assert len(set(workers.map(one, range(8)))) == 1
    made = Application.objects.get(instance_id=same)
    assert int(register().number[-4:]) == int(made.number[-4:]) + 1, "no number is lost"


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"kbli": "4711"}, "kbli", "5 angka"),
        ({"kbli": "٤٧١١١"}, "kbli", "5 angka"),
        ({"activity": " \x00 "}, "activity", "kegiatan"),
        ({"applicant": "x" * 151}, "applicant", "150"),
        ({"identity": {"nik": "537101020304"}}, "nik", "16 angka"),
        ({"identity": {"nik": "537101020304000x"}}, "nik", "16 angka"),
        ({"identity": {}}, "nik", "NIK"),
        ({"identity": {"kind": "company", "nik": SECRET_NIK}}, "nib", "NIB"),
        ({"identity": {"kind": "company", "nib": "12"}}, "nib", "13 angka"),
        ({"identity": {"nik": SECRET_NIK, "email": "x"}}, "email", "surel"),
        ({"identity": {"nik": SECRET_NIK, "phone": "nol delapan"}}, "phone", "angka"),
        ({"identity": {"kind": "alien", "nik": SECRET_NIK}}, "kind", "perorangan"),
        ({"shape": Point(123.6, -10.2)}, "parcel", "poligon"),
        ({"shape": box(2.0, 48.0, 2.1, 48.1)}, "parcel", "di luar Indonesia"),
        ({"shape": MultiPolygon()}, "parcel", "kosong"),
        (
            {"shape": Polygon(((123.6, -10.2), (123.601, -10.199), (123.601, -10.2),
                               (123.6, -10.199), (123.6, -10.2)))},
            "parcel", "123,6005",
        ),
        ({"channel": "telepathy"}, "channel", "loket"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_its_field(
    cast: Any, changed: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(Refused) as refused:
        register(**changed)
    assert says in told(refused)[field]


def test_a_name_reads_as_it_is_written() -> None:
    """Neither what no letter can print nor what turns the direction of writing."""
    assert typed("applicant", " Ma\x01ri\u202ea\x7f Lado\x00\ufeff ") == "Maria Lado"
    assert typed("reason", "Satu\r\n\tdua 😀") == "Satu\r\n\tdua 😀"


def test_everything_that_is_wrong_is_told_at_once(cast: Any) -> None:
    with pytest.raises(Refused) as refused:
        register(kbli="", activity="", applicant="", identity={"nik": "1"}, shape=Point(0, 0))
    assert set(told(refused)) == {"kbli", "activity", "applicant", "nik", "parcel"}


def test_a_parcel_may_come_as_shapely_and_with_heights(cast: Any) -> None:
    flat = around(Point(123.62, -10.22, srid=4326))
    raised = shapely.force_3d(shapely.from_wkb(bytes(flat.wkb)), 12.0)
    file = register(shape=raised.geoms[0])
    assert file.geom.equals_exact(flat)
    assert not file.geom.hasz


def test_the_counter_registers_for_who_comes_without_his_card(cast: Any) -> None:
    file = register(by=cast.planner, identity={})
    assert (file.channel, file.identity.nik) == ("counter", "")
    assert file.moves.get().by == cast.planner


@pytest.mark.parametrize(
    "who", ["idle_official", "officer", "approver", "administrator", "citizen"]
)
def test_only_a_planner_registers_at_the_counter(cast: Any, who: str) -> None:
    with pytest.raises(Refused, match="perencana"):
        register(by=getattr(cast, who))


def test_a_planner_is_no_applicant_and_the_applicant_no_counter(cast: Any) -> None:
    with pytest.raises(Refused, match="pemohon"):
        register(by=cast.planner, channel="applicant")
    with pytest.raises(Refused, match="perencana"):
        register(channel="counter")


def test_an_outsider_of_every_kelurahan_is_registered_all_the_same(cast: Any) -> None:
    file = register(shape=around(Point(124.2, -9.5, srid=4326)))
    assert file.kelurahan is None


# -- who takes care of it


def test_a_file_is_given_to_a_planner_and_to_nobody_else(cast: Any, open_file: Any) -> None:
    registration.assign(application=open_file, officer=cast.planner, by=cast.approver)
    open_file.refresh_from_db()
    assert open_file.officer == cast.planner
    with pytest.raises(Refused, match="perencana"):
        registration.assign(application=open_file, officer=cast.approver, by=cast.planner)
    registration.assign(application=open_file, officer=cast.planner, by=cast.planner)
    assert open_file.acts.filter(kind="assign").count() == 1
    registration.assign(application=open_file, officer=None, by=cast.planner)
    assert [act.what["officer"] for act in open_file.acts.filter(kind="assign")] == [
        "planner",
        None,
    ]


# -- who applies


def test_identity_is_entered_corrected_and_seen_with_a_reason(cast: Any, open_file: Any) -> None:
    applicants.fill(application=open_file, by=cast.planner, nik="5371 0102 0304 0001")
    filled = applicants.fill(application=open_file, by=cast.planner, address="Jalan Uji 1")
    assert (filled.nik, filled.address) == (SECRET_NIK, "Jalan Uji 1")
    assert filled.masked_nik == "5371••••••••0001"
    with pytest.raises(Refused, match="untuk apa"):
        applicants.uncover(application=open_file, by=cast.approver, reason=" ")
    seen = applicants.uncover(application=open_file, by=cast.approver, reason="Cocokkan KTP")
    assert seen.nik == SECRET_NIK
    kinds = list(open_file.acts.values_list("kind", "why", "what"))
    assert kinds == [
        ("identity", "", {"fields": ["kind", "nik"]}),
        ("identity", "", {"fields": ["address"]}),
        ("identity-uncovered", "Cocokkan KTP", {}),
    ]


def test_no_act_repeats_a_number_that_was_typed(cast: Any, open_file: Any) -> None:
    applicants.fill(application=open_file, by=cast.planner, nik=SECRET_NIK, phone="08123456789")
    for act in open_file.acts.all():
        assert SECRET_NIK not in f"{act.what}{act.why}"
        assert "08123456789" not in f"{act.what}{act.why}"


@pytest.mark.parametrize("who", [None, "approver", "idle_official", "administrator"])
def test_only_a_planner_enters_an_identity(cast: Any, open_file: Any, who: str | None) -> None:
    with pytest.raises(Refused, match="Hanya untuk"):
        applicants.fill(application=open_file, by=who and getattr(cast, who), nik=SECRET_NIK)
    assert not Applicant.objects.filter(application=open_file).exists()


@pytest.mark.parametrize("who", [None, "idle_official", "administrator", "officer"])
def test_who_does_not_work_on_permits_uncovers_nobody(
    cast: Any, open_file: Any, who: str | None
) -> None:
    identified(open_file)
    with pytest.raises(Refused, match="Hanya untuk"):
        applicants.uncover(application=open_file, by=who and getattr(cast, who), reason="ingin")


# -- the red line


def test_a_new_red_line_stands_beside_the_old_one(cast: Any, open_file: Any, area: Any) -> None:
    before = open_file.geom
    west = around(point_in(cast.town.kelurahan["Barat Daya"]), 0.002)
    drawn = parcels.redraw(
        application=open_file, shape=west, by=cast.planner, reason="Salah patok",
        notation="utm", crs="EPSG:32751", sent_sha256="b" * 64,
    )  # fmt: skip
    first, second = open_file.parcels.all()
    assert (first.stood_until, second.stood_until) == (second.stood_from, None)
    assert first.geom.equals_exact(before)
    assert second.geom.equals_exact(west)
    assert (drawn.revision, drawn.notation, drawn.crs, drawn.by) == (
        2,
        "utm",
        "EPSG:32751",
        cast.planner,
    )
    open_file.refresh_from_db()
    assert open_file.geom.equals_exact(west)
    assert open_file.kelurahan.name == "Barat Daya"
    assert open_file.acts.get(kind="redraw").why == "Salah patok"


def test_the_object_at_hand_knows_the_new_area(cast: Any, open_file: Any, area: Any) -> None:
    open_file.refresh_from_db()
    before = open_file.area_m2
    parcels.redraw(
        application=open_file, shape=around(point_in(area), 0.002), by=cast.planner, reason="x"
    )
    assert open_file.area_m2 == pytest.approx(4 * before, rel=1e-3)


def test_the_same_line_again_is_no_revision(cast: Any, open_file: Any) -> None:
    with pytest.raises(Refused, match="sama"):
        parcels.redraw(application=open_file, shape=open_file.geom, by=cast.planner, reason="x")
    assert open_file.parcels.count() == 1


@pytest.mark.parametrize("status", sorted(Application.Status.values))
def test_the_red_line_is_drawn_before_the_assessment_only(
    cast: Any, area: Any, status: str
) -> None:
    file = application(area, "KKPR-2026-0200", status)
    moved = around(point_in(area), 0.002)
    if status in ("registered", "completeness", "returned"):
        parcels.redraw(application=file, shape=moved, by=cast.planner, reason="x")
        assert file.parcels.count() == 2
        return
    with pytest.raises(Refused, match="tahap"):
        parcels.redraw(application=file, shape=moved, by=cast.planner, reason="x")
    assert file.parcels.count() == 1


@pytest.mark.parametrize("who", [None, "approver", "idle_official"])
def test_nobody_else_moves_the_red_line(cast: Any, open_file: Any, area: Any, who: str) -> None:
    with pytest.raises(Refused, match="Hanya untuk"):
        parcels.redraw(
            application=open_file, shape=around(point_in(area), 0.002),
            by=who and getattr(cast, who), reason="x",
        )  # fmt: skip


# -- requests to the applicant


def ask(file: Any, by: Any, **changed: Any) -> Request:
    entries = {"kind": "document", "text": "Lengkapi KTP.", "due_on": soon()}
    return requests.ask(application=file, by=by, **{**entries, **changed})


def test_a_request_is_asked_answered_and_told(cast: Any, open_file: Any) -> None:
    asked = ask(open_file, cast.planner)
    requests.answer(request=asked, answer="Terlampir.", by=None)
    asked.refresh_from_db()
    assert (asked.state, asked.answer, asked.agreed) == ("answered", "Terlampir.", None)
    assert [act.kind for act in open_file.acts.all()] == ["request", "request-answered"]
    assert open_file.acts.last().by is None


def test_an_agreed_red_line_becomes_the_one_that_stands(cast: Any, area: Any) -> None:
    file = application(area, "KKPR-2026-0300", "assessment")
    before, proposed = file.geom, around(point_in(area), 0.002)
    asked = ask(file, cast.planner, kind="red-line", text="Mundur.", proposed=proposed)
    file.refresh_from_db()
    assert file.geom.equals_exact(before), "the old line stands until it is agreed"
    requests.answer(request=asked, answer="", agreed=True, by=None)
    file.refresh_from_db()
    assert file.geom.equals_exact(proposed)
    first, second = file.parcels.all()
    assert first.geom.equals_exact(before)
    assert (second.by, second.notation) == (None, "red-line")
    assert "Mundur." in second.reason


def test_a_declined_red_line_leaves_the_old_one_and_is_kept(cast: Any, area: Any) -> None:
    file = application(area, "KKPR-2026-0301", "assessment")
    proposed = around(point_in(area), 0.002)
    asked = ask(file, cast.planner, kind="red-line", text="Mundur.", proposed=proposed)
    with pytest.raises(Refused, match="setuju"):
        requests.answer(request=asked, answer="Tidak", by=None)
    with pytest.raises(Refused, match="jawabannya"):
        requests.answer(request=asked, answer="", agreed=False, by=None)
    requests.answer(request=asked, answer="Tanah saya.", agreed=False, by=None)
    file.refresh_from_db()
    assert file.parcels.count() == 1
    assert Request.objects.get(pk=asked.pk).proposed.equals_exact(proposed)


def test_agreed_time_holds_the_clock_until_it_is_resumed(cast: Any, area: Any) -> None:
    file = application(area, "KKPR-2026-0302", "assessment")
    asked = ask(file, cast.planner, kind="time", text="Menunggu hasil ukur.")
    requests.answer(request=asked, answer="", agreed=True, by=None)
    pause = Pause.objects.get(application=file)
    assert (pause.until, pause.by) == (None, cast.planner)
    limits.resume(application=file, by=cast.planner, reason="Hasil ukur ada.")
    other = ask(file, cast.planner, kind="time", text="Sekali lagi.")
    requests.answer(request=other, answer="Tidak bisa.", agreed=False, by=None)
    assert Pause.objects.filter(application=file).count() == 1


def test_a_request_is_answered_or_cancelled_once(cast: Any, open_file: Any) -> None:
    asked = ask(open_file, cast.planner)
    stale = Request.objects.get(pk=asked.pk)
    requests.cancel(request=asked, by=cast.planner, reason="Sudah ada.")
    with pytest.raises(Refused, match="dibatalkan"):
        requests.answer(request=stale, answer="Terlampir.", by=None)
    with pytest.raises(Refused, match="dibatalkan"):
        requests.cancel(request=stale, by=cast.planner, reason="Lagi.")
    assert open_file.acts.count() == 2


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": "money"}, "kind"),
        ({"text": " "}, "text"),
        ({"text": "x" * 5000}, "text"),
        ({"due_on": None}, "due_on"),
        ({"due_on": timezone.localdate()}, "due_on"),
        ({"due_on": timezone.localdate() + timedelta(days=4000)}, "due_on"),
        ({"kind": "red-line"}, "proposed"),
        ({"proposed": box(123.6, -10.2, 123.61, -10.19)}, "proposed"),
        ({"kind": "red-line", "proposed": Point(123.6, -10.2)}, "proposed"),
    ],
)
def test_a_request_that_says_too_little_is_refused(
    cast: Any, open_file: Any, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        ask(open_file, cast.planner, **changed)
    assert set(told(refused)) == {field}
    assert not open_file.acts.exists()


def test_a_red_line_request_asks_for_another_line(cast: Any, open_file: Any) -> None:
    with pytest.raises(Refused, match="sama"):
        ask(open_file, cast.planner, kind="red-line", proposed=open_file.geom)


@pytest.mark.parametrize("status", sorted(Application.Status.values))
def test_nothing_is_asked_of_what_waits_for_its_decision_or_has_it(
    cast: Any, area: Any, status: str
) -> None:
    file = application(area, "KKPR-2026-0303", status)
    if status in ("recommendation", "granted", "granted-in-part", "refused", "withdrawn", "lapsed"):
        with pytest.raises(Refused, match="tahap"):
            ask(file, cast.planner)
        return
    assert ask(file, cast.planner).state == "open"


def test_who_may_ask_answer_and_cancel(cast: Any, open_file: Any) -> None:
    asked = ask(open_file, cast.planner)
    for stranger in (cast.approver, cast.idle_official, cast.officer, cast.citizen):
        with pytest.raises(Refused, match="Hanya untuk"):
            ask(open_file, stranger)
        with pytest.raises(Refused, match="Hanya untuk"):
            requests.answer(request=asked, answer="x", by=stranger)
        with pytest.raises(Refused, match="Hanya untuk"):
            requests.cancel(request=asked, by=stranger, reason="x")
    with pytest.raises(Refused, match="Hanya untuk"):
        requests.cancel(request=asked, by=None, reason="x")
    with pytest.raises(Refused, match="Hanya untuk"):
        ask(open_file, None)
    requests.answer(request=asked, answer="Dibawa ke loket.", by=cast.planner)


# -- offices


@pytest.fixture
def office(db: None) -> Consultee:
    return Consultee.objects.create(code="bpn", name="Kantor Pertanahan")


def test_an_office_is_asked_answers_and_is_asked_again(
    cast: Any, open_file: Any, office: Any
) -> None:
    asked = consult(open_file, office, cast.planner)
    with pytest.raises(Refused, match="belum menjawab"):
        consult(open_file, office, cast.planner)
    enter(asked, cast.planner)
    with pytest.raises(Refused, match="sudah dicatat"):
        enter(asked, cast.planner)
    again = consult(open_file, office, cast.planner)
    assert (again.answer, again.pk != asked.pk) == ("", True)
    kinds = [act.kind for act in open_file.acts.all()]
    assert kinds == ["consult", "consult-answered", "consult"]


def consult(file: Any, office: Any, by: Any) -> Any:
    return consultations.consult(
        application=file, consultee=office, question="Mohon pertimbangan.", due_on=soon(), by=by
    )


def enter(asked: Any, by: Any, **changed: Any) -> Any:
    entries = {"answer": "agrees", "reference": "1/BPN", "note": "",
               "answered_on": timezone.localdate()}  # fmt: skip
    return consultations.enter_answer(consultation=asked, by=by, **{**entries, **changed})


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"answer": "perhaps"}, "answer"),
        ({"answer": "objects"}, "note"),
        ({"answer": "amendments", "note": " "}, "note"),
        ({"answered_on": timezone.localdate() + timedelta(days=1)}, "answered_on"),
        ({"answered_on": timezone.localdate() - timedelta(days=1)}, "answered_on"),
        ({"answered_on": None}, "answered_on"),
        ({"reference": "x" * 101}, "reference"),
    ],
)
def test_an_answer_says_what_when_and_why(
    cast: Any, open_file: Any, office: Any, changed: dict[str, Any], field: str
) -> None:
    asked = consult(open_file, office, cast.planner)
    with pytest.raises(Refused) as refused:
        enter(asked, cast.planner, **changed)
    assert set(told(refused)) == {field}


def test_offices_are_consulted_by_planners_while_the_office_works(
    cast: Any, area: Any, office: Any
) -> None:
    for number, status in enumerate(sorted(Application.Status.values)):
        file = application(area, f"KKPR-2026-04{number:02}", status)
        if status in ("completeness", "land-consideration", "assessment", "forum"):
            asked = consult(file, office, cast.planner)
            for stranger in (None, cast.approver, cast.idle_official):
                with pytest.raises(Refused, match="Hanya untuk"):
                    enter(asked, stranger)
                with pytest.raises(Refused, match="Hanya untuk"):
                    consult(file, office, stranger)
        else:
            with pytest.raises(Refused, match="tahap"):
                consult(file, office, cast.planner)


def test_offices_to_be_asked_are_those_of_the_step_and_of_what_binds_the_parcel(
    cast: Any, area: Any
) -> None:
    kinds = {code: OverlayKind.objects.create(code=code, name=code) for code in ("AA", "BB", "CC")}
    offices = {
        code: Consultee.objects.create(code=code, name=f"Kantor {code}", overlay=kind)
        for code, kind in kinds.items()
    }
    land = Consultee.objects.create(code="bpn", name="Tanah", for_step="land-consideration")
    file = application(area, "KKPR-2026-0450", "land-consideration")
    evidence = {
        "overlays": [
            {"kind": "AA", "state": "applies", "verdict": "B"},
            {"kind": "BB", "state": "applies", "verdict": "I"},
            {"kind": "CC", "state": "does-not-apply", "verdict": None},
        ]
    }
    assert consultations.wanted(file, evidence) == [offices["AA"], land]
    assert consultations.wanted(file) == [land]
    consult(file, land, cast.planner)
    assert consultations.wanted(file, evidence) == [offices["AA"]]


# -- the clock is held


def test_the_clock_is_held_once_and_resumed_once_each_with_a_reason(cast: Any, area: Any) -> None:
    file = application(area, "KKPR-2026-0500", "assessment")
    with pytest.raises(Refused, match="mengapa"):
        limits.pause(application=file, by=cast.planner, reason="")
    limits.pause(application=file, by=cast.planner, reason="Banjir.")
    with pytest.raises(Refused, match="sudah berhenti"):
        limits.pause(application=file, by=cast.planner, reason="Lagi.")
    with pytest.raises(Refused, match="mengapa"):
        limits.resume(application=file, by=cast.planner, reason="")
    limits.resume(application=file, by=cast.planner, reason="Surut.")
    with pytest.raises(Refused, match="sedang berjalan"):
        limits.resume(application=file, by=cast.planner, reason="Lagi.")
    pause = Pause.objects.get(application=file)
    assert (pause.reason, pause.resumed_why, pause.resumed_by) == (
        "Banjir.",
        "Surut.",
        cast.planner,
    )
    assert [act.kind for act in file.acts.all()] == ["pause", "resume"]


@pytest.mark.parametrize("who", [None, "approver", "idle_official"])
def test_nobody_else_holds_the_clock(cast: Any, area: Any, who: str | None) -> None:
    file = application(area, "KKPR-2026-0501", "assessment")
    for deed in (limits.pause, limits.resume):
        with pytest.raises(Refused, match="Hanya untuk"):
            deed(application=file, by=who and getattr(cast, who), reason="x")


# -- papers


def keep(file: Any, by: Any = None, **changed: Any) -> Document:
    entries = {"kind": "identity", "title": "KTP", "name": "ktp.pdf", "content": PDF}
    return documents.keep(application=file, by=by, **{**entries, **changed})


def test_a_paper_is_kept_as_it_was_sent_once(cast: Any, open_file: Any) -> None:
    paper = keep(open_file)
    assert keep(open_file, title="Lagi", name="x.exe") == paper
    assert (paper.media_type, paper.size, paper.title) == ("application/pdf", len(PDF), "KTP")
    with default_storage.open(str(paper.file.name)) as kept:
        assert kept.read() == PDF
    assert "ktp" not in str(paper.file.name)
    other = keep(open_file, by=cast.planner, kind="land-title")
    assert other != paper
    assert open_file.acts.filter(kind="document").count() == 2


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PDF, "application/pdf"),
        (b"\xff\xd8\xff\xe0JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
    ],
)
def test_what_a_paper_is_its_first_bytes_say(
    cast: Any, open_file: Any, content: bytes, media_type: str
) -> None:
    assert keep(open_file, content=content, name="malware.exe").media_type == media_type


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"content": b""}, "file", "kosong"),
        ({"content": b"MZ\x90 %PDF-", "name": "ktp.pdf"}, "file", "PDF"),
        ({"content": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}, "file", "PDF"),
        ({"content": PDF + b"0" * 10_000_000}, "file", "10 MB"),
        ({"kind": "love-letter"}, "kind", "jenis"),
        ({"title": "", "name": ""}, "title", "judul"),
        ({"title": "x" * 201}, "title", "200"),
    ],
)
def test_a_paper_that_is_none_is_refused(
    cast: Any, open_file: Any, changed: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(Refused) as refused:
        keep(open_file, **changed)
    assert says in told(refused)[field]
    assert not Document.objects.exists()


def test_a_file_is_full_some_day(cast: Any, open_file: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(documents, "MOST_PAPERS", 2)
    keep(open_file)
    keep(open_file, content=PDF + b"2")
    with pytest.raises(Refused, match="paling banyak"):
        keep(open_file, content=PDF + b"3")
    assert keep(open_file).pk, "what is there already is no new paper"


def test_strangers_add_no_paper_and_closed_files_take_none(cast: Any, area: Any) -> None:
    closed = application(area, "KKPR-2026-0600", "granted")
    with pytest.raises(Refused, match="tahap"):
        keep(closed)
    file = application(area, "KKPR-2026-0601", "returned")
    for stranger in (cast.idle_official, cast.officer, cast.administrator):
        with pytest.raises(Refused, match="Hanya untuk"):
            keep(file, by=stranger)


# -- remarks on the map


def test_remarks_are_drawn_and_erased_and_stay(cast: Any, open_file: Any) -> None:
    line = GEOSGeometry("SRID=4326;LINESTRING(123.6 -10.2, 123.61 -10.2)")
    made = markups.mark(application=open_file, geom=line, text="Sempadan?", by=cast.approver)
    markups.erase(markup=made, by=cast.planner)
    markups.erase(markup=made, by=cast.planner)
    made.refresh_from_db()
    assert made.erased_at
    assert made.geom.equals_exact(line)
    assert [act.kind for act in open_file.acts.all()] == ["markup", "markup-erased"]


@pytest.mark.parametrize(
    ("geom", "text", "field"),
    [
        (Point(123.6, -10.2), " ", "text"),
        (Point(123.6, -10.2), "x" * 501, "text"),
        (Point(2.3, 48.8), "Paris", "geom"),
        (Polygon(), "kosong", "geom"),
        (Polygon(((123.6, -10.2), (123.7, -10.1), (123.7, -10.2), (123.6, -10.1),
                  (123.6, -10.2))), "silang", "geom"),
    ],
)  # fmt: skip
def test_a_remark_that_cannot_be_drawn_is_refused(
    cast: Any, open_file: Any, geom: Any, text: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        markups.mark(application=open_file, geom=geom, text=text, by=cast.planner)
    assert set(told(refused)) == {field}


@pytest.mark.parametrize("who", [None, "idle_official", "administrator"])
def test_the_applicant_and_strangers_do_not_draw_on_the_file(
    cast: Any, open_file: Any, who: str | None
) -> None:
    with pytest.raises(Refused, match="Hanya untuk"):
        markups.mark(
            application=open_file, geom=Point(123.6, -10.2), text="x",
            by=who and getattr(cast, who),
        )  # fmt: skip


# -- all of them


def test_an_official_whose_duty_is_of_another_theme_does_nothing(cast: Any, open_file: Any) -> None:
    of_trash = person("of_trash", Role.PLANNER, themes=["trash"])
    with pytest.raises(Refused, match="Hanya untuk"):
        ask(open_file, of_trash)
    assert not Act.objects.exists()


def test_an_official_who_left_does_nothing(cast: Any, open_file: Any) -> None:
    cast.planner.is_active = False
    with pytest.raises(Refused, match="Hanya untuk"):
        ask(open_file, cast.planner)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_draw_at_once_each_opens_a_revision_of_its_own(cast: Any) -> None:
    area = cast.town.kelurahan["Tenggara"]
    file = application(area, "KKPR-2026-0700", "completeness")

    def draw(size: int) -> None:
        try:
            parcels.redraw(
                application=Application.objects.get(pk=file.pk), by=cast.planner, reason="x",
                shape=around(point_in(area), 0.002 + size / 10_000),
            )  # fmt: skip
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as workers:
        list(workers.map(draw, range(6)))
    revisions = list(file.parcels.values_list("revision", flat=True))
    assert revisions == list(range(1, 8))
    standing = Parcel.objects.filter(application=file, stood_until=None)
    assert standing.get().revision == 7
    file.refresh_from_db()
    assert file.geom.equals_exact(standing.get().geom)
    assert Act.objects.values("application").annotate(n=Count("pk")).get()["n"] == 6
