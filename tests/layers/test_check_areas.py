"""Square metres: geodesic, summing to the whole, and the same from PostGIS and from memory."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import shapely
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from layers import geodesy
from layers.base import Refused
from layers.catalog.boundaries import Area
from layers.catalog.permits.check.shares import shares
from layers.catalog.zoning.measures import one as overlay
from layers.catalog.zoning.measures.many import WholePlan
from layers.catalog.zoning.plans import Plan
from tests import planning
from tests.bench import synthetic
from tests.planning import at, box, checked

GEOD = Geod(ellps="WGS84")
METRES = st.floats(1, 400)


def geodesic(shape: Any, step: float = 0.00002) -> float:
    """As pyproj has it, the edges followed in steps of so many degrees."""
    drawn = shapely.orient_polygons(shapely.segmentize(shape, step))
    return float(GEOD.geometry_area_perimeter(drawn)[0])


@st.composite
def parcels(draw: Any) -> Any:
    """Crooked, some with a hole, some in two parts."""
    corners = draw(st.integers(3, 12))
    reach = np.array(draw(st.lists(METRES, min_size=corners, max_size=corners)))
    turn = np.arange(corners) * 2 * np.pi / corners + draw(st.floats(0, 6))
    ring = np.stack([np.cos(turn), np.sin(turn)], -1) * reach[:, None]
    shape = shapely.Polygon(ring + np.array([draw(st.floats(0, 400)), draw(st.floats(0, 400))]))
    if draw(st.booleans()):
        shape = shape.difference(shape.centroid.buffer(draw(st.floats(0.5, 50)), quad_segs=2))
    if draw(st.booleans()):
        shape = shape.union(shapely.box(900, 900, 900 + draw(METRES), 900 + draw(METRES)))
    polygons = [one for one in shapely.get_parts(shape) if one.geom_type == "Polygon"]
    return at(shapely.MultiPolygon(polygons))


def sound(shape: Any) -> bool:
    return bool(shape.is_valid and not shape.is_empty and geodesic(shape) > 1)


@given(parcels().filter(sound))
@settings(max_examples=200, deadline=None)
def test_areas_agree_with_pyproj(parcel: Any) -> None:
    found = geodesy.area(parcel)
    assert found == pytest.approx(geodesic(parcel), rel=1e-6, abs=1e-3)
    assert found == pytest.approx(geodesic(parcel, step=1), rel=1e-4)  # from corner to corner


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=12), st.floats(0.01, 1e7))
def test_rounded_shares_sum_to_the_total(values: list[float], total: float) -> None:
    rounded = shares(values, total)
    if sum(values) > 0:
        assert sum(round(one * 100) for one in rounded) == round(total * 100)
        whole = sum(values)
        for value, one in zip(values, rounded, strict=True):
            assert one == pytest.approx(value / whole * total, abs=0.0201)
    else:
        assert rounded == [0.0] * len(values)


def test_a_share_of_nothing_is_nothing() -> None:
    assert shares([0.0, 3.0, 0.0], 3.0) == [0.0, 3.0, 0.0]


@pytest.fixture
def crooked(db: None) -> Plan:
    """300 zones without gap or overlap, 60 provisions, some over each other, and two kelurahan."""
    random = np.random.default_rng(4)
    made, width = synthetic.plan("crooked", 300, 120, random)
    west, middle = synthetic.WEST - 0.01, synthetic.WEST + width / 2
    for code, bounds in (("53.71.01.1001", (west, middle)), ("53.71.01.1002", (middle, 130))):
        half = shapely.box(bounds[0], -11, bounds[1], -10)
        Area.objects.create(level="kelurahan", code=code, name=code, geom=planning.geos(half))
    made.width = width  # type: ignore[attr-defined]
    return made


@pytest.fixture
def torn(db: None) -> Plan:
    """A plan in disorder: zones with gaps, over each other, within each other, twice the same."""
    random = np.random.default_rng(7)
    shapes = [planning.box(*spot, *(spot + random.uniform(20, 260, 2)))
              for spot in random.uniform(0, 500, (40, 2))]  # fmt: skip
    return planning.plan(
        [(f"Z-{n % 9}", shape) for n, shape in enumerate([*shapes, shapes[0], shapes[1]])],
        overlays=[("KRB", str(n % 2), shape.buffer(0.0003)) for n, shape in enumerate(shapes[:9])],
    )


def assert_alike(one: overlay.Measured, other: overlay.Measured) -> None:
    """To a hundredth of a square metre, or 1e-7 of a large parcel."""
    near = max(0.01, 1e-7 * one.area_m2)
    assert one.area_m2 == pytest.approx(other.area_m2, abs=near)
    assert one.unzoned_m2 == pytest.approx(other.unzoned_m2, abs=near)
    assert one.contested_m2 == pytest.approx(other.contested_m2, abs=near)
    if max(one.contested_m2, other.contested_m2) > near:
        assert one.contested == other.contested
    for name in ("sub_zones", "overlays", "kelurahan"):
        first, second = getattr(one, name), getattr(other, name)
        for key in {*first, *second}:
            assert first.get(key, 0) == pytest.approx(second.get(key, 0), abs=near), (name, key)
    for key, m2 in one.sub_zones.items():
        if m2 > near:
            assert one.blocks[key] == other.blocks[key]


def assert_sums(found: overlay.Measured) -> None:
    parts = sum(found.sub_zones.values()) + found.unzoned_m2 + found.contested_m2
    assert parts == pytest.approx(found.area_m2, rel=1e-6, abs=1e-4)


def test_postgis_and_memory_agree_and_sum_to_the_whole(crooked: Plan) -> None:
    random = np.random.default_rng(5)
    some = synthetic.parcels(60, crooked.width, random)  # type: ignore[attr-defined]
    some += synthetic.blobs(10, crooked.width, 0.004, 200, random)  # type: ignore[attr-defined]
    for parcel, found in zip(some, WholePlan(crooked.pk).measure(some), strict=True):
        measured = overlay.measure(parcel, plan=crooked.pk)
        assert_alike(measured, found)
        assert_sums(measured)
        assert_sums(found)


def test_they_agree_where_a_zone_slipped_aside(db: None) -> None:
    """The gap is as large as the overlap: the sum of the zones is that of the parcel."""
    made = planning.plan([
        ("R-2", box(0, 0, 50, 90)), ("K-1", box(52, 0, 102, 90)), ("R-3", box(100, 0, 150, 90)),
    ])  # fmt: skip
    for parcel in (box(40, 40, 110, 42), box(10, 10, 140, 60), box(49.9, 10, 102.1, 12)):
        (found,) = WholePlan(made.pk).measure([parcel])
        assert found.contested_m2 > 3
        assert_alike(overlay.measure(parcel, plan=made.pk), found)


def test_they_agree_on_a_plan_in_disorder(torn: Plan) -> None:
    random = np.random.default_rng(8)
    some = [
        planning.box(*spot, *(spot + random.uniform(5, 300, 2)))
        for spot in random.uniform(-50, 600, (60, 2))
    ]
    disputed = 0
    for parcel, found in zip(some, WholePlan(torn.pk).measure(some), strict=True):
        measured = overlay.measure(parcel, plan=torn.pk)
        disputed += measured.contested_m2 > 1
        assert_alike(measured, found)
        assert_sums(measured)
        assert_sums(found)
    assert disputed > 20


@given(parcels().filter(sound))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_they_agree_on_any_parcel(torn: Plan, parcel: Any) -> None:
    measured = overlay.measure(parcel, plan=torn.pk)
    (found,) = WholePlan(torn.pk).measure([parcel])
    assert measured.area_m2 == pytest.approx(geodesic(parcel), rel=1e-4)
    assert_alike(measured, found)
    assert_sums(measured)


def test_the_pieces_of_a_large_parcel_sum_to_it_for_they_are_densified(db: None) -> None:
    """5 km wide, with a zone's corner in the middle of its long edges."""
    made = planning.plan([
        ("R-2", box(0, 0, 2500, 2500)), ("K-1", box(2500, 0, 5000, 2500)),
        ("R-3", box(0, 2500, 1300, 5000)), ("RTH", box(1300, 2500, 5000, 5000)),
    ])  # fmt: skip
    parcel = box(0, 0, 5000, 5000)
    found = overlay.measure(parcel, plan=made.pk)
    assert_sums(found)
    assert found.area_m2 == pytest.approx(geodesic(parcel), rel=1e-9)
    assert found.unzoned_m2 < 0.1
    (other,) = WholePlan(made.pk).measure([parcel])
    assert_alike(found, other)
    with connection.cursor() as cursor:  # straight lines of the ellipsoid are others
        cursor.execute("SELECT sum(ST_Area(geom::geography)) FROM layers_zone")
        (plain,) = cursor.fetchone()
    whole = geodesic(parcel, step=1)
    assert abs(plain - whole) / whole > 1e-8


def test_a_zone_of_many_vertices_is_laid_out_in_its_parts(db: None) -> None:
    wide = at(shapely.Point(0, 0).buffer(2000, quad_segs=900))
    made = planning.plan([("R-2", wide), ("K-1", at(shapely.box(1e4, 0, 1e4 + 9, 9)))])
    whole = WholePlan(made.pk)
    assert len(whole.zones.geoms) > 20
    parcel = box(-300, -300, 300, 300)
    (found,) = whole.measure([parcel])
    assert_alike(overlay.measure(parcel, plan=made.pk), found)
    assert_sums(found)


def test_a_parcel_of_50_000_vertices_is_checked(db: None) -> None:
    planning.plan([
        ("R-2", box(-3000, -3000, 0, 3000)), ("K-1", box(0, -3000, 3000, 3000)),
    ])  # fmt: skip
    planning.rules({"R-2": "I", "K-1": "B"})
    turn = np.linspace(0, 2 * np.pi, 50_000, endpoint=False)
    reach = 1000 + 300 * np.sin(turn * 40) + 3 * np.sin(turn * 9000)
    ring = np.stack([np.cos(turn), np.sin(turn)], -1) * reach[:, None]
    parcel = shapely.MultiPolygon([at(shapely.Polygon(ring))])
    began = time.perf_counter()
    found = checked(parcel)
    assert time.perf_counter() - began < 10
    assert found["parcel"]["vertices"] == 50_000
    assert found["parcel"]["area_m2"] == pytest.approx(geodesic(parcel), rel=1e-4)
    assert sum(part["percent"] for part in found["parts"]) == 100.0
    assert found["verdict"] == "B"


def test_a_parcel_that_takes_too_long_is_refused_and_the_transaction_goes_on(
    crooked: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlay, "TIMEOUT", "1ms")
    wide = shapely.box(synthetic.WEST, synthetic.SOUTH, synthetic.WEST + 1, synthetic.SOUTH + 1)
    with pytest.raises(Refused, match="terlalu rumit"):
        overlay.measure(wide, plan=crooked.pk)
    assert Plan.objects.filter(pk=crooked.pk).exists()


def test_measuring_uses_the_spatial_index(crooked: Plan) -> None:
    parcel = synthetic.parcels(1, crooked.width, np.random.default_rng(1))[0]  # type: ignore[attr-defined]
    statement, given = overlay.statement(parcel, plan=crooked.pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE layers_zonepart")
        cursor.execute("ANALYZE layers_overlaypart")
        cursor.execute("EXPLAIN " + statement, given)
        told = "\n".join(row for (row,) in cursor.fetchall())
    assert "Index Scan using layers_zonepart_geom" in told, told
    assert "Seq Scan on layers_zonepart" not in told, told


def test_a_check_asks_a_fixed_number_of_queries(db: None) -> None:
    planning.plan(
        [(f"Z-{n}", box(n * 10, 0, n * 10 + 10, 100)) for n in range(30)],
        overlays=[(f"K{n}", "", box(0, 0, 300, 100)) for n in range(8)],
    )
    planning.rules(
        {f"Z-{n}": ("B", [f"B{n}"]) for n in range(30)},
        conditions={f"B{n}": "Parkir." for n in range(30)},
        intensities={f"Z-{n}": {"kdb": 60} for n in range(30)},
        overlays=[(f"K{n}", "", "T", "Izin.") for n in range(8)],
    )
    for number in range(5):
        planning.application(box(number * 20, 0, number * 20 + 30, 50), f"KKPR-2026-000{number}")
    checked(box(0, 0, 5, 5))
    counts = []
    for parcel in (box(1, 1, 9, 9), box(0, 0, 300, 100)):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            checked(parcel)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 17


def test_memory_takes_a_parcel_of_50_000_vertices_too(crooked: Plan) -> None:
    turn = np.linspace(0, 2 * np.pi, 50_000, endpoint=False)
    reach = 0.006 * (1 + 0.2 * np.sin(turn * 40) + 0.002 * np.sin(turn * 9000))
    ring = np.stack([np.cos(turn), np.sin(turn)], -1) * reach[:, None]
    middle = (synthetic.WEST + crooked.width / 2, synthetic.SOUTH + crooked.width / 2)  # type: ignore[attr-defined]
    parcel = shapely.MultiPolygon([shapely.Polygon(ring + np.array(middle))])
    (found,) = WholePlan(crooked.pk).measure([parcel])
    assert_alike(overlay.measure(parcel, plan=crooked.pk), found)
    assert_sums(found)
