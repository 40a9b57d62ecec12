"""Where a point belongs: by geometry, never by name."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.core.management import call_command
from django.db import IntegrityError, transaction

from layers.catalog.boundaries import Area, far_from_city, kelurahan_at, kelurahan_of, settle
from layers.catalog.markets.places import Market
from tests.factories import CENTRE, EAST, NORTH, SOUTH, application, around, box

pytestmark = pytest.mark.django_db
REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def test_a_point_inside_is_placed_in_its_kelurahan(cast: Any) -> None:
    assert kelurahan_at(CENTRE).name == "Barat Laut"


def test_a_quay_just_outside_is_accepted_without_a_kelurahan(cast: Any) -> None:
    quay = Point(EAST + 0.005, NORTH, srid=4326)
    assert far_from_city([(quay.x, quay.y)]) == [""]
    assert kelurahan_at(quay) is None


def test_a_point_in_the_sea_is_refused(cast: Any) -> None:
    (why,) = far_from_city([(123.6, -14.7)])
    assert "10 km di luar" in why


def test_swapped_axes_are_recognised(cast: Any) -> None:
    (why,) = far_from_city([(CENTRE.y, CENTRE.x)])
    assert "tertukar" in why


def test_without_a_city_nothing_is_guessed() -> None:
    (why,) = far_from_city([(CENTRE.x, CENTRE.y)])
    assert "belum dimuat" in why


def test_many_points_are_placed_at_once_as_each_alone(cast: Any) -> None:
    points = [(CENTRE.x, CENTRE.y), (EAST + 0.005, NORTH), (EAST - 0.001, SOUTH + 0.001)]
    placed = kelurahan_of(points)
    alone = [kelurahan_at(Point(lon, lat, srid=4326)) for lon, lat in points]
    assert placed == [area and area.pk for area in alone]
    assert kelurahan_of([]) == []


def test_after_new_boundaries_everything_is_placed_anew(cast: Any) -> None:
    northwest = cast.town.kelurahan["Barat Laut"]
    tiny = cast.town.kelurahan["Barat Daya"]
    Area.objects.filter(pk=northwest.pk).update(geom=box(100, 0, 101, 1))
    Area.objects.filter(pk=tiny.pk).update(geom=around(CENTRE, 0.05), parent=None)
    settle()
    assert Market.objects.get(code="oeba").kelurahan == tiny
    assert Area.objects.get(pk=tiny.pk).parent.code == "53.71.01"


def test_a_parcel_across_a_border_belongs_where_its_middle_is(cast: Any) -> None:
    border = cast.town.kelurahan["Barat Laut"].geom.extent[2]
    parcel = application(
        cast.town.kelurahan["Tenggara"],
        "KKPR-7",
        geom=box(border - 0.003, CENTRE.y, border + 0.001, CENTRE.y + 0.001),
    )
    settle()
    parcel.refresh_from_db()
    assert parcel.kelurahan.name == "Barat Laut"


def test_the_database_refuses_a_broken_polygon_and_a_wrong_code(db: None) -> None:
    from django.contrib.gis.geos import GEOSGeometry

    bow: Any = GEOSGeometry("SRID=4326;MULTIPOLYGON(((0 0, 1 1, 0 1, 1 0, 0 0)))")
    with pytest.raises(IntegrityError), transaction.atomic():
        Area.objects.create(level="city", code="53.71", name="x", geom=bow)
    with pytest.raises(IntegrityError), transaction.atomic():
        Area.objects.create(level="city", code="5371", name="x", geom=around(CENTRE))


@pytest.mark.skipif(not REAL.is_dir(), reason="the real boundaries are not beside the repository")
def test_over_the_real_kelurahan_every_known_point_falls_where_the_sources_say() -> None:
    call_command("load_layer", "kelurahan", str(REAL / "kota_kupang_kelurahan.geojson"))
    with (REAL / "kota_kupang_pasar.csv").open() as file:
        for row in csv.DictReader(file):
            found = kelurahan_at(Point(float(row["lon"]), float(row["lat"]), srid=4326))
            assert found.code == row["kode_kelurahan"], row["pasar"]
    oeba = kelurahan_at(Point(123.59298, -10.15436, srid=4326))
    assert oeba.name == "Fatubesi"
    assert kelurahan_at(Point(123.52150, -10.20525, srid=4326)) is None, "Tenau port is outside"
