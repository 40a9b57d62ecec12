"""A surveyor's file becomes an outline, or a sentence that says what to send instead."""

from __future__ import annotations

import json
import os
import socket
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from pyproj import Transformer
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from layers.base import Refused
from layers.outline import files
from layers.outline.files import read_file
from layers.outline.parcel import MOST_BYTES, Outline

# Metres of UTM 51 S, in the middle of the city.
EAST, NORTH = 564_000.0, 8_874_000.0
PARCEL = box(EAST, NORTH, EAST + 40, NORTH + 30)
OTHER = box(EAST + 100, NORTH, EAST + 140, NORTH + 30)
TO_DEGREES = Transformer.from_crs(32751, 4326, always_xy=True)


def rows(*shapes: BaseGeometry, crs: int = 4326) -> gpd.GeoDataFrame:
    drawn = gpd.GeoSeries(list(shapes), crs=32751).to_crs(crs)
    return gpd.GeoDataFrame({"Name": [f"Bidang {n}" for n in range(len(shapes))]}, geometry=drawn)


def made(folder: Path, ending: str, *shapes: BaseGeometry, **options: Any) -> Path:
    path = folder / f"bidang{ending}"
    if ending == ".zip":
        return zipped(folder, *shapes, **options)
    if ending == ".kmz":
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(made(folder, ".kml", *shapes), "doc.kml")
    elif ending == ".dxf":
        gpd.GeoDataFrame(geometry=list(shapes), crs=32751).to_file(path, driver="DXF")
    else:
        table = rows(*shapes, **options)
        table.to_file(path, driver={".geojson": "GeoJSON", ".kml": "KML", ".gpkg": "GPKG"}[ending])
    return path


def zipped(
    folder: Path, *shapes: BaseGeometry, without: tuple[str, ...] = (), crs: int = 32751
) -> Path:
    parts = folder / "parts"
    parts.mkdir(exist_ok=True)
    rows(*shapes, crs=crs).to_file(parts / "bidang.shp")
    path = folder / "bidang.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted(parts.iterdir()):
            if part.suffix not in without:
                archive.write(part, f"data/{part.name}")
    return path


def is_parcel(outline: Outline, *expected: Polygon) -> bool:
    drawn = gpd.GeoSeries([outline.shape], crs=4326).to_crs(32751).iloc[0]
    return bool(drawn.symmetric_difference(MultiPolygon(list(expected))).area < 0.01)


def sentence(path: Path, **options: Any) -> str:
    with pytest.raises(Refused) as refused:
        read_file(path, **options)
    assert list(refused.value.reasons) == ["parcel"]
    told = refused.value.reasons["parcel"]
    assert told.endswith(".")
    assert str(path.parent) not in told
    return told


class TestFormats:
    @pytest.mark.parametrize("ending", [".geojson", ".kml", ".kmz", ".gpkg", ".zip"])
    def test_each_says_its_own_system(self, tmp_path: Path, ending: str) -> None:
        outline = read_file(made(tmp_path, ending, PARCEL, OTHER))
        assert is_parcel(outline, PARCEL, OTHER)
        assert (outline.vertices, outline.notation) == (8, ending[1:])
        assert outline.crs == ("EPSG:32751" if ending == ".zip" else "EPSG:4326")
        assert len(outline.sha256) == 64

    @pytest.mark.parametrize("crs", [32751, 23840, 4326])
    def test_a_shapefile_may_be_in_any_system(self, tmp_path: Path, crs: int) -> None:
        outline = read_file(made(tmp_path, ".zip", PARCEL, crs=crs))
        assert is_parcel(outline, PARCEL)
        assert outline.crs == f"EPSG:{crs}"

    def test_a_dxf_is_in_the_system_that_is_told(self, tmp_path: Path) -> None:
        path = made(tmp_path, ".dxf", LineString(PARCEL.exterior), LineString(OTHER.exterior))
        assert is_parcel(read_file(path, crs="EPSG:32751"), PARCEL, OTHER)
        assert "tidak menyebut sistem koordinatnya" in sentence(path)
        assert "di luar wilayah" in sentence(path, crs="EPSG:23840")

    def test_what_is_told_goes_before_the_file_and_is_said(self, tmp_path: Path) -> None:
        outline = read_file(made(tmp_path, ".zip", PARCEL, crs=32751), crs="EPSG:32750")
        assert outline.crs == "EPSG:32750"
        assert "Berkas menyebut UTM zona 51S" in outline.notes[0]

    def test_a_shapefile_without_prj_needs_a_system(self, tmp_path: Path) -> None:
        path = zipped(tmp_path, PARCEL, without=(".prj",))
        assert "tidak menyebut sistem koordinatnya" in sentence(path)
        assert is_parcel(read_file(path, crs="EPSG:32751"), PARCEL)

    def test_one_layer_of_several_must_be_chosen(self, tmp_path: Path) -> None:
        path = tmp_path / "dua.gpkg"
        rows(PARCEL).to_file(path, layer="bidang", driver="GPKG")
        rows(OTHER).to_file(path, layer="rumah", driver="GPKG")
        assert "berisi 2 lapis; pilih salah satu: «bidang», «rumah»" in sentence(path)
        assert "tidak berisi lapis «jalan»" in sentence(path, from_layer="jalan")
        assert is_parcel(read_file(path, from_layer="rumah"), OTHER)


class TestShapes:
    def test_polygons_that_share_a_border_become_one_and_it_is_said(self, tmp_path: Path) -> None:
        beside = box(EAST + 40, NORTH, EAST + 80, NORTH + 30)
        outline = read_file(made(tmp_path, ".zip", PARCEL, beside))
        assert len(outline.shape.geoms) == 1
        assert outline.shape.is_valid
        assert "2 bidang, sebagian berbatasan, digabung menjadi 1" in outline.notes[0]

    def test_polygons_that_overlap_are_refused_by_number(self, tmp_path: Path) -> None:
        over = box(EAST + 30, NORTH, EAST + 80, NORTH + 30)
        told = sentence(made(tmp_path, ".zip", OTHER.buffer(-5), PARCEL, over))
        assert "Bidang ke-2 dan ke-3 di dalam berkas bertumpang tindih (300," in told
        assert "sama persis" in sentence(made(tmp_path, ".zip", PARCEL, PARCEL))

    def test_a_polygon_that_crosses_itself_comes_as_it_is(self, tmp_path: Path) -> None:
        corners = [(EAST, NORTH), (EAST + 9, NORTH + 9), (EAST + 9, NORTH), (EAST, NORTH + 9)]
        outline = read_file(made(tmp_path, ".geojson", Polygon(corners)))
        assert not outline.shape.is_valid

    def test_lines_that_meet_end_to_end_are_a_border(self, tmp_path: Path) -> None:
        corners = list(PARCEL.exterior.coords)
        edges = [LineString(pair) for pair in pairwise(corners)]
        outline = read_file(made(tmp_path, ".dxf", *edges), crs="EPSG:32751")
        assert is_parcel(outline, PARCEL)
        assert "4 garis yang bersambung" in outline.notes[0]

    def test_a_line_that_gapes_is_refused_with_the_gap(self, tmp_path: Path) -> None:
        corners = [*PARCEL.exterior.coords[:-1], (EAST + 40, NORTH + 0.35)]
        told = sentence(made(tmp_path, ".dxf", LineString(corners)), crs="EPSG:32751")
        assert "celah 0,35 m antara bujur 123,58" in told

    def test_texts_and_points_beside_polygons_are_passed_over_and_said(
        self, tmp_path: Path
    ) -> None:
        outline = read_file(made(tmp_path, ".geojson", PARCEL, Point(EAST, NORTH)))
        assert is_parcel(outline, PARCEL)
        assert outline.notes == ("1 titik atau teks di dalam berkas tidak dipakai.",)

    def test_points_alone_are_no_parcel(self, tmp_path: Path) -> None:
        assert "hanya berisi titik" in sentence(made(tmp_path, ".kml", Point(EAST, NORTH)))

    def test_swapped_and_foreign_coordinates_are_told_apart(self, tmp_path: Path) -> None:
        path = tmp_path / "bidang.geojson"
        swapped = Polygon([(-10.17, 123.6), (-10.17, 123.7), (-10.16, 123.6)])
        path.write_text(gpd.GeoSeries([swapped]).to_json())
        assert "tertukar" in sentence(path)
        path.write_text(gpd.GeoSeries([PARCEL]).to_json())
        assert "Titik 564040 8874000 terletak di luar" in sentence(path)
        assert is_parcel(read_file(path, crs="EPSG:32751"), PARCEL)

    def test_more_corners_or_parts_than_are_taken(self, tmp_path: Path) -> None:
        round_ = Point(EAST, NORTH).buffer(500, quad_segs=15_100)
        assert "paling banyak 60.000" in sentence(made(tmp_path, ".gpkg", round_))
        round_ = Point(EAST, NORTH).buffer(500, quad_segs=15_000).segmentize(0.02)
        assert "terlalu rinci" in sentence(made(tmp_path, ".gpkg", round_))
        many = [box(EAST + n, NORTH, EAST + n + 0.5, NORTH + 1) for n in range(1001)]
        assert "1.001 bagian" in sentence(made(tmp_path, ".gpkg", *many))


class TestWhatIsNoParcel:
    @pytest.mark.parametrize("ending", files.ENDINGS)
    def test_empty_damaged_and_cut_off_files(self, tmp_path: Path, ending: str) -> None:
        path = tmp_path / f"rusak{ending}"
        for content in (b"", b"<html>", b"PK\x03\x04rusak", os.urandom(2000)):
            path.write_bytes(content)
            assert sentence(path, crs="EPSG:32751").startswith(("Berkas «rusak", "Arsip «rusak"))

    @pytest.mark.parametrize("ending", files.ENDINGS)
    @pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
    def test_a_file_cut_off_is_read_rightly_or_refused(
        self, tmp_path: Path, ending: str, kept: float
    ) -> None:
        source = ending if ending != ".json" else ".geojson"
        shapes = [PARCEL] if ending != ".dxf" else [LineString(PARCEL.exterior)]
        content = made(tmp_path, source, *shapes).read_bytes()
        path = tmp_path / f"putus{ending}"
        path.write_bytes(content[: int(len(content) * kept)])
        try:
            outline = read_file(path, crs="EPSG:32751" if ending == ".dxf" else "")
        except Refused as refused:
            assert list(refused.reasons) == ["parcel"]  # noqa: PT017
        else:
            assert is_parcel(outline, PARCEL)

    def test_wrong_endings(self, tmp_path: Path) -> None:
        source = made(tmp_path, ".geojson", PARCEL)
        for ending, told in (
            (".txt", "bukan GeoJSON, KML, KMZ"),
            (".shp", "kirim semuanya dalam satu zip"),
            (".zip", "bukan arsip zip yang utuh"),
        ):
            path = tmp_path / f"salah{ending}"
            path.write_bytes(source.read_bytes())
            assert told in sentence(path)
        path = tmp_path / "salah.geojson"
        path.write_bytes(made(tmp_path, ".gpkg", PARCEL).read_bytes())
        assert "berakhiran .geojson, tetapi isinya GPKG" in sentence(path)
        path = tmp_path / "salah.dxf"
        path.write_bytes(zipped(tmp_path, PARCEL).read_bytes())
        assert "isinya arsip zip" in sentence(path)
        assert "tidak ada" in sentence(tmp_path / "tiada.kml")

    def test_too_many_bytes(self, tmp_path: Path) -> None:
        path = tmp_path / "besar.kml"
        with path.open("wb") as file:
            file.truncate(MOST_BYTES + 1)
        assert "paling besar 10 MB" in sentence(path)

    def test_a_zip_without_a_map_and_one_with_two(self, tmp_path: Path) -> None:
        path = tmp_path / "surat.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("surat.docx", "x")
        assert "tidak berisi peta" in sentence(path)
        with zipfile.ZipFile(path, "w") as archive:
            for name in ("a", "b"):
                archive.write(made(tmp_path, ".geojson", PARCEL), f"{name}.geojson")
        assert "pilih salah satu: «a», «b»" in sentence(path)
        assert is_parcel(read_file(path, from_layer="b"), PARCEL)

    def test_a_shapefile_without_shx_is_told_so(self, tmp_path: Path) -> None:
        path = zipped(tmp_path, PARCEL, without=(".shx",))
        assert "tidak berisi «bidang.shx»" in sentence(path)


@pytest.fixture
def door() -> Iterator[tuple[str, Callable[[], bool]]]:
    """An address, and whether anybody knocked."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)

        def knocked() -> bool:
            try:
                server.accept()[0].close()
            except TimeoutError:
                return False
            return True

        yield f"http://127.0.0.1:{server.getsockname()[1]}/x.kml", knocked


KML = (
    '<?xml version="1.0"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}'
    "<Placemark><name>{name}</name><Polygon><outerBoundaryIs><LinearRing><coordinates>"
    "123.60,-10.17 123.61,-10.17 123.61,-10.16 123.60,-10.17"
    "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"
)


class TestHostileFiles:
    def test_a_zip_bomb_is_not_opened(self, tmp_path: Path) -> None:
        for ending in (".zip", ".kmz"):
            path = tmp_path / f"bom{ending}"
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("doc.kml", b"\0" * (files.LIMITS.zip_bytes + 1))
            assert path.stat().st_size < 1_000_000
            assert "terlalu besar" in sentence(path)
            with zipfile.ZipFile(path, "w") as archive:
                for number in range(files.LIMITS.zip_members + 1):
                    archive.writestr(f"{number}.kml", "")
            assert "200 berkas" in sentence(path)

    def test_a_zip_that_lies_about_its_size_is_stopped_by_the_limits(self, tmp_path: Path) -> None:
        path = tmp_path / "bom.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.geojson", b" " * 120_000_000)
        size = (120_000_000).to_bytes(4, "little")
        path.write_bytes(path.read_bytes().replace(size, (1000).to_bytes(4, "little")))
        assert sentence(path).startswith("Berkas «bom.zip»")

    def test_a_network_link_is_not_followed(
        self, tmp_path: Path, door: tuple[str, Callable[[], bool]]
    ) -> None:
        address, knocked = door
        path = tmp_path / "tautan.kml"
        link = f"<NetworkLink><Link><href>{address}</href></Link></NetworkLink>"
        path.write_text(KML.format(head="", body=link, name="a"))
        outline = read_file(path)
        assert outline.vertices == 3
        assert not knocked()

    @pytest.mark.parametrize("ending", [".kml", ".kmz"])
    def test_an_entity_brings_in_no_file_and_no_address(
        self, tmp_path: Path, ending: str, door: tuple[str, Callable[[], bool]]
    ) -> None:
        address, knocked = door
        secret = tmp_path / "rahasia.txt"
        secret.write_text("123.60,-10.17 123.65,-10.17 123.65,-10.16 123.60,-10.17")
        for target in (f"file://{secret}", address):
            text = KML.format(
                head=f'<!DOCTYPE kml [<!ENTITY x SYSTEM "{target}">]>', body="", name="a"
            ).replace("123.60,-10.17 123.61,-10.17 123.61,-10.16 123.60,-10.17", "&x;")
            path = tmp_path / f"entitas{ending}"
            if ending == ".kmz":
                with zipfile.ZipFile(path, "w") as archive:
                    archive.writestr("doc.kml", text)
            else:
                path.write_text(text)
            assert "123" not in sentence(path)
        assert not knocked()

    def test_entities_that_multiply_are_stopped(self, tmp_path: Path) -> None:
        entities = '<!ENTITY a0 "haha">' + "".join(
            f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
        )
        path = tmp_path / "tawa.kml"
        path.write_text(KML.format(head=f"<!DOCTYPE kml [{entities}]>", body="", name="&a11;"))
        assert sentence(path).startswith("Berkas «tawa.kml»")

    def test_a_dxf_with_a_broken_header(self, tmp_path: Path) -> None:
        content = made(tmp_path, ".dxf", LineString(PARCEL.exterior)).read_text()
        path = tmp_path / "rusak.dxf"
        for broken in (
            content.replace("HEADER", "HEA\0ER", 1),
            content.replace("ENTITIES", "ENTITY", 1),
            "  0\nSECTION\n  2\nHEADER\n" + "  9\n$ACADVER\n" * 1000,
            content.replace("  0\nSECTION", "  x\nSECTION"),
        ):
            path.write_text(broken)
            try:
                assert is_parcel(read_file(path, crs="EPSG:32751"), PARCEL)
            except Refused as refused:
                assert list(refused.reasons) == ["parcel"]  # noqa: PT017

    def test_a_geojson_that_names_an_address_as_its_system(
        self, tmp_path: Path, door: tuple[str, Callable[[], bool]]
    ) -> None:
        address, knocked = door
        path = made(tmp_path, ".geojson", PARCEL)
        crs = {"type": "link", "properties": {"href": address, "type": "ogcwkt"}}
        path.write_text(json.dumps(json.loads(path.read_text()) | {"crs": crs}))
        try:
            read_file(path)
        except Refused as refused:
            assert list(refused.reasons) == ["parcel"]  # noqa: PT017
        assert not knocked()

    def test_a_file_that_takes_too_long_is_stopped(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(files, "LIMITS", replace(files.LIMITS, seconds=0))
        assert "rusak, tidak lengkap" in sentence(made(tmp_path, ".geojson", PARCEL))
