"""A submission's XML, read into an item of the ledger.

The item is a function of the XML alone: the same bytes, sent again or split over several posts, are
the same submission. The XML itself is kept with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from field_api.openrosa.xforms import POINT

MAX_DEPTH = 20
MAX_ELEMENTS = 5_000

# Names what a client that mints no UUIDs calls its submissions, for each person apart.
NAMED = UUID("a1a64dc8-1d4f-5b0e-8c70-5371c0de0002")

_UUID = re.compile(r"uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']")
_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{1,18})?([eE][+-]?\d{1,2})?", re.ASCII)
_BOM = b"\xef\xbb\xbf"


class Unreadable(ValueError):
    """What cannot be read as a submission, and why."""


@dataclass(frozen=True)
class Reading:
    """`item` as the JSON API would have it; `instance_id` as the client wrote it."""

    item: dict[str, Any]
    instance_id: str

    @property
    def key(self) -> UUID:
        return UUID(self.item["instance_id"])

    def file_name(self, part: str, filename: str | None) -> str | None:
        """Which answer a part of the body holds: named by the answer, as Collect does, or by its
        question, as the standard's text also allows. A part that no answer names keeps its own
        name; without a file name it is no file."""
        answers = {name: text for name, text in self.item["values"].items() if _is_text(text)}
        for name in (part, filename):
            if name in answers.values():
                return name
        return answers.get(part) or (part if filename is not None else None)


def read(xml: bytes, *, sender: int) -> Reading:
    """The submission that this XML says. Raises Unreadable."""
    root = _parse(xml)
    meta = {
        _name(element): _text(element)
        for child in root
        if _name(child) == "meta"
        for element in child
    }
    named = meta.get("instanceID", "")
    if not named:
        raise Unreadable("Kiriman tidak punya meta/instanceID.")
    values = dict(_answers(root))
    item: dict[str, Any] = {
        "instance_id": str(_key(named, sender)),
        "form": root.get("id") or _namespace(root),
        "form_version": root.get("version", ""),
        "observed_at": meta.get("timeStart") or meta.get("timeEnd"),
        **_place(values.pop(POINT, None)),
        "values": values,
        "xml": xml.decode("utf-8"),
    }
    if replaced := meta.get("deprecatedID"):
        item["revises"] = str(_key(replaced, sender))
    return Reading(item, named)


def _parse(xml: bytes) -> Element:
    declared = _ENCODING.match(xml.removeprefix(_BOM).lstrip())
    if declared and declared[1].lower() not in (b"utf-8", b"us-ascii"):
        raise Unreadable("XML harus dalam UTF-8.")
    try:
        xml.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("XML harus dalam UTF-8.") from error
    if xml.count(b"<") > 2 * MAX_ELEMENTS:
        raise Unreadable("XML terlalu rumit.")
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(xml)
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise Unreadable("XML dengan DTD atau entitas tidak diterima.") from error
    except (ParseError, ValueError, LookupError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("Isi xml_submission_file bukan XML yang sah.") from error
    return root


class _Bounded(TreeBuilder):
    """Stops the parser at the first element that lies too deep."""

    depth = 0

    def start(self, tag: Any, attrs: Any, /) -> Element:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"XML bersarang lebih dari {MAX_DEPTH} tingkat.")
        return super().start(tag, attrs)

    def end(self, tag: Any, /) -> Element:
        self.depth -= 1
        return super().end(tag)


def _answers(element: Element) -> Iterator[tuple[str, Any]]:
    """Answers by question; what is asked twice, or holds further questions, is no answer to any
    of ours and is refused as such, not dropped."""
    found: dict[str, Any] = {}
    for child in element:
        name = _name(child)
        if name == "meta":
            continue
        value = dict(_answers(child)) if len(child) else _text(child)
        if name in found:
            found[name] = [found[name], value]
        else:
            found[name] = value
    for name, value in found.items():
        if value != "":  # Collect writes an empty element for what was not answered
            yield name, value


def _place(given: Any) -> dict[str, Any]:
    """A geopoint: latitude, longitude, altitude, accuracy. Accuracy 0 is how Collect writes what a
    mock provider or a finger on the map said: there the altitude is a filler too."""
    if given is None:
        return {}
    numbers = given.split() if isinstance(given, str) else []
    if not 2 <= len(numbers) <= 4 or not all(map(_NUMBER.fullmatch, numbers)):
        return {"geometry": given}  # kept as it came, and refused with a reason
    lat, lon, *more = map(float, numbers)
    altitude, accuracy = [*more, None, None][:2]
    place = {"geometry": {"type": "Point", "coordinates": [lon, lat]}}
    told = {"altitude": altitude if accuracy else altitude or None, "accuracy": accuracy}
    return place | {name: number for name, number in told.items() if number is not None}


def _key(named: str, sender: int) -> UUID:
    minted = _UUID.fullmatch(named)
    return UUID(minted[1]) if minted else uuid5(NAMED, f"{sender}:{named}")


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _namespace(element: Element) -> str:
    return str(element.tag).rpartition("}")[0].removeprefix("{")


def _text(element: Element) -> str:
    return (element.text or "").strip()


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
