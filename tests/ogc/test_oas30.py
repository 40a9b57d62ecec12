"""OGC API - Features Part 1, conformance class OpenAPI 3.0."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_30

from layers.registry import LAYERS
from tests.factories import CENTRE
from tests.ogc.reader import GEOJSON, PUBLIC, Reader, links
from tests.test_privacy import tile_at

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
    (told,) = links(reader.get("/ogc/"), "service-doc")
    assert told["type"] == "text/html"
    assert reader.answer(told["href"])["Content-Type"].startswith("text/html")


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


def test_every_path_answers_as_described(reader: Reader, document: Any) -> None:
    """/conf/oas30/oas-impl /conf/oas30/completeness"""
    root = document["servers"][0]["url"]
    x, y = tile_at(CENTRE.x, CENTRE.y, 14)
    for path, described in document["paths"].items():
        layer_id = path.split("/")[2] if path.count("/") > 1 else ""
        if "{featureId}" in path and layer_id not in reader.filled:
            continue
        fid = reader.every(layer_id)[0]["id"] if "{featureId}" in path else 0
        answer = reader.answer(root + path.format(featureId=fid, z=14, y=y, x=x))
        responses = described["get"]["responses"]
        assert str(answer.status_code) in responses, path
        if answer.status_code == 200:
            assert answer["Content-Type"] in responses["200"]["content"], path
        if "ETag" in answer:
            seen = reader.client.get(answer.request["PATH_INFO"], headers={"if-none-match": "*"})
            assert seen.status_code == 304
            assert "304" in responses


def test_refusals_are_as_described(reader: Reader, document: Any) -> None:
    """/conf/oas30/exceptions-codes"""
    problem = document["components"]["schemas"]["Problem"]
    address = "/ogc/collections/markets/items"
    unknown = reader.answer("/ogc/collections/nothing")
    unacceptable = reader.client.get(address, headers={"accept": "image/png"})
    for status, told in {
        400: reader.answer(address, limit="x"),
        404: unknown,
        406: unacceptable,
    }.items():
        assert (told.status_code, told["Content-Type"]) == (status, "application/problem+json")
        jsonschema.validate(told.json(), problem)
    for path in document["paths"].values():
        assert {"200", "400", "404", "406", "503"} <= set(path["get"]["responses"])


def test_what_needs_a_session_says_so_and_what_is_public_asks_for_no_key(
    document: dict[str, Any], cast: Any, browser_of: Any
) -> None:
    """/conf/oas30/security"""
    assert "security" not in document
    assert "securitySchemes" not in document["components"]
    assert all("security" not in path["get"] for path in document["paths"].values())
    own = Reader(browser_of(cast.planner)).get("/ogc/api")
    jsonschema.Draft4Validator(OPENAPI_30).validate(own)
    ((scheme, _),) = own["security"][0].items()
    told = own["components"]["securitySchemes"][scheme]
    assert (told["type"], told["in"]) == ("apiKey", "cookie")
    client = browser_of(cast.planner)
    assert client.get("/ogc/collections/permit-parcels").status_code == 200
    del client.cookies[told["name"]]
    assert client.get("/ogc/collections/permit-parcels").status_code == 404


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
