"""Resumable uploads: tus 1.0.0 (core, creation, checksum, expiration) over `attachments`."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Iterator
from datetime import timedelta
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.http import FileResponse
from django.urls import reverse
from django.utils.http import http_date
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from field_api.attachments import originals
from field_api.attachments.connections import let_go
from field_api.attachments.uploads import PIECE, Announced, NotTaken, append, begin, expect, told
from field_api.envelope import uuid_of
from field_api.errors import LengthRequired, respond
from field_api.models import Attachment
from field_api.views import Strict, problems

logger = logging.getLogger(__name__)
VERSION = "1.0.0"
OCTETS = "application/offset+octet-stream"
READ = 16 * 1024  # small: what has come when a connection breaks is kept
SILENCE = 30  # seconds without a byte, after which a sender is taken for gone
MANY = 20  # digits

_TUS = OpenApiParameter("Tus-Resumable", str, OpenApiParameter.HEADER, enum=[VERSION])


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    reason = serializers.SerializerMethodField()

    class Meta:
        model = Attachment
        fields = ("id", "instance_id", "name", "sha256", "size", "offset", "state", "reason")

    def get_reason(self, attachment: Attachment) -> str:
        return told(attachment)


def _header(name: str, about: str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=about, **more)


class TusView(Strict):
    """What all addresses of uploads share: the protocol's version, and its refusals."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.headers.get("Tus-Resumable", VERSION) != VERSION:
            raise NotTaken(412, "Versi tus tidak didukung", f"Kirim Tus-Resumable: {VERSION}.")

    def handle_exception(self, exc: Exception) -> Response:
        if not isinstance(exc, NotTaken):
            return super().handle_exception(exc)
        more: dict[str, Any] = {"errors": exc.errors} if exc.errors else {}
        response = respond(exc.status, exc.detail, title=exc.title, **more)
        if exc.attachment:
            response["Upload-Offset"] = str(exc.attachment.offset)
        if exc.retry_after:
            response["Retry-After"] = str(exc.retry_after)
        return response

    def finalize_response(self, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(*args, **kwargs)
        response["Tus-Resumable"] = VERSION
        response["Cache-Control"] = "no-store"
        if response.status_code == 412:
            response["Tus-Version"] = VERSION
        return response


class Attachments(TusView):
    """The door for files of submissions."""

    @extend_schema(
        summary="Umumkan sebuah berkas yang akan dikirim",
        description="tus 1.0.0 creation. Berkas yang sama mendapat alamat yang sama.",
        request=None,
        parameters=[
            _TUS,
            _header("Upload-Length", "Ukuran berkas dalam byte", required=True),
            _header(
                "Upload-Metadata",
                "instance_id, filename, sha256 (base64 dari heksadesimalnya); dipisah koma",
                required=True,
            ),
        ],
        responses={
            201: OpenApiResponse(description="Alamatnya di Location"),
            200: OpenApiResponse(description="Sudah diumumkan; Upload-Offset yang sudah ada"),
            **problems(400, 403, 409, 412, 413, 422),
        },
    )
    def post(self, request: Request) -> Response:
        file = _announced(request)
        attachment, new = begin(
            file, by=cast(User, request.user), device=getattr(request.auth, "device", None)
        )
        response = Response(status=201 if new else 200)
        address = reverse("attachment", args=[attachment.pk])
        response["Location"] = request.build_absolute_uri(address)
        return _standing(response, attachment)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        response = Response(status=204)
        response["Tus-Version"] = VERSION
        response["Tus-Extension"] = "creation,checksum,expiration"
        response["Tus-Checksum-Algorithm"] = "sha256"
        response["Tus-Max-Size"] = str(settings.ATTACHMENT_BYTES)
        return response


class OneAttachment(TusView):
    """A file on its way, or what became of it. Somebody else's is not found."""

    def get_object(self) -> Attachment:
        own = Attachment.objects.filter(user=cast(User, self.request.user))
        found = own.filter(pk=self.kwargs["key"]).first()
        if found is None:
            raise NotFound("Tidak ada lampiran Anda di alamat ini.")
        return found

    @extend_schema(
        summary="Keadaan sebuah berkas, dan alasannya",
        responses={200: AttachmentSerializer, **problems(400, 404, 412)},
    )
    def get(self, request: Request, key: UUID) -> Response:
        return Response(AttachmentSerializer(self.get_object()).data)

    @extend_schema(
        summary="Sampai di mana unggahan ini",
        parameters=[_TUS],
        responses={
            200: OpenApiResponse(description="Upload-Offset, Upload-Length"),
            **problems(404, 412),
        },
    )
    def head(self, request: Request, key: UUID) -> Response:
        return _standing(Response(), self.get_object())

    @extend_schema(
        summary="Lanjutkan unggahan",
        parameters=[
            _TUS,
            _header("Upload-Offset", "Byte yang sudah tersimpan", required=True),
            _header("Upload-Checksum", "sha256 dan base64 dari intisari isi ini"),
        ],
        request={OCTETS: OpenApiTypes.BINARY},
        responses={
            204: OpenApiResponse(description="Upload-Offset yang baru"),
            **problems(400, 403, 404, 409, 411, 412, 413, 415, 422, 460),
        },
    )
    def patch(self, request: Request, key: UUID) -> Response:
        attachment = self.get_object()
        offset, length = _number(request, "Upload-Offset"), _content_length(request)
        if request.content_type != OCTETS:
            raise UnsupportedMediaType(request.content_type or "")
        expect(attachment, offset, length)
        for piece in _pieces(request, length, _checksum(request)):
            attachment = append(attachment, offset, piece)
            offset = attachment.offset
            let_go()
        return _standing(Response(status=204), attachment)


class Original(TusView):
    """The file as it was sent, for its sender alone."""

    @extend_schema(
        summary="Berkas asli, hanya bagi pengirimnya",
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            **problems(400, 404, 410, 412),
        },
    )
    def get(self, request: Request, key: UUID) -> FileResponse:
        own = Attachment.objects.filter(user=cast(User, request.user), pk=key)
        found = own.exclude(state=Attachment.State.PARTIAL).first()
        if found is None:
            raise NotFound("Tidak ada berkas utuh Anda di alamat ini.")
        if not found.original:
            raise NotTaken(410, "Sudah dihapus", "Masa simpan berkas asli ini sudah berakhir.")
        try:
            file = originals.path(found.original).open("rb")
        except FileNotFoundError as error:
            logger.error("The original of attachment %s is missing.", key)
            raise NotFound("Berkas asli ini tidak ditemukan di tempatnya.") from error
        return FileResponse(
            file, as_attachment=True, filename=found.name, content_type="application/octet-stream"
        )


def _standing(response: Response, attachment: Attachment) -> Response:
    response["Upload-Offset"] = str(attachment.offset)
    response["Upload-Length"] = str(attachment.size)
    if attachment.state == Attachment.State.PARTIAL:
        until = attachment.created_at + timedelta(days=settings.UPLOAD_DAYS)
        response["Upload-Expires"] = http_date(until.timestamp())
    return response


# -- what the headers say


def _bad(name: str, detail: str) -> NotTaken:
    return NotTaken(400, "Permintaan tidak dapat dibaca", detail, errors={name: detail})


def _number(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < MANY):
        raise _bad(name, f"Sebutkan {name} sebagai bilangan bulat.")
    return int(text)


def _content_length(request: Request) -> int:
    """WSGI gives nothing of a body that comes in chunks; without either header there is none."""
    if "Transfer-Encoding" in request.headers:
        raise LengthRequired
    return _number(request, "Content-Length") if request.headers.get("Content-Length") else 0


def _announced(request: Request) -> Announced:
    told = _metadata(request.headers.get("Upload-Metadata", ""))
    instance_id = uuid_of(told.get("instance_id"))
    if instance_id is None:
        raise _bad("instance_id", "Sebutkan UUID kirimannya dalam Upload-Metadata: instance_id.")
    return Announced(
        instance_id=instance_id,
        name=told.get("filename", ""),
        sha256=told.get("sha256", "").lower(),
        size=_number(request, "Upload-Length"),
    )


def _metadata(text: str) -> dict[str, str]:
    told: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key, _, value = pair.partition(" ")
        try:
            said = base64.b64decode(value, validate=True).decode()
        except (ValueError, UnicodeError) as error:
            raise _bad("Upload-Metadata", f"Nilai «{key[:60]}» bukan base64 dari UTF-8.") from error
        if key in told:
            raise _bad("Upload-Metadata", f"«{key[:60]}» hanya boleh sekali.")
        told[key] = said
    return told


def _checksum(request: Request) -> bytes | None:
    text = request.headers.get("Upload-Checksum")
    if text is None:
        return None
    algorithm, _, digest = text.partition(" ")
    if algorithm != "sha256":
        raise _bad("Upload-Checksum", "Hanya sha256 yang didukung.")
    try:
        return base64.b64decode(digest, validate=True)
    except ValueError as error:
        raise _bad("Upload-Checksum", "Intisarinya bukan base64.") from error


# -- the body


def _pieces(request: Request, length: int, digest: bytes | None) -> Iterator[bytes]:
    """What came of the body, in pieces to flush. A connection that breaks ends it early: what came
    until then is kept, and the SHA-256 of the whole file judges it in the end."""
    let_go()
    blocks = _blocks(request, length)
    if digest is not None:
        with SpooledTemporaryFile(max_size=PIECE) as spool:
            _hold(blocks, spool, length, digest)
            yield from iter(lambda: spool.read(PIECE), b"")
        return
    piece = bytearray()
    for block in blocks:
        piece += block
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def _hold(blocks: Iterator[bytes], spool: IO[bytes], length: int, digest: bytes) -> None:
    """All of it before any of it is used. Raises NotTaken where it came whole but altered."""
    found = hashlib.sha256()
    for block in blocks:
        found.update(block)
        spool.write(block)
    if spool.tell() == length and found.digest() != digest:
        raise NotTaken(460, "Isi berubah di jalan", "Upload-Checksum tidak cocok; kirim lagi.")
    spool.seek(0)


def _blocks(request: Request, length: int) -> Iterator[bytes]:
    stream: Any = request.stream
    if stream is None:
        return
    if connection := request.META.get("gunicorn.socket"):
        connection.settimeout(SILENCE)
    while length > 0:
        try:
            block = stream.read(min(READ, length))
        except OSError:
            return
        if not block:
            return
        length -= len(block)
        yield block
