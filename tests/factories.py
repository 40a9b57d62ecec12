"""A small town with something in every layer, some of it public and some of it not.

Its four kelurahan split one box, so that neighbours meet and never overlap. What is marked SECRET
may never be seen by the public, in any door.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.geos import (
    GEOSGeometry,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
)
from model_bakery import baker

from layers.base import Layer
from layers.catalog.boundaries import Area
from layers.catalog.markets.places import Commodity, Market
from layers.catalog.markets.prices import PriceReading
from layers.catalog.permits.applicants import Applicant
from layers.catalog.permits.applications import Application, ApplicationMove
from layers.catalog.permits.check.checks import Check
from layers.catalog.permits.parcels import Parcel
from layers.catalog.permits.site_visits import SiteVisit
from layers.catalog.permits.workflow.decisions import Recommendation
from layers.catalog.puskesmas import Puskesmas, ServedArea
from layers.catalog.stunting.children import Child, Measurement
from layers.catalog.stunting.prevalence import Prevalence, SuppressionRule
from layers.catalog.trash.cleanings import TrashCleaning
from layers.catalog.trash.reports import TrashReport
from layers.catalog.zoning.plans import Plan, SubZone, Vocabulary, Zone
from layers.catalog.zoning.rules import RuleSet
from layers.registry import LAYERS

WEST, SOUTH, EAST, NORTH = 123.56, -10.24, 123.64, -10.16
CENTRE = Point((WEST + EAST) / 2 - 0.01, (SOUTH + NORTH) / 2 + 0.01, srid=4326)
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
SECRET = "RAHASIA"
SECRET_NIK = "5371010203040001"


def box(west: float, south: float, east: float, north: float) -> MultiPolygon:
    return MultiPolygon(Polygon.from_bbox((west, south, east, north)), srid=4326)


def around(point: Point, side: float = 0.001) -> MultiPolygon:
    half = side / 2
    return box(point.x - half, point.y - half, point.x + half, point.y + half)


def boundaries() -> SimpleNamespace:
    """The city, two kecamatan side by side, and two kelurahan in each."""
    middle, equator = (WEST + EAST) / 2, (SOUTH + NORTH) / 2
    area = Area.objects.create
    city = area(level="city", code="53.71", name="Kota Uji", geom=box(WEST, SOUTH, EAST, NORTH))
    west = area(level="kecamatan", code="53.71.01", name="Barat", parent=city,
                geom=box(WEST, SOUTH, middle, NORTH))  # fmt: skip
    east = area(level="kecamatan", code="53.71.02", name="Timur", parent=city,
                geom=box(middle, SOUTH, EAST, NORTH))  # fmt: skip
    corners = {
        "53.71.01.1001": ("Barat Laut", west, (WEST, equator, middle, NORTH)),
        "53.71.01.1002": ("Barat Daya", west, (WEST, SOUTH, middle, equator)),
        "53.71.02.1001": ("Timur Laut", east, (middle, equator, EAST, NORTH)),
        "53.71.02.1002": ("Tenggara", east, (middle, SOUTH, EAST, equator)),
    }
    kelurahan = {
        name: area(level="kelurahan", code=code, name=name, parent=parent, geom=box(*bounds))
        for code, (name, parent, bounds) in corners.items()
    }
    return SimpleNamespace(city=city, west=west, east=east, kelurahan=kelurahan)


def point_in(area: Area) -> Point:
    return area.geom.point_on_surface


def puskesmas(area: Area, name: str) -> Puskesmas:
    made = Puskesmas.objects.create(
        code=name.lower().replace(" ", "-"), name=name, kelurahan=area, geom=point_in(area)
    )
    ServedArea.objects.create(puskesmas=made, kelurahan=area)
    return made


def child(area: Area, centre: Puskesmas, **more: Any) -> Child:
    defaults = {"name": f"{SECRET} Anak", "guardian": f"{SECRET} Wali", "sex": "female",
                "born_on": date(2024, 5, 1), "geom": point_in(area)}  # fmt: skip
    return Child.objects.create(kelurahan=area, puskesmas=centre, **(defaults | more))


def measurement(of: Child, by: Any, **more: Any) -> Measurement:
    defaults = {"measured_on": date(2026, 8, 10), "height_cm": 80.5, "position": "standing",
                "height_z": -2.5, "observed_at": NOON}  # fmt: skip
    return Measurement.objects.create(instance_id=uuid4(), child=of, by=by, **(defaults | more))


def application(area: Area, number: str, status: str = "granted", **more: Any) -> Application:
    decided = date(2026, 10, 1) if status in ("granted", "granted-in-part", "refused") else None
    defaults = {"applicant": f"{SECRET} Pemohon", "kbli": "47111", "activity": "Toko kelontong",
                "submitted_at": NOON, "decided_on": decided,
                "geom": around(point_in(area))}  # fmt: skip
    made = Application.objects.create(
        number=number, status=status, kelurahan=area, **(defaults | more)
    )
    Parcel.objects.create(
        application=made, revision=1, geom=made.geom, stood_from=made.submitted_at
    )
    return made


def rule_set() -> RuleSet:
    """Rules in force, without a line."""
    words, _ = Vocabulary.objects.get_or_create(code="uji", defaults={"name": "Kosakata uji"})
    made, _ = RuleSet.objects.get_or_create(
        code="uji",
        defaults={"title": "Aturan uji", "source": "uji", "vocabulary": words, "status": "active",
                  "valid_from": date(2011, 1, 1)},
    )  # fmt: skip
    return made


def checked(file: Application, verdict: str = "I") -> Check:
    """A check of the red line that stands, by the plan and the rules in force."""
    return Check.objects.create(
        application=file,
        parcel=file.parcels.get(stood_until=None),
        plan=Plan.objects.get(status="active"),
        rule_set=rule_set(),
        kbli=file.kbli,
        evidence={"version": 1, "verdict": verdict},
        sha256="0" * 64,
    )


def identified(file: Application) -> Applicant:
    return Applicant.objects.create(application=file, nik=f"{SECRET_NIK}")


def moved(file: Application, *steps: tuple[str, datetime]) -> None:
    """A history of arrivals, the last of which is where it stands."""
    before = ""
    for status, at in steps:
        ApplicationMove.objects.create(record=file, from_status=before, to_status=status, at=at)
        before = status


def recommended(file: Application, by: Any, outcome: str = "granted") -> Recommendation:
    """A file that waits for its decision, with what was recommended."""
    basis = checked(file)
    Application.objects.filter(pk=file.pk).update(status="recommendation")
    file.refresh_from_db()
    in_part = outcome == "granted-in-part"
    middle = file.geom.point_on_surface
    west, south, _, north = file.geom.extent
    half = box(west, south, middle.x, north)
    return Recommendation.objects.create(
        application=file, basis=basis, outcome=outcome, reason="Uji", by=by,
        approved=None if outcome == "refused" else half if in_part else file.geom,
        refused_part=box(middle.x, south, file.geom.extent[2], north) if in_part else None,
    )  # fmt: skip


def trash_report(area: Area, status: str = "received", **more: Any) -> TrashReport:
    defaults = {"category": "scattered", "description": f"{SECRET} di depan rumah tetangga",
                "observed_at": NOON, "geom": point_in(area)}  # fmt: skip
    return TrashReport.objects.create(
        status=status, kelurahan=area, **({"instance_id": uuid4()} | defaults | more)
    )


def town(by: Any) -> SimpleNamespace:
    """The whole town; `by` is the officer who wrote what officers write."""
    made = boundaries()
    northwest, northeast = made.kelurahan["Barat Laut"], made.kelurahan["Timur Laut"]
    made.puskesmas = puskesmas(northwest, "Barat")
    made.other_puskesmas = puskesmas(northeast, "Timur")
    known = LAYERS["measurements"].accepts.example["child"]
    made.child = child(northwest, made.puskesmas, code=UUID(known))
    made.other_child = child(northeast, made.other_puskesmas)
    for one in (made.child, made.other_child):
        measurement(one, by)
    SuppressionRule.objects.create(valid_from=date(2020, 1, 1), minimum=10, source="uji")
    month = date(2026, 8, 1)
    Prevalence.objects.create(kelurahan=northwest, month=month, measured=60, stunted=12, rate=20.0,
                              hidden=False, released_at=NOON, released_by=by)  # fmt: skip
    Prevalence.objects.create(
        kelurahan=northeast, month=month, hidden=True, released_at=NOON, released_by=by
    )
    Prevalence.objects.create(kelurahan=northwest, month=date(2026, 11, 1), measured=61,
                              stunted=13, rate=21.3, hidden=False)  # fmt: skip
    plan = Plan.objects.create(code="uji", title="Rencana uji", valid_from=date(2011, 1, 1))
    draft = Plan.objects.create(code="konsep", title="Rancangan", valid_from=date(2027, 1, 1))
    housing = SubZone.objects.create(code="R-2", name="Perumahan", zone_code="R", zone_name="Rumah")
    for number, area in enumerate(made.kelurahan.values()):
        Zone.objects.create(plan=plan, sub_zone=housing, block=str(number), geom=area.geom)
        Zone.objects.create(plan=draft, sub_zone=housing, block=str(number), geom=area.geom)
    Plan.objects.filter(pk=plan.pk).update(status=Plan.Status.ACTIVE)
    made.application = application(northwest, "KKPR-2026-0001")
    made.waiting_application = application(northeast, "KKPR-2026-0002", "assessment")
    made.returned_application = application(
        made.kelurahan["Tenggara"], "KKPR-2026-0003", "returned"
    )
    SiteVisit.objects.create(instance_id=uuid4(), application=made.application, finding="matches",
                             note=SECRET, observed_at=NOON, by=by,
                             geom=point_in(northwest))  # fmt: skip
    made.market = Market.objects.create(code="oeba", name="Pasar Oeba", kelurahan=northwest,
                                        geom=CENTRE)  # fmt: skip
    made.commodity = Commodity.objects.create(code="beras-medium-1", name="Beras Medium I",
                                              group="Beras", unit="kg")  # fmt: skip
    for day, price in ((1, 15_000), (12, 15_750)):
        PriceReading.objects.create(
            instance_id=uuid4(), market=made.market, commodity=made.commodity, price=price, by=by,
            observed_at=datetime(2026, 11, day, 1, tzinfo=UTC),
        )  # fmt: skip
    known = LAYERS["trash-cleanings"].accepts.example["report"]
    made.report = trash_report(northwest, instance_id=UUID(known))
    made.other_report = trash_report(northeast, "resolved")
    made.rejected_report = trash_report(northwest, "rejected")
    made.cleaning = TrashCleaning.objects.create(
        instance_id=uuid4(), report=made.other_report, note=SECRET, observed_at=NOON, by=by,
        geom=made.other_report.geom,
    )  # fmt: skip
    return made


def ensure_rows(layer: Layer) -> None:
    """A row for a layer that the town does not know: a new layer is tested the day it appears."""
    if layer.rows().exists():
        return
    baker.make(layer.model, **{layer.geometry: sample(layer.geometry_field)}, **layer.fixed)


def sample(field: GeometryField) -> GEOSGeometry:
    square = around(CENTRE)
    line = LineString(square[0][0].coords, srid=4326)
    return {
        "POINT": CENTRE,
        "MULTIPOINT": MultiPoint(CENTRE, srid=4326),
        "LINESTRING": line,
        "MULTILINESTRING": MultiLineString(line, srid=4326),
        "POLYGON": square[0],
        "MULTIPOLYGON": square,
    }[field.geom_type]
