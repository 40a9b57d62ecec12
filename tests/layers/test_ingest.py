"""`load_layer`: what becomes of the rows of a file, and what is said of them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from django.core.management import CommandError, call_command
from pyproj import Geod, Transformer
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from layers.base import Layer
from layers.catalog.boundaries import KECAMATAN, KELURAHAN, Area
from layers.catalog.zoning.overlays import PLAN_OVERLAYS, OverlayPart
from layers.catalog.zoning.plans import ZONES, Plan, SubZone, Vocabulary, Zone
from layers.functions import GeodesicArea
from layers.ingest import vector_file
from layers.ingest.load import LoadError, Options, load
from layers.ingest.report import Report
from layers.provenance import Load, demo_layer_ids
from layers.registry import LAYERS
from tests import factories

pytestmark = pytest.mark.django_db

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
with_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real boundaries are not here")

# Two neighbours and a third, in metres of UTM 51 S, in the middle of the city.
EAST, NORTH = 564_000.0, 8_874_000.0
WEST_SIDE = box(EAST, NORTH, EAST + 1000, NORTH + 1000)
EAST_SIDE = box(EAST + 1000, NORTH, EAST + 2000, NORTH + 1000)
NORTH_SIDE = box(EAST, NORTH + 1000, EAST + 2000, NORTH + 2000)
BOW_TIE = Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)])
CODES = ["53.71.06.1008", "53.71.06.1007", "53.71.06.1009"]
NAMES = ["Fatubesi", "Oeba", "Pasir Panjang"]


def shifted(shape: BaseGeometry) -> BaseGeometry:
    return gpd.GeoSeries([shape]).translate(EAST, NORTH).iloc[0]


def table(*shapes: BaseGeometry, crs: int = 32751, **columns: list[Any]) -> gpd.GeoDataFrame:
    """Rows of shapes drawn in metres, with the usual codes and names where none are given."""
    count = len(shapes)
    columns = columns or {"kode": CODES[:count], "nama": NAMES[:count]}
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(list(shapes), crs=32751).to_crs(crs))


def geojson(folder: Path, *shapes: BaseGeometry, **columns: list[Any]) -> Path:
    path = folder / "batas.geojson"
    table(*shapes, crs=4326, **columns).to_file(path)
    return path


def zipped_shapefile(folder: Path, rows: gpd.GeoDataFrame, *, prj: bool = True) -> Path:
    made = folder / "parts"
    made.mkdir(exist_ok=True)
    rows.to_file(made / "BATAS_DESA.shp")
    path = folder / "batas.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in made.iterdir():
            if prj or part.suffix != ".prj":
                archive.write(part, f"RBI 25K/{part.name}")
    return path


def loaded(layer: Layer, path: Path, **options: Any) -> Report:
    return load(layer, path, Options(**options), lambda stage, done, total: None)


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.inserted, report.updated, report.unchanged, len(report.refused)


def refusals(report: Report) -> dict[int, str]:
    return {one.row: " ".join(one.reasons.values()) for one in report.refused}


def codes() -> list[str]:
    return list(Area.objects.values_list("code", flat=True))


def command(*arguments: Any) -> str:
    out = StringIO()
    call_command("load_layer", *map(str, arguments), stdout=out)
    return out.getvalue()


class TestFormats:
    def test_a_zipped_shapefile_with_the_upper_case_names_of_rbi_is_understood(
        self, tmp_path: Path
    ) -> None:
        rows = table(
            WEST_SIDE,
            EAST_SIDE,
            NAMOBJ=["Tidak Ada", "Tidak Ada"],
            WADMKD=NAMES[:2],
            WADMKC=["Kota Lama", "Kota Lama"],
            KDEPUM=CODES[:2],
        )
        report = loaded(KELURAHAN, zipped_shapefile(tmp_path, rows))
        assert counts(report) == (2, 0, 0, 0)
        assert report.columns == {"code": "KDEPUM", "name": "WADMKD"}
        fatubesi = Area.objects.get(code="53.71.06.1008")
        assert (fatubesi.name, fatubesi.level, fatubesi.geom.geom_type) == (
            "Fatubesi",
            "kelurahan",
            "MultiPolygon",
        )

    @pytest.mark.parametrize(
        ("driver", "name"),
        [
            ("GPKG", "batas.gpkg"),
            ("KML", "batas.kml"),
            ("FlatGeobuf", "batas.fgb"),
            ("MapInfo File", "batas.tab"),
            ("GeoJSON", "batas.geojson"),
            ("ESRI Shapefile", "batas.shp"),
        ],
    )
    def test_each_format_gives_the_same_rows(self, tmp_path: Path, driver: str, name: str) -> None:
        table(WEST_SIDE, EAST_SIDE, crs=4326).to_file(tmp_path / name, driver=driver)
        report = loaded(KELURAHAN, tmp_path / name)
        assert counts(report) == (2, 0, 0, 0)
        assert sorted(codes()) == sorted(CODES[:2])

    @pytest.mark.parametrize("epsg", [32751, 3857, 23891, 4326])
    def test_any_crs_is_reprojected_to_less_than_a_centimetre(
        self, tmp_path: Path, epsg: int
    ) -> None:
        rows = table(WEST_SIDE, crs=epsg)
        rows.to_file(tmp_path / "batas.gpkg")
        loaded(KELURAHAN, tmp_path / "batas.gpkg")
        to_lonlat = Transformer.from_crs(epsg, 4326, always_xy=True)
        stored = Area.objects.get().geom[0][0].coords
        meant = [to_lonlat.transform(*xy) for xy in rows.geometry.iloc[0].exterior.coords]
        geod = Geod(ellps="WGS84")
        apart = [geod.inv(*was, *now)[2] for was, now in zip(meant, stored, strict=True)]
        assert max(apart) < 0.01

    def test_z_and_m_are_dropped(self, tmp_path: Path) -> None:
        path = tmp_path / "tinggi.geojson"
        table(Polygon([(*xy, 5.0) for xy in WEST_SIDE.exterior.coords]), crs=4326).to_file(path)
        loaded(KELURAHAN, path)
        assert not Area.objects.get().geom.hasz

    def test_one_of_several_layers_must_be_named(self, tmp_path: Path) -> None:
        path = tmp_path / "semua.gpkg"
        table(WEST_SIDE).to_file(path, layer="lama")
        table(EAST_SIDE).to_file(path, layer="baru", mode="a")
        with pytest.raises(LoadError, match="2 layers: say --from-layer with one of lama, baru"):
            loaded(KELURAHAN, path)
        assert counts(loaded(KELURAHAN, path, from_layer="baru")) == (1, 0, 0, 0)


class TestCrs:
    def test_a_file_that_does_not_say_its_crs_is_refused_until_it_is_told(
        self, tmp_path: Path
    ) -> None:
        path = zipped_shapefile(tmp_path, table(WEST_SIDE), prj=False)
        with pytest.raises(LoadError, match="say it with --crs, for example --crs EPSG:32751"):
            loaded(KELURAHAN, path)
        loaded(KELURAHAN, path, crs="EPSG:32751")
        assert Area.objects.get().geom.extent[0] == pytest.approx(123.5838, abs=1e-3)

    @pytest.mark.parametrize(
        "told", ["/etc/passwd", "+proj=longlat", "http://localhost/", "EPSG:1"]
    )
    def test_a_crs_is_told_by_code_only(self, tmp_path: Path, told: str) -> None:
        with pytest.raises(LoadError, match="write for example EPSG:32751"):
            loaded(KELURAHAN, geojson(tmp_path, WEST_SIDE), crs=told)

    def test_a_code_that_does_not_exist_is_told_so(self, tmp_path: Path) -> None:
        with pytest.raises(LoadError, match="does not know the coordinate system EPSG:99999"):
            loaded(KELURAHAN, geojson(tmp_path, WEST_SIDE), crs="EPSG:99999")


class TestRefusals:
    """A row that cannot be stored is named with its reason, and the rest is stored."""

    def test_each_bad_row_has_its_reason_and_the_good_one_is_stored(self, tmp_path: Path) -> None:
        path = tmp_path / "batas.geojson"
        ring = [[123.58, -10.16], [123.59, -10.16], [123.59, -10.15], [123.58, -10.16]]
        shape = {"type": "Polygon", "coordinates": [ring]}
        swapped = {"type": "Polygon", "coordinates": [[[y, x] for x, y in ring]]}
        africa = {"type": "Polygon", "coordinates": [[[x - 100, y] for x, y in ring]]}
        metres = {"type": "Polygon", "coordinates": [[[x * 4000, y * 8e5] for x, y in ring]]}
        flat = {"type": "Polygon", "coordinates": [[ring[0], ring[1], ring[1], ring[0]]]}
        line = {"type": "LineString", "coordinates": ring}
        empty = {"type": "Polygon", "coordinates": []}
        rows: list[tuple[Any, Any, Any]] = [
            ("53.71.06.1001", "Airmata", shape),
            ("53.71.06.1002", "Tanpa geometri", None),
            ("53.71.06.1003", "Kosong", empty),
            ("53.71.06.1004", "Garis", line),
            ("53.71.06.1005", "Tertukar", swapped),
            ("53.71.06.1006", "Afrika", africa),
            ("53.71.06.1007", "Meter", metres),
            ("53.71.06.1008", "Gepeng", flat),
            (None, "Tanpa kode", shape),
            ("53.71.06.1001", "Kembar", shape),
            ("5371041008", "Kode BPS", shape),
            ("53.71.06", "Kode kecamatan", shape),
            ("53.71.06.1009", "n" * 101, shape),
            ("53.71.06.1010", None, shape),
        ]
        features = [
            {"type": "Feature", "properties": {"kode": code, "nama": name}, "geometry": geometry}
            for code, name, geometry in rows
        ]
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        report = loaded(KELURAHAN, path)
        assert codes() == ["53.71.06.1001"]
        told = refusals(report)
        assert list(told) == list(range(2, 15))
        for row, part in {
            2: "tanpa geometri",
            3: "tanpa geometri",
            4: "Geometri LineString",
            5: "Lintang dan bujur tertukar",
            6: "Di luar Indonesia",
            7: "Di luar jangkauan bujur/lintang",
            8: "Geometri tanpa luas",
            9: "Kosong, padahal mengenali baris ini",
            10: "Sama dengan baris 1",
            11: "5371041008 bukan kode Kemendagri kelurahan, yang bertitik seperti 53.71.06.1008",
            12: "bukan kode Kemendagri kelurahan",
            13: "100",
            14: "Kosong, dan baris ini baru",
        }.items():
            assert part in told[row]

    def test_where_all_rows_are_refused_nothing_is_written(self, tmp_path: Path) -> None:
        path = geojson(tmp_path, WEST_SIDE, EAST_SIDE, kode=["x", "y"], nama=["A", "B"])
        with pytest.raises(CommandError, match=r"all 2 rows of .* are refused") as error:
            command("kelurahan", path, "--report", tmp_path / "report.json")
        assert "bukan kode Kemendagri" in str(error.value)
        assert not Area.objects.exists()
        assert not Load.objects.exists()
        assert json.loads((tmp_path / "report.json").read_text())["refused"]["count"] == 2

    def test_a_row_that_only_the_database_refuses_does_not_stop_the_rest(
        self, tmp_path: Path
    ) -> None:
        assert KELURAHAN.ingest
        unguarded = replace(KELURAHAN, ingest=replace(KELURAHAN.ingest, build=None))
        shapes = [box(EAST, NORTH + n, EAST + 100, NORTH + n + 1) for n in range(9)]
        numbered = [f"53.71.06.{1000 + n}" for n in range(9)]
        numbered[4] = "bukan-kode"
        report = loaded(unguarded, geojson(tmp_path, *shapes, kode=numbered, nama=["N"] * 9))
        assert counts(report) == (8, 0, 0, 1)
        assert "layers_area_code_is_kemendagri" in refusals(report)[5]

    def test_a_key_of_another_layer_in_the_same_table_is_left_alone(self, tmp_path: Path) -> None:
        loaded(KELURAHAN, geojson(tmp_path, WEST_SIDE))
        assert KECAMATAN.ingest
        unguarded = replace(KECAMATAN, ingest=replace(KECAMATAN.ingest, build=None))
        with pytest.raises(LoadError, match="Sudah dipakai oleh lapisan lain"):
            loaded(unguarded, geojson(tmp_path, EAST_SIDE))
        assert Area.objects.get().level == "kelurahan"


class TestRepair:
    def test_a_self_crossing_polygon_is_repaired_and_reported(self, tmp_path: Path) -> None:
        report = loaded(KELURAHAN, geojson(tmp_path, shifted(BOW_TIE)))
        (repaired,) = report.repaired
        assert (repaired.row, repaired.key) == (1, "53.71.06.1008")
        assert "Self-intersection" in repaired.repair.problem
        assert repaired.repair.area_before == pytest.approx(0, abs=1)
        assert repaired.repair.area_after == pytest.approx(500_000, rel=0.01)
        assert Area.objects.get().geom.valid

    def test_parts_that_overlap_are_joined_and_not_cut_out(self, tmp_path: Path) -> None:
        twice = MultiPolygon([WEST_SIDE, WEST_SIDE])
        report = loaded(KELURAHAN, geojson(tmp_path, twice))
        assert report.repaired[0].repair.area_after == pytest.approx(1_000_000, rel=0.01)


class TestAgain:
    """Loading a file again updates, and never doubles."""

    def test_the_same_file_changes_nothing(self, tmp_path: Path) -> None:
        table(WEST_SIDE, shifted(BOW_TIE)).to_file(tmp_path / "batas.gpkg")
        assert counts(loaded(KELURAHAN, tmp_path / "batas.gpkg")) == (2, 0, 0, 0)
        before = list(Area.objects.values())
        assert counts(loaded(KELURAHAN, tmp_path / "batas.gpkg")) == (0, 0, 2, 0)
        assert list(Area.objects.values()) == before

    def test_a_changed_file_updates_what_changed(self, tmp_path: Path) -> None:
        loaded(KELURAHAN, geojson(tmp_path, WEST_SIDE, EAST_SIDE, NORTH_SIDE))
        kept = {area.code: area.pk for area in Area.objects.all()}
        names = ["Fatubesi", "Oeba Baru", "Pasir Panjang"]
        moved = NORTH_SIDE.buffer(-10)
        path = geojson(tmp_path, WEST_SIDE, EAST_SIDE, moved, kode=CODES, nama=names)
        assert counts(loaded(KELURAHAN, path)) == (0, 2, 1, 0)
        assert {area.code: area.pk for area in Area.objects.all()} == kept
        assert Area.objects.get(code=CODES[1]).name == "Oeba Baru"

    def test_what_the_file_does_not_say_stays(self, tmp_path: Path) -> None:
        bps = ["5371041008", "5371041007"]
        path = geojson(tmp_path, WEST_SIDE, EAST_SIDE, kode=CODES[:2], nama=NAMES[:2], kode_bps=bps)
        loaded(KELURAHAN, path)
        loaded(KELURAHAN, geojson(tmp_path, WEST_SIDE.buffer(-5), EAST_SIDE))
        empty = ["Tidak Ada", "-"]
        loaded(KELURAHAN, geojson(tmp_path, WEST_SIDE, EAST_SIDE, kode=CODES[:2], kode_bps=empty))
        stored = Area.objects.order_by("-code").values_list("name", "bps_code")
        assert list(stored) == [("Fatubesi", bps[0]), ("Oeba", bps[1])]

    def test_rows_that_left_the_file_stay_unless_it_is_said_to_be_complete(
        self, tmp_path: Path
    ) -> None:
        loaded(KELURAHAN, geojson(tmp_path, WEST_SIDE, EAST_SIDE, NORTH_SIDE))
        fewer = geojson(tmp_path, WEST_SIDE, EAST_SIDE)
        assert loaded(KELURAHAN, fewer).kept == 1
        report = loaded(KELURAHAN, fewer, complete=True)
        assert (report.removed, report.kept) == (1, 0)
        assert sorted(codes()) == sorted(CODES[:2])

    def test_nothing_is_removed_while_a_row_is_refused(self, tmp_path: Path) -> None:
        loaded(KELURAHAN, geojson(tmp_path, WEST_SIDE, EAST_SIDE))
        path = geojson(tmp_path, WEST_SIDE, EAST_SIDE, kode=[CODES[0], "x"], nama=["A", "B"])
        report = loaded(KELURAHAN, path, complete=True)
        assert (report.removed, report.kept, len(report.refused)) == (0, 1, 1)

    def test_a_row_that_others_need_is_not_removed(self, tmp_path: Path) -> None:
        loaded(KELURAHAN, geojson(tmp_path, WEST_SIDE, EAST_SIDE))
        oeba = Area.objects.get(code=CODES[1])
        factories.puskesmas(oeba, "Oeba")
        with pytest.raises(LoadError, match=r"records of layers\.ServedArea need rows"):
            loaded(KELURAHAN, geojson(tmp_path, WEST_SIDE), complete=True)
        assert Area.objects.count() == 2


class TestCoverage:
    def test_a_tiling_without_flaw_has_none(self, tmp_path: Path) -> None:
        report = loaded(KELURAHAN, geojson(tmp_path, WEST_SIDE, EAST_SIDE, NORTH_SIDE))
        assert report.coverage
        assert (report.coverage.gaps.places, report.coverage.overlaps.places) == ([], [])

    def test_gaps_and_overlaps_are_counted_measured_and_placed(self, tmp_path: Path) -> None:
        holed = WEST_SIDE.difference(box(EAST + 400, NORTH + 400, EAST + 410, NORTH + 420))
        wider = box(EAST + 990, NORTH, EAST + 2000, NORTH + 1000)
        report = loaded(KELURAHAN, geojson(tmp_path, holed, wider))
        assert report.coverage
        (gap,) = report.coverage.gaps.places
        (overlap,) = report.coverage.overlaps.places
        assert gap.area_m2 == pytest.approx(200, rel=0.001)
        assert overlap.area_m2 == pytest.approx(10_000, rel=0.001)
        assert set(overlap.between) == set(CODES[:2])
        to_metres = Transformer.from_crs(4326, 32751, always_xy=True)
        assert to_metres.transform(gap.lon, gap.lat) == pytest.approx(
            (EAST + 405, NORTH + 410), abs=5
        )

    def test_one_inside_another_and_one_twice_are_overlaps(self, tmp_path: Path) -> None:
        inside = box(EAST + 100, NORTH + 100, EAST + 200, NORTH + 200)
        report = loaded(KELURAHAN, geojson(tmp_path, WEST_SIDE, inside, WEST_SIDE))
        assert report.coverage
        assert [round(one.area_m2, -3) for one in report.coverage.overlaps.places] == [
            1_000_000,
            10_000,
            10_000,
        ]


class TestColumns:
    def test_a_missing_column_is_told_with_those_there_are_and_how_to_name_one(
        self, tmp_path: Path
    ) -> None:
        path = geojson(tmp_path, WEST_SIDE, KD_WIL=CODES[:1], LABEL=NAMES[:1])
        with pytest.raises(CommandError) as error:
            command("kelurahan", path)
        assert str(error.value) == (
            "batas.geojson has no column for code; its columns are KD_WIL, LABEL: "
            "say which one it is with --field code=COLUMN."
        )
        command("kelurahan", path, "--field", "code=kd_wil", "--field", "name=LABEL")
        assert Area.objects.get().name == "Fatubesi"

    def test_a_column_or_field_that_does_not_exist_is_told(self, tmp_path: Path) -> None:
        path = geojson(tmp_path, WEST_SIDE)
        with pytest.raises(LoadError, match="has no column KDEPUM; its columns are kode, nama"):
            loaded(KELURAHAN, path, columns={"code": "KDEPUM"})
        with pytest.raises(LoadError, match="has no field kode; it has code, name, bps_code"):
            loaded(KELURAHAN, path, columns={"kode": "kode"})


class TestZones:
    """RDTR files as they are really delivered."""

    @pytest.fixture(autouse=True)
    def draft(self) -> Plan:
        """A draft beside the plan in force."""
        self.plan("RDTR-2011", status="active")
        return self.plan("RDTR-2026")

    def plan(self, code: str, **more: Any) -> Plan:
        words, _ = Vocabulary.objects.get_or_create(code="2021", defaults={"name": "2021"})
        valid_from = date(2011, 1, 1)
        return Plan.objects.create(
            code=code, title=code, vocabulary=words, valid_from=valid_from, **more
        )

    def rdtr(self, folder: Path, *shapes: BaseGeometry, **columns: list[Any]) -> Path:
        count = len(shapes)
        usual = {
            "NAMOBJ": ["Tidak Ada"] * count,
            "NAMZON": ["Zona Perumahan", "Zona Perlindungan Setempat", "31010000"][:count],
            "KODZON": ["R", "PS", "Tidak Ada"][:count],
            "NAMSZN": ["Perumahan Kepadatan Tinggi", "Tidak Ada", "Tidak Ada"][:count],
            "KODSZN": ["R-2", "Tidak Ada", "31010000"][:count],
        }
        return zipped_shapefile(folder, table(*shapes, **(usual | columns)))

    def test_tidak_ada_and_coded_values_are_no_names(self, tmp_path: Path) -> None:
        path = self.rdtr(tmp_path, WEST_SIDE, EAST_SIDE, NORTH_SIDE)
        report = loaded(ZONES, path, constants={"plan": "RDTR-2026"})
        assert counts(report) == (2, 0, 0, 1)
        assert "tidak berisi kode zona" in refusals(report)[3]
        assert list(SubZone.objects.values_list("code", "name", "zone_code", "zone_name")) == [
            ("PS", "PS", "PS", "Zona Perlindungan Setempat"),
            ("R-2", "Perumahan Kepadatan Tinggi", "R", "Zona Perumahan"),
        ]

    def test_without_a_block_number_the_content_names_the_row(self, tmp_path: Path) -> None:
        loaded(ZONES, self.rdtr(tmp_path, WEST_SIDE, EAST_SIDE))
        turned = Polygon([*WEST_SIDE.exterior.coords[2:], *WEST_SIDE.exterior.coords[1:3]])
        again = loaded(ZONES, self.rdtr(tmp_path, EAST_SIDE, turned, KODSZN=["PS", "R-2"]))
        assert again.inserted == 0
        assert Zone.objects.count() == 2

    def test_a_block_number_that_came_as_decimal_is_a_whole_one(self, tmp_path: Path) -> None:
        loaded(ZONES, self.rdtr(tmp_path, WEST_SIDE, EAST_SIDE, OBJECTID=[1.0, 2.0]))
        assert sorted(Zone.objects.values_list("block", flat=True)) == ["1", "2"]

    def test_a_column_can_be_left_out(self, tmp_path: Path) -> None:
        path = self.rdtr(tmp_path, WEST_SIDE, EAST_SIDE, OBJECTID=[0, 0])
        assert len(loaded(ZONES, path).refused) == 1
        command("zones", path, "--field", "block=")
        assert Zone.objects.filter(block__startswith="isi-").count() == 2

    def test_a_plan_that_does_not_exist_refuses_every_row(self, tmp_path: Path) -> None:
        with pytest.raises(LoadError, match="Tidak ada rencana tata ruang RDTR-2044"):
            loaded(ZONES, self.rdtr(tmp_path, WEST_SIDE), constants={"plan": "RDTR-2044"})
        assert not SubZone.objects.exists()

    def test_a_plan_in_force_takes_no_zones(self, tmp_path: Path) -> None:
        with pytest.raises(LoadError, match="sudah berlaku dan tidak berubah lagi: buat versi"):
            loaded(ZONES, self.rdtr(tmp_path, WEST_SIDE), constants={"plan": "RDTR-2011"})
        assert not Zone.objects.exists()

    def test_without_a_name_the_only_draft_is_meant(self, tmp_path: Path, draft: Plan) -> None:
        path = self.rdtr(tmp_path, WEST_SIDE)
        loaded(ZONES, path)
        assert Zone.objects.get().plan == draft
        self.plan("RDTR-2030")
        with pytest.raises(LoadError, match="beberapa rancangan; sebutkan rancangannya: RDTR-20"):
            loaded(ZONES, path)
        Plan.objects.filter(status="draft").delete()
        with pytest.raises(LoadError, match="Buat dahulu rancangannya"):
            loaded(ZONES, path)

    def test_one_code_in_two_vocabularies_is_two_sub_zones(
        self, tmp_path: Path, draft: Plan
    ) -> None:
        older = Vocabulary.objects.create(code="2011", name="2011")
        SubZone.objects.create(vocabulary=older, code="R-2", name="Perumahan lama", zone_code="R")
        loaded(ZONES, self.rdtr(tmp_path, WEST_SIDE))
        assert Zone.objects.get().sub_zone.vocabulary == draft.vocabulary
        assert SubZone.objects.filter(code="R-2").count() == 2

    def test_a_complete_file_replaces_the_zones_of_its_plan_only(self, tmp_path: Path) -> None:
        self.plan("RDTR-2030")
        for code in ("RDTR-2026", "RDTR-2030"):
            loaded(ZONES, self.rdtr(tmp_path, WEST_SIDE, EAST_SIDE), constants={"plan": code})
        path = self.rdtr(tmp_path, WEST_SIDE)
        report = loaded(ZONES, path, constants={"plan": "RDTR-2030"}, complete=True)
        assert (report.unchanged, report.removed, report.kept) == (1, 1, 2)
        assert Zone.objects.filter(plan__code="RDTR-2026").count() == 2

    @pytest.mark.parametrize("written", [str.upper, str.lower])
    def test_overlay_columns_become_areas_dissolved_by_class(
        self, tmp_path: Path, draft: Plan, written: Any
    ) -> None:
        columns: dict[str, list[Any]] = {
            written("KRB_03"): ["Banjir Tinggi", "Banjir Tinggi", "Tidak Ada"],
            written("TEB_05"): ["Tidak Ada"] * 3,
            written("KKOP_1"): ["Horizontal Dalam", "Kerucut", "Tidak Ada"],
            written("KDB"): [60.0, 40.0, 0.0],
        }
        shapes = (WEST_SIDE, EAST_SIDE, NORTH_SIDE)
        loaded(ZONES, self.rdtr(tmp_path, *shapes, KODSZN=["R-2", "PS", "K-1"], **columns))
        assert areas_of(draft) == {
            ("KRB", "Banjir Tinggi"): pytest.approx(2e6, rel=1e-3),
            ("KKOP", "Horizontal Dalam"): pytest.approx(1e6, rel=1e-3),
            ("KKOP", "Kerucut"): pytest.approx(1e6, rel=1e-3),
        }
        mapped = set(draft.mapped_kinds.values_list("kind__code", flat=True))
        assert mapped == {"KRB", "TEB", "KKOP"}, "TEB does not apply; KRB does; LP2B: not checked"
        assert all(part.plan == draft for part in OverlayPart.objects.select_related("plan"))

    def test_a_changed_class_changes_the_areas_and_a_lost_column_takes_them_away(
        self, tmp_path: Path, draft: Plan
    ) -> None:
        both, ids = (WEST_SIDE, EAST_SIDE), [1, 2]
        first = self.rdtr(tmp_path, *both, OBJECTID=ids, LP2B_2=["LP2B", "Tidak Ada"])
        loaded(ZONES, first)
        again = self.rdtr(tmp_path, *both, OBJECTID=ids, LP2B_2=["Tidak Ada", "KP2B"])
        assert counts(loaded(ZONES, again)) == (0, 2, 0, 0)
        assert set(areas_of(draft)) == {("LP2B", "KP2B")}
        other = self.rdtr(tmp_path, *both, OBJECTID=ids, CAGBUD=["Tidak Ada", "Tidak Ada"])
        loaded(ZONES, other)
        assert areas_of(draft) == {}
        assert [one.kind.code for one in draft.mapped_kinds.all()] == ["CAGBUD"]


class TestOverlays:
    """Provisions in files of their own."""

    @pytest.fixture(autouse=True)
    def draft(self) -> Plan:
        return Plan.objects.create(code="RDTR-2026", title="RDTR", valid_from=date(2026, 1, 1))

    def test_a_file_of_one_kind_is_loaded_and_loaded_again(
        self, tmp_path: Path, draft: Plan
    ) -> None:
        path = geojson(tmp_path, WEST_SIDE, EAST_SIDE, KRB_03=["Longsor Tinggi", "Longsor Sedang"])
        told = {"plan": "RDTR-2026", "kind": "krb", "source": "Peta BPBD 2025"}
        assert counts(loaded(PLAN_OVERLAYS, path, constants=told)) == (2, 0, 0, 0)
        assert counts(loaded(PLAN_OVERLAYS, path, constants=told)) == (0, 0, 2, 0)
        assert set(areas_of(draft)) == {("KRB", "Longsor Tinggi"), ("KRB", "Longsor Sedang")}
        assert draft.mapped_kinds.get().source == "Peta BPBD 2025"

    def test_its_own_file_counts_more_than_a_column_of_the_zones(
        self, tmp_path: Path, draft: Plan
    ) -> None:
        zones = geojson(tmp_path, WEST_SIDE, EAST_SIDE, KODSZN=["R-2", "K-1"], KRB_03=["A", "B"])
        loaded(ZONES, zones)
        assert set(areas_of(draft)) == {("KRB", "A"), ("KRB", "B")}
        own = geojson(tmp_path, NORTH_SIDE, kelas=["Banjir"])
        loaded(PLAN_OVERLAYS, own, constants={"kind": "KRB"})
        assert set(areas_of(draft)) == {("KRB", "Banjir")}
        loaded(
            ZONES, geojson(tmp_path, WEST_SIDE, EAST_SIDE, KODSZN=["R-3", "K-1"], KRB_03=["A", "B"])
        )
        assert set(areas_of(draft)) == {("KRB", "Banjir")}

    @pytest.mark.parametrize(
        ("told", "why"),
        [
            ({"kind": "JALAN"}, "Tidak ada jenis ketentuan khusus «JALAN»; yang ada: KKOP, LP2B"),
            ({"kind": "KRB", "plan": "RDTR-2044"}, "Tidak ada rencana tata ruang RDTR-2044"),
        ],
    )
    def test_an_unknown_kind_or_plan_is_told(
        self, tmp_path: Path, told: dict[str, str], why: str
    ) -> None:
        path = geojson(tmp_path, WEST_SIDE, kelas=["Tinggi"])
        with pytest.raises(LoadError, match=why):
            loaded(PLAN_OVERLAYS, path, constants=told)

    def test_a_complete_file_replaces_what_there_is_of_its_kind(
        self, tmp_path: Path, draft: Plan
    ) -> None:
        for kind in ("KRB", "CAGBUD"):
            path = geojson(tmp_path, WEST_SIDE, EAST_SIDE, kelas=["Satu", "Dua"])
            loaded(PLAN_OVERLAYS, path, constants={"kind": kind})
        path = geojson(tmp_path, WEST_SIDE, kelas=["Satu"])
        loaded(PLAN_OVERLAYS, path, constants={"kind": "KRB"}, complete=True)
        assert set(areas_of(draft)) == {("KRB", "Satu"), ("CAGBUD", "Satu"), ("CAGBUD", "Dua")}
        assert OverlayPart.objects.count() == 3

    def test_a_row_that_names_no_class_covers_nothing(self, tmp_path: Path, draft: Plan) -> None:
        path = geojson(tmp_path, WEST_SIDE, EAST_SIDE, LP2B_2=["LP2B", "Tidak Ada"])
        report = loaded(PLAN_OVERLAYS, path, constants={"kind": "LP2B"})
        assert "Kelasnya kosong" in refusals(report)[2]
        assert areas_of(draft) == {("LP2B", "LP2B"): pytest.approx(1e6, rel=1e-3)}


def areas_of(plan: Plan) -> dict[tuple[str, str], float]:
    """Square metres by kind and class."""
    rows = plan.overlay_areas.annotate(m2=GeodesicArea("geom"))
    return {(kind, value): m2 for kind, value, m2 in rows.values_list("kind__code", "value", "m2")}


class TestAfterwards:
    def test_the_load_is_recorded_and_the_banner_goes(self, tmp_path: Path) -> None:
        Load.objects.create(layer_id="kelurahan", source="demo", is_demo=True)
        report = loaded(KELURAHAN, geojson(tmp_path, WEST_SIDE))
        newest = Load.objects.latest("pk")
        assert (newest.source, newest.sha256) == ("batas.geojson", report.sha256)
        assert newest.report["inserted"] == 1
        assert demo_layer_ids() == set()

    def test_the_banner_stays_while_invented_rows_are_left(self, tmp_path: Path) -> None:
        loaded(KELURAHAN, geojson(tmp_path, WEST_SIDE, EAST_SIDE))
        Load.objects.create(layer_id="kelurahan", source="demo", is_demo=True)
        path = geojson(tmp_path, WEST_SIDE)
        assert "the banner stays" in command("kelurahan", path)
        assert demo_layer_ids() == {"kelurahan"}
        command("kelurahan", path, "--all-real")
        assert demo_layer_ids() == set()

    def test_areas_find_their_parent_and_reports_their_kelurahan(self, tmp_path: Path) -> None:
        loaded(KELURAHAN, geojson(tmp_path, WEST_SIDE, EAST_SIDE))
        report = factories.trash_report(Area.objects.get(code=CODES[0]))
        loaded(KELURAHAN, geojson(tmp_path, EAST_SIDE, WEST_SIDE))
        report.refresh_from_db()
        assert report.kelurahan.code == CODES[1]
        path = geojson(tmp_path, WEST_SIDE, kode=["53.71.06"], nama=["Kota Lama"])
        loaded(KECAMATAN, path)
        assert Area.objects.get(code=CODES[0]).parent == Area.objects.get(code="53.71.06")

    def test_a_dry_run_tells_all_and_writes_nothing(self, tmp_path: Path) -> None:
        told = command("kelurahan", geojson(tmp_path, WEST_SIDE), "--dry-run")
        assert "inserted 1" in told
        assert "dry run" in told
        assert not Area.objects.exists()
        assert not Load.objects.exists()

    def test_the_report_goes_to_a_file_too(self, tmp_path: Path) -> None:
        path = geojson(tmp_path, WEST_SIDE, shifted(BOW_TIE))
        command("kelurahan", path, "--report", tmp_path / "report.json")
        report = json.loads((tmp_path / "report.json").read_text())
        assert (report["inserted"], report["repaired"]["count"]) == (2, 1)
        assert report["coverage"]["overlaps"]["count"] == 1


class Canary(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """An address, and what was asked of it."""
    asked: list[str] = []
    handler = type("Asked", (Canary,), {"asked": asked})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()


class TestHostileFiles:
    """A file may say anything; the portal reads that file and nothing else."""

    def test_the_process_that_reads_has_no_other_driver_than_the_allowed(self) -> None:
        script = "import pyogrio; print(*pyogrio.list_drivers(), sep='\\n')"
        told = subprocess.run(
            [sys.executable, "-I", "-c", script],
            env=vector_file.environment(),
            capture_output=True,
            check=True,
            text=True,
        )
        assert set(told.stdout.split("\n")) - {""} == vector_file.DRIVERS

    def test_a_vrt_that_calls_itself_geojson_is_not_read(self, tmp_path: Path) -> None:
        secret = geojson(tmp_path, WEST_SIDE)
        path = tmp_path / "kelurahan.geojson"
        path.write_text(
            "<OGRVRTDataSource><OGRVRTLayer name='batas'>"
            f"<SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
        )
        with pytest.raises(LoadError, match="not a vector file that the portal reads"):
            loaded(KELURAHAN, path)
        with zipfile.ZipFile(tmp_path / "batas.zip", "w") as archive:
            archive.write(path, "kelurahan.geojson")
        with pytest.raises(LoadError, match="not a vector file that the portal reads"):
            loaded(KELURAHAN, tmp_path / "batas.zip")

    @pytest.mark.parametrize(
        "crs",
        [
            {"type": "link", "properties": {"href": "ADDRESS", "type": "ogcwkt"}},
            {"type": "url", "properties": {"url": "ADDRESS"}},
            {"type": "name", "properties": {"name": "ADDRESS"}},
        ],
    )
    def test_the_crs_of_a_geojson_fetches_nothing(
        self, tmp_path: Path, crs: dict[str, Any], canary: tuple[str, list[str]]
    ) -> None:
        address, asked = canary
        path = geojson(tmp_path, WEST_SIDE)
        told = json.loads(path.read_text()) | {"crs": crs}
        path.write_text(json.dumps(told).replace("ADDRESS", address))
        loaded(KELURAHAN, path)
        assert asked == []

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "<html>",
            '{"type": "FeatureCollection", "features": [',
            '{"type": "FeatureCollection", "features": []}',
            '{"type": "FeatureCollection", "features": [' + "[" * 100_000,
        ],
    )
    def test_a_file_without_rows_ends_in_one_sentence(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "rusak.geojson"
        path.write_text(content)
        with pytest.raises(CommandError, match=r"^rusak\.geojson [^\n]+\.$"):
            command("kelurahan", path)

    def test_a_zip_that_unpacks_to_something_enormous_is_not_opened(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = zipped_shapefile(tmp_path, table(WEST_SIDE))
        monkeypatch.setattr(vector_file, "LIMITS", replace(vector_file.LIMITS, zip_bytes=100))
        with pytest.raises(LoadError, match="unpacks to more than"):
            loaded(KELURAHAN, path)

    @pytest.mark.parametrize("content", [b"PK\x05\x06" + b"\0" * 18, b"PK\x03\x04rusak"])
    def test_an_empty_or_damaged_zip_ends_in_one_sentence(
        self, tmp_path: Path, content: bytes
    ) -> None:
        path = tmp_path / "rusak.zip"
        path.write_bytes(content)
        with pytest.raises(CommandError, match=r"^rusak\.zip [^\n]+\.$"):
            command("kelurahan", path)


class TestTheCommand:
    def test_unknown_layers_files_and_layers_without_ingest_are_told(self, tmp_path: Path) -> None:
        taking = ", ".join(layer.id for layer in LAYERS.values() if layer.ingest)
        with pytest.raises(CommandError, match=f"'taman' does not exist; .*: {taking}"):
            command("taman", tmp_path / "x.geojson")
        with pytest.raises(CommandError, match="'trash-reports' takes no files"):
            command("trash-reports", tmp_path / "x.geojson")
        with pytest.raises(CommandError, match="There is no file"):
            command("kelurahan", tmp_path / "x.geojson")
        with pytest.raises(CommandError, match="--set plan: write NAME=VALUE"):
            command("zones", tmp_path / "x.geojson", "--set", "plan")

    def test_progress_counts_every_stage_to_its_end(self, tmp_path: Path) -> None:
        seen: dict[str, tuple[int, int]] = {}

        def progress(stage: str, done: int, total: int) -> None:
            seen[stage] = (done, total)

        load(KELURAHAN, geojson(tmp_path, WEST_SIDE, EAST_SIDE), Options(), progress)
        assert seen == dict.fromkeys(("reading", "checking", "inserting"), (2, 2))


@with_data
class TestRealBoundaries:
    def test_the_published_kelurahan_have_170_gaps_and_the_cleaned_ones_none(self) -> None:
        published = loaded(KELURAHAN, DATA / "kota_kupang_kelurahan_as_published.geojson")
        assert counts(published) == (51, 0, 0, 0)
        assert published.coverage
        assert len(published.coverage.gaps.places) == 170
        assert published.coverage.overlaps.area_m2 == pytest.approx(41_000, rel=0.01)
        cleaned = loaded(KELURAHAN, DATA / "kota_kupang_kelurahan.geojson")
        assert counts(cleaned) == (0, 51, 0, 0)
        assert cleaned.coverage
        assert (cleaned.coverage.gaps.places, cleaned.coverage.overlaps.places) == ([], [])
        assert counts(loaded(KECAMATAN, DATA / "kota_kupang_kecamatan.geojson")) == (6, 0, 0, 0)
        assert Area.objects.filter(level="kelurahan", parent__isnull=True).count() == 0

    def test_the_kelurahan_of_a_province_load_once(self) -> None:
        assert KELURAHAN.ingest
        quick = replace(KELURAHAN, ingest=replace(KELURAHAN.ingest, coverage=False))
        path = DATA / "ntt_kelurahan_desa.geojson"
        assert counts(loaded(quick, path)) == (3352, 0, 0, 0)
        assert counts(loaded(quick, path)) == (0, 0, 3352, 0)

    def test_a_file_of_another_level_is_refused(self) -> None:
        with pytest.raises(LoadError, match="bukan kode Kemendagri kecamatan"):
            loaded(KECAMATAN, DATA / "kota_kupang_kelurahan.geojson")
