"""Errors of the open addresses as problem+json (RFC 9457): what is wrong and how to mend it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt


class Problem(Exception):
    """A request that cannot be answered; `detail` says what to mend."""

    def __init__(self, status: int, title: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.body = {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": detail,
        } | more
        self.status = status


def bad_parameter(name: str, detail: str) -> Problem:
    return Problem(400, "Parameter tidak dapat dipakai", detail, parameter=name)


def respond(problem: Problem) -> JsonResponse:
    return JsonResponse(
        problem.body, status=problem.status, content_type="application/problem+json"
    )


View = Callable[..., HttpResponseBase]
METHODS = ("GET", "HEAD", "OPTIONS")


def explained(view: View) -> View:
    """Only reading, from pages of any other host too, and every refusal as problem+json."""

    @csrf_exempt  # nothing is changed here, and its page would answer in the place of a 405
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase
        try:
            if request.method not in METHODS:
                raise Problem(405, "Metode tidak didukung", "Alamat ini hanya dapat dibaca (GET).")
            response = (
                HttpResponse(status=204)
                if request.method == "OPTIONS"
                else view(request, *args, **kwargs)
            )
        except Problem as problem:
            response = respond(problem)
        except Http404 as missing:
            response = respond(Problem(404, "Tidak ditemukan", str(missing)))
        except OperationalError:
            slow = "Permintaan ini terlalu berat; persempit bbox, datetime atau limit."
            response = respond(Problem(503, "Terlalu lama", slow))
            response["Retry-After"] = "5"
        except DataError:  # what no check foresaw: PostgreSQL cannot take this value
            response = respond(
                Problem(400, "Nilai tidak dapat dipakai", "Periksa nilai parameter.")
            )
        if request.method not in ("GET", "HEAD"):
            response["Allow"] = ", ".join(METHODS)
        response["Access-Control-Allow-Origin"] = "*"  # without cookies: what the public sees
        response["Access-Control-Expose-Headers"] = "Content-Crs, Link"
        return response

    return inner
