"""OGC API - Features Part 1, conformance class Core, over every public collection."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import jsonschema
import pytest
import shapely
from schemathesis.specs.openapi.definitions import OPENAPI_30

from layers.registry import LAYERS
from maps.answers import FORMATS, ITEMS
from tests.factories import trash_report
from tests.ogc.reader import GEOJSON, PUBLIC, Reader, links, points

pytestmark = pytest.mark.django_db
STANDARD = "http://www.opengis.net/spec/ogcapi-features-1/1.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
OTHERS = {FORMATS[name].media for name in ITEMS if name != "json"} - {GEOJSON}


def test_the_api_speaks_http_and_refuses_other_methods(reader: Reader) -> None:
    """/conf/core/http"""
    address = "/ogc/collections/markets/items"
    assert reader.client.head(address).status_code == 200
    assert reader.client.options(address).status_code == 204
    assert reader.client.delete(address).status_code == 405


def test_coordinates_are_longitude_and_latitude(reader: Reader) -> None:
    """/conf/core/crs84"""
    for layer_id in reader.filled:
        for row in reader.every(layer_id):
            assert all(123 < lon < 124 and -11 < lat < -10 for lon, lat in points(row["geometry"]))


def test_the_landing_page_leads_to_everything(reader: Reader) -> None:
    """/conf/core/root-op /conf/core/root-success"""
    landing = reader.get("/ogc/")
    assert landing["title"]
    for rel in ("service-desc", "service-doc", "conformance", "data"):
        for link in links(landing, rel):
            answer = reader.answer(link["href"])
            assert answer.status_code == 200
            assert answer["Content-Type"].startswith(link["type"].split(";")[0])
        assert links(landing, rel)
    page = reader.answer("/ogc/", f="html").content.decode()
    for address in ("/ogc/api", "/ogc/conformance", "/ogc/collections"):
        assert f'href="{address}' in page or f'href="http://testserver{address}' in page


def test_the_definition_is_an_openapi_document(reader: Reader) -> None:
    """/conf/core/api-definition-op /conf/core/api-definition-success"""
    landing = reader.get("/ogc/")
    (described,) = links(landing, "service-desc")
    jsonschema.Draft4Validator(OPENAPI_30).validate(reader.get(described["href"]))
    (told,) = links(landing, "service-doc")
    assert b"<!doctype html>" in reader.answer(told["href"]).content.lower()


def test_conformance_is_declared(reader: Reader) -> None:
    """/conf/core/conformance-op /conf/core/conformance-success"""
    (declared,) = links(reader.get("/ogc/"), "conformance")
    for address in (declared["href"], "/ogc/conformance"):
        claimed = reader.get(address)["conformsTo"]
        assert f"{STANDARD}/conf/core" in claimed
        assert all(isinstance(one, str) for one in claimed)


def test_every_collection_is_listed_with_its_links(reader: Reader) -> None:
    """/conf/core/fc-md-op /conf/core/fc-md-success /conf/core/fc-md-links /conf/core/fc-md-items"""
    listed = reader.get("/ogc/collections")
    assert sorted(one["id"] for one in listed["collections"]) == PUBLIC
    assert [link["href"] for link in links(listed, "self")] == ["http://testserver/ogc/collections"]
    assert {link["type"] for link in links(listed, "alternate")} == {"text/html"}
    assert all(link["rel"] and link["type"] for link in listed["links"])


def test_a_collection_links_to_its_features_in_every_form(reader: Reader) -> None:
    """/conf/core/fc-md-items-links"""
    for one in reader.get("/ogc/collections")["collections"]:
        offered = links(one, "items")
        assert {link["type"] for link in offered} == {GEOJSON, *OTHERS}
        assert all(link["href"] and link["rel"] and link["type"] for link in one["links"])


def test_a_collection_says_where_and_when_its_features_are(reader: Reader) -> None:
    """/conf/core/fc-md-extent /conf/core/fc-md-extent-multi"""
    for layer_id in reader.filled:
        one = reader.get(f"/ogc/collections/{layer_id}")
        (box,) = one["extent"]["spatial"]["bbox"]
        assert one["extent"]["spatial"]["crs"] == CRS84
        rows = reader.every(one["id"])
        for lon, lat in [point for row in rows for point in points(row["geometry"])]:
            assert box[0] - 1e-6 <= lon <= box[2] + 1e-6
            assert box[1] - 1e-6 <= lat <= box[3] + 1e-6
        assert ("temporal" in one["extent"]) == bool(LAYERS[one["id"]].time)
        if "temporal" in one["extent"]:
            ((first, last),) = one["extent"]["temporal"]["interval"]
            assert datetime.fromisoformat(first) <= datetime.fromisoformat(last)


def test_one_collection_is_told_as_in_the_list(reader: Reader) -> None:
    """/conf/core/sfc-md-op /conf/core/sfc-md-success"""
    for listed in reader.get("/ogc/collections")["collections"]:
        alone = reader.get(f"/ogc/collections/{listed['id']}")
        assert {link["type"] for link in links(alone, "alternate")} == {"text/html"}
        alone["links"] = [link for link in alone["links"] if link["rel"] != "alternate"]
        assert alone == listed


def test_features_come_as_geojson_with_their_counts_and_time(reader: Reader) -> None:
    """/conf/core/fc-op /conf/core/fc-response /conf/core/fc-timeStamp
    /conf/core/fc-numberReturned /conf/core/fc-numberMatched"""
    for layer_id in reader.filled:
        page = reader.items(layer_id)
        assert page["type"] == "FeatureCollection"
        assert page["numberReturned"] == len(page["features"]) == page["numberMatched"] > 0
        age = datetime.now().astimezone() - datetime.fromisoformat(page["timeStamp"])
        assert abs(age.total_seconds()) < 60
        hits = reader.items(layer_id, resultType="hits")
        assert hits["numberMatched"] == page["numberMatched"]
        lon, lat = points(page["features"][0]["geometry"])[0]
        for asked in ({"bbox": f"{lon},{lat},{lon},{lat}"}, {"datetime": "2026-11-12/.."}):
            chosen = reader.items(layer_id, **asked)
            assert chosen["numberMatched"] == len(chosen["features"])
            hits = reader.items(layer_id, **asked, resultType="hits")
            assert hits["numberMatched"] == len(reader.ids(layer_id, **asked, limit=1))


def test_a_page_links_to_itself_the_other_forms_and_the_next(reader: Reader) -> None:
    """/conf/core/fc-links"""
    for layer_id in reader.filled:
        page = reader.items(layer_id, limit=1)
        (itself,) = links(page, "self")
        assert itself["type"] == GEOJSON
        assert [row["id"] for row in reader.get(itself["href"])["features"]] == [
            row["id"] for row in page["features"]
        ]
        assert {link["type"] for link in links(page, "alternate")} == OTHERS
        assert all(link["rel"] and link["type"] for link in page["links"])
        assert reader.ids(layer_id, limit=1) == [row["id"] for row in reader.every(layer_id)]


def parameter(reader: Reader, layer_id: str, name: str) -> dict[str, Any]:
    document = reader.get("/ogc/api", f="json")
    spelled = document["paths"][f"/collections/{layer_id}/items"]["get"]["parameters"]
    shared = document["components"]["parameters"]
    resolved = [shared[one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one for one in spelled]
    return next(one for one in resolved if one["name"] == name)


def test_bbox_limit_and_datetime_are_defined_as_the_standard_does(reader: Reader) -> None:
    """/conf/core/fc-bbox-definition /conf/core/fc-limit-definition
    /conf/core/fc-time-definition"""
    for name in ("bbox", "limit", "datetime"):
        spelled = parameter(reader, "markets", name)
        assert (spelled["in"], spelled["required"]) == ("query", False)
        assert (spelled["style"], spelled["explode"]) == ("form", False)
    bbox = parameter(reader, "markets", "bbox")["schema"]
    assert bbox == {
        "type": "array",
        "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
        "items": {"type": "number"},
    }
    limit = parameter(reader, "markets", "limit")["schema"]
    assert (limit["type"], limit["minimum"], limit["maximum"]) == ("integer", 1, 10_000)
    assert 1 <= limit["default"] <= limit["maximum"]
    assert parameter(reader, "markets", "datetime")["schema"] == {"type": "string"}


def test_a_box_chooses_what_lies_in_it_and_nothing_else(reader: Reader) -> None:
    """/conf/core/fc-bbox-response"""
    for layer_id in reader.filled:
        every = [row["id"] for row in reader.every(layer_id)]
        assert reader.ids(layer_id, bbox="-180,-90,180,90") == every
        assert reader.ids(layer_id, bbox="-180,-90,-100,180,90,9000") == every
        assert reader.ids(layer_id, bbox="170,-11,-170,-10") == []
        assert reader.ids(layer_id, bbox="123,-11,-170,-10") == every
        for row in reader.every(layer_id)[:2]:
            lon, lat = points(row["geometry"])[0]
            near = f"{lon - 1e-6},{lat - 1e-6},{lon + 1e-6},{lat + 1e-6}"
            found = reader.items(layer_id, bbox=near)["features"]
            assert row["id"] in [one["id"] for one in found]
            shapes = [shapely.geometry.shape(one["geometry"]) for one in found]
            assert all(shape.distance(shapely.Point(lon, lat)) < 2e-6 for shape in shapes)


def test_a_limit_is_kept_and_one_too_large_is_no_error(reader: Reader) -> None:
    """/conf/core/fc-limit-response"""
    for layer_id in reader.filled:
        assert reader.items(layer_id, limit=1)["numberReturned"] == 1
        most = reader.items(layer_id, limit=10_001)
        assert most["numberReturned"] == reader.items(layer_id, limit=10_000)["numberReturned"]


def test_a_time_chooses_what_was_true_then(reader: Reader) -> None:
    """/conf/core/fc-time-response"""
    for layer_id in reader.filled:
        every = reader.ids(layer_id)
        assert reader.ids(layer_id, datetime="../..") == every
        if not (path := LAYERS[layer_id].time):
            assert reader.ids(layer_id, datetime="1999-01-01") == every
            continue
        assert reader.ids(layer_id, datetime="../1999-12-31T23:59:59Z") == []
        one = LAYERS[layer_id].rows().filter(pk__in=every).order_by(path).last()
        moment = getattr(one, path).isoformat()
        for around in ("{}", "{}/..", "{}/", "../{}", "/{}", "{}/{}", "2020-01-01T00:00:00Z/{}"):
            assert one.pk in reader.ids(layer_id, datetime=around.format(moment, moment))
        for away in ("2020-01-01/2020-12-31", "2019-12-31T23:59:59Z", "2099-01-01/", "/1999-12-31"):
            assert reader.ids(layer_id, datetime=away) == []


def test_a_parameter_that_is_not_known_is_refused(reader: Reader) -> None:
    """/conf/core/query-param-unknown"""
    for address in ("", "conformance", "api", "collections", *doors("markets")):
        assert reader.refused(f"/ogc/{address}", colour="red")["parameter"] == "colour"


def test_a_value_that_makes_no_sense_is_refused(reader: Reader) -> None:
    """/conf/core/query-param-invalid"""
    for layer_id in reader.filled:
        address = f"/ogc/collections/{layer_id}/items"
        for name, value in {"limit": "no", "bbox": "1,2", "datetime": "soon"}.items():
            assert reader.refused(address, **{name: value})["parameter"] == name


def test_each_feature_has_an_address_and_links(reader: Reader) -> None:
    """/conf/core/f-op /conf/core/f-success /conf/core/f-links"""
    for layer_id in reader.filled:
        for row in reader.every(layer_id)[:5]:
            alone = reader.get(f"/ogc/collections/{layer_id}/items/{row['id']}")
            assert {name: alone[name] for name in row} == row
            (collection,) = links(alone, "collection")
            assert reader.get(collection["href"])["id"] == layer_id
            (itself,) = links(alone, "self")
            assert itself["type"] == GEOJSON
            assert reader.get(itself["href"])["id"] == row["id"]
            assert {link["type"] for link in links(alone, "alternate")} == OTHERS
            assert all(link["rel"] and link["type"] for link in alone["links"])


def test_a_feature_that_is_not_there_is_told_so(reader: Reader, cast: Any) -> None:
    hidden = trash_report(cast.town.kelurahan["Tenggara"], status="rejected")
    for fid in (hidden.pk, 10**12, 10**30):
        assert reader.answer(f"/ogc/collections/trash-reports/items/{fid}").status_code == 404


def doors(layer_id: str) -> list[str]:
    base = f"collections/{layer_id}"
    return [base, f"{base}/items", f"{base}/items/1", f"{base}/queryables", f"{base}/tiles"]
