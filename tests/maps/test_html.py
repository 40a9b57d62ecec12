"""The pages of the open data: who gets them, what they say, and that names in them are text."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from layers.catalog.markets.places import Market
from maps.answers import FILES, FORMATS
from tests.downloads import content_of
from tests.factories import CENTRE, trash_report

pytestmark = pytest.mark.django_db
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
PAGES = (
    "/ogc/", "/ogc/conformance", "/ogc/api", "/ogc/collections", "/ogc/collections/markets",
    "/ogc/collections/markets/queryables", "/ogc/collections/markets/items",
    "/ogc/collections/markets/tiles", "/ogc/collections/markets/tiles/WebMercatorQuad",
)  # fmt: skip
SCRIPT = "<script>document.title='jebol'</script>"


def get(address: str, accept: str = "", **parameters: Any) -> Any:
    headers = {"accept": accept} if accept else {}
    return Client(headers=headers).get(address, parameters)


def page(address: str, **parameters: Any) -> str:
    answer = get(address, BROWSER, **parameters)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("text/html")
    return answer.content.decode()


@pytest.mark.parametrize("address", PAGES)
def test_a_browser_gets_a_page_and_a_program_gets_json(cast: Any, address: str) -> None:
    page(address)
    for accept in ("", "*/*", "application/json", "application/geo+json, application/json"):
        answer = get(address, accept)
        assert "json" in answer["Content-Type"], accept
        assert "Accept" in answer["Vary"]


@pytest.mark.parametrize("address", PAGES)
def test_f_wins_over_accept(cast: Any, address: str) -> None:
    assert get(address, "application/json", f="html")["Content-Type"].startswith("text/html")
    assert "json" in get(address, BROWSER, f="json")["Content-Type"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html;q=0.4, application/json;q=0.9", "application/json"),
        ("text/html;q=0.9, application/json;q=0.4", "text/html"),
        ("application/json;q=0, text/html", "text/html"),
        ("text/*", "text/html"),
    ],
)
def test_the_better_liked_form_is_given(cast: Any, accept: str, kind: str) -> None:
    assert get("/ogc/collections", accept)["Content-Type"].startswith(kind)


def test_a_form_that_nobody_has_is_406_and_an_unknown_f_is_400(cast: Any) -> None:
    impossible = get("/ogc/collections", "image/png")
    unknown = get("/ogc/collections", f="xml")
    assert (impossible.status_code, unknown.status_code) == (406, 400)
    assert "application/json" in impossible.json()["detail"]
    assert "html" in unknown.json()["detail"]


@pytest.mark.parametrize("name", FILES)
def test_a_file_may_be_asked_for_by_its_type(cast: Any, name: str) -> None:
    answer = get("/ogc/collections/markets/items", FORMATS[name].media)
    assert answer["Content-Type"].split(";")[0] == FORMATS[name].media
    content_of(answer)


def test_every_form_is_linked_from_every_other(cast: Any) -> None:
    links = get("/ogc/collections/markets").json()["links"]
    alternate = [link for link in links if link["rel"] == "alternate"]
    assert [link["type"] for link in alternate] == ["text/html"]
    assert get(alternate[0]["href"])["Content-Type"].startswith("text/html")


def test_the_page_of_a_layer_says_whose_it_is_and_offers_every_file(cast: Any) -> None:
    told = page("/ogc/collections/markets")
    assert "Dinas Perindustrian dan Perdagangan" in told
    for name in FILES:
        assert f"/ogc/collections/markets/items?f={name}" in told


def test_the_page_of_a_row_writes_values_as_people_do(cast: Any) -> None:
    told = page(f"/ogc/collections/trash-reports/items/{cast.town.report.pk}")
    assert "20 Nov 2026 12.00 WITA" in told
    assert "Barat Laut" in told
    assert '<meta property="og:title"' in told
    assert (
        f'href="http://testserver/ogc/collections/trash-reports/items/{cast.town.report.pk}"'
        in told
    )


def test_a_row_that_is_not_public_has_no_page(cast: Any) -> None:
    for pk in (cast.town.rejected_report.pk, 10**12, 2**63):
        answer = get(f"/ogc/collections/trash-reports/items/{pk}", BROWSER)
        assert answer.status_code == 404


def test_a_table_is_turned_page_by_page_and_ends(cast: Any) -> None:
    for _ in range(5):
        trash_report(cast.town.kelurahan["Tenggara"])
    address, seen = "/ogc/collections/trash-reports/items?limit=3", []
    while address:
        told = page(address)
        seen += re.findall(r"items/(\d+)\?f=html", told)
        found = re.search(r'href="(\?[^"]*)" rel="next"', told)
        following = found[1].replace("&amp;", "&") if found else ""
        address = f"/ogc/collections/trash-reports/items{following}" if following else ""
    assert len(seen) == len(set(seen)) == 7


def test_a_filter_keeps_what_was_chosen_and_ignores_what_was_left_empty(cast: Any) -> None:
    told = page("/ogc/collections/trash-reports/items", f="html", status="resolved", category="")
    assert re.findall(r"items/(\d+)\?f=html", told) == [str(cast.town.other_report.pk)]
    assert '<option value="resolved" selected>' in told


def test_a_table_without_rows_says_what_to_do(cast: Any) -> None:
    told = page("/ogc/collections/trash-reports/items", kelurahan="Entah")
    assert "Longgarkan saringan" in told
    assert 'value="Entah"' in told


@pytest.mark.parametrize("place", ["items", "items/{pk}"])
def test_a_name_that_is_a_script_is_text(cast: Any, place: str) -> None:
    market = Market.objects.create(
        code="jahat", name=SCRIPT, kelurahan=cast.town.kelurahan["Barat Laut"], geom=CENTRE
    )
    told = page(f"/ogc/collections/markets/{place.format(pk=market.pk)}")
    assert SCRIPT not in told
    assert "&lt;script&gt;" in told


def test_an_officials_page_is_kept_by_no_cache_and_no_search_engine(
    cast: Any, browser_of: Any
) -> None:
    client = browser_of(cast.planner)
    item = client.get("/ogc/collections/permit-parcels/items?f=json")
    fid = re.search(rb'"id":(\d+)', b"".join(item.streaming_content))[1].decode()
    answer = client.get(f"/ogc/collections/permit-parcels/items/{fid}?f=html")
    assert answer["Cache-Control"] == "private, no-store"
    assert b'content="noindex, nofollow"' in answer.content


def test_pages_run_no_inline_script_or_style(cast: Any) -> None:
    for address in PAGES:
        told = page(address)
        assert " style=" not in told, address
        assert not re.search(r"\son[a-z]+=", told), address
        for tag in re.findall(r"<script[^>]*>", told):
            assert "nonce=" in tag or 'type="application/json"' in tag, tag
