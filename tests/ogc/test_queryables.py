"""OGC API - Features Part 3: queryables, and queryables as query parameters."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from tests.factories import SECRET
from tests.ogc.reader import Reader, links

pytestmark = pytest.mark.django_db
STANDARD = "http://www.opengis.net/spec/ogcapi-features-3/1.0"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"


def test_the_classes_are_declared(reader: Reader) -> None:
    """/conf/queryables/get-conformance /conf/queryables-query-parameters/get-conformance"""
    claimed = reader.get("/ogc/conformance")["conformsTo"]
    assert f"{STANDARD}/conf/queryables" in claimed
    assert f"{STANDARD}/conf/queryables-query-parameters" in claimed


def test_each_collection_links_to_its_queryables(reader: Reader) -> None:
    """/conf/queryables/get-queryables-uris"""
    for one in reader.get("/ogc/collections")["collections"]:
        (link,) = links(one, QUERYABLES)
        assert link["type"] == "application/schema+json"


def test_queryables_are_a_schema_of_the_features(reader: Reader) -> None:
    """/conf/queryables/get-queryables"""
    for layer_id in reader.filled:
        address = f"/ogc/collections/{layer_id}/queryables"
        assert reader.answer(address)["Content-Type"] == "application/schema+json"
        schema = reader.get(address)
        assert schema["$id"] == f"http://testserver{address}"
        assert (schema["type"], schema["additionalProperties"]) == ("object", False)
        jsonschema.Draft202012Validator.check_schema(schema)
        geometry = schema["properties"].pop("geometry")
        assert geometry["format"].startswith("geometry-")
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
