"""The gate for whoever has no account: how much one may send, how often, and the words when it is
too much."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from math import ceil
from threading import Lock
from typing import Any

from django.core.cache import caches
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from field_api.errors import MEDIA_TYPE
from field_api.throttles import address
from layers.catalog.permits.roles import works_on_permits

View = Callable[..., HttpResponse]
PIECE = 64 * 1024


class Bucket:
    """So many at once for each address, and one more every `seconds`. Counted in the memory of each
    worker: with n workers somebody gets up to n times as much."""

    def __init__(self, scope: str, *, burst: int, seconds: float) -> None:
        self.scope, self.burst, self.seconds = scope, burst, seconds
        self._lock = Lock()

    def take(self, who: str) -> int:
        """One of them; the seconds to wait where there is none left."""
        key, cache, now = f"{self.scope}:{who}", caches["throttles"], time.time()
        with self._lock:
            left, at = cache.get(key) or (float(self.burst), now)
            left = min(float(self.burst), left + max(0.0, now - at) / self.seconds)
            if left < 1:
                return max(1, ceil((1 - left) * self.seconds))
            cache.set(key, (left - 1, now), timeout=self.burst * self.seconds)
        return 0


def gated(*, most: int, bucket: Bucket, as_json: bool = False) -> Callable[[View], View]:
    """For an address that strangers post to. The body is measured before anything reads it: the
    check against forged requests is made inside, for it reads the body too. `as_json`: its answers
    are for scripts, whatever they are asked for with."""

    def decorate(view: View) -> View:
        inner = csrf_protect(view)

        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if as_json:
                request.META["HTTP_ACCEPT"] = "application/json"
            response = (
                _refusal(request, most, bucket) if request.method == "POST" else None
            ) or _answered(request, inner, *args, **kwargs)
            add_never_cache_headers(response)
            # Nobody is told the path. With "no-referrer" a browser would hide the origin of a form
            # from ourselves too, and the check against forged requests would refuse it.
            response["Referrer-Policy"] = "strict-origin"
            response["X-Robots-Tag"] = "noindex"
            return response

        return guarded

    return decorate


def _answered(request: HttpRequest, view: View, *args: Any, **kwargs: Any) -> HttpResponse:
    try:
        return view(request, *args, **kwargs)
    except (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent):
        return refuse(request, 413, _("Isian ini terlalu besar; kirim bidangnya sebagai berkas."))
    except (UnreadablePostError, MultiPartParserError):
        return refuse(request, 400, _("Kiriman ini terputus di jalan; kirim sekali lagi."))


def _refusal(request: HttpRequest, most: int, bucket: Bucket) -> HttpResponse | None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > most:
        _drain(request, most)
        told = _("Kiriman ini terlalu besar: paling besar %(most)d MB seluruhnya.")
        return refuse(request, 413, told % {"most": most // 1000**2})
    wait = 0 if works_on_permits(request.user) else bucket.take(address(request))
    if not wait:
        return None
    _drain(request, most)
    told = _("Terlalu banyak kiriman dari alamat Anda. Coba lagi dalam %(wait)d detik.")
    response = refuse(request, 429, told % {"wait": wait})
    response["Retry-After"] = str(wait)
    return response


def _drain(request: HttpRequest, most: int) -> None:
    """A browser that still sends when the connection ends never shows the answer."""
    stream, left = request.META.get("wsgi.input"), 2 * most
    try:
        while stream is not None and left > 0 and (piece := request.read(PIECE)):
            left -= len(piece)
    except OSError:
        return


def wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.META.get("HTTP_ACCEPT", "")


def refuse(request: HttpRequest, status: int, sentence: str, **more: Any) -> HttpResponse:
    """A refusal for a script or for a person; `more` are extension members of the former."""
    heading = {
        400: _("Kiriman ini tidak dapat dibaca"),
        409: _("Formulir ini sudah terkirim"),
        413: _("Kiriman ini terlalu besar"),
        422: _("Belum dapat diterima"),
        429: _("Terlalu sering"),
        503: _("Layanan sedang penuh"),
    }[status]
    if not wants_json(request):
        context = {"code": status, "heading": heading, "sentence": sentence, **more}
        return render(request, "field_api/applicants/refused.html", context, status=status)
    body = {"type": "about:blank", "title": heading, "status": status, "detail": sentence, **more}
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE)
