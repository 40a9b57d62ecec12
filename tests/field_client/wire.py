"""HTTP as a phone must take it: what comes back may come from anybody, or be half of it."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit


class TryLaterError(Exception):
    """No answer that can be trusted. Nothing is lost: the same again after `seconds`, if told."""

    def __init__(self, told: str, seconds: float | None = None) -> None:
        super().__init__(told)
        self.seconds = seconds


class TokenRefusedError(Exception):
    """The device must be enrolled anew. Everything stays queued."""


class WholeRequestFailedError(Exception):
    """The server answered, but not item by item; `final` if the same can never go better."""

    def __init__(self, told: str, *, final: bool) -> None:
        super().__init__(told)
        self.final = final


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    def json(self) -> dict[str, Any]:
        """The answer as the city's JSON object, which no login page of a network can be."""
        kind = self.headers.get_content_type()
        try:
            read = json.loads(self.body) if kind in JSON_TYPES else None
        except ValueError:
            read = None
        if not isinstance(read, dict):
            raise TryLaterError(f"{self.status} with {kind} is no answer of the city")
        return read


JSON_TYPES = frozenset({"application/json", "application/problem+json", "application/geo+json"})


class Wire:
    """One kept connection to the city, with the device's token and clock on every request."""

    def __init__(
        self, url: str, token: str, timeout: float, ahead: timedelta = timedelta(0)
    ) -> None:
        """`ahead` is how wrong the phone's clock is. It need not know, and tells what it has."""
        self.token, self._ahead = token, ahead
        self._address, self._timeout = urlsplit(url), timeout
        self._connection: HTTPConnection | None = None

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}
    ) -> Answer:
        """One request. Redirects are not followed: the city does not move, a login page does."""
        carried = {
            "Authorization": f"Token {self.token}",
            "Accept-Encoding": "gzip",
            "Device-Time": (datetime.now(UTC) + self._ahead).isoformat(),
            "Content-Type": "application/json",
        }
        connection = self._connect()
        try:
            connection.request(method, self._address.path.rstrip("/") + path, body,
                               {**carried, **headers})  # fmt: skip
            response = connection.getresponse()
            read = response.read()  # shorter than announced raises
            if response.headers.get("Content-Encoding") == "gzip":
                read = gzip.decompress(read)
        except (OSError, EOFError, HTTPException, zlib.error) as error:
            self.close()
            raise TryLaterError(f"{type(error).__name__}: {error}") from error
        answer = Answer(response.status, response.headers, read)
        if answer.status in (429, 503):
            raise later(answer)
        if answer.status == 401 and "status" in answer.json():
            raise TokenRefusedError
        return answer

    def _connect(self) -> HTTPConnection:
        if self._connection is None:
            kind = HTTPSConnection if self._address.scheme == "https" else HTTPConnection
            self._connection = kind(self._address.netloc, timeout=self._timeout)
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def failure(answer: Answer) -> Exception:
    """Of a whole request. Only the city's own words end an item's chance to be sent."""
    if answer.status in (400, 413, 414, 422) or answer.status >= 500:
        if answer.status < 500:
            answer.json()
        told = f"{answer.status} {answer.body[:200]!r}"
        return WholeRequestFailedError(told, final=answer.status < 500)
    return later(answer)


def later(answer: Answer) -> TryLaterError:
    told = answer.headers.get("Retry-After", "")
    seconds: float | None = None
    if told.isdecimal():
        seconds = float(told)
    elif told:
        try:
            at = parsedate_to_datetime(told)
            seconds = max(0.0, (at - datetime.now(UTC)).total_seconds())
        except (ValueError, TypeError):
            seconds = None
    return TryLaterError(f"{answer.status} {answer.body[:200]!r}", seconds)
