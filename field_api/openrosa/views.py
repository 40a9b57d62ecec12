"""The addresses of OpenRosa, each under a device's token in the path (what ODK Collect is given as
its server) and without one, for clients that send `Authorization: Token`."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, cast

from django.contrib.auth.models import User
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView, exception_handler

from field_api.attachments.uploads import NotTaken
from field_api.attachments.uploads import keep as keep_once
from field_api.authentication import DeviceToken, token_of
from field_api.models import Device, Submission
from field_api.openrosa import multipart, responses, submissions
from field_api.openrosa.code_lists import as_csv, code_list
from field_api.openrosa.receipts import told
from field_api.openrosa.xforms import Version, code_lists, xform
from field_api.receive import Receipt, receive, receive_unreadable
from layers.base import Layer
from layers.forms import Form
from layers.registry import forms_of

logger = logging.getLogger(__name__)

_LIST = "http://openrosa.org/xforms/xformsList"
_MANIFEST = "http://openrosa.org/xforms/xformsManifest"
TRIES = 20  # a file that grows meanwhile under two posts
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE}
_FAULTS = {
    401: "Token gawai ini tidak sah, habis, atau dicabut. Pindai kode QR yang baru. "
    "Masuk dengan nama dan sandi (digest) tidak tersedia.",
    404: "Tidak ada formulir, versi, daftar, atau alamat ini bagi Anda.",
    405: "Metode ini tidak didukung di alamat ini.",
    500: "Ada kesalahan di server. Data tetap di ponsel; kirim lagi nanti.",
    503: "Server sedang tidak dapat menyimpan; kirim lagi sebentar lagi.",
}


class KeyInPath(DeviceToken):
    """The token of a device as a part of the path, since Collect can only be given an address."""

    def authenticate(self, request: Request) -> Any:
        key = request.parser_context["kwargs"].get("key")
        if key is None:
            return super().authenticate(request)
        token = token_of(key, request)
        return token.user, token


class AsItComes(BaseContentNegotiation):
    """XML is all there is, whatever `Accept` says."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class OpenRosa(APIView):
    authentication_classes: Sequence[type[BaseAuthentication]] = (KeyInPath,)
    content_negotiation_class = AsItComes
    versioned = True  # whether a request must say X-OpenRosa-Version: 1.0
    http_method_names = ("get", "head", "post")
    schema = None

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    @property
    def device(self) -> Device | None:
        return getattr(self.request.auth, "device", None)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.versioned and request.headers.get("X-OpenRosa-Version") != "1.0":
            raise ParseError("Sebutkan X-OpenRosa-Version: 1.0.")

    def get_exception_handler(self) -> Any:
        return fault

    def address(self, name: str, **more: str) -> str:
        """A full address, under the same token as this request."""
        kwargs = {**({"key": key} if (key := self.kwargs.get("key")) else {}), **more}
        return self.request.build_absolute_uri(reverse(f"openrosa-{name}", kwargs=kwargs))

    def version(self, form: str, version: str) -> tuple[Layer, Version]:
        layer, present = forms_of(self.user).get(form, (None, None))
        found = present.versions.get(version) if present else None
        if layer is None or found is None:
            raise NotFound
        return layer, found


class FormList(OpenRosa):
    """The forms that this person may submit: formID, verbose and listAllVersions narrow it."""

    def get(self, request: Request, key: str = "") -> HttpResponse:
        wanted = request.query_params.get("formID")
        forms = forms_of(self.user).values()
        rows = [
            row
            for layer, form in forms
            if wanted in (None, layer.id)
            for row in self.rows(layer, form)
        ]
        return responses.listing("xforms", "xform", _LIST, rows)

    def rows(self, layer: Layer, form: Form) -> Iterator[dict[str, str]]:
        asked = self.request.query_params
        known = list(form.versions.values())
        for version in known if asked.get("listAllVersions") == "true" else known[:1]:
            where = {"form": layer.id, "version": version.version}
            row = {
                "formID": layer.id,
                "name": str(form.title),
                "version": version.version,
                "hash": responses.hash_of(xform(layer, version)),
                "downloadUrl": self.address("form", **where),
            }
            if asked.get("verbose") == "true":
                row["descriptionText"] = str(layer.description)
            if code_lists(version):
                row["manifestUrl"] = self.address("manifest", **where)
            yield row


class XForm(OpenRosa):
    versioned = False

    def get(self, request: Request, form: str, version: str, key: str = "") -> HttpResponse:
        return tagged(request, xform(*self.version(form, version)), responses.XML)


class Manifest(OpenRosa):
    """The code lists that a form needs, each with the hash of what this person would get now."""

    def get(self, request: Request, form: str, version: str, key: str = "") -> HttpResponse:
        layer, found = self.version(form, version)
        rows = []
        for name in code_lists(found):
            codes = code_list(layer, name)
            assert codes is not None  # the layer's declaration is checked at start
            where = {"form": form, "version": version, "codes": name}
            row = {
                "filename": f"{name}.csv",
                "hash": responses.hash_of(as_csv(codes, self.user)),
                "downloadUrl": self.address("codes", **where),
            }
            rows.append(row)
        return responses.listing("manifest", "mediaFile", _MANIFEST, rows)


class Codes(OpenRosa):
    versioned = False

    def get(
        self, request: Request, form: str, version: str, codes: str, key: str = ""
    ) -> HttpResponse:
        layer, found = self.version(form, version)
        rows = code_list(layer, codes) if codes in code_lists(found) else None
        if rows is None:
            raise NotFound
        return tagged(request, as_csv(rows, self.user), "text/csv; charset=utf-8")


class Submit(OpenRosa):
    """The door: an XML part, and files whose names it gives."""

    def get(self, request: Request, key: str = "") -> HttpResponse:
        """What Collect asks first, as HEAD: who am I, and where shall I post."""
        response = HttpResponse(status=204, headers={"Location": self.address("submission")})
        return responses.with_headers(response)

    def post(self, request: Request, key: str = "") -> HttpResponse:
        with multipart.parts_of(request._request) as parts:
            xml, files = multipart.submission_in(parts)
            content = xml.open().read()
            try:
                reading = submissions.read(content, sender=self.user.pk)
            except submissions.Unreadable as error:
                text = content.decode("utf-8", "replace")
                receive_unreadable(text, str(error), **self.sender())
                raise ParseError(f"{error} Isinya disimpan untuk diperiksa.") from error
            receipt = receive(reading.item, clock_skew=_skew(request), **self.sender())
            kept = self.keep(files, reading) if takes_files(receipt) else 0
        return told(receipt, files=kept)

    def sender(self) -> dict[str, Any]:
        return {"by": self.user, "device": self.device, "channel": Submission.Channel.OPENROSA}

    def keep(self, parts: Sequence[multipart.Part], reading: submissions.Reading) -> int:
        """Each file on disk and in the ledger; an empty one has nothing to keep."""
        kept = 0
        for part in parts:
            name = reading.file_name(part.name, part.filename)
            if name is not None and part.size:
                keep(part.open(), name=name, instance_id=reading.key, by=self.user,
                     device=self.device)  # fmt: skip
                kept += 1
        return kept


class Missing(OpenRosa):
    permission_classes = (AllowAny,)
    authentication_classes = ()
    versioned = False

    def get(self, request: Request, rest: str = "") -> HttpResponse:
        raise NotFound

    post = get


def takes_files(receipt: Receipt) -> bool:
    """Whether files may be kept with it: not under another's UUID, nor what was taken back."""
    return not receipt.conflict and receipt.submission.state != Submission.State.WITHDRAWN


def keep(file: Any, **named: Any) -> None:
    """Keep a file that another post of the same submission may be writing at this moment."""
    for _ in range(TRIES):
        try:
            keep_once(file, **named)
            return
        except NotTaken as error:
            if error.status != 409:
                raise
    raise NotTaken(503, "", _FAULTS[503], retry_after=10)


def _skew(request: Request) -> float | None:
    """How far the phone's clock is behind; Collect may write the date in its own language."""
    try:
        return (timezone.now() - parsedate_to_datetime(request.headers["Date"])).total_seconds()
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def tagged(request: HttpRequest | Request, content: bytes, content_type: str) -> HttpResponse:
    """Content that a phone need not fetch again while its hash is the same."""
    tag = f'"{responses.hash_of(content)}"'
    plain = cast(HttpRequest, getattr(request, "_request", request))
    response = HttpResponse(content, content_type=content_type, headers={"ETag": tag})
    found = get_conditional_response(plain, etag=tag, response=response)
    return responses.with_headers(cast(HttpResponse, found))


def fault(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """DRF's exception handler: every error as an OpenRosaResponse, the unforeseen ones logged."""
    if isinstance(error, OperationalError) or getattr(error, "errno", None) in _NO_ROOM:
        logger.warning("OpenRosa could not keep a submission: %s", error)
        return responses.answer(503, _FAULTS[503], headers={"Retry-After": "10"})
    if isinstance(error, NotTaken):
        wait = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
        return responses.answer(error.status, error.detail, headers=wait)
    plain = exception_handler(error, context)
    if plain is None:
        logger.error("OpenRosa failed.", exc_info=error)
        return responses.answer(500, _FAULTS[500])
    detail = plain.data.get("detail") if isinstance(plain.data, dict) else None
    said = _FAULTS.get(plain.status_code) or str(detail or "Permintaan ini tidak dapat dibaca.")
    kept = ("WWW-Authenticate", "Retry-After", "Allow")
    headers = {name: plain.headers[name] for name in kept if name in plain.headers}
    return responses.answer(plain.status_code, said, headers=headers)
