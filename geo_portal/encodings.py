"""How an answer may be packed for whoever asks."""

import re
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

_REFUSED = re.compile(r"[^,]*;\s*q=0(\.0*)?\s*(?=,|$)")


class Encodings:
    """A coding that a client refuses (`gzip;q=0`, RFC 9110, 12.5.3) counts as not named: whoever
    packs an answer looks for names alone."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        named = request.META.get("HTTP_ACCEPT_ENCODING", "")
        if "q=0" in named:
            request.META["HTTP_ACCEPT_ENCODING"] = _REFUSED.sub("", named)
        return self.respond(request)
