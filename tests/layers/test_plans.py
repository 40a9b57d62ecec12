"""Versions of the plan: what a survey finds, and what may be put in force."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from shapely.geometry import Polygon, box, mapping

from layers.base import Refused
from layers.catalog.boundaries import Area
from layers.catalog.zoning.activation import activate
from layers.catalog.zoning.overlays import OverlayKind
from layers.catalog.zoning.plans import ZONES, Plan, SubZone, Vocabulary, Zone
from layers.catalog.zoning.provisions import declare_mapped
from layers.catalog.zoning.rules import Activity, Equivalent, RuleSet, UseRule
from layers.catalog.zoning.survey import fingerprint, lines, standing_survey, survey
from layers.permissions import Duty, Role

pytestmark = pytest.mark.django_db

# Squares of a hundredth of a degree, about 1.1 km, side by side.
WEST = box(123.60, -10.20, 123.61, -10.19)
EAST = box(123.61, -10.20, 123.62, -10.19)
SIDE = 0.01
METRE = 1 / 110_600


def geos(shape: Polygon) -> MultiPolygon:
    return MultiPolygon(GEOSGeometry(memoryview(shape.wkb), srid=4326), srid=4326)


@pytest.fixture
def words() -> Vocabulary:
    return Vocabulary.objects.create(code="2021", name="Permen 2021")


@pytest.fixture
def housing(words: Vocabulary) -> SubZone:
    return SubZone.objects.create(
        vocabulary=words, code="R-2", name="Perumahan", zone_code="R", zone_name="Perumahan"
    )


def plan_of(housing: SubZone, *shapes: Polygon, code: str = "rdtr", **more: Any) -> Plan:
    told = {"title": code, "valid_from": date(2026, 1, 1), "vocabulary": housing.vocabulary}
    plan = Plan.objects.create(code=code, **(told | more))
    for number, shape in enumerate(shapes):
        Zone.objects.create(plan=plan, sub_zone=housing, block=f"{number}", geom=geos(shape))
    return plan


def rules_of(housing: SubZone, code: str = "itbx", **more: Any) -> RuleSet:
    told: dict[str, Any] = {"title": code, "source": "uji", "valid_from": date(2026, 1, 1)}
    told |= {"vocabulary": housing.vocabulary, **more}
    rules = RuleSet.objects.create(code=code, **told)
    shop = Activity.objects.create(rule_set=rules, code="K.1", name="Toko", kbli=["47111"])
    UseRule.objects.create(rule_set=rules, activity=shop, sub_zone=housing, verdict="I")
    return rules


@pytest.fixture
def walidata(django_user_model: Any) -> Any:
    user = django_user_model.objects.create(username="walidata")
    Duty.objects.create(user=user, role=Role.WALIDATA)
    return user


class TestSurvey:
    def test_a_plan_that_tiles_its_ground_has_no_flaw(self, housing: SubZone) -> None:
        report = survey(plan=plan_of(housing, WEST, EAST))
        for part in ("gaps", "overlaps", "slivers", "invalid"):
            assert report[part]["count"] == 0, part
        assert report["outside_city"] is None, "without a boundary it was not looked for"
        assert report["plan_m2"] == pytest.approx(2 * 1106 * 1096, rel=0.01)

    def test_gaps_overlaps_and_slivers_are_told_with_their_places(self, housing: SubZone) -> None:
        holed = WEST.difference(box(123.604, -10.196, 123.6041, -10.1959))
        wider = box(123.61 - 0.0001, -10.20, 123.62, -10.19)
        thin = box(123.62, -10.20, 123.62 + 0.2 * METRE, -10.19)
        report = survey(plan=plan_of(housing, holed, wider, thin))
        (gap,), (overlap,), (sliver,) = (
            report[part]["places"] for part in ("gaps", "overlaps", "slivers")
        )
        assert gap["area_m2"] == pytest.approx(11.06 * 10.96, rel=0.01)
        assert (gap["lon"], gap["lat"]) == pytest.approx((123.60405, -10.19595), abs=1e-4)
        assert overlap["area_m2"] == pytest.approx(10.96 * 1106, rel=0.01)
        assert overlap["between"] == ("0", "1")
        assert sliver["between"] == ("2",)
        told = "\n".join(lines(report))
        assert "Celah di antara zona: 1 tempat, 121" in told
        assert "bujur 123.60405, lintang -10.19595" in told
        assert "0 dan 1" in told

    def test_a_speck_is_a_sliver_though_it_is_round(self, housing: SubZone) -> None:
        speck = box(123.63, -10.20, 123.63 + 0.9 * METRE, -10.20 + 0.9 * METRE)
        report = survey(plan=plan_of(housing, WEST, speck))
        assert [place["between"] for place in report["slivers"]["places"]] == [("1",)]

    def test_the_rules_say_what_is_small(self, housing: SubZone) -> None:
        holed = WEST.difference(box(123.604, -10.196, 123.6041, -10.1959))  # 121 m²
        plan = plan_of(housing, holed)
        assert survey(plan=plan, rule_set=rules_of(housing))["gaps"]["large"] == 1
        generous = rules_of(housing, "longgar", sliver_m2=200.0)
        report = survey(plan=plan, rule_set=generous)
        assert (report["gaps"]["count"], report["gaps"]["large"]) == (1, 0)

    def test_what_lies_outside_the_city_and_what_of_it_is_not_covered(
        self, housing: SubZone
    ) -> None:
        city = box(123.60, -10.20, 123.615, -10.18)
        Area.objects.create(level="city", code="53.71", name="Kota", geom=geos(city))
        report = survey(plan=plan_of(housing, WEST, EAST))
        (outside,), (uncovered,) = (
            report[part]["places"] for part in ("outside_city", "uncovered_city")
        )
        assert outside["between"] == ("1",)
        assert outside["area_m2"] == pytest.approx(548 * 1106, rel=0.01)
        assert uncovered["area_m2"] == pytest.approx(1644 * 1106, rel=0.01)
        assert report["gaps"]["count"] == 0

    def test_a_sub_zone_has_a_rule_by_its_code_or_by_the_crosswalk(self, housing: SubZone) -> None:
        older = Vocabulary.objects.create(code="2011", name="Perda")
        word = SubZone.objects.create(vocabulary=older, code="Perumahan Padat", zone_code="R")
        plan = plan_of(housing, WEST)
        Zone.objects.create(plan=plan, sub_zone=word, block="lama", geom=geos(EAST))
        rules = rules_of(housing)
        assert survey(plan=plan, rule_set=rules)["without_rule"] == ["Perumahan Padat"]
        Equivalent.objects.create(rule_set=rules, word=word, code=housing, source="uji")
        assert survey(plan=plan, rule_set=rules)["without_rule"] == []

    def test_intensities_in_the_zones_are_told(self, housing: SubZone) -> None:
        plan = plan_of(housing, WEST, EAST)
        for block, kdb in (("0", "60"), ("1", "maks. 70 %")):
            plan.zones.filter(block=block).update(provisions={"KDB": kdb, "KLB": "2,4"})
        report = survey(plan=plan)
        assert report["intensities"] == {"R-2": {"kdb": [60.0, 70.0], "klb": [2.4]}}
        assert "Intensitas di berkas zona, R-2: KDB 60 atau 70; KLB 2,40." in [*lines(report)]

    def test_the_survey_stands_until_a_zone_changes(self, housing: SubZone) -> None:
        plan = plan_of(housing, WEST, EAST)
        assert standing_survey(plan) is None
        survey(plan=plan)
        plan.refresh_from_db()
        assert standing_survey(plan)
        before = fingerprint(plan)
        Zone.objects.filter(block="1").update(geom=geos(box(123.61, -10.20, 123.62, -10.1901)))
        assert fingerprint(plan) != before
        assert standing_survey(plan) is None

    def test_an_empty_plan_is_told_as_empty(self, housing: SubZone) -> None:
        report = survey(plan=plan_of(housing))
        assert report["zones"] == 0
        assert next(lines(report)).startswith("Rencana rdtr: 0 zona")


class TestActivation:
    @pytest.fixture
    def ready(self, housing: SubZone) -> SimpleNamespace:
        """A plan that was surveyed, and rules to it."""
        plan, rules = plan_of(housing, WEST, EAST), rules_of(housing)
        survey(plan=plan, rule_set=rules)
        return SimpleNamespace(plan=plan, rules=rules, housing=housing)

    def refusal(self, **told: Any) -> str:
        with pytest.raises(Refused) as refused:
            activate(**told)
        return " ".join(refused.value.reasons.values())

    def test_plan_and_rules_come_into_force_together(
        self, ready: SimpleNamespace, walidata: Any
    ) -> None:
        activate(plan=ready.plan, rule_set=ready.rules, by=walidata)
        for one in (ready.plan, ready.rules):
            one.refresh_from_db()
            assert one.status == "active"
            assert one.moves.get().by == walidata

    def test_the_next_plan_replaces_it_and_the_old_one_stays_as_it_was(
        self, ready: SimpleNamespace, walidata: Any
    ) -> None:
        activate(plan=ready.plan, rule_set=ready.rules, by=walidata)
        newer = plan_of(ready.housing, WEST, code="baru")
        survey(plan=newer)
        activate(plan=newer, rule_set=None, by=walidata)
        ready.plan.refresh_from_db()
        assert (ready.plan.status, ready.plan.valid_until) == ("replaced", timezone.localdate())
        assert ready.plan.zones.count() == 2
        assert Plan.objects.get(status="active") == newer
        assert RuleSet.objects.get(status="active") == ready.rules
        with pytest.raises(IntegrityError, match="its rows do not change"), transaction.atomic():
            ready.plan.zones.all().delete()
        told = self.refusal(plan=ready.plan, rule_set=None, by=walidata)
        assert "sudah diganti" in told

    @pytest.mark.parametrize(
        ("model", "changed"),
        [(Plan, {"title": "Lain"}), (Plan, {"regulation": "Perda lain"}),
         (RuleSet, {"sliver_m2": 500.0}), (RuleSet, {"source": "Lain"})],
    )  # fmt: skip
    def test_what_evidence_quotes_of_a_plan_and_its_rules_does_not_change(
        self, words: Vocabulary, model: Any, changed: dict[str, Any]
    ) -> None:
        more = {"vocabulary": words, "valid_from": date(2020, 1, 1), "title": "Judul"}
        one = model.objects.create(code="tetap", **more)
        rows = model.objects.filter(pk=one.pk)
        rows.update(status="replaced")
        with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
            rows.update(**changed)
        rows.update(valid_until=date(2026, 1, 1))  # when it ended is told then

    def test_new_rules_come_into_force_under_the_same_plan(
        self, ready: SimpleNamespace, walidata: Any
    ) -> None:
        activate(plan=ready.plan, rule_set=ready.rules, by=walidata)
        newer = rules_of(ready.housing, "itbx-2")
        activate(plan=ready.plan, rule_set=newer, by=walidata)
        ready.rules.refresh_from_db()
        assert ready.rules.status == "replaced"
        assert ready.plan.moves.count() == 1

    @pytest.mark.parametrize("role", [role for role in Role if role != Role.HEALTH])
    def test_only_a_walidata_puts_in_force(
        self, ready: SimpleNamespace, role: Role, django_user_model: Any
    ) -> None:
        user = django_user_model.objects.create(username="orang")
        Duty.objects.create(user=user, role=role)
        if role == Role.WALIDATA:
            activate(plan=ready.plan, rule_set=ready.rules, by=user)
            return
        assert "Hanya walidata" in self.refusal(plan=ready.plan, rule_set=None, by=user)

    def test_not_without_a_survey_of_the_zones_as_they_are(
        self, ready: SimpleNamespace, walidata: Any
    ) -> None:
        unseen = plan_of(ready.housing, WEST, code="baru")
        assert "belum diperiksa" in self.refusal(plan=unseen, rule_set=None, by=walidata)
        ready.plan.zones.filter(block="1").delete()
        told = self.refusal(plan=ready.plan, rule_set=None, by=walidata)
        assert "berubah sejak diperiksa: jalankan manage.py plan_report" in told

    def test_gaps_and_overlaps_need_a_reason_and_the_reason_is_kept(
        self, housing: SubZone, walidata: Any
    ) -> None:
        plan = plan_of(housing, WEST, box(123.6099, -10.20, 123.62, -10.19))
        survey(plan=plan)
        told = self.refusal(plan=plan, rule_set=None, by=walidata)
        assert "tumpang tindih zona: 1 tempat, 12.1" in told
        activate(plan=plan, rule_set=None, by=walidata, reason="Diperbaiki pada revisi berikut.")
        assert plan.moves.get().reason == "Diperbaiki pada revisi berikut."

    def test_flaws_under_the_tolerance_are_in_nobodys_way(
        self, housing: SubZone, walidata: Any
    ) -> None:
        hole = box(123.604, -10.196, 123.604 + 0.5 * METRE, -10.196 + 0.5 * METRE)
        plan = plan_of(housing, WEST.difference(hole))
        assert survey(plan=plan)["gaps"]["count"] == 1
        activate(plan=plan, rule_set=None, by=walidata)
        plan.refresh_from_db()
        assert plan.status == "active"

    def test_not_before_its_day_not_empty_and_not_with_empty_rules(
        self, ready: SimpleNamespace, walidata: Any
    ) -> None:
        tomorrow = timezone.localdate() + timedelta(days=1)
        early = plan_of(ready.housing, WEST, code="besok", valid_from=tomorrow)
        assert "baru berlaku sejak" in self.refusal(plan=early, rule_set=None, by=walidata)
        empty = plan_of(ready.housing, code="kosong")
        assert "belum berisi zona" in self.refusal(plan=empty, rule_set=None, by=walidata)
        blank = RuleSet.objects.create(
            code="kosong", title="kosong", source="uji", valid_from=date(2026, 1, 1),
            vocabulary=ready.housing.vocabulary,
        )  # fmt: skip
        told = self.refusal(plan=ready.plan, rule_set=blank, by=walidata)
        assert "belum berisi matriks" in told
        ready.plan.refresh_from_db()
        assert ready.plan.status == "draft", "all or nothing"

    def test_a_plan_of_today_can_be_replaced_today(
        self, ready: SimpleNamespace, walidata: Any
    ) -> None:
        today = timezone.localdate()
        first = plan_of(ready.housing, WEST, code="pagi", valid_from=today)
        survey(plan=first)
        activate(plan=first, rule_set=None, by=walidata)
        activate(plan=ready.plan, rule_set=None, by=walidata)
        first.refresh_from_db()
        assert first.valid_until == today + timedelta(days=1)

    def test_a_kind_that_nobody_mapped_is_known_by_name(self, ready: SimpleNamespace) -> None:
        declare_mapped(plan=ready.plan, kind="TEB", source="Peta evakuasi")
        assert OverlayKind.objects.filter(code="KKARST").exists()

    def test_who_put_what_in_force_stays_written(
        self, ready: SimpleNamespace, walidata: Any
    ) -> None:
        activate(plan=ready.plan, rule_set=ready.rules, by=walidata)
        for one in (ready.plan, ready.rules):
            with pytest.raises(IntegrityError, match="only appended"), transaction.atomic():
                one.moves.update(reason="lain")

    def test_the_public_sees_the_plan_in_force_only(
        self, ready: SimpleNamespace, walidata: Any
    ) -> None:
        from django.contrib.auth.models import AnonymousUser

        assert not ZONES.visible_to(AnonymousUser()).exists()
        activate(plan=ready.plan, rule_set=ready.rules, by=walidata)
        assert ZONES.visible_to(AnonymousUser()).count() == 2


class TestCommands:
    def run(self, *told: Any) -> str:
        out = StringIO()
        call_command(*map(str, told), stdout=out)
        return out.getvalue()

    def test_a_plan_goes_from_draft_to_force_by_commands_alone(
        self, tmp_path: Path, walidata: Any
    ) -> None:
        told = "--title RDTR --valid-from 2026-01-01 --vocabulary permen-14-2021"
        self.run("draft_plan", "rdtr", *told.split(), "--mapped", "TEB=Peta evakuasi 2025")
        path = tmp_path / "zona.geojson"
        features = [
            {"type": "Feature", "properties": {"KODSZN": code}, "geometry": mapping(shape)}
            for code, shape in (("R-2", WEST), ("K-1", EAST))
        ]
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        self.run("load_layer", "zones", path)
        whole = tmp_path / "laporan.json"
        told = self.run("plan_report", "rdtr", "--json", whole)
        assert "Tumpang tindih zona: 0 tempat" in told
        assert "Ketentuan khusus yang dipetakan: TEB." in told
        assert json.loads(whole.read_text())["zones"] == 2
        assert "rdtr is in force" in self.run("activate_plan", "rdtr", "--by", "walidata")
        with pytest.raises(CommandError, match="tidak berubah lagi: buat versi baru"):
            self.run("draft_plan", "rdtr", "--title", "Lain")

    def test_what_is_missing_is_told(self, housing: SubZone, walidata: Any) -> None:
        plan_of(housing, WEST)
        with pytest.raises(CommandError, match="no plan 'x'; there are: rdtr"):
            self.run("plan_report", "x")
        with pytest.raises(CommandError, match="Tidak ada aturan pemanfaatan x"):
            self.run("plan_report", "rdtr", "--rules", "x")
        with pytest.raises(CommandError, match="no account 'siapa'"):
            self.run("activate_plan", "rdtr", "--by", "siapa")
        with pytest.raises(CommandError, match="belum diperiksa"):
            self.run("activate_plan", "rdtr", "--by", "walidata")
        with pytest.raises(CommandError, match="memerlukan judul dan tanggal"):
            self.run("draft_plan", "baru")


def test_what_was_mapped_needs_a_source_and_a_draft(housing: SubZone) -> None:
    plan = plan_of(housing, WEST)
    declare_mapped(plan=plan, kind="teb", source="Peta evakuasi")
    assert plan.mapped_kinds.get().kind == OverlayKind.objects.get(code="TEB")
    with pytest.raises(Refused, match="sumber"):
        declare_mapped(plan=plan, kind="KRB", source=" ")
    Plan.objects.update(status="active")
    plan.refresh_from_db()
    with pytest.raises(Refused, match="tidak berubah lagi"):
        declare_mapped(plan=plan, kind="KRB", source="Peta")


@pytest.mark.django_db(transaction=True)
def test_two_who_put_two_plans_in_force_at_once_do_so_one_after_the_other(
    housing: SubZone, walidata: Any
) -> None:
    plans = [plan_of(housing, WEST, code="satu"), plan_of(housing, EAST, code="dua")]
    for plan in plans:
        survey(plan=plan)
    both_ready = Barrier(2)

    def press(plan: Plan) -> None:
        try:
            both_ready.wait(30)
            activate(plan=plan, rule_set=None, by=walidata)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(press, plans))
    assert sorted(Plan.objects.values_list("status", flat=True)) == ["active", "replaced"]
