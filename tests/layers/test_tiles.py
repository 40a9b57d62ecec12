"""Tiles as PostGIS makes them: what is read, how it is cut, and when it is too much."""

from __future__ import annotations

import logging
import math
from typing import Any
from uuid import uuid4

import mapbox_vector_tile
import pytest
from django.contrib.gis.geos import Point, Polygon
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers import tiles
from layers.base import Layer
from layers.catalog.permits.applications import Application
from layers.catalog.trash.reports import TrashReport
from layers.functions import TILE_EXTENT
from layers.registry import LAYERS
from layers.selection import EVERY_ROW
from layers.tile_matrix import bounds_of, degrees
from layers.tiles import tile
from tests.factories import CENTRE, NOON, around
from tests.test_privacy import tile_at

pytestmark = pytest.mark.django_db
REPORTS = LAYERS["trash-reports"]
ZOOM = 15


def decoded(content: bytes, layer: Layer) -> list[dict[str, Any]]:
    return list(mapbox_vector_tile.decode(content).get(layer.id, {}).get("features", []))


def report(lon: float, lat: float) -> TrashReport:
    return TrashReport.objects.create(
        instance_id=uuid4(), category="overflow", observed_at=NOON, geom=Point(lon, lat, srid=4326)
    )


# -- where things lie


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(zoom=st.integers(0, tiles.MAX_ZOOM), across=st.floats(0, 1), down=st.floats(0, 1))
def test_the_box_of_a_tile_in_degrees_is_the_one_that_postgis_has(
    db: None, zoom: int, across: float, down: float
) -> None:
    last = 2**zoom - 1
    x, y = int(across * last), int(down * last)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_XMin(g), ST_YMin(g), ST_XMax(g), ST_YMax(g) FROM (SELECT"
            " ST_Transform(ST_TileEnvelope(%s, %s, %s), 4326) AS g) AS tile", [zoom, x, y]
        )  # fmt: skip
        theirs = cursor.fetchone()
    assert degrees(bounds_of(zoom, x, y)) == pytest.approx(theirs, abs=1e-11)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lon=st.floats(-179.9, 179.9), lat=st.floats(-84.9, 84.9), zoom=st.integers(0, tiles.MAX_ZOOM)
)
def test_any_place_on_earth_lies_in_its_tile_to_the_unit(
    cast: Any, lon: float, lat: float, zoom: int
) -> None:
    made = report(lon, lat)
    x, y = tile_at(lon, lat, zoom)
    content = tile([REPORTS], cast.citizen, zoom, min(x, 2**zoom - 1), y)
    (found,) = [one for one in decoded(content, REPORTS) if one["id"] == made.pk]
    across = ((lon + 180) / 360 * 2**zoom - x) * 4096
    assert found["geometry"]["coordinates"][0] == pytest.approx(across, abs=1)
    made.delete()


def test_a_square_is_drawn_with_its_corners(cast: Any) -> None:
    layer = LAYERS["permit-register"]
    side = 0.001
    file = Application.objects.get(number="KKPR-2026-0001")
    file.geom = around(CENTRE, side)
    file.save()
    x, y = tile_at(CENTRE.x, CENTRE.y, 14)
    (found,) = decoded(tile([layer], cast.citizen, 14, x, y), layer)
    ring = found["geometry"]["coordinates"][0]
    unit = 360 / 2**14 / 4096
    across = {round((corner[0] + x * 4096) * unit - 180, 4) for corner in ring}
    assert across == {round(CENTRE.x - side / 2, 4), round(CENTRE.x + side / 2, 4)}


def test_what_lies_just_beyond_the_edge_is_drawn_by_both(cast: Any) -> None:
    """Else a symbol at the edge is cut in half."""
    x, y = tile_at(CENTRE.x, CENTRE.y, ZOOM)
    width = 360 / 2**ZOOM
    edge = (x + 1) * width - 180
    near, far = report(edge + width / 100, CENTRE.y), report(edge + width / 50, CENTRE.y)
    ids = {one["id"] for one in decoded(tile([REPORTS], cast.citizen, ZOOM, x, y), REPORTS)}
    assert near.pk in ids
    assert far.pk not in ids


def test_a_tile_of_nothing_is_no_bytes(cast: Any) -> None:
    assert tile([REPORTS], cast.citizen, ZOOM, 0, 0) == b""
    assert tile([LAYERS["children"]], cast.citizen, 0, 0, 0) == b""
    assert tile([], cast.citizen, 0, 0, 0) == b""


# -- what is read


@pytest.mark.parametrize("layer_id", sorted(LAYERS))
def test_a_tile_reads_the_stored_outline_by_its_index(cast: Any, layer_id: str) -> None:
    """Whatever the planner would choose for the few rows of a test: the condition is on the indexed
    column as it stands, and nothing of a row is transformed."""
    layer = LAYERS[layer_id]
    user = next(
        person for person in vars(cast).values()
        if hasattr(person, "is_authenticated") and layer.visible_to(person).exists()
    )  # fmt: skip
    zoom = max(layer.minzoom, 12)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        tile([layer], user, zoom, *tile_at(CENTRE.x, CENTRE.y, zoom))
    made = [query["sql"] for query in captured if "ST_AsMVT(" in query["sql"]]
    column = layer.geometry.rsplit("__", 1)[-1]
    assert len(made) == 1
    assert f'"{column}" && ' in made[0]
    assert f'"{column}_3857" && ' not in made[0]
    assert "ST_Transform" not in made[0]
    assert "ST_Intersects" not in made[0]


SPREAD = 30_000


@pytest.mark.parametrize(
    ("table", "columns", "layer_id"),
    [
        (
            "layers_trashreport",
            "instance_id, tracking_code, category, description, status, observed_at, received_at",
            "trash-reports",
        ),
    ],
)
def test_of_many_rows_only_those_near_are_read(
    cast: Any, table: str, columns: str, layer_id: str
) -> None:
    layer = LAYERS[layer_id]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}, geom) SELECT gen_random_uuid(), 'c' || n, 'overflow',"
            " '', 'received', now(), now(), ST_SetSRID(ST_MakePoint(123.5 + n % 173 / 1000.0,"
            f" -10.2 + n / 173 / 1000.0), 4326) FROM generate_series(1, {SPREAD}) AS n"
        )
        cursor.execute(f"ANALYZE {table}")
    picture = tiles._Tile(layer, cast.citizen, 16, *tile_at(123.55, -10.15, 16))
    rows = picture._rows(EVERY_ROW)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {rows.sql}", rows.params)
        (plan,) = cursor.fetchone()
    scans = list(_scans(plan[0]["Plan"]))
    (index,) = {scan.get("Index Name") for scan in scans}
    assert index.startswith(f"{table}_geom_")
    assert sum(scan["Actual Rows"] for scan in scans) < 200


def _scans(plan: dict[str, Any]) -> Any:
    if "Scan" in plan["Node Type"] and "Index Name" in plan:
        yield plan
    for part in plan.get("Plans", ()):
        yield from _scans(part)


def test_no_column_but_those_of_the_tile_is_read(cast: Any) -> None:
    with CaptureQueriesContext(connection) as captured:
        tile([REPORTS], cast.officer, 12, *tile_at(CENTRE.x, CENTRE.y, 12))
    (sql,) = [query["sql"] for query in captured if "ST_AsMVT(" in query["sql"]]
    assert "description" not in sql
    assert "tracking_code" not in sql


# -- when it is too much


def test_a_tile_that_is_cut_is_cut_the_same_way_each_time_and_told_once(
    cast: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tiles, "MAX_FEATURES", 5)
    monkeypatch.setattr(tiles, "_told", set())
    made = [report(CENTRE.x, CENTRE.y + number / 1e6) for number in range(9)]
    place = (16, *tile_at(CENTRE.x, CENTRE.y, 16))
    with caplog.at_level(logging.WARNING, "layers.tiles"):
        first, again = (tile([REPORTS], cast.citizen, *place) for _ in range(2))
    ids = sorted(one["id"] for one in decoded(first, REPORTS))
    assert first == again
    assert ids == sorted(one.pk for one in made)[:5]
    assert [record.getMessage() for record in caplog.records] == [
        f"Tile {place} of trash-reports was cut at 5 features."
    ]


# -- what it looks like there


@st.composite
def outlines(draw: st.DrawFn) -> Polygon:
    """Rings around a middle, some with a hole, in units of a tile of zoom 16: smooth or jagged,
    larger than the tile or smaller than a unit, in either direction, some thin as a hair."""
    size = 10.0 ** draw(st.floats(-1, 4))
    angles = sorted(draw(st.sets(st.integers(0, 359), min_size=3, max_size=30)))
    flat = draw(st.sampled_from([1.0, 0.3, 0.001]))
    middle = [draw(st.floats(-200, 4300)) for _ in range(2)]

    def ring(scale: float) -> list[list[float]]:
        lengths = [draw(st.floats(0.2, 1)) * size * scale for _ in angles]
        points = [
            [
                middle[0] + length * math.cos(math.radians(angle)),
                middle[1] + flat * length * math.sin(math.radians(angle)),
            ]
            for angle, length in zip(angles, lengths, strict=True)
        ]
        return points + points[:1]

    rings = [ring(1)] + ([ring(0.15)] if draw(st.booleans()) else [])
    return Polygon(*(one[::-1] if draw(st.booleans()) else one for one in rings))


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(outlines())
def test_a_polygon_is_drawn_as_postgis_draws_it_and_valid(db: None, units: Polygon) -> None:
    z, x, y = 16, 55_267, 34_660
    west, south, east, _ = bounds_of(z, x, y)
    unit = (east - west) / TILE_EXTENT
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT ours IS NULL, theirs IS NULL, ST_IsValid(ours), ST_IsPolygonCCW(ours),
                   ST_Area(ST_SymDifference(ST_Intersection(ours, ST_MakeEnvelope(
                       -64, -64, 4160, 4160, 3857)), theirs)) <= ST_Perimeter(theirs)
            FROM (
                SELECT g, ST_AsMVTGeom(g, ST_TileEnvelope(%s, %s, %s), 4096, 64) AS theirs,
                       {tiles._fitted(z, x, y)} AS ours
                FROM (SELECT g, {tiles._on_grid(z, x, y)} AS s FROM (
                    SELECT ST_Affine(ST_GeomFromText(%s, 3857), %s, 0, 0, %s, %s, %s) AS g
                ) AS one OFFSET 0) AS two WHERE ST_IsValid(g)
            ) AS drawn""",
            [z, x, y, units.wkt, unit, unit, west, south],
        )
        found = cursor.fetchone()
    if found is None:  # it crossed itself from the beginning
        return
    lost, lost_by_postgis, valid, outward, alike = found
    assert lost <= lost_by_postgis
    if not (lost or lost_by_postgis):
        assert valid
        assert outward
        assert alike


def test_a_tile_that_takes_too_long_is_given_up(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "TIMEOUT", "1ms")
    slow = "ST_MakePoint(0, 0 * length(pg_sleep(1)::text))"
    monkeypatch.setattr(tiles, "_fitted", lambda *_: slow)
    with pytest.raises(OperationalError, match="statement timeout"):
        tile([REPORTS], cast.citizen, 12, *tile_at(CENTRE.x, CENTRE.y, 12))


def test_a_tile_given_up_is_answered_with_try_again(
    cast: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: Any) -> bytes:
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr(tiles, "tile", slow)
    client.force_login(cast.officer)
    x, y = tile_at(CENTRE.x, CENTRE.y, 12)
    answer = client.get(f"/ogc/collections/trash-reports/tiles/WebMercatorQuad/12/{y}/{x}")
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert answer["Content-Type"] == "application/problem+json"
