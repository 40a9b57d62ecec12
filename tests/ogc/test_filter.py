"""OGC API - Features Part 3: filter, and filter on features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from pyproj import Transformer

from tests.factories import SECRET
from tests.ogc.reader import GEOJSON, Reader, links
from tests.ogc.test_crs import CRS84, EPSG, box

pytestmark = pytest.mark.django_db
STANDARD = "http://www.opengis.net/spec/ogcapi-features-3/1.0"


def items(layer_id: str) -> str:
    return f"/ogc/collections/{layer_id}/items"


def sample(reader: Reader, layer_id: str) -> tuple[str, str]:
    """A queryable text of the collection, and a value that a feature has."""
    schema = reader.get(f"/ogc/collections/{layer_id}/queryables")["properties"]
    row = reader.every(layer_id)[0]["properties"]
    name = next(
        name
        for name, one in schema.items()
        if one.get("type") == "string" and "format" not in one and row[name] is not None
    )
    return name, row[name]


def test_the_classes_are_declared(reader: Reader) -> None:
    """/conf/filter/get-conformance /conf/features-filter/get-conformance"""
    claimed = reader.get("/ogc/conformance")["conformsTo"]
    assert f"{STANDARD}/conf/filter" in claimed
    assert f"{STANDARD}/conf/features-filter" in claimed


@pytest.mark.parametrize("language", [{}, {"filter-lang": "cql2-text"}])
def test_a_filter_chooses_features_and_a_bad_one_is_refused(
    reader: Reader, language: dict[str, str]
) -> None:
    """/conf/filter/filter-param /conf/filter/filter-lang-default
    /conf/features-filter/filter-on-items"""
    for layer_id in reader.filled:
        name, value = sample(reader, layer_id)
        every = reader.every(layer_id)
        for text, wanted in ((f"{name} = '{value}'", value), (f"{name} IS NULL", None)):
            asked = {"filter": text, **language}
            answer = reader.answer(items(layer_id), **asked)
            assert (answer.status_code, answer["Content-Type"]) == (200, GEOJSON)
            assert reader.ids(layer_id, **asked) == [
                row["id"] for row in every if row["properties"][name] == wanted
            ]
        for bad in (f"{name} = '", "THIS IS NOT A FILTER"):
            refused = reader.refused(items(layer_id), filter=bad, **language)
            assert refused["parameter"] == "filter"


def test_no_functions_are_offered_beyond_those_of_the_standard(reader: Reader) -> None:
    """/conf/filter/get-functions is for those who offer functions of their own."""
    assert reader.answer("/ogc/functions").status_code == 404
    reader.refused(items("markets"), filter="upper(name) = 'X'")


def test_the_filter_is_told_where_it_cannot_be_read(reader: Reader) -> None:
    told = reader.refused(items("markets"), filter="name = 'x' AND")
    assert "karakter ke-15" in told["detail"]


def test_other_languages_are_refused(reader: Reader) -> None:
    for language in ("cql2-json", "cql-text", ""):
        asked = {"filter": "name = 'x'", "filter-lang": language}
        assert reader.refused(items("markets"), **asked)["parameter"] == "filter-lang"


def test_an_unknown_property_is_refused(reader: Reader) -> None:
    """/conf/filter/expression-construction"""
    for layer_id in reader.filled:
        asked = {"filter": "this_is_not_a_queryable = 'x'"}
        assert "this_is_not_a_queryable" in reader.refused(items(layer_id), **asked)["detail"]


def test_a_filters_geometry_is_in_degrees_unless_told(reader: Reader) -> None:
    """/conf/filter/filter-crs-wgs84"""
    for layer_id in reader.filled:
        one = reader.get(f"/ogc/collections/{layer_id}")
        whole = within(one["extent"]["spatial"]["bbox"][0])
        assert reader.ids(layer_id, filter=whole) == reader.ids(layer_id)
        off = within((1000000, 1000000, 2000000, 2000000))
        assert reader.refused(items(one["id"]), filter=off)["parameter"] == "filter"


def test_a_filters_geometry_is_read_in_its_system(reader: Reader) -> None:
    """/conf/filter/filter-crs-param"""
    for layer_id in reader.filled:
        one = reader.get(f"/ogc/collections/{layer_id}")
        whole = one["extent"]["spatial"]["bbox"][0]
        for uri in one["crs"]:
            asked = {"filter": within(around(whole, uri)), "filter-crs": uri}
            assert reader.ids(layer_id, **asked) == reader.ids(layer_id), (layer_id, uri)
        wrong = "http://www.opengis.net/def/crs/OGC/0/does_not_exist"
        asked = {"filter": within(whole), "filter-crs": wrong}
        assert reader.refused(items(layer_id), **asked)["parameter"] == "filter-crs"


@pytest.mark.parametrize("epsg", [4326, 3857, 32751])
def test_another_place_in_another_system_is_not_found(reader: Reader, cast: Any, epsg: int) -> None:
    uri, (lon, lat) = EPSG.format(epsg), cast.town.market.geom.coords
    for distance, found in ((0.0, [cast.town.market.pk]), (0.5, [])):
        near = box(lon + distance, lat, uri)
        asked = {"filter": f"S_INTERSECTS(geometry, BBOX({near}))", "filter-crs": uri}
        assert reader.ids("markets", **asked) == found


def within(numbers: Sequence[float]) -> str:
    return f"S_INTERSECTS(geometry, BBOX({','.join(map(str, numbers))}))"


def around(numbers: list[float], uri: str) -> Sequence[float]:
    """A box in degrees as the box in another system that holds it, a metre wider on each side: no
    two transformations agree to the last figure."""
    west, south, east, north = numbers
    if uri == CRS84:
        return numbers
    if uri.endswith("/4326"):
        return south, west, north, east
    moved = Transformer.from_crs(4326, int(uri.rsplit("/", 1)[1]), always_xy=True)
    west, south, east, north = moved.transform_bounds(west, south, east, north)
    return west - 1, south - 1, east + 1, north + 1


def test_each_collection_tells_by_what_it_is_filtered(reader: Reader) -> None:
    """/conf/features-filter/get-collections /conf/features-filter/get-collection"""
    for listed in reader.get("/ogc/collections")["collections"]:
        for told in (listed, reader.get(f"/ogc/collections/{listed['id']}")):
            (link,) = links(told, "http://www.opengis.net/def/rel/ogc/1.0/queryables")
            assert link["href"].endswith(f"/ogc/collections/{listed['id']}/queryables")
            assert reader.get(link["href"])["properties"]


def test_a_filter_and_a_box_must_both_hold(reader: Reader) -> None:
    """/conf/features-filter/mixing-expression"""
    for layer_id in reader.filled:
        whole = reader.get(f"/ogc/collections/{layer_id}")["extent"]["spatial"]["bbox"][0]
        asked = {"filter": within(whole), "filter-lang": "cql2-text"}
        here = ",".join(map(str, whole))
        assert reader.ids(layer_id, **asked, bbox=here) == reader.ids(layer_id)
        assert reader.ids(layer_id, **asked, bbox="7,49,8,50") == []


def test_a_filter_joins_the_other_parameters(reader: Reader, cast: Any) -> None:
    town, uri = cast.town, EPSG.format(3857)
    lon, lat = town.report.geom.coords
    both = {"filter": "status IN ('received', 'resolved')"}
    assert reader.ids("trash-reports", **both) == [town.report.pk, town.other_report.pk]
    for narrower in (
        {"status": "received"},
        {"bbox": f"{lon - 0.01},{lat - 0.01},{lon + 0.01},{lat + 0.01}"},
        {"bbox": box(lon, lat, uri), "bbox-crs": uri},
        {"limit": 1, "filter": "status = 'received'"},
    ):
        assert reader.ids("trash-reports", **(both | narrower)) == [town.report.pk]
    assert reader.ids("trash-reports", datetime="../2020-01-01", **both) == []


@pytest.mark.parametrize(
    "question",
    ["description LIKE '%{}%'", "NOT (description = 'x')", "description IS NOT NULL",
     "NOT (description IS NULL)", "status = 'resolved' OR description <> 'x'",
     "CASEI(description) LIKE '%{}%' OR TRUE", "description IS NULL OR status = 'resolved'"],
)  # fmt: skip
def test_no_question_tells_a_hidden_text(cast: Any, browser_of: Any, question: str) -> None:
    """The officer of the west sees reports of the east without their text."""
    officer = Reader(browser_of(cast.west_officer))
    found = officer.ids("trash-reports", filter=question.format(SECRET))
    assert cast.town.other_report.pk not in found
    assert cast.town.other_report.pk in officer.ids("trash-reports", filter="status = 'resolved'")


def test_a_strangers_filter_knows_no_staff_property(reader: Reader) -> None:
    for name in ("description", "by", "tracking_code", "pk", "kelurahan__code", "geom"):
        asked = {"filter": f"{name} IS NOT NULL"}
        told = reader.refused(items("trash-reports"), **asked)["detail"]
        assert "description" not in told.split("Yang dikenal")[1]
