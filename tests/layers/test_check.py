"""A worked example for every verdict: what a plan and its rules say of a parcel."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from pyproj import Geod

from layers.base import Refused
from layers.catalog.permits.acts import Act
from layers.catalog.permits.check import evidence
from layers.catalog.permits.check.checks import Check
from layers.permissions import Duty, Role
from tests import planning
from tests.planning import application, at, box, checked, told

pytestmark = pytest.mark.django_db

SHOP = {"R-2": "I", "K-1": "B", "RTH": "X"}


def square_metres(shape: Any) -> float:
    return abs(float(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0]))


def row_of_three(*codes: str) -> Any:
    """Three zones side by side, each 100 m wide, from west to east."""
    return planning.plan(
        (code, box(n * 100, 0, n * 100 + 100, 100)) for n, code in enumerate(codes)
    )


def sums(found: Any) -> tuple[float, float]:
    those = [*found["parts"], *found["slivers"], found["unzoned"], found["contested"]]
    return sum(round(one["m2"] * 100) for one in those), sum(
        round(one["percent"] * 100) for one in those
    )


def assert_whole(found: Any) -> None:
    """To the hundredth."""
    assert sums(found) == (round(found["parcel"]["area_m2"] * 100), 100_00)


def test_a_parcel_inside_one_zone_has_its_verdict() -> None:
    row_of_three("R-2", "K-1", "RTH")
    planning.rules(SHOP)
    parcel = box(10, 10, 60, 60)
    found = checked(parcel)
    (part,) = found["parts"]
    assert (part["id"], part["verdict"], part["percent"]) == ("R-2", "I", 100.0)
    assert part["m2"] == found["parcel"]["area_m2"] == pytest.approx(2500, rel=1e-3)
    assert part["m2"] == pytest.approx(square_metres(parcel), rel=1e-4)
    assert part["blocks"] == ["B0"]
    assert found["verdict"] == "I"
    assert "kegiatan ini diizinkan" in told(found)
    assert_whole(found)


def test_a_parcel_across_three_zones_is_told_of_each_and_has_the_strictest() -> None:
    row_of_three("R-2", "K-1", "RTH")
    planning.rules(SHOP)
    found = checked(box(80, 10, 220, 60))
    assert [(part["id"], part["verdict"]) for part in found["parts"]] == [
        ("K-1", "B"),
        ("R-2", "I"),
        ("RTH", "X"),
    ]
    assert [round(part["m2"], -1) for part in found["parts"]] == [5000, 1000, 1000]
    assert found["verdict"] == "X"
    assert "subzona RTH" in told(found)
    assert "tidak diizinkan" in told(found)
    assert_whole(found)


def test_thirds_sum_to_a_hundred_percent() -> None:
    row_of_three("R-2", "K-1", "RTH")
    planning.rules(SHOP)
    found = checked(box(0, 0, 300, 100))
    assert sorted(part["percent"] for part in found["parts"]) == [33.33, 33.33, 33.34]
    assert_whole(found)


def test_a_parcel_that_touches_an_edge_has_no_part_beyond_it() -> None:
    row_of_three("R-2", "K-1", "RTH")
    planning.rules(SHOP)
    found = checked(box(50, 0, 100, 100))
    assert [part["id"] for part in found["parts"]] == ["R-2"]
    assert found["slivers"] == []
    assert found["unzoned"]["m2"] == 0
    assert_whole(found)


def test_a_sliver_is_told_apart_and_decides_nothing() -> None:
    row_of_three("R-2", "RTH", "K-1")
    planning.rules(SHOP)
    found = checked(box(80, 10, 100.03, 20))  # 0.3 m² of green
    assert found["verdict"] == "I"
    assert [part["id"] for part in found["parts"]] == ["R-2"]
    (sliver,) = found["slivers"]
    assert (sliver["id"], sliver["m2"]) == ("RTH", pytest.approx(0.3, abs=0.01))
    assert found["tolerance_m2"] == 1.0
    assert "di bawah toleransi 1,00 m²" in told(found)
    assert_whole(found)


def test_of_a_large_parcel_a_thousandth_is_a_sliver() -> None:
    row_of_three("R-2", "RTH", "K-1")
    planning.rules(SHOP)
    found = checked(box(0, 0, 100.05, 100))  # 5 m² of 10,005
    assert found["tolerance_m2"] == pytest.approx(10.0, abs=0.1)
    assert [sliver["id"] for sliver in found["slivers"]] == ["RTH"]


def test_a_parcel_smaller_than_the_tolerance_is_judged_by_all_of_it() -> None:
    row_of_three("R-2", "RTH", "K-1")
    planning.rules(SHOP)
    found = checked(box(99.5, 10, 100.3, 11))  # 0.8 m²
    assert (found["tolerance_m2"], found["verdict"]) == (0.0, "X")
    assert [part["id"] for part in found["parts"]] == ["R-2", "RTH"]
    assert_whole(found)


def test_what_lies_in_the_hole_of_a_parcel_does_not_count() -> None:
    hole = shapely.box(40, 40, 60, 60)
    planning.plan([("R-2", at(shapely.box(0, 0, 100, 100) - hole)), ("RTH", at(hole))])
    planning.rules(SHOP)
    found = checked(at(shapely.box(10, 10, 90, 90) - shapely.box(35, 35, 65, 65)))
    assert [part["id"] for part in found["parts"]] == ["R-2"]
    assert found["parcel"]["area_m2"] == pytest.approx(6400 - 900, rel=1e-3)
    assert found["verdict"] == "I"
    whole = checked(box(10, 10, 90, 90))
    assert {part["id"]: round(part["m2"], -2) for part in whole["parts"]} == {
        "R-2": 6000,
        "RTH": 400,
    }
    assert whole["verdict"] == "X"


def test_a_parcel_of_several_parts_is_one_parcel() -> None:
    row_of_three("R-2", "K-1", "RTH")
    planning.rules(SHOP)
    found = checked(shapely.MultiPolygon([box(10, 10, 30, 30), box(110, 10, 130, 40)]))
    assert found["parcel"]["polygons"] == 2
    assert found["parcel"]["vertices"] == 8
    assert {part["id"]: round(part["m2"]) for part in found["parts"]} == {
        "K-1": pytest.approx(600, abs=1),
        "R-2": pytest.approx(400, abs=1),
    }
    assert_whole(found)


def test_a_parcel_outside_the_plan_is_told_so() -> None:
    row_of_three("R-2", "K-1", "RTH")
    planning.rules(SHOP)
    found = checked(box(1000, 1000, 1050, 1050))
    assert (found["parts"], found["verdict"]) == ([], "?")
    assert found["unzoned"]["percent"] == 100.0
    assert found["reasons"] == ["Seluruh bidang berada di luar rencana tata ruang."]
    assert_whole(found)


def test_a_parcel_partly_outside_the_plan_cannot_be_said_to_conform() -> None:
    row_of_three("R-2", "K-1", "RTH")
    planning.rules(SHOP)
    found = checked(box(-20, 10, 30, 60))
    assert found["unzoned"] == {"m2": pytest.approx(1000, rel=1e-3), "percent": 40.0}
    assert [part["verdict"] for part in found["parts"]] == ["I"]
    assert found["verdict"] == "?"
    assert "40,00 %) berada di luar rencana" in told(found)
    assert_whole(found)


def test_what_is_forbidden_stays_so_partly_outside_the_plan() -> None:
    row_of_three("RTH", "K-1", "R-2")
    planning.rules(SHOP)
    assert checked(box(-20, 10, 30, 60))["verdict"] == "X"


def test_a_gap_of_the_plan_under_the_tolerance_decides_nothing() -> None:
    planning.plan([("R-2", box(0, 0, 50, 100)), ("K-1", box(50.005, 0, 100, 100))])
    planning.rules(SHOP)
    found = checked(box(20, 10, 80, 70))
    assert found["unzoned"]["m2"] == pytest.approx(0.3, abs=0.01)
    assert found["verdict"] == "B"
    assert "luar rencana" not in told(found)
    assert_whole(found)


def test_zones_that_overlap_are_told_and_the_strictest_counts() -> None:
    planning.plan([("R-2", box(0, 0, 100, 100)), ("RTH", box(90, 0, 200, 100))])
    planning.rules(SHOP)
    found = checked(box(50, 10, 100, 60))
    (part,) = found["parts"]  # what only R-2 claims
    assert (part["id"], part["m2"]) == ("R-2", pytest.approx(2000, rel=1e-3))
    assert found["contested"]["m2"] == pytest.approx(500, rel=1e-3)
    assert found["contested"]["between"] == ["R-2", "RTH"]
    assert found["unzoned"]["m2"] == 0
    assert found["verdict"] == found["contested"]["verdict"] == "X"
    assert "saling bertampalan" in told(found)
    assert_whole(found)


def test_a_zone_that_slipped_aside_leaves_a_gap_and_an_overlap_of_one_size() -> None:
    planning.plan(
        [
            ("R-2", box(0, 0, 50, 100)),
            ("K-1", box(52, 0, 102, 100)),
            ("R-3", box(100, 0, 150, 100)),
        ]
    )
    planning.rules(SHOP | {"R-3": "I"})
    found = checked(box(10, 10, 140, 60))
    assert found["unzoned"]["m2"] == pytest.approx(100, rel=1e-3)
    assert found["contested"]["m2"] == pytest.approx(100, rel=1e-3)
    assert found["contested"]["between"] == ["K-1", "R-3"]
    assert_whole(found)


def test_zones_of_one_sub_zone_over_each_other_are_no_dispute() -> None:
    planning.plan([("R-2", box(0, 0, 60, 100)), ("R-2", box(40, 0, 100, 100))])
    planning.rules(SHOP)
    found = checked(box(10, 10, 90, 60))
    (part,) = found["parts"]
    assert (part["percent"], part["blocks"]) == (100.0, ["B0", "B1"])
    assert found["contested"]["m2"] == 0
    assert_whole(found)


@pytest.mark.parametrize("verdict", ["I", "T", "B", "TB", "X"])
def test_every_verdict_of_the_matrix_comes_through(verdict: str) -> None:
    row_of_three("R-2", "K-1", "RTH")
    planning.rules({"R-2": verdict})
    found = checked(box(10, 10, 60, 60))
    assert found["verdict"] == found["parts"][0]["verdict"] == verdict


def test_conditions_are_told_with_their_text_in_their_order() -> None:
    row_of_three("R-2", "K-1", "RTH")
    planning.rules({"R-2": ("TB", ["B10", "B2"])}, conditions={"B2": "Parkir.", "B10": "Amdal."})
    found = checked(box(10, 10, 60, 60))
    assert found["parts"][0]["conditions"] == [
        {"number": "B2", "text": "Parkir."},
        {"number": "B10", "text": "Amdal."},
    ]
    assert "(ketentuan B2, B10)" in told(found)


def test_intensity_is_told_for_each_part() -> None:
    row_of_three("R-2", "K-1", "RTH")
    planning.rules(SHOP, intensities={"R-2": {"kdb": 60, "klb": 1.8, "source": "Lampiran"}})
    parts = {part["id"]: part for part in checked(box(80, 10, 120, 60))["parts"]}
    assert parts["R-2"]["intensity"] == {
        "kdb": 60.0,
        "klb": 1.8,
        "kdh": None,
        "source": "Lampiran",
    }
    assert parts["K-1"]["intensity"] is None


def test_a_sub_zone_without_a_rule_cannot_be_said() -> None:
    row_of_three("R-9", "K-1", "RTH")
    planning.rules(SHOP)
    found = checked(box(10, 10, 60, 60))
    assert (found["verdict"], found["parts"][0]["verdict"]) == ("?", "?")
    assert "Aturan belum memuat ketentuan kegiatan ini untuk subzona R-9." in found["reasons"]


def test_a_word_of_the_old_plan_is_read_in_the_codes_of_the_rules() -> None:
    planning.plan([("Perumahan", box(0, 0, 100, 100))], words="2011")
    planning.rules(
        SHOP,
        words=[("Perumahan", "R-2", "Surat Kadis 12/2022")],
        intensities={"R-2": {"kdb": 60}},
    )
    (part,) = checked(box(10, 10, 60, 60))["parts"]
    assert part["verdict"] == "I"
    assert part["via"] == {
        "code": "R-2",
        "name": "Nama R-2",
        "source": "Surat Kadis 12/2022",
        "meanings": ["R-2"],
    }
    assert part["intensity"]["kdb"] == 60


def test_of_several_meanings_the_strictest_counts_and_that_is_said() -> None:
    planning.plan([("Campuran", box(0, 0, 100, 100))], words="2011")
    planning.rules(
        {"R-2": ("T", ["T1"]), "K-1": ("TB", ["B1"])},
        conditions={"T1": "Paling luas 100 m².", "B1": "Parkir."},
        words=[("Campuran", "R-2", "a"), ("Campuran", "K-1", "b")],
        intensities={"R-2": {"kdb": 60, "kdh": 10}, "K-1": {"kdb": 70, "kdh": 20}},
    )
    found = checked(box(10, 10, 60, 60))
    (part,) = found["parts"]
    assert (part["verdict"], part["via"]["code"]) == ("TB", "K-1")
    assert part["via"]["meanings"] == ["K-1", "R-2"]
    assert [one["number"] for one in part["conditions"]] == ["B1", "T1"]
    assert (part["intensity"]["kdb"], part["intensity"]["kdh"]) == (60, 20)
    assert "berpadanan dengan K-1 dan R-2; yang paling ketat berlaku: K-1" in told(found)


def test_a_meaning_without_a_rule_is_no_permission() -> None:
    planning.plan([("Campuran", box(0, 0, 100, 100))], words="2011")
    planning.rules({"R-2": "I"}, words=[("Campuran", "R-2", "a"), ("Campuran", "K-7", "b")])
    assert checked(box(10, 10, 60, 60))["verdict"] == "?"


def test_a_kbli_that_the_matrix_does_not_know_cannot_be_said() -> None:
    row_of_three("R-2", "K-1", "RTH")
    planning.rules(SHOP)
    found = checked(box(10, 10, 60, 60), kbli="99000")
    assert found["activity"] == {"kbli": "99000", "code": None, "name": None}
    assert found["verdict"] == "?"
    assert found["reasons"][0].startswith("KBLI 99000 tidak ada dalam matriks kegiatan")
    assert len(found["reasons"]) == 2  # the sub-zone is not blamed as well


def test_the_longest_kbli_code_that_fits_counts() -> None:
    row_of_three("R-2", "K-1", "RTH")
    made = planning.rules(SHOP, kbli=["4", "47", "4711"])
    type(made).objects.filter(pk=made.pk).update(status="draft")
    wide = made.activities.create(code="K.9", name="Pasar", kbli=["471", "56"])
    made.uses.create(activity=wide, sub_zone=planning.sub_zone("R-2"), verdict="X")
    planning.in_force(made)
    parcel = box(10, 10, 60, 60)
    assert checked(parcel, kbli="47111")["activity"]["code"] == "K.3"
    assert checked(parcel, kbli="47191")["activity"]["code"] == "K.9"
    assert checked(parcel, kbli="47911")["activity"]["code"] == "K.3"
    assert checked(parcel, kbli="56101")["verdict"] == "X"


def test_special_provisions_apply_or_not_or_were_not_checked() -> None:
    planning.plan(
        [("R-2", box(0, 0, 100, 100))],
        overlays=[
            ("KRB", "tinggi", box(50, 0, 100, 100)),
            ("KRB", "tinggi", box(55, 0, 70, 100)),  # over the first: counted once
            ("CAGBUD", "", box(59.99, 0, 100, 100)),
        ],
        mapped=["KRB", "CAGBUD", "LP2B"],
    )
    planning.kind("KKOP")
    planning.rules(
        {"R-2": "I"},
        overlays=[("KRB", "", "T", "Umum."), ("KRB", "tinggi", "B", "Kajian risiko.")],
    )
    found = checked(box(10, 10, 60, 60))
    states = {one["kind"]: one for one in found["overlays"]}
    assert {name: one["state"] for name, one in states.items()} == {
        "KRB": "applies",
        "CAGBUD": "does-not-apply",
        "LP2B": "does-not-apply",
        "KKOP": "not-checked",
    }
    hit = states["KRB"]
    assert (hit["value"], hit["verdict"], hit["text"]) == ("tinggi", "B", "Kajian risiko.")
    assert hit["m2"] == pytest.approx(500, rel=1e-3)
    assert hit["percent"] == 20.0
    assert "di bawah toleransi" in states["CAGBUD"]["text"]
    assert found["verdict"] == "B"
    assert "terkena Ketentuan KRB (tinggi)" in told(found)


def test_a_provision_without_a_rule_decides_nothing_and_is_told() -> None:
    planning.plan(
        [("R-2", box(0, 0, 100, 100))], overlays=[("KRB", "", box(0, 0, 100, 100))], mapped=["KRB"]
    )
    planning.rules({"R-2": "I"})
    found = checked(box(10, 10, 60, 60))
    assert (found["verdict"], found["overlays"][0]["verdict"]) == ("I", None)
    assert "Aturan belum memuat ketentuan untuk ini" in told(found)


def test_a_parcel_that_crosses_itself_is_refused_with_the_place() -> None:
    row_of_three("R-2", "K-1", "RTH")
    planning.rules(SHOP)
    bow = at(shapely.Polygon([(0, 0), (50, 50), (50, 0), (0, 50)]))
    with pytest.raises(Refused, match=r"memotong.*bujur 123,600228, lintang -10,169774"):
        checked(bow)


@pytest.mark.parametrize("wkt", ["POINT (1 1)", "POLYGON EMPTY", "LINESTRING (0 0, 1 1)"])
def test_what_is_no_parcel_is_refused(wkt: str) -> None:
    row_of_three("R-2", "K-1", "RTH")
    planning.rules(SHOP)
    with pytest.raises(Refused, match="poligon"):
        checked(shapely.from_wkt(wkt))


def test_a_check_is_kept_and_told_of(django_user_model: Any) -> None:
    planner = django_user_model.objects.create(username="planner")
    Duty.objects.create(user=planner, role=Role.PLANNER)
    row_of_three("R-2", "K-1", "RTH")
    planning.rules(SHOP)
    file = application(box(10, 10, 60, 60))
    made = evidence.check(application=file, by=planner)
    assert evidence.last_check(file) == made == Check.objects.get()
    assert (made.parcel.revision, made.kbli, made.by) == (1, "47111", planner)
    assert made.evidence["application"] == "KKPR-2026-0001"
    assert made.sha256 == evidence.digest(Check.objects.get().evidence)
    act = Act.objects.get(application=file, kind="check")
    assert act.what == {"check": made.pk, "verdict": "I", "sha256": made.sha256}


def test_nobody_else_may_store_a_check(django_user_model: Any) -> None:
    row_of_three("R-2", "K-1", "RTH")
    planning.rules(SHOP)
    file = application(box(10, 10, 60, 60))
    with pytest.raises(Refused, match="Hanya untuk"):
        evidence.check(application=file, by=django_user_model.objects.create(username="x"))
    assert not Check.objects.exists()


def test_without_a_plan_or_rules_in_force_there_is_no_check() -> None:
    file = application(box(10, 10, 60, 60))
    with pytest.raises(Refused, match="Belum ada rencana"):
        evidence.check(application=file, by=None)
    row_of_three("R-2", "K-1", "RTH")
    with pytest.raises(Refused, match="Belum ada aturan"):
        evidence.check(application=file, by=None)


def test_a_closed_file_is_not_checked_again_by_hand(django_user_model: Any) -> None:
    planner = django_user_model.objects.create(username="planner")
    Duty.objects.create(user=planner, role=Role.PLANNER)
    row_of_three("R-2", "K-1", "RTH")
    planning.rules(SHOP)
    file = application(box(10, 10, 60, 60), status="withdrawn")
    with pytest.raises(Refused, match="tahap"):
        evidence.check(application=file, by=planner)
    assert not Check.objects.exists()
