"""Steps of an upload towards the layer, each a row of its history: handed over, sent back,
withdrawn, published by somebody else, and taken back."""

from __future__ import annotations

from typing import Any

from django.core.files.storage import default_storage
from django.db import Error, transaction
from django.db.models import ProtectedError, RestrictedError

from layers import bulk, files
from layers.base import Refused
from layers.history import advance
from layers.ingest.load import LoadError
from layers.permissions import can_publish, can_upload
from layers.provenance import Load
from layers.uploads import check, drawing, wording
from layers.uploads.changes import (
    Change,
    digest,
    packed,
    put_back,
    standing,
    tables,
    unpacked,
)
from layers.uploads.records import MOVES, Status, Upload

NAMED = 5  # rows that a refusal lists


@transaction.atomic
def submit(*, upload: Upload, by: Any) -> None:
    """Hand a checked file over to the walidata. Raises Refused."""
    _only_uploaders(upload, by)
    if upload.status == Status.CHECKED and not _changes_anything(upload):
        told = "Berkas ini sama dengan data yang sudah terbit: tidak ada yang perlu diterbitkan."
        raise Refused({"file": told})
    advance(upload, Status.SUBMITTED, allowed=MOVES, by=by)


def _changes_anything(upload: Upload) -> bool:
    return any((upload.report or {}).get(name) for name in ("inserted", "updated", "removed"))


@transaction.atomic
def withdraw(*, upload: Upload, by: Any) -> None:
    """Raises Refused."""
    _only_uploaders(upload, by)
    advance(upload, Status.WITHDRAWN, allowed=MOVES, by=by)


@transaction.atomic
def send_back(*, upload: Upload, by: Any, reason: str) -> None:
    """Back to its office, with what it has to mend. Raises Refused."""
    _only_publishers(upload, by)
    if not reason.strip():
        raise Refused({"reason": "Tuliskan apa yang harus diperbaiki."})
    advance(upload, Status.RETURNED, allowed=MOVES, by=by, reason=reason.strip())


@transaction.atomic
def publish(*, upload: Upload, by: Any, seen: str) -> None:
    """Write the rows into the layer, all or nothing, exactly as the check showed them; `seen` is
    the digest of what was looked at. Who handed the file in does not publish it. Raises Refused."""
    _only_publishers(upload, by)
    upload = _locked(upload)
    if upload.status != Status.SUBMITTED:
        told = f"Berkas ini tidak menunggu penerbitan ({upload.get_status_display().lower()})."
        raise Refused({"status": f"{told} Muat ulang halaman."})
    handed = upload.moves.filter(to_status=Status.SUBMITTED, from_status=Status.CHECKED).last()
    if by.pk in (upload.by_id, handed and handed.by_id):
        told = "Yang mengunggah tidak menerbitkan sendiri; minta walidata lain memeriksanya."
        raise Refused({"by": told})
    if seen != upload.digest:
        raise Refused({"stale": "Berkas ini diperiksa ulang sejak halaman ini dibuka; muat ulang."})
    try:
        file = check.read(upload, upload.options)
        tried = check.write(upload.layer, file, upload.options, by)
    except LoadError as error:
        raise Refused({"file": wording.sentence(upload.layer, error)}) from error
    if digest(tried.changes) != upload.digest:
        told = "Data lapisan berubah sejak berkas ini diperiksa; tekan «Periksa lagi» dahulu."
        raise Refused({"stale": told})
    load = Load.objects.filter(layer_id=upload.layer_id, loaded_by=by).latest("pk")
    kept = files.keep(f"uploads/{upload.key}/sebelum.jsonl.gz", packed(tried.changes))
    changes = {"load": load, "snapshot": kept, "report": tried.report.as_json()}
    advance(upload, Status.PUBLISHED, allowed=MOVES, by=by, changes=changes)


@transaction.atomic
def undo(*, upload: Upload, by: Any, reason: str) -> None:
    """Put the rows back as they were before this publication, which has to be the last of its
    layer. Raises Refused, naming them, where any of them was changed since."""
    _only_publishers(upload, by)
    if not reason.strip():
        raise Refused({"reason": "Tuliskan mengapa terbitan ini dibatalkan."})
    upload = _locked(upload)
    if upload.status != Status.PUBLISHED:
        raise Refused({"status": "Terbitan ini sudah dibatalkan, atau belum pernah terbit."})
    later = Upload.objects.filter(
        layer_id=upload.layer_id, status=Status.PUBLISHED, load_id__gt=upload.load_id
    ).last()
    if later:
        raise Refused({"status": f"Batalkan dahulu terbitan yang lebih baru: {later.name}."})
    layer = upload.layer
    with default_storage.open(upload.snapshot) as file:
        changes = unpacked(file.read())
    bulk.hold(tables(layer))
    own = [one for one in changes if one.model is layer.model]
    if moved := standing(own):
        raise Refused({"rows": _since(upload, moved)})
    try:
        with transaction.atomic():
            _restore(upload, changes)
    except Error as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        told = getattr(diagnosis, "message_primary", "") or "aturan basis data"
        raise Refused({"rows": f"Basis data tidak mengizinkan pembatalan ini: {told}."}) from error
    advance(upload, Status.UNDONE, allowed=MOVES, by=by, reason=reason.strip())


def _restore(upload: Upload, changes: list[Change]) -> None:
    layer = upload.layer
    ingest = layer.ingest
    assert ingest is not None
    added = [one for one in changes if one.before is None]
    _delete(upload, [one for one in added if one.model is layer.model])
    put_back([one for one in changes if one.before is not None])
    if ingest.after:  # while what came along still says what was made of it
        ingest.after()
    for one in added:
        if one.model is not layer.model:
            _delete_unused(one)


def _delete(upload: Upload, added: list[Change]) -> None:
    """Rows that came with the publication. Raises Refused where records of another kind hang on
    them by now."""
    layer = upload.layer
    derived = layer.ingest.derived if layer.ingest else ()
    rows = layer.model._default_manager.filter(pk__in=[one.pk for one in added])
    try:
        _, deleted = rows.delete()
    except (ProtectedError, RestrictedError) as error:
        raise Refused({"rows": _in_use(added)}) from error
    if any(count and label not in (layer.model._meta.label, *derived)
           for label, count in deleted.items()):  # fmt: skip
        raise Refused({"rows": _in_use(added)})


def _delete_unused(change: Change) -> None:
    """A word that the file brought along stays where others use it by now."""
    try:
        with transaction.atomic():
            _, deleted = change.model._default_manager.filter(pk=change.pk).delete()
            if deleted.keys() - {change.model._meta.label}:
                raise RestrictedError("others hang on it", set())
    except (ProtectedError, RestrictedError):
        return


def _in_use(added: list[Change]) -> str:
    return (
        f"Sudah ada catatan lain yang memakai sebagian dari {len(added)} baris baru terbitan ini; "
        "perbaiki dengan unggahan baru."
    )


def _since(upload: Upload, moved: list[Change]) -> str:
    names = ", ".join(drawing.label(upload.layer, one) for one in moved[:NAMED])
    more = f" dan {len(moved) - NAMED} lainnya" if len(moved) > NAMED else ""
    return f"Sudah diubah sejak terbitan ini: {names}{more}. Perbaiki dengan unggahan baru."


def _locked(upload: Upload) -> Upload:
    """Of two that press at once the second waits, and is then told."""
    return Upload.objects.select_for_update(of=("self",)).get(pk=upload.pk)


def _only_uploaders(upload: Upload, by: Any) -> None:
    if not can_upload(upload.layer, by):
        raise Refused({"by": "Anda tidak bertugas mengunggah data lapisan ini."})


def _only_publishers(upload: Upload, by: Any) -> None:
    if not can_publish(upload.layer, by):
        raise Refused({"by": "Hanya walidata yang memutuskan penerbitan data lapisan ini."})
