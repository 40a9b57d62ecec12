"""Files that belong to submissions: announced, grown piece by piece, complete, and then never
changed. What becomes of a complete one is `settle`'s."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import IO, Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils import timezone

from field_api.answers import Fault, file_name
from field_api.attachments import originals
from field_api.attachments.settling import settle
from field_api.models import Attachment, Device, Submission

logger = logging.getLogger(__name__)
State = Attachment.State
PIECE = 512 * 1024  # bytes between two flushes: what a lost connection or a crash may cost

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class NotTaken(Exception):
    """Why nothing was taken, as a problem document says it; `attachment` is the one at hand."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        attachment: Attachment | None = None,
        errors: Mapping[str, str] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail = status, title, detail
        self.attachment, self.errors, self.retry_after = attachment, errors, retry_after


class Announced:
    """A file as its sender announces it. Raises NotTaken where it cannot be one."""

    def __init__(self, *, instance_id: UUID, name: str, sha256: str, size: int) -> None:
        self.instance_id, self.name, self.sha256, self.size = instance_id, name, sha256, size
        errors = dict(self._faults())
        if errors:
            raise NotTaken(400, "Berkas tidak dapat diterima", " ".join(errors.values()),
                           errors=errors)  # fmt: skip
        if size > settings.ATTACHMENT_BYTES:
            most = settings.ATTACHMENT_BYTES // 1024**2
            raise NotTaken(413, "Terlalu besar", f"Satu berkas paling besar {most} MiB.")

    def _faults(self) -> Any:
        try:
            file_name(self.name)
        except Fault as fault:
            yield "filename", str(fault)
        if not _SHA256.fullmatch(self.sha256):
            yield "sha256", "sha256 harus 64 angka heksadesimal."
        if self.size < 1:
            yield "Upload-Length", "Berkas ini kosong; ambil fotonya sekali lagi."


def begin(file: Announced, *, by: User, device: Device | None) -> tuple[Attachment, bool]:
    """The attachment for a file, and whether it is new. Raises NotTaken."""
    with transaction.atomic():
        # One person's files are counted one at a time, so that no race passes a limit.
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        own = Attachment.objects.filter(user=by)
        same = own.filter(instance_id=file.instance_id, name=file.name, sha256=file.sha256).first()
        if same is None:
            _within_limits(file, own)
            key = uuid4()
            return own.create(
                id=key,
                user=by,
                device=device,
                instance_id=file.instance_id,
                name=file.name,
                sha256=file.sha256,
                size=file.size,
                original=originals.name_for(key),
            ), True
    if same.size != file.size:
        told = f"Berkas yang sama sudah tercatat dengan ukuran {same.size} byte."
        raise NotTaken(409, "Ukuran tidak cocok", told, attachment=same)
    return same, False


def _within_limits(file: Announced, own: QuerySet[Attachment]) -> None:
    title = "Terlalu banyak berkas"
    if own.filter(instance_id=file.instance_id).count() >= settings.ATTACHMENTS_PER_SUBMISSION:
        most = settings.ATTACHMENTS_PER_SUBMISSION
        raise NotTaken(422, title, f"Satu kiriman paling banyak {most} berkas.")
    known = Submission.objects.filter(pk=OuterRef("instance_id"), user=OuterRef("user"))
    begun = own.filter(state=State.PARTIAL)
    alone = own.filter(~Exists(known), state=State.COMPLETE)
    held = begun.aggregate(sum=Sum("offset"))["sum"] or 0
    held += alone.aggregate(sum=Sum("size"))["sum"] or 0
    too_many = begun.count() >= settings.ATTACHMENTS_BEGUN
    if too_many or held + file.size > settings.ATTACHMENT_PENDING_BYTES:
        told = "Terlalu banyak berkas Anda belum lengkap atau menunggu kirimannya."
        raise NotTaken(429, title, told, retry_after=600)


def expect(attachment: Attachment, offset: int, length: int) -> None:
    """Raises NotTaken where so many bytes cannot go there: to be asked before they are read."""
    if problem := _unfit(attachment, offset, length):
        raise problem


def _unfit(row: Attachment, offset: int, length: int) -> NotTaken | None:
    if row.offset != offset or (length and row.state != State.PARTIAL):
        return _elsewhere(row)
    if offset + length > row.size:
        detail = f"Berkas ini {row.size} byte; yang belum ada {row.size - offset} byte."
        return NotTaken(413, "Melebihi ukuran yang disebut", detail, attachment=row)
    return None


def append(attachment: Attachment, offset: int, content: bytes) -> Attachment:
    """The attachment grown by `content`, on disk before it is counted.

    The row is locked, so that of two who write at once one is told where the other came to. With
    its last byte the file is either complete or, where its SHA-256 is not what was announced,
    empty again. Raises NotTaken.
    """
    with transaction.atomic():
        row = Attachment.objects.select_for_update().filter(pk=attachment.pk).first()
        if row is None:  # forgotten meanwhile, as its time was over
            raise NotTaken(404, "Tidak ditemukan", "Unggahan ini sudah kedaluwarsa; mulai lagi.")
        problem = _grow(row, offset, content)
    if problem:
        raise problem
    if row.state == State.COMPLETE:
        transaction.on_commit(lambda: settle([row.instance_id]))
    return row


def _grow(row: Attachment, offset: int, content: bytes) -> NotTaken | None:
    """Changes the row too where it gives a problem."""
    if problem := _unfit(row, offset, len(content)):
        return problem
    try:
        originals.write(row.original, offset, content)
        row.offset += len(content)
        problem = _complete(row) if row.offset == row.size else None
    except originals.Lost as lost:
        logger.error("Of attachment %s only %s bytes are on disk.", row.pk, lost.held)
        row.offset = lost.held
        problem = _elsewhere(row)
    except OSError as error:
        logger.error("Attachment %s could not be written: %s", row.pk, error)
        told = "Tempat penyimpanan sedang tidak dapat ditulisi; kirim lagi nanti."
        return NotTaken(503, "Tidak dapat disimpan", told, retry_after=60)
    row.save(update_fields=["offset", "state", "completed_at", "erase_on"])
    return problem


def _elsewhere(row: Attachment) -> NotTaken:
    told = f"Yang sudah tersimpan {row.offset} dari {row.size} byte; lanjutkan dari sana."
    return NotTaken(409, "Posisi unggahan tidak cocok", told, attachment=row)


def _complete(row: Attachment) -> NotTaken | None:
    """Hashed before it is counted: whoever sees the last byte counted may forget the file."""
    if originals.sha256(row.original) != row.sha256:
        row.offset = 0
        told = "Isi berkas tidak cocok dengan sha256 yang disebut; kirim lagi dari awal."
        return NotTaken(422, "Berkas tidak utuh", told, attachment=row)
    row.state, row.completed_at = State.COMPLETE, timezone.now()
    row.erase_on = timezone.localdate() + timedelta(days=settings.ORIGINAL_DAYS)
    return None


def keep(
    file: IO[bytes], *, name: str, instance_id: UUID, by: User, device: Device | None
) -> Attachment:
    """A whole file at once, as a form post brings it; again is the same. Raises NotTaken."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    size = file.tell()
    announced = Announced(instance_id=instance_id, name=name, sha256=digest, size=size)
    attachment, _ = begin(announced, by=by, device=device)
    file.seek(attachment.offset)
    while attachment.state == State.PARTIAL:
        attachment = append(attachment, attachment.offset, file.read(4 * PIECE))
    return attachment


def told(attachment: Attachment) -> str:
    """What its sender is told beside its state: what it still waits for, or why it is not shown."""
    if attachment.reason or attachment.state != State.COMPLETE:
        return attachment.reason
    states = Submission.State
    owner = Submission.objects.filter(pk=attachment.instance_id, user=attachment.user).first()
    if owner is None:
        return "Menunggu kiriman dengan UUID ini."
    if owner.state == states.WITHDRAWN:
        return "Kirimannya sudah ditarik kembali."
    if owner.state != states.ACCEPTED:
        return "Kirimannya belum dapat diterima."
    return "Sedang disiapkan untuk ditampilkan."
