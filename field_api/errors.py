"""Every error of the field API as problem+json (RFC 9457)."""

from __future__ import annotations

from typing import Any

from django.db import OperationalError
from django.http import UnreadablePostError
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

MEDIA_TYPE = "application/problem+json"

_TITLES = {
    400: "Permintaan tidak dapat dibaca",
    401: "Belum dikenal",
    403: "Tidak berwenang",
    404: "Tidak ditemukan",
    405: "Metode tidak didukung",
    406: "Bentuk jawaban tidak tersedia",
    411: "Panjang isi tidak disebut",
    409: "UUID sudah terpakai",
    410: "Sudah ditarik kembali",
    413: "Terlalu besar",
    415: "Jenis isi tidak didukung",
    422: "Belum dapat diterima",
    429: "Terlalu sering",
    503: "Layanan sedang penuh",
}


class LengthRequired(exceptions.APIException):
    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_detail = "Sebutkan panjang isi (Content-Length)."
    default_code = "length_required"


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


def respond(status_code: int, detail: str, **more: Any) -> Response:
    """A problem document; `more` are its extension members."""
    body = {
        "type": "about:blank",
        "title": _TITLES.get(status_code, "Permintaan ditolak"),
        "status": status_code,
        "detail": detail,
        **more,
    }
    return Response(body, status=status_code, content_type=MEDIA_TYPE)


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. What it does not know stays an exception, and is logged as one."""
    if isinstance(error, OperationalError):
        response = respond(503, "Basis data sedang tidak dapat dicapai; kirim lagi sebentar lagi.")
        response["Retry-After"] = "10"
        return response
    if isinstance(error, UnreadablePostError):
        return respond(400, "Isi terputus di jalan; kirim lagi.")
    plain = exception_handler(error, context)
    if plain is None:
        return None
    data = plain.data
    detail = data.pop("detail", None) if isinstance(data, dict) else None
    response = respond(
        plain.status_code,
        str(detail or "Perbaiki isian yang disebut."),
        **({"errors": data} if data else {}),
    )
    for name in ("WWW-Authenticate", "Retry-After", "Allow"):
        if name in plain.headers:
            response[name] = plain.headers[name]
    return response
