"""Layers as files: whole or narrowed, typed, labelled, harmless in a spreadsheet, few at once."""

from __future__ import annotations

import gzip
import io
import json
from datetime import date
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import geopandas
import pyarrow.parquet as pq
import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from layers import features
from layers.catalog.markets.places import Market
from layers.registry import LAYERS
from layers.selection import Query
from maps import exports
from maps.answers import FILES, FORMATS
from tests.downloads import content_of, read
from tests.factories import CENTRE, trash_report

pytestmark = pytest.mark.django_db
FORMULAS = ("=1+1", "+1", "-1+1|cmd", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1+1", "|calc")
HOSTILE = "<script>alert(1)</script> & \x0b \"'"


def get(name: str, layer: str = "trash-reports", **more: Any) -> Any:
    return Client().get(f"/ogc/collections/{layer}/items", {"f": name, **more})


def frame_of(folder: Path, name: str, layer: str, **more: Any) -> Any:
    answer = get(name, layer, **more)
    assert answer.status_code == 200, answer.content
    path = folder / f"{layer}.{name}"
    path.write_bytes(content_of(answer))
    return geopandas.read_parquet(path) if name == "parquet" else geopandas.read_file(path)


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_named_for_its_layer_and_day_and_says_what_it_is(cast: Any, name: str) -> None:
    answer = get(name)
    assert answer.status_code == 200
    assert answer["Content-Type"].split(";")[0] == FORMATS[name].media
    suffix = FORMATS[name].extension
    assert answer["Content-Disposition"].startswith('attachment; filename="trash-reports-20')
    assert answer["Content-Disposition"].endswith(f'.{suffix}"')
    assert 'rel="license"' in answer["Link"]
    content_of(answer)


@pytest.mark.parametrize("name", FILES)
def test_a_download_without_limit_is_the_whole_layer(cast: Any, name: str) -> None:
    for _ in range(130):  # a page of items ends at 100
        trash_report(cast.town.kelurahan["Tenggara"])
    visible = set(LAYERS["trash-reports"].visible_to(AnonymousUser()).values_list("pk", flat=True))
    assert set(read(name, content_of(get(name)))) == visible


@pytest.mark.parametrize("name", FILES)
def test_a_download_is_narrowed_like_items(cast: Any, name: str) -> None:
    west, south, east, north = cast.town.report.geom.buffer(0.001).extent
    in_box = read(name, content_of(get(name, bbox=f"{west},{south},{east},{north}")))
    resolved = read(name, content_of(get(name, status="resolved")))
    assert set(in_box) == {cast.town.report.pk}
    assert set(resolved) == {cast.town.other_report.pk}


@pytest.mark.parametrize("name", FILES)
def test_a_limit_cuts_and_the_header_says_where_it_goes_on(cast: Any, name: str) -> None:
    first = get(name, limit=1)
    (following,) = [
        part.split(">")[0].strip(" <") for part in first["Link"].split(",") if 'rel="next"' in part
    ]
    second = Client().get(following)
    assert 'rel="next"' not in second["Link"]
    ids = [*read(name, content_of(first)), *read(name, content_of(second))]
    assert ids == sorted([cast.town.report.pk, cast.town.other_report.pk])


def test_a_geojson_file_that_a_limit_cut_says_so_within(cast: Any) -> None:
    body = json.loads(content_of(get("geojson", limit=1)))
    (link,) = body["links"]
    rest = json.loads(content_of(Client().get(link["href"])))
    assert link["rel"] == "next"
    assert [one["id"] for one in rest["features"]] == [cast.town.other_report.pk]
    assert "links" not in rest


@pytest.mark.parametrize("name", FILES)
def test_a_layer_without_rows_is_an_empty_file_that_still_opens(cast: Any, name: str) -> None:
    body = content_of(get(name, bbox="0,0,1,1"))
    if name == "kml":
        assert b"<Placemark" not in body
    assert read(name, body) == {}


@pytest.mark.parametrize("name", FILES)
def test_one_feature_is_a_file_too(cast: Any, name: str) -> None:
    pk = cast.town.report.pk
    answer = Client().get(f"/ogc/collections/trash-reports/items/{pk}", {"f": name})
    assert f"trash-reports-{pk}-" in answer["Content-Disposition"]
    assert set(read(name, content_of(answer))) == {pk}


def test_more_rows_than_a_download_holds_are_refused_with_a_way_on(
    cast: Any, settings: Any
) -> None:
    settings.EXPORT_ROWS = 1
    answer = get("csv")
    assert answer.status_code == 400
    assert "limit" in answer.json()["detail"]
    assert get("csv", limit=1).status_code == 200


@pytest.mark.parametrize("name", FILES)
def test_when_all_slots_are_taken_one_is_asked_to_come_again(
    cast: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(exports, "SLOTS", BoundedSemaphore(1))
    first = get(name)
    busy = get(name)
    assert busy.status_code == 503
    assert int(busy["Retry-After"]) > 0
    assert "coba lagi" in busy.json()["detail"]
    content_of(first)
    again = get(name)
    assert again.status_code == 200
    content_of(again)


def test_a_download_that_fails_gives_its_slot_back(
    cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "SLOTS", BoundedSemaphore(1))
    monkeypatch.setitem(exports.STREAMED, "csv", lambda table, _: iter([1 / 0]))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            get("csv")


def test_who_only_asks_for_the_headers_takes_no_slot(
    cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "SLOTS", BoundedSemaphore(1))
    address = "/ogc/collections/trash-reports/items?f=gpkg"
    assert [Client().head(address).status_code for _ in range(3)] == [200] * 3


def test_an_officials_file_is_kept_by_no_cache(cast: Any, browser_of: Any) -> None:
    answer = browser_of(cast.planner).get("/ogc/collections/permit-parcels/items?f=csv")
    assert answer["Cache-Control"] == "private, no-store"
    assert "license" not in answer["Link"]
    content_of(answer)


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_spreadsheet_runs_no_text(cast: Any, formula: str) -> None:
    Market.objects.create(
        code="rumus", name=formula, kelurahan=cast.town.kelurahan["Barat Laut"], geom=CENTRE
    )
    rows = read("csv", content_of(get("csv", "markets"))).values()
    (name,) = [row["name"] for row in rows if row["code"] == "rumus"]
    assert name == f"'{formula}"


def test_a_negative_number_stays_a_number_and_a_plain_text_as_it_is(cast: Any) -> None:
    from layers.exports.csv import cell

    assert [cell(one) for one in (-5, -2.5, "Pasar Oeba", "a=b", "", None, True)] == [
        -5, -2.5, "Pasar Oeba", "a=b", "", None, "true",
    ]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_hostile_text_arrives_as_text(cast: Any, name: str) -> None:
    market = Market.objects.create(
        code="jahat", name=HOSTILE, kelurahan=cast.town.kelurahan["Barat Laut"], geom=CENTRE
    )
    kept = read(name, content_of(get(name, "markets")))[market.pk]["name"]
    assert kept == (HOSTILE.replace("\x0b", "\ufffd") if name == "kml" else HOSTILE)


def test_excel_knows_the_csv_for_utf8(cast: Any) -> None:
    assert content_of(get("csv")).startswith(b"\xef\xbb\xbffid,")


def test_types_survive_in_the_files_that_have_types(cast: Any, tmp_path: Path) -> None:
    for name in ("gpkg", "fgb", "parquet"):
        prices = frame_of(tmp_path, name, "price-readings")
        assert str(prices.dtypes["price"]) in ("int64", "Int64"), name
        assert str(prices["observed_at"].dt.tz) == "UTC", name
        assert sorted(prices["observed_at"])[0].isoformat() == "2026-11-01T01:00:00+00:00", name


def test_geoparquet_tells_its_system_its_box_and_how_to_skip(cast: Any) -> None:
    body = content_of(get("parquet", "kelurahan"))
    meta = pq.read_metadata(io.BytesIO(body)).metadata
    geo = json.loads(meta[b"geo"])
    column = geo["columns"][geo["primary_column"]]
    assert geo["version"] == "1.1.0"
    assert column["geometry_types"] == ["MultiPolygon"]
    assert column["crs"]["id"] == {"authority": "OGC", "code": "CRS84"}
    assert tuple(column["bbox"]) == pytest.approx(cast.town.city.geom.extent)
    assert meta[b"publisher"].decode() == LAYERS["kelurahan"].owner
    west, south, *_ = cast.town.city.geom.extent
    corner = (west, south, west + 0.001, south + 0.001)
    assert len(geopandas.read_parquet(io.BytesIO(body), bbox=corner)) == 1


def test_a_flatgeobuf_is_read_by_box_through_its_index(cast: Any, tmp_path: Path) -> None:
    frame_of(tmp_path, "fgb", "kelurahan")
    path = tmp_path / "kelurahan.fgb"
    west, south, *_ = cast.town.city.geom.extent
    assert len(geopandas.read_file(path, bbox=(west, south, west + 0.001, south + 0.001))) == 1


def test_a_value_that_a_filter_cannot_have_is_told(cast: Any) -> None:
    for name in FILES:
        answer = get(name, "price-readings", datetime="kemarin")
        assert answer.status_code == 400, name


def test_a_streamed_file_travels_compressed(cast: Any) -> None:
    answer = Client(headers={"accept-encoding": "gzip"}).get(
        "/ogc/collections/kelurahan/items?f=csv"
    )
    assert gzip.decompress(content_of(answer)).count(b"\r\n") == 5


# -- the notebook's door


def test_a_geodataframe_has_the_rows_and_properties_of_the_items(cast: Any) -> None:
    layer = LAYERS["trash-reports"]
    for user in (cast.citizen, cast.west_officer):
        items = [json.loads(text) for _, text in features.features(layer, user, limit=100)]
        frame = features.to_geodataframe(layer, user)
        assert frame.crs.to_epsg() == 4326
        assert frame.index.name == "fid"
        assert list(frame.index) == [item["id"] for item in items]
        assert [*frame.columns] == [*items[0]["properties"], "geometry"]
        at = [list(shape.coords[0]) for shape in frame.geometry]
        assert at == [pytest.approx(item["geometry"]["coordinates"]) for item in items]


def test_a_geodataframe_keeps_whole_numbers_truths_and_days(cast: Any) -> None:
    frame = features.to_geodataframe(LAYERS["stunting-prevalence"], cast.citizen)
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds["measured"] == "Int64"
    assert kinds["hidden"] == "boolean"
    assert kinds["month"].startswith("datetime64")
    assert kinds["released_at"].endswith("UTC]")
    assert frame["month"].dt.date.unique().tolist() == [date(2026, 8, 1)]


def test_a_geodataframe_is_narrowed_by_a_query_and_may_be_empty(cast: Any) -> None:
    layer = LAYERS["trash-reports"]
    one = features.to_geodataframe(layer, cast.citizen, Query(equals={"status": "resolved"}))
    none = features.to_geodataframe(layer, cast.citizen, Query(bbox=(0, 0, 1, 1)))
    assert list(one.index) == [cast.town.other_report.pk]
    assert none.empty
    assert list(none.columns) == list(one.columns)
    assert none.crs == one.crs
