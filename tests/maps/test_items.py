"""OGC API - Features: what a GIS client asks, and what it is told when it asks wrongly."""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import DataError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from layers import features
from layers.registry import LAYERS
from maps import streams
from tests.factories import CENTRE, EAST, NORTH, SOUTH, WEST, point_in, trash_report

pytestmark = pytest.mark.django_db
ITEMS = "/ogc/collections/{}/items"


@pytest.fixture
def client(cast: Any) -> Client:
    return Client()


def get(client: Client, address: str, status: int = 200) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == status, answer.getvalue()
    expected = "application/problem+json" if status >= 400 else "json"
    assert expected in answer["Content-Type"]
    return json.loads(answer.getvalue())


def test_the_landing_page_leads_everywhere(client: Client) -> None:
    links = {link["rel"]: link["href"] for link in get(client, "/ogc/")["links"]}
    assert {"self", "service-desc", "conformance", "data"} <= set(links)
    for href in links.values():
        assert client.get(href).status_code == 200


def test_conformance_names_the_core(client: Client) -> None:
    claimed = get(client, "/ogc/conformance")["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in claimed


def test_collections_say_where_and_when_their_data_is(client: Client) -> None:
    listed = {row["id"]: row for row in get(client, "/ogc/collections")["collections"]}
    assert set(listed) == {id for id, layer in LAYERS.items() if layer.public}
    west, south, east, north = listed["cities"]["extent"]["spatial"]["bbox"][0]
    assert (west, south, east, north) == (WEST, SOUTH, EAST, NORTH)
    assert listed["trash-reports"]["extent"]["temporal"]["interval"][0][0].startswith("2026-11-20")


def test_items_are_geojson_features(client: Client) -> None:
    page = get(client, ITEMS.format("markets"))
    (market,) = page["features"]
    assert page["type"] == "FeatureCollection"
    assert page["numberReturned"] == 1
    assert market["geometry"]["type"] == "Point"
    assert market["geometry"]["coordinates"] == pytest.approx(CENTRE.coords, abs=1e-7)
    assert market["properties"]["name"] == "Pasar Oeba"


def test_one_item_links_back_to_its_collection(client: Client, cast: Any) -> None:
    item = get(client, f"{ITEMS.format('markets')}/{cast.town.market.pk}")
    assert {link["rel"] for link in item["links"]} == {"self", "alternate", "collection"}
    get(client, f"{ITEMS.format('markets')}/999999", 404)
    get(client, f"{ITEMS.format('markets')}/{10**30}", 404)


def test_pages_follow_next_links_to_the_last_item(client: Client, cast: Any) -> None:
    for _ in range(7):
        trash_report(cast.town.kelurahan["Tenggara"])
    seen, address = [], ITEMS.format("trash-reports") + "?limit=4"
    while address:
        page = get(client, address)
        seen += [row["id"] for row in page["features"]]
        assert page["numberReturned"] == len(page["features"]) <= 4
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    public = LAYERS["trash-reports"].visible_to(cast.citizen).order_by("pk")
    assert seen == list(public.values_list("pk", flat=True))


@pytest.mark.parametrize("limit", range(1, 10))
def test_a_page_is_whole_wherever_its_pieces_end(
    client: Client, cast: Any, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(features, "AT_ONCE", 0)
    monkeypatch.setattr(features, "CHUNK", 3)
    monkeypatch.setattr(features, "PIECE", 2)
    for _ in range(5):
        trash_report(cast.town.kelurahan["Tenggara"])
    public = LAYERS["trash-reports"].visible_to(cast.citizen).order_by("pk")
    ids = list(public.values_list("pk", flat=True))
    assert len(ids) == 7

    page = get(client, f"{ITEMS.format('trash-reports')}?limit={limit}")

    assert [row["id"] for row in page["features"]] == ids[:limit]
    assert page["numberReturned"] == min(limit, 7)
    following = [link["href"] for link in page["links"] if link["rel"] == "next"]
    assert [href.partition("after=")[2] for href in following] == [
        str(one) for one in ids[limit - 1 : limit] if limit < 7
    ]


def test_bbox_selects_what_it_touches(client: Client, cast: Any) -> None:
    west = point_in(cast.town.kelurahan["Barat Laut"])
    box = f"{west.x - 0.01},{west.y - 0.01},{west.x + 0.01},{west.y + 0.01}"
    page = get(client, ITEMS.format("trash-reports") + f"?bbox={box}")
    assert [row["id"] for row in page["features"]] == [cast.town.report.pk]


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ("2026-11-20", 2),
        ("2026-11-20T04:00:00Z", 2),
        ("2026-11-20T12:00:00%2B08:00/..", 2),
        ("../2026-11-19", 0),
        ("2026-11-21/..", 0),
        ("2026-11-01/2026-11-30", 2),
    ],
)
def test_datetime_selects_by_the_layers_time(client: Client, when: str, found: int) -> None:
    page = get(client, ITEMS.format("trash-reports") + f"?datetime={when}")
    assert page["numberReturned"] == found


@pytest.mark.parametrize(
    ("when", "found"),
    [("2026-08-01/2026-08-31", 2), ("2026-08-01", 2), ("2026-08-02/..", 0), ("../2026-07-31", 0)],
)
def test_a_figure_of_a_month_is_found_by_its_month(client: Client, when: str, found: int) -> None:
    page = get(client, ITEMS.format("stunting-prevalence") + f"?datetime={when}")
    assert page["numberReturned"] == found


def test_a_property_narrows_items(client: Client) -> None:
    page = get(client, ITEMS.format("trash-reports") + "?status=resolved")
    assert [row["properties"]["status"] for row in page["features"]] == ["resolved"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=00", "limit=", "limit=%2B5", "limit=-1",
        "limit=x", "limit=1e3", "limit=٣",
        "bbox=-181,-90,180,90", "bbox=1,2,3", "bbox=NaN,0,1,1", "bbox=1e999,0,1,1",
        "bbox=123,-9,124,-10", "bbox=-10.2,123.5,-10.1,123.6", "bbox=0,-90,180,91",
        "bbox=a,b,c,d", "bbox=",
        "datetime=yesterday", "datetime=2026-13-01", "datetime=2026-11-02/2026-11-01",
        "datetime=9999-12-31T23:59:59-23:59", "datetime=0001-01-01T00:00:00%2B23:59",
        "datetime=20260101", "datetime=2026-W10", "bbox=1_0,2,1_1,3", "bbox=%D9%A1,2,3,4",
        "crs=http://www.opengis.net/def/crs/EPSG/0/32750", "bbox-crs=EPSG:4326",
        "filter-lang=cql2-json", "filter=1", "filter-crs=x", "resultType=hit",
        "datetime=a/b/c", "after=-1", "after=x", "colour=red", "description=x", "f=xml",
        "limit=1&limit=2", "status=%00", "tracking_code=x", "pk=1", "id__gt=0",
    ],
)  # fmt: skip
def test_a_wrong_question_is_told_what_to_mend(client: Client, query: str) -> None:
    problem = get(client, ITEMS.format("trash-reports") + f"?{query}", 400)
    assert problem["parameter"] == query.split("=", maxsplit=1)[0]
    assert problem["detail"]


def test_a_value_that_a_property_cannot_have_is_told(client: Client) -> None:
    problem = get(client, ITEMS.format("stunting-prevalence") + "?month=soon", 400)
    assert problem["parameter"] == "month"


def test_the_default_crs_may_be_named(client: Client) -> None:
    crs = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    page = get(client, ITEMS.format("markets") + f"?crs={crs}&bbox-crs={crs}&f=json")
    assert page["numberReturned"] == 1


@pytest.mark.parametrize("address", ["/ogc/", "/ogc/collections", "/ogc/api", "/ogc/conformance"])
def test_a_form_that_is_not_offered_is_refused_everywhere(client: Client, address: str) -> None:
    assert get(client, f"{address}?f=xml", 400)["parameter"] == "f"


def test_a_limit_beyond_the_largest_page_is_cut_to_it(client: Client) -> None:
    assert get(client, ITEMS.format("markets") + "?limit=10000000000")["numberReturned"] == 1


def test_the_whole_world_may_be_asked_for(client: Client) -> None:
    page = get(client, ITEMS.format("kelurahan") + "?bbox=-180,-90,180,90")
    assert page["numberReturned"] == 4


def test_a_box_reaches_over_the_180th_meridian(client: Client) -> None:
    """From here eastwards to here again, but for a strip over Sumatra."""
    around = get(client, ITEMS.format("kelurahan") + "?bbox=110,-11,100,-9")
    beyond = get(client, ITEMS.format("kelurahan") + "?bbox=150,-11,100,-9")
    assert (around["numberReturned"], beyond["numberReturned"]) == (4, 0)


def test_whoever_wants_only_the_number_gets_it(client: Client, cast: Any) -> None:
    page = get(client, ITEMS.format("trash-reports") + "?resultType=hits&limit=1&status=resolved")
    assert (page["numberMatched"], page["numberReturned"], page["features"]) == (1, 0, [])


def test_a_page_that_is_not_all_does_not_count_the_rest(client: Client) -> None:
    address = ITEMS.format("kelurahan")
    assert "numberMatched" not in get(client, f"{address}?limit=3")
    assert get(client, f"{address}?limit=4")["numberMatched"] == 4


def test_a_page_is_sent_compressed_to_who_takes_it(client: Client) -> None:
    answer = client.get(ITEMS.format("markets"), headers={"accept-encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer["Vary"]
    assert json.loads(gzip.decompress(answer.getvalue()))["numberReturned"] == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", ["json", "geojson", "csv"])
def test_who_takes_an_answer_slowly_holds_no_connection(
    client: Client, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(streams, "PIECE", 1)
    monkeypatch.setattr(features, "AT_ONCE", 0)
    monkeypatch.setattr(features, "PIECE", 1)
    answer: Any = client.get(f"{ITEMS.format('trash-reports')}?f={form}")
    for _ in answer.streaming_content:
        assert connection.connection is None


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of one row, as they come, two in a query."""
    for name, rows in {"AT_ONCE": 0, "CHUNK": 2, "PIECE": 1}.items():
        monkeypatch.setattr(features, name, rows)


def taken(cast: Any) -> Any:
    return features.pieces(LAYERS["trash-reports"], cast.citizen, limit=sys.maxsize)


def slowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second for each row, which is so long that it is sent at once."""
    slow = "pg_sleep(0.5)::text || repeat(' ', 9000) || 'null'"
    monkeypatch.setattr(features, "_geojson", lambda _: slow)


@pytest.mark.django_db(transaction=True)
def test_what_a_slow_reader_has_not_taken_waits_in_memory(cast: Any, one_by_one: None) -> None:
    for _ in range(9):
        trash_report(cast.town.kelurahan["Tenggara"])
    public = LAYERS["trash-reports"].visible_to(cast.citizen).order_by("pk")
    ids = list(public.values_list("pk", flat=True))
    pieces = taken(cast)
    first = next(pieces)

    assert connection.connection is None  # who waits for rows holds none
    until(lambda: others_at_work() == 0)
    assert [fid for piece in [first, *pieces] for fid, _ in piece] == ids


@pytest.mark.django_db(transaction=True)
def test_for_a_reader_who_has_left_nothing_more_is_read(
    cast: Any, one_by_one: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "CHUNK", 100)
    for _ in range(60):
        trash_report(cast.town.kelurahan["Tenggara"])
    slowed(monkeypatch)
    pieces = taken(cast)
    next(pieces)

    began = time.monotonic()
    pieces.close()
    assert time.monotonic() - began < 5  # the others would take half a minute, or the time allowed
    assert others_at_work() == 0


@pytest.mark.django_db(transaction=True)
def test_what_fails_after_the_first_piece_does_not_look_like_the_end(
    cast: Any, one_by_one: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = trash_report(cast.town.kelurahan["Tenggara"]).pk
    broken = f"CASE WHEN fid = {last} THEN (1 / (fid - {last}))::text ELSE 'null' END"
    monkeypatch.setattr(features, "_geojson", lambda _: broken)
    pieces = taken(cast)
    assert next(pieces)

    with pytest.raises(DataError):
        list(pieces)
    assert others_at_work() == 0


def others_at_work() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
            " AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def until(reached: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_extents_are_not_searched_for_again_by_the_next_visitor(client: Client) -> None:
    get(client, "/ogc/collections/price-readings")
    with CaptureQueriesContext(connection) as queries:
        get(client, "/ogc/collections/price-readings")
    assert not [one["sql"] for one in queries if "ST_Extent" in one["sql"]]


def test_an_extent_kept_for_one_person_is_not_told_to_another(cast: Any) -> None:
    layer = LAYERS["trash-reports"]
    rejected = cast.town.rejected_report
    rejected.geom = Point(123.0, -10.9, srid=4326)
    rejected.save()
    assert features.extent(layer, cast.administrator)[0] == 123.0
    assert features.extent(layer, cast.citizen)[0] > 123.5


def test_only_reading_is_possible(cast: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(ITEMS.format("markets"))
    assert answer.status_code == 405
    assert answer["Allow"] == strict.options(ITEMS.format("markets"))["Allow"]
    assert answer["Allow"] == "GET, HEAD, OPTIONS"
    assert strict.head(ITEMS.format("markets"))["Content-Type"] == "application/geo+json"


def test_pages_of_other_hosts_may_read_what_is_public(client: Client) -> None:
    answer = client.get(ITEMS.format("markets"))
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize("address", ["/ogc/nothing", "/ogc/collections/../x/y", "/ogc/tiles/0"])
def test_unknown_addresses_are_problem_documents(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_what_an_official_gets_is_kept_by_no_shared_cache(cast: Any, browser_of: Any) -> None:
    answer = browser_of(cast.planner).get(ITEMS.format("permit-parcels"))
    answer.getvalue()
    assert answer["Cache-Control"] == "private, no-store"
    assert "Cookie" in answer["Vary"]


def test_a_page_of_items_costs_few_queries(client: Client) -> None:
    with CaptureQueriesContext(connection, ) as queries:  # fmt: skip
        client.get(ITEMS.format("trash-reports")).getvalue()
    assert len(queries) <= 5


def test_the_definition_describes_every_public_layer(client: Client) -> None:
    document = get(client, "/ogc/api")
    assert document["openapi"].startswith("3.0")
    for layer in LAYERS.values():
        assert (f"/collections/{layer.id}/items" in document["paths"]) == bool(layer.public)
    assert document["components"]["parameters"]["limit"]["schema"]["maximum"] == 10_000
