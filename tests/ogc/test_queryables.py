"""OGC API - Features Part 3: queryables, and queryables as query parameters."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest

from tests.factories import SECRET
from tests.ogc.reader import Json, Reader, links

pytestmark = pytest.mark.django_db
STANDARD = "http://www.opengis.net/spec/ogcapi-features-3/1.0"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
JSON = "application/json"
SHAPES = {
    "any", "point", "multipoint", "linestring", "multilinestring", "polygon", "multipolygon",
    "geometrycollection", "point-or-multipoint", "linestring-or-multilinestring",
    "polygon-or-multipolygon",
}  # fmt: skip


def test_the_classes_are_declared(reader: Reader) -> None:
    """/conf/queryables/get-conformance /conf/queryables-query-parameters/get-conformance"""
    assert reader.answer("/ogc/conformance")["Content-Type"] == JSON
    claimed = reader.get("/ogc/conformance")["conformsTo"]
    assert f"{STANDARD}/conf/queryables" in claimed
    assert f"{STANDARD}/conf/queryables-query-parameters" in claimed


def queryables(reader: Reader, layer_id: str) -> str:
    """The address that the header of the features names."""
    head = reader.client.head(f"/ogc/collections/{layer_id}/items", headers={"accept": JSON})
    assert head.status_code == 200
    (address,) = re.findall(rf'<([^<>]+)>; rel="{QUERYABLES}"', head["Link"])
    return str(address)


def test_what_can_be_filtered_links_to_its_queryables(reader: Reader) -> None:
    """/conf/queryables/get-queryables-uris"""
    for one in reader.get("/ogc/collections")["collections"]:
        (link,) = links(one, QUERYABLES)
        assert link["type"] == "application/schema+json"
        assert queryables(reader, one["id"]) == link["href"]
    for form in ("json", "html", "csv", "geojson"):
        assert QUERYABLES in reader.answer("/ogc/collections/markets/items", f=form)["Link"]


def test_queryables_are_a_schema_of_the_features(reader: Reader) -> None:
    """/conf/queryables/get-queryables"""
    for layer_id in reader.filled:
        address = queryables(reader, layer_id)
        answer = reader.client.get(address, headers={"accept": "application/schema+json"})
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/schema+json")
        schema = answer.json()
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["$id"] == address
        assert (schema["type"], schema["additionalProperties"]) == ("object", False)
        jsonschema.Draft202012Validator.check_schema(schema)
        geometry = schema["properties"].pop("geometry")
        assert "type" not in geometry
        assert geometry["format"].removeprefix("geometry-") in SHAPES
        assert all("type" in one for one in schema["properties"].values())
        assert schema["properties"]
        for row in reader.every(layer_id):
            told = {name: value for name, value in row["properties"].items() if value is not None}
            jsonschema.validate(told, schema)


def test_each_queryable_is_a_parameter(reader: Reader) -> None:
    """/conf/queryables-query-parameters/query-param"""
    for layer_id in reader.filled:
        schema = reader.get(f"/ogc/collections/{layer_id}/queryables")
        rows = reader.every(layer_id)
        for name in set(schema["properties"]) - {"geometry"}:
            for value in {row["properties"][name] for row in rows} - {None}:
                found = reader.ids(layer_id, **{name: str(value)})
                assert found == [row["id"] for row in rows if row["properties"][name] == value]
            wrong = "x" * 501 if _is_text(schema["properties"][name]) else "[invalid-value]"
            asked = f"/ogc/collections/{layer_id}/items"
            assert reader.refused(asked, **{name: wrong})["parameter"] == name


def _is_text(one: Json) -> bool:
    return one["type"] == "string" and "format" not in one


@pytest.mark.parametrize(
    ("layer_id", "name", "value"),
    [("price-readings", "price", "cheap"), ("price-readings", "price", "1e999"),
     ("price-readings", "price", "9" * 40), ("price-readings", "observed_at", "2026-11-20"),
     ("stunting-prevalence", "month", "2026-13-01"), ("stunting-prevalence", "rate", "nan"),
     ("markets", "approximate", "maybe"), ("markets", "name", "x" * 501)],
)  # fmt: skip
def test_a_value_that_a_queryable_cannot_have_is_refused(
    reader: Reader, layer_id: str, name: str, value: str
) -> None:
    address = f"/ogc/collections/{layer_id}/items"
    assert reader.refused(address, **{name: value})["parameter"] == name


def test_what_is_not_public_is_no_queryable_of_the_public(
    cast: Any, reader: Reader, browser_of: Any
) -> None:
    address = "/ogc/collections/trash-reports"
    assert "description" not in reader.get(f"{address}/queryables")["properties"]
    assert reader.refused(f"{address}/items", description=SECRET)["parameter"] == "description"
    officer = Reader(browser_of(cast.west_officer))
    assert "description" in officer.get(f"{address}/queryables")["properties"]
    assert reader.answer("/ogc/collections/children/queryables").status_code == 404


def test_a_hidden_value_is_not_found_by_asking_for_it(cast: Any, browser_of: Any) -> None:
    """The officer of the west sees reports of the east without their text."""
    officer = Reader(browser_of(cast.west_officer))
    text = cast.town.report.description
    assert cast.town.other_report.description == text
    found = officer.ids("trash-reports", description=text)
    assert cast.town.report.pk in found
    assert cast.town.other_report.pk not in found
    assert cast.town.other_report.pk in officer.ids("trash-reports")
