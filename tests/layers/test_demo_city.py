"""The demo city: whole, believable, the same each time, and never in the way of real data."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import shapely
from django.contrib.auth.models import User
from django.contrib.gis.geos import Point
from django.core.management import CommandError, call_command
from django.db.models import F
from django.test import override_settings
from django.utils import timezone
from PIL import Image

from layers.catalog.boundaries import Area
from layers.catalog.markets.places import Commodity, Market
from layers.catalog.markets.prices import LatestPrice, PriceReading
from layers.catalog.permits import applications
from layers.catalog.permits.acts import Act
from layers.catalog.permits.applications import Application, ApplicationMove
from layers.catalog.permits.check.checks import Check
from layers.catalog.permits.clock.limits import Holiday, StepLimit
from layers.catalog.permits.clock.timing import timings
from layers.catalog.permits.consultations import Consultee
from layers.catalog.permits.documents import Document
from layers.catalog.permits.letters.letters import Letter
from layers.catalog.permits.numbering import RunningNumber
from layers.catalog.permits.roles import OPEN, roles_of
from layers.catalog.permits.site_visits import SiteVisit
from layers.catalog.permits.workflow import steps
from layers.catalog.permits.workflow.decisions import ConditionTemplate
from layers.catalog.puskesmas import Puskesmas, ServedArea
from layers.catalog.stunting import growth
from layers.catalog.stunting.children import Child, Measurement
from layers.catalog.stunting.prevalence import Prevalence
from layers.catalog.trash import reports
from layers.catalog.trash.reports import TrashReport, TrashReportMove
from layers.catalog.zoning.overlays import OverlayArea, OverlayKind
from layers.catalog.zoning.plans import ZONES, Plan, SubZone, Vocabulary, Zone
from layers.catalog.zoning.rules import RuleSet, UseRule, Verdict
from layers.demo import (
    city,
    fixtures,
    markets,
    mosaic,
    people,
    permit_rules,
    permits,
    showpiece,
    stunting,
    trash,
    zoning,
)
from layers.demo.sizes import FULL, SMALL, end_of, last_day
from layers.permissions import Role
from layers.photos import Photo
from layers.provenance import Load, demo_layer_ids
from layers.registry import LAYERS

UNTIL = date(2026, 3, 31)
PLANS = (zoning.PLAN["code"], zoning.DRAFT["code"])
MOVES = {ApplicationMove: steps.MOVES, TrashReportMove: reports.MOVES}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Photos and the password of this module go here."""
    path = tmp_path_factory.mktemp("demo")
    with override_settings(MEDIA_ROOT=path / "media", LOCAL_DIR=path / "local"):
        yield path


@pytest.fixture(scope="module")
def small_city(django_db_setup: None, django_db_blocker: Any, folder: Path) -> Iterator[None]:
    """Loaded once for the module, and taken away again."""
    with django_db_blocker.unblock():
        city.load(UNTIL, SMALL)
    yield
    with django_db_blocker.unblock():
        city.remove()
        User.objects.all().delete()


@pytest.fixture
def loaded(small_city: None, db: None) -> None:
    """The small city; what a test changes in it is undone."""


def plan_rows(layer_id: str, code: str) -> Any:
    return LAYERS[layer_id].rows().filter(plan__code=code)


def shape(row: Any) -> Any:
    return shapely.from_wkb(bytes(row.geom.wkb))


# -- land


def test_every_kelurahan_stands_on_its_own_point(loaded: None) -> None:
    for row in fixtures.rows("kelurahan"):
        area = Area.objects.get(code=row["code"])
        point = Point(float(row["lon"]), float(row["lat"]), srid=4326)
        around = Area.objects.filter(level=Area.Level.KELURAHAN, geom__covers=point)
        assert list(around) == [area], row["name"]
        assert (area.name, area.bps_code) == (row["name"], row["bps_code"])
        assert area.parent
        assert area.parent.code == row["code"][:8]


@pytest.mark.parametrize("parts", ["kecamatan", "kelurahan", *PLANS])
def test_parts_tile_the_city_exactly(loaded: None, parts: str) -> None:
    rows = plan_rows("zones", parts) if parts in PLANS else LAYERS[parts].rows()
    shapes = [shape(row) for row in rows]
    whole = shape(Area.objects.get(level=Area.Level.CITY))
    assert shapely.coverage_is_valid(shapes)
    united = shapely.coverage_union_all(shapes)
    assert not shapely.get_num_interior_rings(shapely.get_parts(united)).any()
    assert united.equals(whole)
    assert sum(part.area for part in shapes) == pytest.approx(whole.area, rel=1e-12)


def test_there_are_six_kecamatan_and_51_kelurahan(loaded: None) -> None:
    levels = Counter(Area.objects.values_list("level", flat=True))
    assert levels == {"city": 1, "kecamatan": 6, "kelurahan": 51}


def test_the_outline_of_the_city_is_the_coarse_one(loaded: None) -> None:
    outline = shapely.geometry.shape(fixtures.features("cities")[0]["geometry"])
    drawn = shape(Area.objects.get(level=Area.Level.CITY))
    assert drawn.symmetric_difference(outline).area < 1e-6 * outline.area


def test_zones_are_many_and_of_classes_that_the_legend_knows(loaded: None) -> None:
    zones = Zone.objects.filter(plan__status="active").select_related("sub_zone")
    drawn = {zone.sub_zone.zone_code for zone in zones}
    assert len(zones) >= 600
    assert drawn <= {line.value for line in ZONES.style.classes}
    assert {"R", "K", "PS", "KPI", "TR", "P", "HL"} <= drawn


@pytest.mark.parametrize(
    ("lon", "lat", "prefixes"),
    [
        (123.66389, -10.17778, {"TR", "HK"}),  # El Tari
        (123.530, -10.2045, {"TR", "KPI"}),  # behind the quay of Tenau
        (123.6, -10.28, {"HL", "P", "R", "RTH"}),  # the far south
    ],
)
def test_zones_are_where_one_expects_them(
    loaded: None, lon: float, lat: float, prefixes: set[str]
) -> None:
    zone = Zone.objects.get(geom__contains=Point(lon, lat, srid=4326), plan__status="active")
    assert zone.sub_zone.zone_code in prefixes


def test_the_plan_in_force_was_surveyed_and_put_in_force_by_the_walidata(loaded: None) -> None:
    plan, rules = Plan.objects.get(status="active"), RuleSet.objects.get(status="active")
    assert plan.code == zoning.PLAN["code"]
    for part in ("gaps", "overlaps", "slivers", "outside_city", "uncovered_city", "invalid"):
        assert plan.report[part]["count"] == 0, part
    assert plan.report["without_rule"] == ["HK"], "told as «cannot be said», and told in the report"
    for moved in (plan, rules):
        assert [(move.to_status, move.by.username) for move in moved.moves.all()] == [
            ("active", "walidata")
        ]


def test_the_draft_differs_in_about_15_percent_of_the_blocks(loaded: None) -> None:
    before, after = (
        dict(plan_rows("zones", code).values_list("block", "sub_zone__code")) for code in PLANS
    )
    assert before.keys() == after.keys()
    changed = sum(before[block] != after[block] for block in before)
    assert 0.09 < changed / len(before) < 0.18
    assert Plan.objects.get(code=PLANS[1]).status == "draft"


def test_every_activity_of_the_demo_has_a_verdict_in_the_zones_where_it_is_built(
    loaded: None,
) -> None:
    told: dict[str, set[str]] = defaultdict(set)
    for use in UseRule.objects.select_related("activity", "sub_zone"):
        for kbli in use.activity.kbli:
            told[kbli].add(use.sub_zone.zone_code)
    for row in fixtures.rows("permit-parcels"):
        assert set(row["zones"].split()) <= told[row["kbli"]], row["activity"]
    assert set(UseRule.objects.values_list("verdict", flat=True)) == set(Verdict.values)


def test_provisions_lie_in_the_city_and_those_of_a_kind_beside_each_other(loaded: None) -> None:
    whole = shape(Area.objects.get(level=Area.Level.CITY))
    for code in PLANS:
        areas = plan_rows("plan-overlays", code).select_related("kind")
        by_kind: dict[str, list[Any]] = defaultdict(list)
        for area in areas:
            by_kind[area.kind.code].append(shape(area))
            assert "contoh ilustratif" in area.name
        assert set(by_kind) == {"KKOP", "LP2B", "KRB", "KSMPDN", "CAGBUD"}
        for kind, shapes in by_kind.items():
            united = shapely.union_all(shapes)
            assert united.area == pytest.approx(sum(one.area for one in shapes), rel=1e-6), kind
            assert united.difference(whole).area < 1e-6 * whole.area
        mapped = set(Plan.objects.get(code=code).mapped_kinds.values_list("kind__code", flat=True))
        assert mapped == {*by_kind, "TEB"}, "TEB was looked for and not found; the rest was not"
    assert OverlayKind.objects.count() == 15


def test_nothing_of_the_plans_is_left_when_the_city_is_removed(loaded: None) -> None:
    city.remove()
    for model in (Plan, RuleSet, Vocabulary, SubZone, OverlayKind):
        assert not model._default_manager.exists(), model


def test_tenau_port_lies_outside_every_kelurahan(loaded: None) -> None:
    assert mosaic.kelurahan_at([trash.PORT]) == [None]


# -- permits


def test_permits_stand_in_every_status_on_parcels_of_their_own(loaded: None) -> None:
    rows = list(Application.objects.select_related("kelurahan"))
    assert len(rows) == SMALL.permits
    assert {row.status for row in rows} == set(Application.Status.values)
    for row in rows:
        assert row.kelurahan
        assert row.kelurahan.geom.contains(row.geom)
        assert 195 < row.area_m2 < 20_100
        assert re.fullmatch(r"\d{5}", row.kbli)
        assert row.activity
        assert row.applicant
    shapes = [shape(row) for row in rows]
    pairs = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    upon = {frozenset(rows[one].activity for one in pair) for pair in pairs.T if pair[0] < pair[1]}
    assert upon == {frozenset({"Hotel melati tiga lantai", "Rumah makan"})}, "the showpiece alone"
    assert len(pairs.T) == len(rows) + 2


@pytest.mark.parametrize("sizes", [SMALL, FULL])
def test_the_showpiece_leaves_every_other_parcel_free(sizes: Any) -> None:
    """By the drafts alone: the full city is not loaded here."""
    made = permits.drafts(sizes.permits, UNTIL)
    built = [draft for draft in made if draft.parcel in (showpiece.HOTEL, showpiece.RESTAURANT)]
    assert sorted(draft.status for draft in built) == ["assessment", "granted"]
    for draft in made:
        upon = [one for one in built if one.parcel.intersects(draft.parcel)]
        assert upon == (built if draft in built else [])


def test_the_showpiece_shows_all_that_a_check_can_say(loaded: None) -> None:
    file = Application.objects.get(activity="Hotel melati tiga lantai")
    said = file.checks.get().evidence
    assert [(part["sub_zone"], part["verdict"]) for part in said["parts"]] == [
        ("K-3", "I"), ("W", "B"), ("PS", "X"),
    ]  # fmt: skip
    assert [sliver["sub_zone"] for sliver in said["slivers"]] == ["R-2"]
    states = {one["kind"]: one["state"] for one in said["overlays"]}
    assert {kind for kind, state in states.items() if state == "applies"} == {
        "KKOP", "KRB", "KSMPDN",
    }  # fmt: skip
    assert set(states.values()) == {"applies", "does-not-apply", "not-checked"}
    assert [(one["relation"], one["number"] == file.number) for one in said["overlaps"]] == [
        ("own-earlier", True), ("permit", False),
    ]  # fmt: skip
    assert file.documents.count() == 2
    assert file.parcels.count() == 2
    assert file.site_visits.count() == 1


def test_decided_permits_bear_the_day_of_their_last_move(loaded: None) -> None:
    for row in Application.objects.prefetch_related("moves"):
        first, *_, last = [*row.moves.all()] * 2
        assert first.at == row.submitted_at
        decided = timezone.localtime(last.at).date()
        assert row.decided_on == (decided if row.status in applications.DECIDED else None)


def test_visits_stand_on_their_parcel_after_it_was_submitted(loaded: None) -> None:
    visits = SiteVisit.objects.select_related("application")
    assert visits
    for visit in visits:
        assert visit.application.geom.contains(visit.geom)
        assert visit.application.submitted_at < visit.observed_at < end_of(UNTIL)


@pytest.mark.parametrize("model", MOVES)
def test_histories_take_only_allowed_moves_and_end_at_the_status(loaded: None, model: Any) -> None:
    histories: dict[Any, list[Any]] = defaultdict(list)
    for move in model.objects.select_related("record").order_by("at", "pk"):
        histories[move.record].append(move)
    owner = model._meta.get_field("record").related_model
    assert len(histories) == owner.objects.count()
    for record, moves in histories.items():
        assert moves[0].from_status == ""
        assert moves[-1].to_status == record.status
        assert moves[-1].at <= end_of(UNTIL)
        for before, after in pairwise(moves):
            assert after.from_status == before.to_status
            assert after.to_status in MOVES[model][before.to_status]
            assert after.at > before.at


# -- the files of the permits


def of_files() -> list[Any]:
    """The applications with all that lies in their files."""
    return list(
        Application.objects.select_related("decision__recommendation", "identity").prefetch_related(
            "moves", "acts", "parcels", "requests", "consultations__consultee", "pauses",
            "recommendations__basis__parcel", "decision__letters", "checks", "documents",
        )
    )  # fmt: skip


def test_every_move_of_a_file_has_its_act_at_its_time(loaded: None) -> None:
    table = {step.id: step for step in steps.STEPS}
    for file in of_files():
        first, *moves = file.moves.all()
        register, *others = [act for act in file.acts.all() if act.kind in {*table, "register"}]
        assert (register.kind, register.at) == ("register", first.at)
        assert [(act.at, act.by_id, act.why) for act in others] == [
            (move.at, move.by_id, move.reason) for move in moves
        ]
        for act, move in zip(others, moves, strict=True):
            step = table[act.kind]
            assert move.from_status in step.origins
            assert step.to == move.to_status
            assert roles_of(move.by) & step.actors
            assert move.reason or not step.reason
        kinds = {act.kind for act in file.acts.all()}
        assert all(steps.act_title(kind).id != kind for kind in kinds)
        assert max(act.at for act in file.acts.all()) < end_of(UNTIL)


def test_a_file_holds_what_its_status_needs(loaded: None) -> None:
    """What the guards ask for is there: as if every step had been taken by hand."""
    for file in of_files():
        statuses = [move.to_status for move in file.moves.all()]
        waiting = [one for one in file.requests.all() if one.state == "open"]
        assert re.fullmatch(r"5371\d\d\d\d00\d{6}", file.identity.nik)
        assert (file.status not in ("returned", "lapsed")) or waiting
        assert (file.status not in ("recommendation", *applications.DECIDED)) or not waiting
        assert bool(file.checks.all()) == ("assessment" in statuses)
        proposals = list(file.recommendations.all())
        assert len(proposals) == statuses.count("recommendation")
        assert [one.challenged_at is None for one in proposals].count(True) <= 1
        for one in proposals:
            assert one.basis.parcel.stood_until is None
        if "assessment" in statuses:
            offices = {one.consultee.code for one in file.consultations.all() if one.answer}
            assert "kantor-pertanahan" in offices
        standing = [one for one in file.parcels.all() if one.stood_until is None]
        assert [one.geom.equals_exact(file.geom) for one in standing] == [True]


def test_what_was_decided_has_its_decision_by_two_people_and_a_letter(loaded: None) -> None:
    for file in of_files():
        if file.status not in applications.DECIDED:
            assert not hasattr(file, "decision")
            continue
        decision, proposal = file.decision, file.decision.recommendation
        assert decision.outcome == proposal.outcome == file.status
        assert decision.by_id != decision.recommended_by_id == proposal.by_id
        assert bool(proposal.conditions) == (file.status != "refused")
        assert [letter.version for letter in decision.letters.all()] == [1]
        assert decision.letters.all()[0].content["demo"] is True
        if file.status == "granted-in-part":
            assert file.granted.equals_exact(decision.approved)
            assert 0.5 < decision.approved_m2 / file.area_m2 < 0.95


def test_the_next_application_is_numbered_after_those_of_the_demo(loaded: None) -> None:
    for series, rows in (("KKPR", Application.objects), ("letter", Letter.objects)):
        for counter in RunningNumber.objects.filter(series=series):
            named = rows.filter(number__regex=rf"\y{counter.year}\y")
            numbers = {int(re.findall(r"\d{4}", one.number.replace(str(counter.year), ""))[0])
                       for one in named}  # fmt: skip
            assert numbers == set(range(1, counter.last + 1))


def test_papers_are_pdfs_that_open(loaded: None) -> None:
    import pypdfium2

    papers = list(Document.objects.select_related("application"))
    assert papers
    for paper in papers:
        content = Path(paper.file.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == paper.sha256
        assert len(content) == paper.size
        pdf = pypdfium2.PdfDocument(content)
        text = pdf[0].get_textpage().get_text_bounded()
        pdf.close()
        assert "DOKUMEN CONTOH" in text
        assert paper.application.number in text


def test_the_clocks_of_the_demo_are_those_of_an_office(loaded: None) -> None:
    """Most are in time, some on their last day, some late; some stand still."""
    rows = list(Application.objects.filter(status__in=OPEN))
    known = [timings(rows, UNTIL)[row.pk] for row in rows]
    assert sum(one.late for one in known) in range(1, len(known) // 2)
    assert sum(one.paused for one in known) in range(1, len(known) // 2)
    assert all(one.office for one in known)


def test_the_full_city_has_files_that_the_law_has_approved() -> None:
    """By the dates alone: accepted more than the limit ago, and never back with the applicant."""
    limit, calendar = permit_rules.limits()["total"], permit_rules.calendar()
    silent = 0
    for draft in permits.drafts(FULL.permits, UNTIL):
        accepted = [step.at.date() for step in draft.steps if step.status == "land-consideration"]
        if draft.status in ("land-consideration", "assessment", "recommendation"):
            silent += calendar.used(accepted[0], UNTIL) > limit
    assert 2 <= silent <= 20


def test_nothing_of_the_permits_is_left_when_the_demo_goes_but_the_citys_own(
    loaded: None,
) -> None:
    Holiday.objects.create(day=date(2026, 4, 25), name="Kota", kind="regional", source="Perwali")
    city.remove()
    for model in (Application, Act, Check, Letter, Document, RunningNumber, StepLimit, Consultee,
                  ConditionTemplate):  # fmt: skip
        assert not model._default_manager.exists(), model
    assert [one.source for one in Holiday.objects.all()] == ["Perwali"]


# -- health


def test_each_kelurahan_has_one_of_the_eleven_puskesmas(loaded: None) -> None:
    assert Puskesmas.objects.count() == 11
    assert ServedArea.objects.count() == 51
    assert all(row.approximate and row.kelurahan for row in Puskesmas.objects.all())


def test_children_live_in_their_kelurahan_and_belong_to_its_puskesmas(loaded: None) -> None:
    assert Child.objects.count() == SMALL.children
    assert Child.objects.filter(kelurahan__geom__contains=F("geom")).count() == SMALL.children
    theirs = Child.objects.filter(kelurahan__served_by__puskesmas=F("puskesmas"))
    assert theirs.count() == SMALL.children


def test_measurements_are_what_the_standard_says_of_them(loaded: None) -> None:
    rows = Measurement.objects.select_related("child")
    assert {row.measured_on.replace(day=1) for row in rows} == set(stunting.rounds(UNTIL))
    for row in rows:
        assert row.height_z == growth.height_for_age(
            sex=row.child.sex,  # type: ignore[arg-type]
            age_days=(row.measured_on - row.child.born_on).days,
            height_cm=float(row.height_cm),
            position=row.position,  # type: ignore[arg-type]
        )
        assert row.observed_at < end_of(UNTIL)


def test_measurements_are_signed_by_an_officer_of_the_childs_puskesmas(loaded: None) -> None:
    ours = Measurement.objects.filter(by__duties__puskesmas=F("child__puskesmas"))
    assert ours.count() == Measurement.objects.count()


def test_every_round_is_released_but_the_newest(loaded: None) -> None:
    *past, newest = stunting.rounds(UNTIL)
    released = Prevalence.objects.filter(released_at__isnull=False)
    waiting = Prevalence.objects.filter(released_at__isnull=True)
    assert set(released.values_list("month", flat=True)) == set(past)
    assert set(waiting.values_list("month", flat=True)) == {newest}


def test_about_18_percent_of_the_full_city_are_stunted_and_most_in_maulafa() -> None:
    drafts = stunting.drafts(FULL.children, UNTIL)
    seen = [(draft, each) for draft in drafts for each in draft.seen]
    plausible = [pair for pair in seen if abs(pair[1].height_z) <= growth.IMPLAUSIBLE]
    stunted = [draft for draft, each in plausible if each.height_z < -2]
    kecamatan = Counter(draft.kelurahan[:8] for draft in stunted)
    assert 0.12 < len(stunted) / len(plausible) < 0.25
    assert kecamatan.most_common(1)[0][0] == "53.71.02"
    assert 5 <= len(seen) - len(plausible) <= 0.01 * len(seen)
    assert 15_000 <= len(seen) <= 25_000
    assert max(Counter(draft.kelurahan for draft in drafts).values()) > 60


# -- markets


def test_every_market_has_a_price_for_every_item_each_day_but_a_few(loaded: None) -> None:
    assert (Market.objects.count(), Commodity.objects.count()) == (10, 21)
    assert LatestPrice.objects.count() == 210
    assert Market.objects.filter(approximate=False).count() == 6
    series = Counter(PriceReading.objects.values_list("market", "commodity"))
    assert len(series) == 210
    assert all(0.85 * SMALL.price_days < days <= SMALL.price_days for days in series.values())
    times = list(PriceReading.objects.order_by("pk").values_list("observed_at", flat=True))
    assert times == sorted(times)
    assert times[-1] < end_of(UNTIL)


@pytest.mark.parametrize(
    ("market", "kelurahan"),
    [("oeba", "Fatubesi"), ("oebobo", "Fatululi"), ("naikoten", "Naikoten Satu")],
)
def test_a_market_is_where_it_stands_not_where_its_name_says(
    loaded: None, market: str, kelurahan: str
) -> None:
    place = Market.objects.get(code=market).kelurahan
    assert place
    assert place.name == kelurahan


def test_prices_move_no_faster_than_those_of_the_province() -> None:
    items = {row["code"]: row for row in fixtures.rows("commodities")}
    series: dict[tuple[str, str], list[markets.Reading]] = defaultdict(list)
    for reading in markets.readings(FULL.price_days, UNTIL):
        series[reading.market, reading.commodity].append(reading)
    assert sum(map(len, series.values())) > 78_000
    changed: Counter[str] = Counter()
    for (_, code), readings in series.items():
        base, most = float(items[code]["base"]), float(items[code]["step_pct"]) / 100
        for before, after in pairwise(readings):
            changed[code] += before.price != after.price
            if after.at - before.at == timedelta(days=1):
                assert abs(after.price / before.price - 1) <= most
        assert all(0.4 * base < reading.price < 2 * base for reading in readings)
        assert all(reading.price % 250 == 0 for reading in readings)
    assert min(changed["cabai-rawit-merah"], changed["bawang-merah"]) > 1000
    assert max(changed["gula-lokal"], changed["beras-medium-1"], changed["sapi-1"]) < 500


# -- trash


def test_reports_stand_in_every_status_of_the_office_within_120_days(loaded: None) -> None:
    rows = list(TrashReport.objects.all())
    assert len(rows) == SMALL.trash_reports
    assert {row.status for row in rows} == set(trash.STANDS)
    assert {row.category for row in rows} == set(TrashReport.Category.values)
    for row in rows:
        assert end_of(UNTIL) - timedelta(days=122) < row.observed_at <= row.received_at
        assert row.received_at <= end_of(UNTIL)
        assert row.kelurahan is None or row.kelurahan.geom.covers(row.geom)


def test_old_reports_are_mostly_resolved() -> None:
    month = end_of(UNTIL) - timedelta(days=30)
    drafts = trash.drafts(FULL.trash_reports, UNTIL)
    old = [draft.status for draft in drafts if draft.observed_at < month]
    assert old.count("resolved") > 0.7 * len(old)
    outside = [draft for draft in drafts if draft.kelurahan is None]
    assert 0 < len(outside) < 20, "on the quay of Tenau, and nowhere else"


def test_photos_are_each_their_own_and_say_nothing_of_a_camera(loaded: None) -> None:
    photos = list(Photo.objects.all())
    assert {photo.layer_id for photo in photos} == {"trash-reports"}
    assert {photo.feature_id for photo in photos} == set(
        TrashReport.objects.values_list("pk", flat=True)
    )
    assert len({photo.sha256 for photo in photos}) == len(photos)
    for photo in photos[:10]:
        with Image.open(photo.image.path) as image:
            assert (image.format, image.size) == ("JPEG", (320, 240))
            assert not image.getexif()
        with Image.open(photo.thumbnail.path) as image:
            assert (image.format, image.size) == ("JPEG", (160, 120))
    proofs = [photo for photo in photos if photo.question == "proof"]
    assert 0 < len(proofs) < SMALL.trash_reports


# -- accounts


def test_there_is_an_account_for_each_role_with_one_secret_of_this_installation(
    loaded: None, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = folder / "local" / "demo_password"
    assert kept.stat().st_mode & 0o777 == 0o600
    password = kept.read_text()
    assert len(password) >= 16
    shown = people.shown()
    assert {account.role for account, _ in shown} == set(Role)
    call_command("demo_city", accounts=True)
    printed = capsys.readouterr().out
    for account, known in shown:
        user = User.objects.get(username=account.username)
        assert known == password
        assert account.username in printed
        assert not user.is_superuser, "duties grant, nothing else"
    assert printed.count(password) == len(shown)


def test_a_password_that_was_changed_is_no_longer_shown(loaded: None) -> None:
    walidata = User.objects.get(username="walidata")
    walidata.set_password("milik sendiri")
    walidata.save()
    assert {account.username: known for account, known in people.shown()}["walidata"] == ""


def test_the_other_health_officers_cannot_log_in(loaded: None) -> None:
    names = set(User.objects.values_list("username", flat=True))
    for name in names - {account.username for account in people.ACCOUNTS}:
        assert not User.objects.get(username=name).has_usable_password()


# -- the command


def everything() -> list[list[Any]]:
    """What the city says, without the numbers that the database gives its rows."""
    return [
        list(Area.objects.order_by("code").values_list("code", "name", "geom")),
        list(
            Zone.objects.order_by("plan__code", "block").values_list(
                "plan__code", "block", "sub_zone__code", "geom"
            )
        ),
        list(OverlayArea.objects.order_by("pk").values_list("kind__code", "value", "geom")),
        list(UseRule.objects.order_by("pk").values_list("activity__code", "verdict")),
        list(
            Application.objects.order_by("number").values_list(
                "number", "applicant", "geom", "granted", "tracking_code", "identity__nik"
            )
        ),
        list(
            Act.objects.order_by("at", "application__number", "pk").values_list(
                "application__number", "kind", "at", "why", "what"
            )
        ),
        list(Check.objects.order_by("application__number").values_list("sha256", flat=True)),
        list(Letter.objects.order_by("number").values_list("number", "code", "content")),
        list(Child.objects.order_by("code").values_list("code", "name", "born_on", "geom")),
        list(Measurement.objects.order_by("instance_id").values_list("instance_id", "height_z")),
        list(PriceReading.objects.order_by("pk").values_list("instance_id", "price")),
        list(TrashReport.objects.order_by("pk").values_list("instance_id", "tracking_code")),
        list(Photo.objects.order_by("pk").values_list("image", "thumbnail", "sha256")),
        list(Prevalence.objects.order_by("month", "kelurahan__code").values_list("month", "rate")),
    ]


def test_a_second_load_gives_the_same_city(loaded: None, folder: Path) -> None:
    before, files = everything(), sorted((folder / "media" / "photos").iterdir())
    call_command("demo_city", until=UNTIL, small=True, replace=True, verbosity=0)
    assert everything() == before
    assert sorted((folder / "media" / "photos").iterdir()) == files


def test_the_land_and_its_zones_are_cut_the_same_each_time() -> None:
    assert mosaic.mosaic.__wrapped__() == mosaic.mosaic()
    assert zoning.sub_zones.__wrapped__() == zoning.sub_zones()
    assert zoning.draft_sub_zones.__wrapped__() == zoning.draft_sub_zones()


@pytest.mark.parametrize("theme", [permits, stunting, markets, trash])
def test_drafts_come_out_the_same_each_time(theme: Any) -> None:
    make = getattr(theme, "drafts", None) or theme.readings
    assert make(40, UNTIL) == make(40, UNTIL)


def test_every_layer_of_the_city_says_that_it_is_a_demo(loaded: None) -> None:
    assert demo_layer_ids() == set(LAYERS) & {load.layer_id for load in Load.objects.all()}
    for layer in LAYERS.values():
        if layer.rows().exists():
            assert layer.id in demo_layer_ids(), layer.id


def test_it_refuses_a_database_that_holds_rows(loaded: None) -> None:
    with pytest.raises(CommandError, match="holds rows already"):
        call_command("demo_city", until=UNTIL, small=True, verbosity=0)


def test_if_empty_is_quiet_where_there_are_rows(
    loaded: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("demo_city", if_empty=True)
    assert capsys.readouterr() == ("", "")


def test_replace_never_removes_real_data(loaded: None) -> None:
    before = everything()
    Load.objects.create(layer_id="kelurahan", source="RBI 1:25.000")
    with pytest.raises(CommandError, match=r"layer kelurahan holds real data \(RBI 1:25.000\)"):
        call_command("demo_city", until=UNTIL, small=True, replace=True, verbosity=0)
    assert everything() == before


def test_replace_never_removes_what_people_sent_in(loaded: None) -> None:
    TrashReport.objects.create(
        instance_id=uuid4(),
        category="overflow",
        observed_at=timezone.now(),
        geom=Point(123.6, -10.17, srid=4326),
    )
    with pytest.raises(CommandError, match="trash-reports holds 151 rows"):
        call_command("demo_city", until=UNTIL, small=True, replace=True, verbosity=0)


def test_it_takes_nobodys_account(loaded: None) -> None:
    before = everything()
    User.objects.filter(username="admin").update(email="kepala@kupangkota.go.id")
    with pytest.raises(CommandError, match="“admin” is somebody's own"):
        call_command("demo_city", until=UNTIL, small=True, replace=True, verbosity=0)
    assert everything() == before


def test_it_tells_no_day_that_has_not_come(db: None) -> None:
    with pytest.raises(CommandError, match="is not over yet"):
        call_command("demo_city", until=last_day() + timedelta(days=1))
