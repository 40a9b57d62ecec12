"""OGC API - Features Part 3: filter, and filter on features."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import SECRET
from tests.ogc.reader import GEOJSON, Reader, links
from tests.ogc.test_crs import EPSG, box

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
        asked = {"filter": f"{name} = '{value}'", **language}
        answer = reader.answer(items(layer_id), **asked)
        assert (answer.status_code, answer["Content-Type"]) == (200, GEOJSON)
        assert reader.ids(layer_id, **asked) == [
            row["id"] for row in reader.every(layer_id) if row["properties"][name] == value
        ]
        bad = {"filter": f"{name} = '", **language}
        assert reader.refused(items(layer_id), **bad)["parameter"] == "filter"


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
        numbers = ",".join(map(str, one["extent"]["spatial"]["bbox"][0]))
        whole = reader.ids(one["id"], filter=f"S_INTERSECTS(geometry, BBOX({numbers}))")
        assert whole == reader.ids(one["id"])
        off = "S_INTERSECTS(geometry, BBOX(1000000,1000000,2000000,2000000))"
        assert reader.refused(items(one["id"]), filter=off)["parameter"] == "filter"


@pytest.mark.parametrize("epsg", [4326, 3857, 32751])
def test_a_filters_geometry_is_read_in_its_system(reader: Reader, cast: Any, epsg: int) -> None:
    """/conf/filter/filter-crs-param"""
    uri, (lon, lat) = EPSG.format(epsg), cast.town.market.geom.coords
    for distance, found in ((0.0, [cast.town.market.pk]), (0.5, [])):
        near = box(lon + distance, lat, uri)
        asked = {"filter": f"S_INTERSECTS(geometry, BBOX({near}))", "filter-crs": uri}
        assert reader.ids("markets", **asked) == found


def test_each_collection_tells_by_what_it_is_filtered(reader: Reader) -> None:
    """/conf/features-filter/get-collections /conf/features-filter/get-collection"""
    for listed in reader.get("/ogc/collections")["collections"]:
        for told in (listed, reader.get(f"/ogc/collections/{listed['id']}")):
            (link,) = links(told, "http://www.opengis.net/def/rel/ogc/1.0/queryables")
            assert reader.get(link["href"])["properties"]


def test_a_filter_joins_the_other_parameters(reader: Reader, cast: Any) -> None:
    """/conf/features-filter/mixing-expression"""
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
