"""What lies around a parcel, as it stood when it was checked."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from layers.catalog.boundaries import Area
from layers.catalog.permits.applications import Application, ApplicationMove
from layers.catalog.permits.check import evidence
from layers.catalog.permits.check.differences import compare
from layers.catalog.permits.check.pieces import pieces
from layers.catalog.permits.parcels import Parcel
from layers.catalog.zoning.in_force import plan_named
from layers.catalog.zoning.overlays import OverlayKind
from layers.catalog.zoning.plans import SubZone
from tests import planning
from tests.planning import NOW, application, box, checked, geos, told

pytestmark = pytest.mark.django_db

HERE = box(0, 0, 50, 50)


@pytest.fixture(autouse=True)
def ruled() -> None:
    planning.plan([("R-2", box(-500, -500, 500, 500))])
    planning.rules({"R-2": "I"})


def moved(file: Application, to: str, at: datetime, **changes: Any) -> None:
    ApplicationMove.objects.create(record=file, from_status=file.status, to_status=to, at=at)
    for name, value in {"status": to, **changes}.items():
        setattr(file, name, value)
    file.save()


def overlaps(**asked: Any) -> list[tuple[str, str, float]]:
    found = checked(HERE, **asked)["overlaps"]
    return [(one["number"], one["relation"], round(one["m2"])) for one in found]


@pytest.mark.parametrize(
    ("status", "relation", "words"),
    [
        ("assessment", "application", "dengan permohonan KKPR-7 (penilaian)"),
        ("granted", "permit", "dengan persetujuan yang sudah terbit KKPR-7 (disetujui)"),
        ("refused", "refused", "dengan permohonan yang ditolak KKPR-7 (ditolak)"),
    ],
)
def test_an_overlap_is_told_with_its_square_metres(status: str, relation: str, words: str) -> None:
    application(box(40, 0, 90, 50), "KKPR-7", status)
    found = checked(HERE)
    (overlap,) = found["overlaps"]
    assert overlap["m2"] == pytest.approx(500, rel=1e-3)
    assert (overlap["relation"], overlap["percent"]) == (relation, 20.0)
    assert (overlap["id"], overlap["status"]) == ("KKPR-7#1", status)
    assert words in told(found)
    assert found["verdict"] == "I"  # it is told, and decides nothing


def test_of_a_permit_in_part_only_what_was_granted_overlaps() -> None:
    granted = geos(box(45, 0, 90, 50))
    application(box(0, 0, 90, 50), "KKPR-7", "granted-in-part", granted=granted)
    assert overlaps() == [("KKPR-7", "permit", 250)]


@pytest.mark.parametrize("status", ["withdrawn", "lapsed"])
def test_what_was_taken_back_is_not_in_the_way(status: str) -> None:
    application(box(40, 0, 90, 50), "KKPR-7", status)
    found = checked(HERE)
    assert (found["overlaps"], found["neighbours"]) == ([], [])


def test_an_overlap_under_the_tolerance_is_a_neighbour() -> None:
    application(box(49.98, 0, 90, 50), "KKPR-7")
    found = checked(HERE)
    assert found["overlaps"] == []
    assert found["neighbours"] == [{"number": "KKPR-7", "status": "assessment", "metres": 0.0}]


def test_neighbours_are_those_within_ten_metres_the_nearest_first() -> None:
    application(box(59.5, 0, 90, 50), "KKPR-9")
    application(box(0, 53, 50, 90), "KKPR-3")
    application(box(62, 0, 90, 50), "KKPR-TOO-FAR")
    application(box(0, -50, 50, 0), "KKPR-1")
    near = checked(HERE)["neighbours"]
    assert [(one["number"], round(one["metres"], 1)) for one in near] == [
        ("KKPR-1", 0.0),
        ("KKPR-3", 3.0),
        ("KKPR-9", 9.5),
    ]


def test_an_application_does_not_overlap_itself_but_its_earlier_red_lines() -> None:
    file = application(box(0, 0, 60, 50), "KKPR-1")
    assert overlaps(application=file, revision=1) == []
    Parcel.objects.filter(application=file).update(stood_until=NOW - timedelta(days=2))
    Parcel.objects.create(
        application=file, revision=2, geom=geos(HERE), stood_from=NOW - timedelta(days=2)
    )
    whole = round(checked(HERE)["parcel"]["area_m2"])
    assert overlaps(application=file, revision=2) == [("KKPR-1", "own-earlier", whole)]
    assert overlaps() == [("KKPR-1", "application", whole)]  # of another's, what stands
    assert overlaps(application=file, revision=1) == []


def test_red_lines_and_statuses_are_those_of_the_moment() -> None:
    other = application(box(40, 0, 90, 50), "KKPR-7", "registered", submitted_at=NOW)
    first, second, third = (NOW + timedelta(days=n) for n in (1, 2, 3))
    moved(other, "assessment", first)
    Parcel.objects.filter(application=other).update(stood_until=second)
    Parcel.objects.create(
        application=other, revision=2, geom=geos(box(30, 0, 90, 50)), stood_from=second
    )
    moved(other, "withdrawn", third)
    days = timedelta(hours=1)

    def then(at: datetime) -> list[tuple[int, str, int]]:
        found = checked(HERE, at=at)["overlaps"]
        return [(one["revision"], one["status"], round(one["m2"], -1)) for one in found]

    assert then(NOW - days) == []
    assert then(NOW + days) == [(1, "registered", 500)]
    assert then(first + days) == [(1, "assessment", 500)]
    assert then(second + days) == [(2, "assessment", 1000)]
    assert then(third + days) == []


def test_kelurahan_are_told_with_their_shares() -> None:
    for code, west, east in (("53.71.01.1001", -500, 20), ("53.71.01.1002", 20, 500)):
        Area.objects.create(level="kelurahan", code=code, name=f"Kelurahan {code[-1]}",
                            geom=geos(box(west, -500, east, 500)))  # fmt: skip
    told = checked(HERE)["parcel"]["kelurahan"]
    assert [(one["name"], one["percent"]) for one in told] == [
        ("Kelurahan 2", 60.0),
        ("Kelurahan 1", 40.0),
    ]


def test_a_decision_of_a_year_ago_gives_the_same_evidence_after_all_has_changed() -> None:
    file = application(HERE, "KKPR-1")
    other = application(box(40, 0, 90, 50), "KKPR-7")
    made = evidence.check(application=file, by=None)
    assert made.evidence["verdict"] == "I"
    planning.plan([("R-2", box(-500, -500, 20, 500)), ("RTH", box(20, -500, 500, 500))],
                  code="RDTR-BARU")  # fmt: skip
    planning.rules({"R-2": "X", "RTH": "X"}, code="ITBX-BARU")
    later = made.at + timedelta(days=100)
    moved(other, "granted", later, decided_on=date(2027, 3, 1))
    Parcel.objects.filter(application=file).update(stood_until=later)
    Parcel.objects.create(
        application=file, revision=2, geom=geos(box(0, 0, 30, 30)), stood_from=later
    )
    application(box(10, 10, 20, 20), "KKPR-9", submitted_at=later)
    again = evidence.recompute(made)
    assert again.same
    assert again.differences == []
    assert evidence.digest(again.evidence) == made.sha256
    assert evidence.check(application=file, by=None).evidence["verdict"] == "X"


def test_names_borders_and_provisions_that_came_later_make_no_other_answer() -> None:
    kelurahan = Area.objects.create(level="kelurahan", code="53.71.01.1001", name="Lama",
                                    geom=geos(box(-500, -500, 500, 500)))  # fmt: skip
    planning.plan([("R-2", box(-500, -500, 500, 500))], code="RDTR-KRB",
                  overlays=[("KRB", "tinggi", box(0, 0, 50, 50))], mapped=["LP2B"])  # fmt: skip
    made = evidence.check(application=application(HERE), by=None)
    kelurahan.geom = geos(box(-500, -500, 20, 500))
    kelurahan.save()
    OverlayKind.objects.filter(code="KRB").update(name="Kawasan rawan", rank=900)
    OverlayKind.objects.create(code="KKOP", name="Ketentuan KKOP", rank=1)
    SubZone.objects.update(name="Nama baru", zone_name="Zona baru")
    again = evidence.recompute(made)
    assert again.same
    assert {one.path for one in again.differences} >= {"overlays/KKOP", "parcel/kelurahan"}
    assert "Kawasan rawan" in told(again.evidence)  # today's words; the kept ones stay
    assert "Kawasan rawan" not in told(made.evidence)


def test_what_decides_is_not_covered_up_by_the_words_of_then() -> None:
    made = evidence.check(application=application(HERE), by=None)
    made.evidence["overlays"].append(
        {"id": "KRB", "kind": "KRB", "name": "Rawan", "state": "applies", "value": "", "m2": 1.0,
         "percent": 1.0, "verdict": "X", "text": ""}
    )  # fmt: skip
    made.evidence["parcel"]["kelurahan"] = [
        {"code": "1", "name": "Lain", "m2": 1.0, "percent": 100.0}
    ]
    made.sha256 = evidence.digest(made.evidence)
    again = evidence.recompute(made)
    assert not again.same
    assert "overlays/KRB" in {one.path for one in again.differences}


def test_evidence_that_was_tampered_with_is_found_out() -> None:
    made = evidence.check(application=application(HERE), by=None)
    made.evidence["verdict"] = "X"
    again = evidence.recompute(made)
    assert not again.same
    assert [(one.path, one.before, one.after) for one in again.differences] == [
        ("verdict", "tidak diizinkan", "diizinkan")
    ]


def test_a_new_plan_is_compared_in_words() -> None:
    before = checked(HERE)
    planning.plan([("R-2", box(-500, -500, 20, 500)), ("RTH", box(20, -500, 500, 500))],
                  code="BARU", overlays=[("KRB", "tinggi", box(0, 0, 50, 50))])  # fmt: skip
    planning.rules(
        {"R-2": ("T", ["T1"]), "RTH": "X"}, code="ITBX-2", intensities={"R-2": {"kdb": 60}}
    )
    found = {one.path: one for one in compare(before, checked(HERE))}
    assert (found["verdict"].before, found["verdict"].after) == ("diizinkan", "tidak diizinkan")
    assert (found["plan/code"].before, found["plan/code"].after) == ("RDTR", "BARU")
    assert found["parts/R-2/m2"].title == "Subzona R-2, luas"
    assert found["parts/R-2/m2"].after.endswith(" m²")
    assert found["parts/R-2/conditions"].after == "T1"
    assert found["parts/R-2/intensity"].after == "KDB 60,0 %"
    assert found["parts/RTH"].before == "tidak ada"
    assert found["parts/RTH"].after.endswith(" m², 60,00 %")
    assert found["overlays/KRB:tinggi"].title == "Ketentuan KRB tinggi"
    assert "parcel/sha256" not in found
    assert "at" not in found


def test_a_moved_red_line_is_compared_in_words() -> None:
    application(box(60, 0, 90, 50), "KKPR-7")
    before, after = checked(HERE), checked(box(0, 0, 55, 50))
    found = {one.path: one for one in compare(before, after)}
    assert set(found) == {
        "parcel/area_m2",
        "parcel/sha256",
        "parts/R-2/m2",
        "tolerance_m2",
        "neighbours/KKPR-7/metres",
    }
    assert found["neighbours/KKPR-7/metres"].title == "Bersebelahan dengan KKPR-7, jarak"
    assert compare(before, checked(HERE)) == []


def test_the_pieces_are_those_of_the_evidence() -> None:
    planning.plan(
        [
            ("R-2", box(-50, 0, 30, 50)),
            ("K-1", box(20, 0, 49, 50)),
            ("RTH", box(49, 0, 49.01, 50)),
        ],
        code="SELA",
        overlays=[("KRB", "tinggi", box(0, 0, 10, 50))],
    )
    rules = planning.rules({"R-2": "I", "K-1": "B", "RTH": "X"}, code="ITBX-2")
    application(box(-10, 0, 10, 50), "KKPR-7")
    found = checked(HERE)
    shown = pieces(shape=HERE, plan=plan_named(), rule_set=rules)
    m2 = {(one["properties"]["kind"], one["properties"]["part"]): one["properties"]["m2"]
          for one in shown}  # fmt: skip
    expected = {
        **{("zone", one["id"]): one["m2"] for one in found["parts"]},
        **{("sliver", one["id"]): one["m2"] for one in found["slivers"]},
        **{("overlay", one["id"]): one["m2"] for one in found["overlays"]},
        **{("overlap", one["id"]): one["m2"] for one in found["overlaps"]},
        ("unzoned", "unzoned"): found["unzoned"]["m2"],
        ("contested", "contested"): found["contested"]["m2"],
    }
    assert m2 == pytest.approx(expected, abs=0.02)
    assert {one["type"] for one in shown} == {"Feature"}
    assert {one["geometry"]["type"] for one in shown} == {"MultiPolygon"}
