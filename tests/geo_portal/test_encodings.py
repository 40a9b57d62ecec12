"""Who refuses an encoding is not given it, whatever answers."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from geo_portal.encodings import Encodings

pytestmark = pytest.mark.django_db

ANSWERS = ("/", "/ogc/collections", "/ogc/collections/kelurahan/items?f=json")


@pytest.mark.parametrize("address", ANSWERS)
@pytest.mark.parametrize(
    ("named", "given"),
    [
        ("gzip, deflate, br", "gzip"),
        ("br, gzip;q=0.5", "gzip"),
        ("gzip;q=0.001", "gzip"),
        ("gzip;q=0", None),
        ("br;q=1, gzip ; q=0.000, identity", None),
        ("*;q=0, gzip", "gzip"),
        ("", None),
    ],
)
def test_an_answer_is_packed_as_its_reader_takes_it(
    cast: object, client: Client, address: str, named: str, given: str | None
) -> None:
    answer = client.get(address, headers={"accept-encoding": named})

    assert answer.status_code == 200
    assert answer.get("Content-Encoding") == given
    assert "Accept-Encoding" in answer["Vary"]


def test_a_header_of_any_length_costs_no_more_than_its_length() -> None:
    """Read backwards from each of its characters, this one would take an hour."""
    request = RequestFactory().get("/", headers={"accept-encoding": "a; " * 300_000 + "q=0, gzip"})
    Encodings(lambda _: HttpResponse())(request)
    assert request.META["HTTP_ACCEPT_ENCODING"] == " gzip"
