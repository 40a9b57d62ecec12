"""What an applicant sends as his parcel, whatever it comes as, and what he is told of it."""

from __future__ import annotations

import json
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pyproj import Transformer
from shapely import to_geojson
from shapely.geometry import MultiPolygon, Point, Polygon, box, shape
from shapely.geometry.base import BaseGeometry

from field_api.applicants import outlines, views
from field_api.applicants.gate import Bucket
from layers import geodesy
from layers.catalog.permits.applications import Application
from tests import factories
from tests.factories import CENTRE, EAST, NORTH

pytestmark = pytest.mark.django_db
URL = "/permits/outline"
UTM = Transformer.from_crs(4326, 32751, always_xy=True)
PLOT = box(CENTRE.x, CENTRE.y, CENTRE.x + 0.0004, CENTRE.y + 0.0003)
BOW = Polygon([(123.6, -10.2), (123.601, -10.199), (123.601, -10.2), (123.6, -10.199)])


def corners(plot: BaseGeometry = PLOT) -> list[tuple[float, float]]:
    return list(plot.exterior.coords)[:-1]


def ask(client: Client, **sent: Any) -> Any:
    return client.post(URL, json.dumps(sent), content_type="application/json")


def drawn(client: Client, plot: BaseGeometry = PLOT, **more: Any) -> Any:
    return ask(client, geometry=json.loads(to_geojson(plot)), **more)


def uploaded(client: Client, name: str, content: bytes, **more: str) -> Any:
    return client.post(URL, {"file": SimpleUploadedFile(name, content), **more})


def told(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return answer.json()


def refused(answer: Any, status: int = 422) -> str:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return str(answer.json()["detail"])


def same_place(found: Any, plot: BaseGeometry = PLOT, metres: float = 0.02) -> None:
    made = shape(found["geometry"])
    assert made.hausdorff_distance(plot) < metres / 100_000
    assert found["areaM2"] == pytest.approx(geodesy.area(plot), rel=1e-3)


# -- drawn


def test_what_is_drawn_is_measured_and_placed(cast: Any, client: Client) -> None:
    found = told(drawn(client))
    same_place(found, metres=1e-6)
    assert found["vertices"] == 4
    assert (found["notation"], found["crs"], found["flaws"]) == ("drawn", "EPSG:4326", [])
    assert found["kelurahan"] == [{"code": "53.71.01.1001", "name": "Barat Laut"}]
    assert [row["number"] for row in found["table"]] == [1, 2, 3, 4]
    assert "123,59" in found["text"]


def test_a_parcel_over_a_border_names_both_kelurahan_and_not_the_one_it_touches(
    cast: Any, client: Client
) -> None:
    middle = cast.town.kelurahan["Barat Laut"].geom.extent[2]
    over = box(middle - 0.0002, CENTRE.y, middle + 0.0002, CENTRE.y + 0.0002)
    beside = box(middle - 0.0002, CENTRE.y, middle, CENTRE.y + 0.0002)
    assert len(told(drawn(client, over))["kelurahan"]) == 2
    assert len(told(drawn(client, beside))["kelurahan"]) == 1


def test_a_border_that_crosses_itself_is_shown_where_and_can_be_mended(
    cast: Any, client: Client
) -> None:
    found = told(drawn(client, BOW))
    (flaw,) = found["flaws"]
    assert (flaw["code"], flaw["blocking"]) == ("crossing", True)
    assert (flaw["lon"], flaw["lat"]) == pytest.approx((123.6005, -10.1995))
    assert found["areaM2"] is None
    assert found["snapped"] is None

    mended = told(ask(client, geometry=found["mended"], receipt=found["receipt"]))
    assert mended["flaws"] == []
    assert mended["areaM2"] > 1000


def test_a_parcel_outside_the_city_is_told_so_and_not_stopped(cast: Any, client: Client) -> None:
    (flaw,) = told(drawn(client, box(121.0, -8.0, 121.001, -7.999)))["flaws"]
    assert (flaw["code"], flaw["blocking"]) == ("beyond", False)


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        "Polygon",
        {"type": "Point", "coordinates": [123.6, -10.2]},
        {"type": "Polygon"},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[123.6, -10.2], [123.7, -10.2]]]},
        {"type": "Polygon", "coordinates": [[[123.6], [123.7], [1, 2], [123.6]]]},
        {"type": "Polygon", "coordinates": [[["x", "y"]] * 4]},
        {"type": "Polygon", "coordinates": [[[1e400, -10.2]] * 4]},
        {"type": "Polygon", "coordinates": [[[10**400, -10.2]] * 4]},
        {"type": "Polygon", "coordinates": {"a": 1}},
        {"type": "MultiPolygon", "coordinates": []},
        {"type": "MultiPolygon", "coordinates": [[[[[1]]]]]},
    ],
)
def test_what_is_no_polygon_is_told_so(cast: Any, client: Client, geometry: Any) -> None:
    body = json.dumps({"geometry": geometry})
    sentence = refused(client.post(URL, body, content_type="application/json"))
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    "body",
    [
        *("", "nonsense", "[]", "[" * 50_000, '{"geometry": NaN}', "\xff"),
        *(r'{"table": "{\ud800"}', r'{"geometry": {}, "receipt": "\ud800:x:y"}'),
    ],
)
def test_what_is_no_json_is_told_so(cast: Any, client: Client, body: str) -> None:
    refused(client.post(URL, body, content_type="application/json"))


# -- pasted


def decimal_commas() -> str:
    return "\n".join(f"{x:.7f}; {y:.7f}".replace(".", ",") for x, y in corners())


def degrees_minutes_seconds() -> str:
    def written(angle: float, side: str) -> str:
        minutes, seconds = divmod(round(abs(angle) * 3600, 4), 60)
        return f"{minutes // 60:.0f}° {minutes % 60:.0f}' {seconds:.4f}\" {side}"

    return "\n".join(f"{written(x, 'BT')}, {written(y, 'LS')}" for x, y in corners())


def metres() -> str:
    return "X Y\n" + "\n".join("{:.3f} {:.3f}".format(*UTM.transform(x, y)) for x, y in corners())


@pytest.mark.parametrize(
    ("text", "crs", "notation"),
    [
        (decimal_commas(), "", "decimal"),
        (degrees_minutes_seconds(), "", "dms"),
        (metres(), "", "utm"),
        (metres(), "EPSG:32751", "utm"),
    ],
)
def test_a_pasted_table_is_read_as_it_was_written(
    cast: Any, client: Client, text: str, crs: str, notation: str
) -> None:
    found = told(ask(client, table=text, crs=crs))
    same_place(found)
    assert found["notation"] == notation
    assert len(found["sentSha256"]) == 64


def test_pasted_geojson_is_read_as_a_file(cast: Any, client: Client) -> None:
    found = told(ask(client, table=f"  {to_geojson(PLOT)}"))
    same_place(found)
    assert found["notation"] == "geojson"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("123,6; -10,2\nini apa; itu apa\n123,7; -10,1", "Baris 2"),
        ("123,6; -10,2\n123,7; -10,1", "3 titik"),
        ("   ", "Belum ada koordinat"),
        ("2,3; 48,8\n2,4; 48,8\n2,4; 48,9", "Baris 1"),
    ],
)
def test_a_table_that_cannot_be_read_is_told_where(
    cast: Any, client: Client, text: str, said: str
) -> None:
    assert said in refused(ask(client, table=text))


@pytest.mark.parametrize("crs", ["EPSG:1", "+proj=utm +zone=51", "<script>", "EPSG:99999"])
def test_a_system_that_nobody_knows_is_refused(cast: Any, client: Client, crs: str) -> None:
    assert "Sistem koordinat" in refused(ask(client, table=metres(), crs=crs))


# -- as a file


def file_of(folder: Path, ending: str, plot: BaseGeometry = PLOT) -> bytes:
    table = gpd.GeoDataFrame({"Name": ["Bidang"]}, geometry=[plot], crs=4326)
    path = folder / f"bidang{ending}"
    if ending == ".kmz":
        return packed({"doc.kml": file_of(folder, ".kml", plot)})
    if ending == ".zip":
        (folder / "parts").mkdir()
        table.to_crs(32751).to_file(folder / "parts" / "bidang.shp")
        return packed({part.name: part.read_bytes() for part in (folder / "parts").iterdir()})
    if ending == ".dxf":
        table[["geometry"]].to_crs(32751).to_file(path, driver="DXF")
    else:
        drivers = {".geojson": "GeoJSON", ".kml": "KML", ".gpkg": "GPKG"}
        table.to_file(path, driver=drivers[ending])
    return path.read_bytes()


def packed(members: dict[str, bytes]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("ending", [".geojson", ".kml", ".kmz", ".zip", ".gpkg", ".dxf"])
def test_each_kind_of_file_is_read(cast: Any, client: Client, tmp_path: Path, ending: str) -> None:
    crs = {"crs": "EPSG:32751"} if ending == ".dxf" else {}
    found = told(uploaded(client, f"tanah{ending}", file_of(tmp_path, ending), **crs))
    same_place(found)
    assert found["notation"] == ending[1:]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bidang.pdf", b"%PDF-1.4"),
        ("bidang.geojson", b""),
        ("bidang.geojson", b"not at all"),
        ("bidang.zip", b"PK\x03\x04 broken"),
        ("bidang.dxf", b"0\nSECTION\n2\nHEADER\n"),
        ("bidang.kml", b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><kml>&a;</kml>"),
        ("bidang", b"x"),
        ("../../etc/passwd", b"root:x:0:0"),
        ("<img src=x>.shp", b"x"),
        (".zip", b"x"),
        ("a" * 300 + ".kml", b"x"),
    ],
)
def test_a_file_that_cannot_be_read_gets_a_sentence(
    cast: Any, client: Client, name: str, content: bytes
) -> None:
    sentence = refused(uploaded(client, name, content))
    assert sentence.endswith(".")
    assert "passwd" not in sentence or name.endswith("passwd")
    assert "/" not in sentence.replace("KML/", "")
    assert "<" not in sentence


def test_a_form_without_a_file_is_told_so(cast: Any, client: Client) -> None:
    assert refused(client.post(URL, {"crs": ""})) == "Pilih berkasnya."


def test_nothing_of_a_file_stays(
    cast: Any, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    content = file_of(tmp_path, ".geojson")
    told(uploaded(client, "bidang.geojson", content))
    refused(uploaded(client, "bidang.zip", b"broken"))
    assert list(folder.iterdir()) == []


def test_who_comes_while_others_files_are_read_is_asked_to_wait(
    cast: Any, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlines, "PATIENCE", 0.01)
    content = file_of(tmp_path, ".geojson")
    with outlines._reader(), outlines._reader():
        answer = uploaded(client, "bidang.geojson", content)
        refused(answer, 503)
        assert answer["Retry-After"] == "10"
    told(uploaded(client, "bidang.geojson", content))


# -- what it is laid onto


def test_corners_are_offered_to_be_laid_onto_the_plan(cast: Any, client: Client) -> None:
    near = 1e-6  # some 10 cm from the edge of the zones
    plot = box(EAST - 0.001, NORTH - 0.001, EAST - near, NORTH - near)
    found = told(drawn(client, plot))
    assert shape(found["geometry"]).equals(plot)
    onto = shape(found["snapped"]["geometry"])
    assert onto.bounds[2:] == (EAST, NORTH)
    assert all(0 < move["metres"] < 0.5 for move in found["snapped"]["moved"])


def test_a_stranger_is_not_laid_onto_a_red_line_that_is_not_public(
    cast: Any, client: Client, browser_of: Any
) -> None:
    area = cast.town.kelurahan["Tenggara"]
    secret = factories.application(area, "KKPR-2026-0777", "registered")
    _, south, east, north = secret.geom.extent
    beside = box(east + 1e-6, south, east + 0.0005, north)
    assert told(drawn(client, beside))["snapped"] is None
    assert told(drawn(browser_of(cast.idle_official), beside))["snapped"] is None
    assert told(drawn(browser_of(cast.planner), beside))["snapped"]

    Application.objects.filter(pk=secret.pk).update(status="assessment")  # now in the register
    assert told(drawn(client, beside))["snapped"]


# -- the receipt


def test_the_receipt_keeps_what_it_came_from_for_this_shape_alone(
    cast: Any, client: Client
) -> None:
    first = told(ask(client, table=degrees_minutes_seconds()))
    again = told(ask(client, geometry=first["geometry"], receipt=first["receipt"]))
    assert (again["notation"], again["sentSha256"]) == ("dms", first["sentSha256"])

    other = json.loads(to_geojson(box(123.6, -10.2, 123.601, -10.199)))
    for receipt in (first["receipt"], first["receipt"][:-2] + "xx", "made up", "a:b:c"):
        found = told(ask(client, geometry=other, receipt=receipt))
        assert (found["notation"], found["sentSha256"]) == ("drawn", "")


# -- how much and how often


def test_more_corners_than_are_taken_are_refused(cast: Any, client: Client) -> None:
    ring = Point(123.6, -10.2).buffer(0.001, quad_segs=15_100)
    assert "paling banyak 60.000" in refused(drawn(client, ring))


def test_fifty_thousand_corners_are_judged(cast: Any, client: Client) -> None:
    ring = Point(123.6, -10.2).buffer(0.001, quad_segs=12_500)
    found = told(drawn(client, ring))
    assert found["vertices"] == 50_000
    assert found["table"] == []


def test_a_body_over_the_limit_is_not_read(cast: Any, client: Client) -> None:
    body = b"x" * (views.MOST_OUTLINE + 1)
    sentence = refused(client.post(URL, body, content_type="application/json"), 413)
    assert "15 MB" in sentence


def test_text_over_the_limit_is_refused(cast: Any, client: Client) -> None:
    text = json.dumps({"table": "9" * (6 * 1024 * 1024)})
    refused(client.post(URL, text, content_type="application/json"), 413)


def test_who_asks_too_often_waits_and_an_official_does_not(
    cast: Any, client: Client, browser_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views.OUTLINES, "burst", 2)
    told(drawn(client))
    told(drawn(client))
    answer = drawn(client)
    assert "detik" in refused(answer, 429)
    assert 1 <= int(answer["Retry-After"]) <= 2
    told(drawn(browser_of(cast.planner)))


def test_a_bucket_fills_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("field_api.applicants.gate.time.time", lambda: now)
    bucket = Bucket("uji", burst=2, seconds=30)
    assert [bucket.take("a") for _ in range(3)] == [0, 0, 30]
    assert bucket.take("b") == 0
    now += 31
    assert [bucket.take("a") for _ in range(2)] == [0, 29]


def test_it_is_asked_from_our_own_page_only(cast: Any) -> None:
    stranger = Client(enforce_csrf_checks=True)
    assert drawn(stranger).status_code == 403


def test_nothing_is_kept_and_no_cache_holds_it(cast: Any, client: Client) -> None:
    before = Application.objects.count()
    answer = drawn(client)
    assert Application.objects.count() == before
    assert "no-store" in answer["Cache-Control"]
    assert client.get(URL).status_code == 405


def test_several_parts_and_holes_come_back_as_they_went(cast: Any, client: Client) -> None:
    hole = box(123.6003, -10.1997, 123.6006, -10.1994)
    whole = MultiPolygon([box(123.6, -10.2, 123.601, -10.199) - hole, PLOT])
    found = told(drawn(client, whole))
    assert shape(found["geometry"]).equals(whole)
    assert {(row["part"], row["ring"]) for row in found["table"]} == {(1, 0), (1, 1), (2, 0)}
