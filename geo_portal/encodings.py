"""How an answer may be packed for whoever asks."""

import re
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

_NEVER = re.compile(r"q=0(\.0*)?")


class Encodings:
    """A coding that a client refuses (`gzip;q=0`, RFC 9110, 12.5.3) counts as not named: whoever
    packs an answer looks for names alone."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        named = request.META.get("HTTP_ACCEPT_ENCODING", "")
        if "q=0" in named:
            taken = (one for one in named.split(",") if not _refused(one))
            request.META["HTTP_ACCEPT_ENCODING"] = ",".join(taken)
        return self.respond(request)


def _refused(coding: str) -> bool:
    return any(_NEVER.fullmatch(parameter.strip()) for parameter in coding.split(";")[1:])
