"""The letter of a decision: issued by whom it may, numbered without a gap, and frozen."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pyproj import Geod, Transformer

from layers.base import Refused
from layers.catalog.permits.acts import Act
from layers.catalog.permits.letters import letters
from layers.catalog.permits.letters.content import told_to_all
from layers.catalog.permits.letters.letters import Letter
from layers.catalog.permits.workflow.decisions import Decision
from layers.catalog.zoning.plans import Plan
from layers.permissions import Role
from tests import letters as made
from tests.conftest import person
from tests.factories import SECRET_NIK, application, around, point_in

pytestmark = pytest.mark.django_db


def said(letter: Letter) -> str:
    return json.dumps(letter.content, ensure_ascii=False, sort_keys=True)


def stored(letter: Letter) -> Letter:
    """As the database gives it back."""
    return Letter.objects.get(pk=letter.pk)


def polygon_of(letter: Letter) -> Any:
    rings = stored(letter).content["outline"]["rings"]
    parts: dict[int, list[Any]] = {}
    for ring in rings:
        parts.setdefault(ring["part"], []).append([corner[:2] for corner in ring["corners"]])
    return shapely.MultiPolygon([shapely.Polygon(shell, holes) for shell, *holes in parts.values()])


def test_a_letter_says_what_was_decided_on_what_and_by_whom(cast: Any) -> None:
    letter = made.letter(cast)
    content, evidence = letter.content, letter.decision.recommendation.basis.evidence
    assert letter.version == 1
    assert content["number"] == f"600.3.2/0001/KKPR/{timezone.localdate().year}"
    assert content["application"]["number"] == "KKPR-2026-0777"
    assert content["applicant"]["name"] == "Maria Ndaumanu"
    assert content["place"] == {"kelurahan": "Tenggara", "kecamatan": "Timur"}
    assert content["outcome"]["code"] == "granted"
    assert content["outcome"]["reasons"] == ["Sesuai hasil kajian.", "Sependapat."]
    assert content["conditions"] == [{"code": "P1", "text": "Menyediakan sumur resapan."}]
    assert content["evidence"] == evidence
    assert content["evidence_sha256"] == letter.decision.recommendation.basis.sha256
    assert content["recommended"]["name"] == "planner"
    assert content["decided"] == {
        "name": "approver",
        "role": "Pejabat pemutus",
        "on": timezone.localdate().isoformat(),
    }
    assert content["areas"]["granted_m2"] == content["areas"]["asked_m2"]


def test_of_the_regulations_a_letter_cites_those_of_its_day(cast: Any) -> None:
    (cited,) = made.letter(cast).content["legal_basis"]
    assert cited.startswith("Peraturan Pemerintah Nomor 21")


def test_the_whole_nik_is_nowhere_on_a_letter(cast: Any) -> None:
    letter = made.letter(cast)
    assert SECRET_NIK not in said(letter)
    assert letter.content["applicant"]["nik"] == "5371••••••••0001"


@pytest.mark.parametrize("outcome", ["granted", "granted-in-part"])
def test_the_coordinates_are_those_that_were_approved(cast: Any, outcome: str) -> None:
    letter = made.letter(cast, outcome)
    approved = shapely.from_wkb(bytes(letter.decision.approved.wkb))
    assert polygon_of(letter).equals(approved)
    m2, _ = Geod(ellps="WGS84").geometry_area_perimeter(polygon_of(letter))
    assert abs(m2) == pytest.approx(letter.content["areas"]["granted_m2"], rel=1e-6)
    flat = Transformer.from_crs("EPSG:4326", "EPSG:32751", always_xy=True)
    for ring in letter.content["outline"]["rings"]:
        for lon, lat, east, north in ring["corners"]:
            assert flat.transform(lon, lat) == pytest.approx((east, north), abs=0.006)


def test_of_a_partial_approval_the_refused_part_has_no_coordinates(cast: Any) -> None:
    letter = made.letter(cast, "granted-in-part")
    areas = letter.content["areas"]
    refused = letter.decision.recommendation.refused_part
    assert areas["granted_m2"] < areas["asked_m2"]
    assert polygon_of(letter).intersection(shapely.from_wkb(bytes(refused.wkb))).area < 1e-18
    assert letter.content["map"]["refused"]


def test_a_refusal_lists_the_parcel_that_was_asked_for_and_no_condition(cast: Any) -> None:
    content = made.letter(cast, "refused", conditions=[]).content
    assert content["outline"]["of"] == "asked"
    assert content["areas"]["granted_m2"] is None
    assert content["conditions"] == []
    assert content["outline"]["sha256"] == content["evidence"]["parcel"]["sha256"]


def test_the_hash_of_the_outline_can_be_made_again_from_the_letter(cast: Any) -> None:
    letter = made.letter(cast, geom=made.circle(250, hole=True))
    plain = shapely.to_wkb(shapely.normalize(polygon_of(letter)), byte_order=1)
    assert hashlib.sha256(plain).hexdigest() == stored(letter).content["outline"]["sha256"]


def test_holes_and_parts_are_rings_of_their_own(cast: Any) -> None:
    two = made.circle(12, hole=True)
    two.append(around(point_in(cast.town.kelurahan["Tenggara"]), 0.0004)[0])
    outline = made.letter(cast, geom=two).content["outline"]
    found = [(ring["part"], ring["ring"], len(ring["corners"])) for ring in outline["rings"]]
    assert found == [(1, 0, 12), (1, 1, 3), (2, 0, 4)]
    assert outline["vertices"] == 19


def test_a_letter_issued_again_says_why_and_the_first_stays_as_it_is(cast: Any) -> None:
    first = made.letter(cast)
    before = said(stored(first))
    decision = Decision.objects.get(pk=first.decision_id)
    with pytest.raises(Refused, match="tuliskan mengapa"):
        letters.issue(decision=decision, by=cast.approver)
    decision.application.applicant = "Maria Magdalena Ndaumanu"
    decision.application.save()

    second = letters.issue(decision=decision, by=cast.planner, reason=" Nama diperbaiki. ")

    assert (second.version, second.number) == (2, first.number)
    assert second.code != first.code
    assert second.content["reissued"]["reason"] == "Nama diperbaiki."
    assert second.content["reissued"]["replaces"] == 1
    assert said(stored(first)) == before
    told = list(Act.objects.filter(kind="letter").order_by("pk").values_list("by", "why"))
    assert told == [(cast.approver.pk, ""), (cast.planner.pk, "Nama diperbaiki.")]
    for letter in (first, second):
        found = letters.verified(letter.code)
        assert found is not None
        assert found.newest.version == 2
        assert found.stands == (letter == second)


@pytest.mark.parametrize("who", ["officer", "idle_official", "walidata", "administrator", "nobody"])
def test_others_issue_no_letter(cast: Any, who: str) -> None:
    decision = made.decided(cast)
    by = None if who == "nobody" else getattr(cast, who)
    with pytest.raises(Refused):
        letters.issue(decision=decision, by=by)
    assert not Letter.objects.exists()
    assert not Act.objects.filter(kind="letter").exists()


def test_a_planner_of_another_theme_issues_none(cast: Any) -> None:
    stranger = person("stranger", Role.PLANNER, themes=["trash"])
    with pytest.raises(Refused, match="Hanya untuk"):
        letters.issue(decision=made.decided(cast), by=stranger)


def test_numbers_run_on_and_each_decision_has_its_own(cast: Any) -> None:
    issued = [made.letter(cast, number=f"KKPR-2026-08{n:02}") for n in range(3)]
    assert [letter.number.split("/")[1] for letter in issued] == ["0001", "0002", "0003"]


def test_the_database_keeps_what_was_issued(cast: Any) -> None:
    letter = made.letter(cast)
    changes: list[dict[str, Any]] = [{"content": {}}, {"number": "palsu"}, {"code": "0" * 30}]
    for change in changes:
        with pytest.raises(IntegrityError, match="only appended"), transaction.atomic():
            Letter.objects.filter(pk=letter.pk).update(**change)
    letters.keep_pdf(letter=letter, content=b"%PDF-1")
    with pytest.raises(IntegrityError, match="only appended"), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(sha256="0" * 64)


def test_the_first_drawing_is_kept(cast: Any) -> None:
    letter = made.letter(cast)
    once = letters.keep_pdf(letter=letter, content=b"%PDF-first")
    twice = letters.keep_pdf(letter=stored(letter), content=b"%PDF-second")
    assert once.pdf.name == twice.pdf.name
    assert twice.sha256 == hashlib.sha256(b"%PDF-first").hexdigest()
    with default_storage.open(str(twice.pdf.name)) as file:
        assert file.read() == b"%PDF-first"


@pytest.mark.parametrize(
    "typed", ["{0}", "{1}", " {0} ", "{2}"], ids=["plain", "capitals", "blanks", "groups"]
)
def test_a_code_is_found_however_it_was_typed(cast: Any, typed: str) -> None:
    letter = made.letter(cast)
    code = letter.code
    groups = " - ".join(code[at : at + 5] for at in range(0, 30, 5))
    found = letters.verified(typed.format(code, code.upper(), groups))
    assert found is not None
    assert found.letter == letter


@pytest.mark.parametrize("code", ["", "x", "0" * 30, "0" * 29, "g" * 30, "\x00" * 30, "٣" * 30])
def test_another_code_is_nothing(db: None, code: str) -> None:
    assert letters.verified(code) is None


def test_what_is_not_public_yet_is_not_told_of_on_a_letter(cast: Any) -> None:
    """The parcel lies over an application that waits, and over one that is public."""
    area = cast.town.kelurahan["Tenggara"]
    shape = made.circle(8)
    application(area, "KKPR-2026-0901", "completeness", geom=shape)
    application(area, "KKPR-2026-0902", "assessment", geom=shape)
    letter = made.letter(cast, geom=shape)
    basis = letter.decision.recommendation.basis
    assert "KKPR-2026-0901" in json.dumps(basis.evidence)
    assert "KKPR-2026-0901" not in said(letter)
    assert "KKPR-2026-0902" in said(letter)
    assert letter.content["withheld"]
    kept = {one["number"]: one["m2"] for one in letter.content["evidence"]["overlaps"]}
    assert kept["(belum terbuka)"] == kept["KKPR-2026-0902"] > 1000


def test_a_number_that_begins_like_a_hidden_one_stays() -> None:
    evidence = {
        "application": "KKPR-2026-0001",
        "overlaps": [
            {"number": "KKPR-2026-0002", "status": "registered"},
            {"number": "KKPR-2026-00021", "status": "granted"},
        ],
        "neighbours": [],
    }
    told = told_to_all(evidence)
    assert [one["number"] for one in told["overlaps"]] == ["(belum terbuka)", "KKPR-2026-00021"]


def test_a_letter_outlives_its_plan(cast: Any) -> None:
    """Drawn a year later, when another plan is in force, it says what it said."""
    letter = made.letter(cast)
    before = said(letter)
    Plan.objects.filter(status="active").update(status="replaced", valid_until=date(2027, 1, 1))
    Plan.objects.filter(code="konsep").update(status="active")
    assert said(stored(letter)) == before
    assert [zone["code"] for zone in stored(letter).content["map"]["zones"]] == [*made.ZONES]


def test_the_map_is_to_scale_and_holds_the_parcel(cast: Any) -> None:
    for number, radius in (("KKPR-2026-0801", 0.00004), ("KKPR-2026-0802", 0.01)):
        shape = made.circle(40, radius=radius)
        told = made.letter(cast, number=number, geom=shape).content["map"]
        west, south, east, north = told["frame"]
        assert east - west == pytest.approx(told["width"] * told["scale"] / 1000, abs=0.02)
        assert north - south == pytest.approx(told["height"] * told["scale"] / 1000, abs=0.02)
        flat = GEOSGeometry(shape.wkb, srid=4326)
        flat.transform(32751)
        left, low, right, high = flat.extent
        assert west < left < right < east
        assert south < low < high < north


@pytest.mark.django_db(transaction=True)
def test_a_decision_pressed_twice_at_once_has_one_letter(cast: Any) -> None:
    decision = made.decided(cast)

    def press(_: int) -> str:
        try:
            return str(letters.issue(decision=fresh(decision), by=cast.approver).version)
        except Refused as refused:
            return str(refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as people:
        told = sorted(people.map(press, range(8)))
    assert Letter.objects.count() == 1
    assert told[0] == "1"
    assert all("tuliskan mengapa" in one for one in told[1:])


@pytest.mark.django_db(transaction=True)
def test_many_letters_at_once_have_numbers_without_a_gap(cast: Any) -> None:
    decisions = [made.decided(cast, number=f"KKPR-2026-09{n:02}") for n in range(12)]

    def press(decision: Decision) -> str:
        try:
            return letters.issue(decision=fresh(decision), by=cast.approver).number
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as people:
        numbers = sorted(people.map(press, decisions))
    year = timezone.localdate().year
    assert numbers == [f"600.3.2/{n:04}/KKPR/{year}" for n in range(1, 13)]


@pytest.mark.django_db(transaction=True)
def test_a_letter_drawn_twice_at_once_is_kept_once(cast: Any) -> None:
    letter = made.letter(cast)

    def draw(n: int) -> str:
        try:
            kept = letters.keep_pdf(letter=stored(letter), content=b"%PDF-" + str(n).encode())
            return f"{kept.pdf.name} {kept.sha256}"
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as people:
        assert len(set(people.map(draw, range(6)))) == 1


def fresh(decision: Decision) -> Decision:
    """As another request reads it."""
    return Decision.objects.get(pk=decision.pk)
