"""OGC API - Features Part 1, conformance class OpenAPI 3.0."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_30

from layers.registry import LAYERS
from tests.ogc.reader import GEOJSON, PUBLIC, Reader, links

pytestmark = pytest.mark.django_db
STANDARD = "http://www.opengis.net/spec/ogcapi-features-1/1.0"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"


@pytest.fixture
def document(reader: Reader) -> dict[str, Any]:
    return reader.get("/ogc/api")


def test_the_definition_is_linked_with_its_type(reader: Reader) -> None:
    """/conf/oas30/oas-definition-1"""
    (described,) = links(reader.get("/ogc/"), "service-desc")
    assert described["type"] == OPENAPI
    assert reader.answer(described["href"])["Content-Type"] == OPENAPI


def test_the_definition_is_valid_openapi(document: dict[str, Any]) -> None:
    """/conf/oas30/oas-definition-2"""
    jsonschema.Draft4Validator(OPENAPI_30).validate(document)
    operations = [path["get"]["operationId"] for path in document["paths"].values()]
    assert len(operations) == len(set(operations))


def test_every_address_and_parameter_is_described(reader: Reader, document: Any) -> None:
    """/conf/oas30/completeness"""
    for path in ("/", "/conformance", "/api", "/collections"):
        assert path in document["paths"]
    for layer_id in LAYERS:
        for rest in ("", "/items", "/items/{featureId}", "/queryables", "/tiles"):
            assert (f"/collections/{layer_id}{rest}" in document["paths"]) == (layer_id in PUBLIC)
    for layer_id in PUBLIC:
        names = {one["name"] for one in parameters(document, layer_id)}
        asked = reader.get(f"/ogc/collections/{layer_id}/queryables")["properties"]
        assert set(asked) - {"geometry"} <= names
        told = reader.refused(f"/ogc/collections/{layer_id}/items", colour="red")["detail"]
        assert names == set(told.split(": ")[1].rstrip(".").split(", "))


def test_what_is_described_is_answered_so(reader: Reader, document: Any) -> None:
    """/conf/oas30/oas-impl"""
    for layer_id in PUBLIC:
        for one in parameters(document, layer_id):
            schema = one["schema"]
            for value in [schema["default"]] if "default" in schema else schema.get("enum", []):
                answer = reader.answer(f"/ogc/collections/{layer_id}/items", **{one["name"]: value})
                assert answer.status_code == 200, (layer_id, one["name"], value)
        page = reader.items(layer_id)
        said = document["paths"][f"/collections/{layer_id}/items"]["get"]["responses"]["200"]
        schema = said["content"][GEOJSON]["schema"]
        jsonschema.Draft4Validator(schema | {"components": document["components"]}).validate(page)


def test_refusals_are_as_described(reader: Reader, document: Any) -> None:
    """/conf/oas30/exceptions-codes"""
    problem = document["components"]["schemas"]["Problem"]
    told = reader.refused("/ogc/collections/markets/items", limit="x")
    jsonschema.validate(told, problem)
    missing = reader.answer("/ogc/collections/nothing")
    assert missing.status_code == 404
    jsonschema.validate(missing.json(), problem)
    for path in document["paths"].values():
        assert {"200", "400", "404"} <= set(path["get"]["responses"])


def test_no_key_is_asked_for_what_is_public(document: dict[str, Any]) -> None:
    """/conf/oas30/security"""
    assert "security" not in document
    assert all("security" not in path["get"] for path in document["paths"].values())


def test_everybody_gets_the_definition_of_what_he_sees(cast: Any, browser_of: Any) -> None:
    reader = Reader(browser_of(cast.planner))
    document = reader.get("/ogc/api")
    names = {one["name"] for one in parameters(document, "permit-parcels")}
    assert "applicant" in names
    assert "/collections/children" not in document["paths"]


def parameters(document: dict[str, Any], layer_id: str) -> list[dict[str, Any]]:
    spelled = document["paths"][f"/collections/{layer_id}/items"]["get"]["parameters"]
    shared = document["components"]["parameters"]
    return [shared[one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one for one in spelled]
