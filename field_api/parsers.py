"""JSON with limits that hold before the parser starts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from itertools import accumulate
from typing import IO, Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from field_api.errors import TooLarge

MAX_BYTES = 256 * 1024
MAX_BATCH_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 20

_LONG = b"0" * 19  # digits that may not fit into 64 bits
_AS_ZERO = bytes.maketrans(b"123456789", b"000000000")
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class Unreadable(ParseError):
    """A body within the limits that is not JSON. `text` is what was sent, so that it can be
    kept.
    """

    def __init__(self, detail: str, text: str) -> None:
        super().__init__(detail)
        self.text = text


class CutOff(ParseError):
    """The connection ended before the body did: the sender still has it all."""

    default_detail = "Isi terpotong di jalan; kirim lagi."


class BoundedJSONParser(BaseParser):
    """At most `longest` bytes and `MAX_DEPTH` deep. NaN and Infinity are read as numbers: what
    carries them is kept and then refused with a reason, like any other wrong value."""

    media_type = "application/json"
    longest = MAX_BYTES

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(self.longest + 1)
        if len(body) > self.longest:
            raise TooLarge(f"Isi paling besar {self.longest // 1024} KiB; foto dikirim terpisah.")
        if len(body) < _declared(parser_context):
            raise CutOff
        text = body.decode("utf-8", "replace")
        if not text.strip():
            raise ParseError("Isi kosong.")
        if body.count(b"[") + body.count(b"{") > MAX_DEPTH and depth(body) > MAX_DEPTH:
            raise Unreadable(f"JSON bersarang lebih dari {MAX_DEPTH} tingkat.", text)
        try:
            item = _read(body)
        except ValueError as error:
            raise Unreadable("Isi bukan JSON yang sah.", text) from error
        if not isinstance(item, dict):
            raise Unreadable("Isi harus satu objek JSON.", text)
        return item


class BatchParser(BoundedJSONParser):
    """A batch is read like one submission, of a greater length."""

    longest = MAX_BATCH_BYTES


def _declared(parser_context: Mapping[str, Any] | None) -> int:
    request = (parser_context or {}).get("request")
    length = request.headers.get("Content-Length", "") if request is not None else ""
    return int(length) if length.isdigit() else 0


def _read(body: bytes) -> Any:
    """orjson is several times as fast, but rounds long whole numbers and refuses NaN, Infinity,
    lone surrogates and other encodings than UTF-8: what holds such is read by the standard
    library."""
    if _LONG not in body.translate(_AS_ZERO):
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(body)
    return json.loads(body)


def depth(body: bytes) -> int:
    """How deeply brackets nest outside strings; one that is never closed runs to the end."""
    if b"\\" in body:
        body = _ESCAPED.sub(b"", body)
    brackets = b"".join(body.split(b'"')[::2]).translate(None, _NO_BRACKETS)
    return max(accumulate(map(_STEP.__getitem__, brackets), initial=0))
