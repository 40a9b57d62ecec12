"""A file is tried out: written as it would be published, looked at, and rolled back."""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from layers import bulk, files
from layers.base import Layer, Refused
from layers.history import advance
from layers.ingest import load as loading
from layers.ingest.load import LoadError, Options
from layers.ingest.report import Report
from layers.ingest.vector_file import Limits, VectorFile
from layers.permissions import can_publish, can_upload
from layers.uploads import drawing, wording
from layers.uploads.changes import Change, between, digest, rows_of, tables
from layers.uploads.records import MOVES, Status, Upload

log = logging.getLogger(__name__)

# What one person's file may take of the machine while others wait for their pages.
LIMITS = Limits(zip_members=500, zip_bytes=1024**3, memory=3 * 1024**3, seconds=120)


@dataclass(frozen=True)
class Tried:
    report: Report
    changes: list[Change]


def check(*, upload: Upload, by: Any, options: dict[str, Any] | None = None) -> Upload:
    """Read the file with these options (as before where None) and note what publishing it would
    change, or why it cannot be read. What waits for the walidata goes on waiting. Raises
    Refused."""
    layer = upload.layer
    if not (can_upload(layer, by) or can_publish(layer, by)):
        raise Refused({"by": "Anda tidak bertugas untuk lapisan ini."})
    if options is not None and upload.status == Status.SUBMITTED:
        # Who publishes must not decide alone what the columns of another's file mean.
        told_ = "Berkas ini sedang menunggu walidata; kembalikan dahulu untuk mengubah kolomnya."
        raise Refused({"status": told_})
    told = upload.options if options is None else options
    noted: dict[str, Any] = {"options": told, "trouble": "", "report": None, "digest": ""}
    noted["changes"] = ""
    try:
        file = read(upload, told)
        noted["columns"] = list(file.columns)
        with transaction.atomic():
            tried = write(layer, file, told, by)
            noted |= _told(upload, tried)
            transaction.set_rollback(True)
    except LoadError as error:
        noted["trouble"] = wording.sentence(layer, error)
        noted["report"] = error.report and error.report.as_json()
    to = Status.FAILED if noted["trouble"] else Status.CHECKED
    if upload.status == Status.SUBMITTED and to == Status.CHECKED:
        to = Status.SUBMITTED
    advance(upload, to, allowed=MOVES, by=by, changes=noted)
    return upload


def check_waiting() -> int:
    """Check what came and was too large to be looked at while its sender waited; how many."""
    waiting = list(Upload.objects.filter(status=Status.RECEIVED).order_by("at"))
    done = 0
    for upload in waiting:
        try:
            check(upload=upload, by=upload.by)
        except Refused as refused:  # another was faster, or its file is not what it was
            log.warning("upload %s was not checked: %s", upload.key, refused)
        except Exception:  # whatever one file does, those behind it are looked at
            log.exception("upload %s cannot be checked", upload.key)
            _given_up(upload.pk)
        else:
            done += 1
    return done


def _given_up(pk: int) -> None:
    """It is not tried again every minute; its sender is told."""
    upload = Upload.objects.get(pk=pk)
    changes = {"trouble": wording.DAMAGED}
    with suppress(Refused):  # somebody has moved it meanwhile
        advance(upload, Status.FAILED, allowed=MOVES, by=upload.by, changes=changes)


def _told(upload: Upload, tried: Tried) -> dict[str, Any]:
    drawn = drawing.drawn(upload.layer, tried.changes)
    return {
        "report": tried.report.as_json(),
        "digest": digest(tried.changes),
        "changes": files.keep(f"uploads/{upload.key}/perubahan.json", drawn),
    }


def read(upload: Upload, told: dict[str, Any]) -> VectorFile:
    """The rows of the file, under the name that its sender gave it. Raises LoadError, and Refused
    where it is not any longer what came."""
    path = Path(default_storage.path(upload.file))
    if not path.is_file():
        raise Refused({"file": "Berkasnya tidak ada lagi di penyimpanan; unggah lagi."})
    with path.open("rb") as opened:
        if hashlib.file_digest(opened, "sha256").hexdigest() != upload.sha256:
            told_ = "Berkas di penyimpanan berbeda dari yang diterima dahulu; unggah lagi."
            raise Refused({"file": told_})
    return replace(loading.read(path, options_of(told), _quiet, LIMITS), name=upload.name)


def write(layer: Layer, file: VectorFile, told: dict[str, Any], by: Any) -> Tried:
    """Load the rows, and say all that is different after. Inside a transaction of the caller, until
    whose end nobody else writes. Raises LoadError."""
    models = tables(layer)
    bulk.hold(models)
    before = rows_of(models)
    report = loading.load_rows(layer, file, options_of(told), _quiet, seconds={}, by=by)
    return Tried(report, between(before, rows_of(models)))


def options_of(told: dict[str, Any]) -> Options:
    return Options(
        columns=told.get("columns", {}),
        constants=told.get("constants", {}),
        crs=told.get("crs", ""),
        from_layer=told.get("from_layer", ""),
        complete=bool(told.get("complete")),
    )


def _quiet(stage: str, done: int, total: int) -> None:
    """Nobody watches: the page waits."""
