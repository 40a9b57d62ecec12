"""Bodies of unknown length (`Transfer-Encoding: chunked`), made readable for Django.

WSGI tells an application only `CONTENT_LENGTH`, and Django reads nothing where it is missing: a
submission would look empty. A server that ends the stream by itself says so by
`wsgi.input_terminated` (gunicorn does); there the body is spooled, and its length is then known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.http import HttpResponse
from django.utils.http import parse_header_parameters

from field_api.openrosa import responses
from geo_portal import request_ids

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

OPENROSA = "/openrosa/"
LIMITS = {OPENROSA: responses.MAX_BODY, "/api/v1/attachments": 32 * 1024 * 1024}
OTHERS = 5 * 1024 * 1024
MOST = 100 * 1000**2  # of any body: Django writes a form to disk before anybody asks whose it is
STRANGERS = 256 * 1024  # what one may send in pieces who does not even claim to be known
IN_MEMORY = 256 * 1024
SILENCE = 30.0  # seconds after which a sender who says nothing is gone
_READ_SIZE = 64 * 1024

_TITLES = {
    400: "Permintaan tidak dapat dibaca",
    411: "Panjang isi tidak disebut",
    413: "Terlalu besar",
    503: "Layanan sedang penuh",
}


class _Unreadable(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class ReadableBodies:
    """Wraps the application: what it gets always has a length."""

    def __init__(self, application: Wsgi) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if connection := environ.get("gunicorn.socket"):
            connection.settimeout(SILENCE)  # each connection holds a thread
        if _is_in_another_alphabet(environ.get("CONTENT_TYPE", "")):
            error = _Unreadable(400, "Formulir dikirim sebagai UTF-8; kirim lagi.")
            return _refuse(environ, error, start_response)
        if "HTTP_TRANSFER_ENCODING" not in environ:
            if _length(environ) > MOST:
                error = _Unreadable(413, f"Kiriman paling besar {MOST // 1000**2} MB.")
                return _refuse(environ, error, start_response)
            return self.application(environ, start_response)
        file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed with the answer
        try:
            length = _spool(environ, file)
        except _Unreadable as error:
            file.close()
            return _refuse(environ, error, start_response)
        known = {**environ, "wsgi.input": file, "CONTENT_LENGTH": str(length)}
        del known["HTTP_TRANSFER_ENCODING"]
        try:
            return _Held(self.application(known, start_response), file)
        except BaseException:
            file.close()
            raise


class _Held:
    """An answer with the file that its request is read from."""

    def __init__(self, answer: Iterable[bytes], file: IO[bytes]) -> None:
        self.answer, self.file = answer, file

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.answer)

    def close(self) -> None:
        try:
            if close := getattr(self.answer, "close", None):
                close()
        finally:
            self.file.close()


def _length(environ: Environ) -> int:
    told = environ.get("CONTENT_LENGTH") or "0"
    return int(told) if told.isascii() and told.isdigit() and len(told) < 19 else 0


def _is_in_another_alphabet(content_type: str) -> bool:
    """Of a form as browsers send it, which Django reads as UTF-8 alone; it even fails to say so,
    because its check against forged requests reads the form of a refused one too."""
    try:
        kind, told = parse_header_parameters(content_type)
    except ValueError:  # a parameter in an alphabet that nobody knows
        return True
    if kind != "application/x-www-form-urlencoded":
        return False
    return told.get("charset", "utf-8").lower() != "utf-8"


def limit_of(path: str) -> int:
    """How long a body may be at this address."""
    return next((limit for start, limit in LIMITS.items() if path.startswith(start)), OTHERS)


def _claims_to_be_known(environ: Environ) -> bool:
    """Whether there is a token or a session to look at, once the body is here."""
    told = ("HTTP_AUTHORIZATION", "HTTP_COOKIE")
    return any(environ.get(name) for name in told) or "/key/" in environ.get("PATH_INFO", "")


def _spool(environ: Environ, file: IO[bytes]) -> int:
    if not environ.get("wsgi.input_terminated"):
        raise _Unreadable(411, "Server ini tidak menerima isi berpotong; sebutkan Content-Length.")
    limit, length = limit_of(environ.get("PATH_INFO", "")), 0
    if not _claims_to_be_known(environ):
        limit = min(limit, STRANGERS)
    while piece := _piece(environ["wsgi.input"]):
        length += len(piece)
        if length > limit:
            raise _Unreadable(413, f"Isi paling besar {limit // 1000} kB di alamat ini.")
        try:
            file.write(piece)
        except OSError as error:
            told = "Server sedang tidak dapat menyimpan; kirim lagi sebentar lagi."
            raise _Unreadable(503, told) from error
    file.seek(0)
    return length


def _piece(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(_READ_SIZE)
    except Exception as error:  # each server has errors of its own for a broken body
        raise _Unreadable(400, "Isi berpotong ini rusak atau terputus; kirim lagi.") from error


def _refuse(
    environ: Environ, error: _Unreadable, start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """The refusal, in the words of the address that was asked."""
    if environ.get("PATH_INFO", "").startswith(OPENROSA):
        response = responses.answer(error.status, str(error))
    else:
        problem = {
            "type": "about:blank",
            "title": _TITLES[error.status],
            "status": error.status,
            "detail": str(error),
        }
        response = HttpResponse(
            json.dumps(problem), status=error.status, content_type="application/problem+json"
        )
    response[request_ids.HEADER] = request_ids.id_for(environ.get("HTTP_X_REQUEST_ID", ""))
    response["Content-Length"] = str(len(response.content))
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = "10"
    start_response(f"{error.status} {response.reason_phrase}", list(response.items()))
    return [response.content]
