"""The straight way of a file into an empty layer gives what the careful one gives, or steps
aside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely
from django.contrib.gis.db.models import PointField
from django.core.management import call_command
from django.db import connection
from django.db.models import BigIntegerField, FloatField, TextField
from shapely.geometry import Polygon, box

from layers import arrow
from layers.base import Ingest
from layers.catalog.boundaries import Area
from layers.ingest import straight
from layers.ingest.load import Options, load
from layers.registry import LAYERS, registered
from layers.tile_changes import TileChange, numbers

pytestmark = pytest.mark.django_db

PLAIN = replace(
    LAYERS["kelurahan"],
    id="plain",
    ingest=Ingest(key=("code",), fields={"code": ("code",), "name": ("name",)}),
)
CODES = ["53.71.01.1001", "53.71.01.1002", "53.71.01.1003"]


def square(number: int) -> Polygon:
    west = 123.6 + number * 0.01
    return box(west, -10.2, west + 0.005, -10.195)


def written(path: Path, crs: int = 4326, **columns: Any) -> Path:
    rows = {
        "code": CODES,
        "name": ["Oesapa", " Lasiana é ", "Fatululi"],
        "geometry": [square(1), square(2), square(3)],
    } | columns
    gpd.GeoDataFrame(rows, crs=4326).to_crs(crs).to_file(path)
    return path


def stored() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, level, name, bps_code, parent_id, ST_AsText(geom, 6), ST_SRID(geom),"
            " ST_AsText(geom_3857, 1) FROM layers_area ORDER BY code"
        )
        return cursor.fetchall()


@pytest.mark.parametrize(
    ("name", "crs"),
    [("a.gpkg", 4326), ("a.fgb", 4326), ("a.geojson", 4326), ("a.shp", 4326), ("a.gpkg", 32751)],
)
def test_it_stores_what_the_careful_way_stores(tmp_path: Path, name: str, crs: int) -> None:
    path = written(tmp_path / name, crs)
    report = straight.load(PLAIN, path, Options())
    quick = stored()
    Area.objects.all().delete()

    careful = load(PLAIN, path, Options(), lambda *_: None)

    assert report is not None
    assert quick == stored()
    assert [row[0] for row in quick] == CODES
    assert (report.rows, report.inserted) == (careful.rows, careful.inserted) == (3, 3)
    assert report.sha256 == careful.sha256


def test_indexes_keys_and_triggers_are_there_afterwards(tmp_path: Path) -> None:
    def around_the_rows() -> set[tuple[str, str]]:
        table = "'layers_area'::regclass"
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'layers_area' UNION"
                f" SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
                f" WHERE {table} IN (conrelid, confrelid) UNION"
                f" SELECT tgname, tgenabled::text FROM pg_trigger WHERE tgrelid = {table}"
            )
            return set(cursor.fetchall())

    before = around_the_rows()

    assert straight.load(PLAIN, written(tmp_path / "a.gpkg"), Options())
    assert around_the_rows() == before
    assert {name for name, _ in before} >= {"layers_area_code_key", "layers_area_pkey"}


def test_tiles_are_told_of_a_whole_table_at_once(tmp_path: Path) -> None:
    TileChange.objects.all().delete()
    before = numbers()

    assert straight.load(PLAIN, written(tmp_path / "a.gpkg"), Options())
    told = TileChange.objects.filter(layer_id="kelurahan").values_list("area", flat=True)
    assert list(told) == [None]
    assert numbers()["kelurahan"] > before["kelurahan"]


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    report = straight.load(PLAIN, written(tmp_path / "a.gpkg"), Options(dry_run=True))

    assert report
    assert report.inserted == 3
    assert stored() == []


BOW_TIE = Polygon([(123.6, -10.2), (123.7, -10.1), (123.6, -10.1), (123.7, -10.2)])
SWAPPED = shapely.transform(square(3), lambda points: points[:, ::-1])


@pytest.mark.parametrize(
    "columns",
    [
        {"geometry": [square(1), square(2), BOW_TIE]},
        {"geometry": [square(1), square(2), SWAPPED]},
        {"geometry": [square(1), square(2), None]},
        {"geometry": [square(1), square(2), square(3).centroid]},
        {"geometry": [square(1), square(2), shapely.force_3d(square(3), 7)]},
        {"code": [CODES[0], CODES[0], CODES[2]]},
        {"code": [CODES[0], f" {CODES[0]}", CODES[2]]},
        {"code": [CODES[0], "-", CODES[2]]},
        {"code": [CODES[0], "nobody's", CODES[2]]},
        {"code": [1.0, 2.0, 3.0]},
        {"name": ["Oesapa", None, "Fatululi"]},
        {"name": ["Oesapa", "x" * 101, "Fatululi"]},
        {"name": [1, 2, 3]},
    ],
)
def test_a_file_with_any_fault_is_left_to_the_careful_way(
    tmp_path: Path, columns: dict[str, Any]
) -> None:
    path = written(tmp_path / "a.gpkg", **columns)

    assert straight.load(PLAIN, path, Options()) is None
    assert stored() == []


def test_a_layer_that_holds_rows_is_left_to_the_careful_way(tmp_path: Path) -> None:
    path = written(tmp_path / "a.gpkg")
    assert straight.load(PLAIN, path, Options())

    assert straight.load(PLAIN, path, Options()) is None
    assert len(stored()) == 3


def test_what_is_no_vector_file_is_left_to_the_careful_way(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    path.write_bytes(b"SQLite format 3\x00" + bytes(200))

    assert straight.load(PLAIN, path, Options()) is None


def test_the_command_goes_either_way_to_the_same_end(tmp_path: Path) -> None:
    with registered(PLAIN):
        call_command("load_layer", "plain", str(written(tmp_path / "a.gpkg")))
        once = stored()
        call_command("load_layer", "plain", str(written(tmp_path / "b.gpkg")))

    assert len(once) == 3
    assert stored() == once


def test_every_kind_of_column_is_copied_to_the_bit() -> None:
    """Against what PostgreSQL reads of the same values as text."""
    fields = [FloatField(), BigIntegerField(), TextField(), PointField()]
    columns = [
        pa.array([1.5, None, -1e300]),
        pa.array([2**62, -1, None]),
        pa.array(["", None, "Nēmo 漢"]),
        pa.array(shapely.to_wkb(shapely.points(np.array([[1, 2], [3, 4], [5, 6]])))),
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE t (f float8, i bigint, w text, g geometry(Point, 4326)) "
            "ON COMMIT DROP"
        )
        with cursor.copy("COPY t FROM STDIN (FORMAT binary)") as out:
            out.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            out.write(arrow.copied(columns, fields))
            out.write(b"\xff\xff")
        cursor.execute("SELECT f, i, w, ST_AsEWKT(g) FROM t ORDER BY ST_X(g)")
        assert cursor.fetchall() == [
            (1.5, 2**62, "", "SRID=4326;POINT(1 2)"),
            (None, -1, None, "SRID=4326;POINT(3 4)"),
            (-1e300, None, "Nēmo 漢", "SRID=4326;POINT(5 6)"),
        ]
