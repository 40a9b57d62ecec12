"""Short addresses, the frame for other sites, the sheet to print and the base map, as answered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from maps.models import SharedMap

VIEW = "map=14.20/-10.17020/123.60700&on=zones,markets&stunting-prevalence.month=2026-08-01"


def share(client: Client, fragment: str = VIEW, **more: Any) -> Any:
    return client.post("/share", {"fragment": fragment}, **more)


def code_of(response: Any) -> str:
    return response.json()["url"].rpartition("/")[2]


def test_a_short_address_leads_to_the_same_view(db: None, client: Client) -> None:
    made = share(client)

    assert made.status_code == 200
    assert made.json()["qr"].startswith("data:image/svg+xml")
    assert re.fullmatch(r"http://testserver/s/[0-9A-Za-z]{12}", made.json()["url"])
    followed = client.get(f"/s/{code_of(made)}")
    assert (followed.status_code, followed["Location"]) == (302, f"/#{VIEW}")


def test_the_same_view_has_the_same_address_and_another_view_another(
    db: None, client: Client
) -> None:
    assert code_of(share(client)) == code_of(share(client))
    assert code_of(share(client)) != code_of(share(client, VIEW + "&base=plain"))
    assert SharedMap.kept.count() == 2


def test_a_view_opens_in_the_language_it_was_shared_in_unless_one_was_chosen(
    db: None, client: Client
) -> None:
    english = share(client, headers={"accept-language": "en"})

    followed = Client().get(f"/s/{code_of(english)}")
    assert followed.cookies["django_language"].value == "en"
    settled = Client()
    settled.cookies["django_language"] = "id"
    assert "django_language" not in settled.get(f"/s/{code_of(english)}").cookies


@pytest.mark.parametrize(
    "fragment",
    [
        "",
        "https://penipu.example/",
        "map=1/2/3\r\nLocation: https://penipu.example",
        "on=<script>alert(1)</script>",
        "on=zones&",
        "on=\x00",
        "on=" + "a" * 4096,
    ],
)
def test_what_is_no_view_of_the_map_is_not_kept(db: None, client: Client, fragment: str) -> None:
    refused = share(client, fragment)

    assert refused.status_code == 400
    assert refused.json()["detail"].endswith(".")
    assert not SharedMap.kept.exists()


def test_no_view_leads_to_another_host(db: None, client: Client) -> None:
    for fragment in ("x=//penipu.example/", "a=@penipu.example", "a=1&b=%0d%0aX:%20y"):
        followed = client.get(f"/s/{code_of(share(client, fragment))}")
        assert followed["Location"].startswith("/#")
        assert "\n" not in followed["Location"]


@pytest.mark.parametrize("code", ["tidakada", "a" * 200, "%00", "..%2f"])
def test_an_unknown_code_is_not_found(db: None, client: Client, code: str) -> None:
    assert client.get(f"/s/{code}").status_code == 404


def test_only_a_page_of_the_portal_makes_addresses_and_not_without_end(db: None) -> None:
    assert share(Client(enforce_csrf_checks=True)).status_code == 403
    client = Client()
    answers = [share(client).status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]
    assert int(share(client)["Retry-After"]) <= 60


# -- the frame


def test_only_the_frame_may_stand_in_another_site(cast: Any, client: Client) -> None:
    frame, home = client.get("/embed"), client.get("/")

    assert "X-Frame-Options" not in frame
    assert "frame-ancestors *" in frame["Content-Security-Policy"]
    assert home["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in home["Content-Security-Policy"]


def test_the_frame_holds_what_everybody_may_see_whoever_asks(cast: Any, browser_of: Any) -> None:
    ids = {layer["id"] for layer in Client().get("/embed").context["catalogue"]["layers"]}
    planner = browser_of(cast.planner).get("/embed")

    assert {layer["id"] for layer in planner.context["catalogue"]["layers"]} == ids
    assert not any(layer["restricted"] for layer in planner.context["catalogue"]["layers"])
    assert not planner.cookies


def test_the_frame_speaks_the_language_of_its_address(cast: Any, client: Client) -> None:
    assert client.get("/embed?lang=en", headers={"accept-language": "id"}).context[
        "catalogue"
    ]["language"] == "en"  # fmt: skip
    for other in ("/embed", "/embed?lang=xx", "/embed?lang=%00"):
        assert client.get(other, headers={"accept-language": "en"})["Content-Language"] == "id"


# -- the sheet


@pytest.mark.parametrize(
    "query",
    ["paper=a9", "scale=7", "bbox=1,2", "title=" + "a" * 121, "turned=%00", "bbox=1,2,3,<b>"],
)
def test_a_sheet_that_does_not_exist_is_refused_and_what_was_typed_is_kept(
    cast: Any, client: Client, query: str
) -> None:
    refused = client.get(f"/print/?title=Pasar+Oeba&{query}")

    assert refused.status_code == 400
    assert b'role="alert"' in refused.content
    if not query.startswith("title"):
        assert b"Pasar Oeba" in refused.content


def test_a_hostile_title_is_only_text(cast: Any, client: Client) -> None:
    page = client.get("/print/", {"title": "<script>alert(1)</script>"})

    assert page.status_code == 200
    assert b"<script>alert(1)" not in page.content


# -- the base map


def test_only_the_host_of_the_base_map_may_be_asked_beside_ours(cast: Any, client: Client) -> None:
    policy = client.get("/")["Content-Security-Policy"]

    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["connect-src"] == "'self'"
    assert directives["img-src"] == "'self' data: blob:"


@pytest.fixture
def archive(tmp_path: Path, settings: Any) -> bytes:
    content = bytes(range(256)) * 40
    path = tmp_path / "kota.pmtiles"
    path.write_bytes(content)
    settings.BASEMAP_PMTILES = str(path)
    return content


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-126", slice(0, 127)),
        ("bytes=10200-", slice(10200, None)),
        ("bytes=-5", slice(-5, None)),
        ("bytes=10000-99999", slice(10000, None)),
    ],
)
def test_an_archive_is_read_piece_by_piece(
    db: None, client: Client, archive: bytes, asked: str, part: slice
) -> None:
    piece: Any = client.get("/basemap.pmtiles", headers={"range": asked, "accept-encoding": "gzip"})

    assert piece.status_code == 206
    assert b"".join(piece.streaming_content) == archive[part]
    start = part.indices(len(archive))[0]
    end = start + len(archive[part]) - 1
    assert piece["Content-Range"] == f"bytes {start}-{end}/{len(archive)}"


@pytest.mark.parametrize(
    ("asked", "status"),
    [("", 400), ("bytes=-", 400), ("bytes=a-b", 400), ("bytes=20000-", 416), ("bytes=9-2", 416)],
)
def test_a_piece_that_does_not_exist_is_refused(
    db: None, client: Client, archive: bytes, asked: str, status: int
) -> None:
    assert client.get("/basemap.pmtiles", headers={"range": asked}).status_code == status


def test_without_an_archive_there_is_none(db: None, client: Client) -> None:
    assert client.get("/basemap.pmtiles", headers={"range": "bytes=0-1"}).status_code == 404
