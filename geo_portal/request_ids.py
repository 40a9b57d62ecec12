"""One name for each request: in its answer, and in every line that is logged while it is served."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextvars import ContextVar
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"

_HARMLESS = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_SECRET = re.compile(r"(/(?:openrosa/key|track|documents/letters)/)[^/\s'\"?]+")
_current: ContextVar[str] = ContextVar("request_id", default="-")


def id_for(given: str) -> str:
    """The id that a proxy or client gave, where it can do no harm in a log, or a new one."""
    return given if _HARMLESS.fullmatch(given) else uuid4().hex


class RequestId:
    """The first of the middleware, so that no answer is without it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = id_for(request.headers.get(HEADER, ""))
        request.META["HTTP_X_REQUEST_ID"] = request_id  # for whoever wants to tell it
        _current.set(request_id)  # until the thread's next one: Django logs a 5xx after us
        response = self.get_response(request)
        response[HEADER] = request_id
        return response


class Line(logging.Formatter):
    """A log line with the request's id, and without the tokens that stand in addresses."""

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = _current.get()
        return _SECRET.sub(r"\1…", super().format(record))
