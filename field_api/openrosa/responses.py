"""Answers in the words of OpenRosa: XML with its headers, whatever happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import md5
from xml.etree import ElementTree as ET

from django.http import HttpResponse

# What a client should put into one POST: it splits a submission with photos at this size, so that
# a broken connection costs one photo and not all of them. We take far more.
SPLIT_AT = 1_000_000
MAX_BODY = 100_000_000

XML = "text/xml; charset=utf-8"
_ENVELOPE = "http://openrosa.org/http/response"


def answer(
    status: int, message: str, *, nature: str = "", headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """An OpenRosaResponse: one message for the person who holds the phone."""
    envelope = ET.Element("OpenRosaResponse", {"xmlns": _ENVELOPE, "items": "0"})
    said = ET.SubElement(envelope, "message", {"nature": nature or _nature(status)})
    said.text = message
    response = document(envelope, status=status)
    response["Content-Language"] = "id"
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def document(root: ET.Element, *, status: int = 200) -> HttpResponse:
    body = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return with_headers(HttpResponse(body, status=status, content_type=XML))


def listing(
    root_name: str, row_name: str, namespace: str, rows: Iterable[Mapping[str, str]]
) -> HttpResponse:
    """A formList or a manifest: rows of named texts."""
    root = ET.Element(root_name, {"xmlns": namespace})
    for row in rows:
        element = ET.SubElement(root, row_name)
        for name, text in row.items():
            ET.SubElement(element, name).text = text
    return document(root)


def with_headers(response: HttpResponse) -> HttpResponse:
    """The standard's headers. `Date` is the web server's to write: it does so in every answer."""
    response["X-OpenRosa-Version"] = "1.0"
    response["X-OpenRosa-Accept-Content-Length"] = str(SPLIT_AT)
    response["Cache-Control"] = "private, no-cache"
    return response


def hash_of(content: bytes) -> str:
    """The standard knows MD5 only; it guards against broken copies, not against people."""
    return f"md5:{md5(content, usedforsecurity=False).hexdigest()}"


def _nature(status: int) -> str:
    return "submit_success" if status < 300 else "submit_error"
