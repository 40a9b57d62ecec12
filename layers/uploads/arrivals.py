"""A file is kept as it came, before anything is made of it."""

from __future__ import annotations

import hashlib
from pathlib import PurePath
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from layers import files
from layers.base import Layer, Refused
from layers.figures import grouped
from layers.ingest import table_file
from layers.permissions import can_upload
from layers.uploads.records import OPEN, Status, Upload

ENDINGS = (".geojson", ".json", ".gpkg", ".zip", ".kml", ".kmz", ".fgb", *table_file.ENDINGS)
MOST_OPEN = 30  # files of one person that nobody published or withdrew yet


def receive(*, layer: Layer, file: File, name: str, by: Any, note: str = "") -> Upload:
    """Keep a file for a layer. The same file while it is being worked on is the same upload.
    Raises Refused."""
    if not can_upload(layer, by):
        raise Refused({"layer": "Anda tidak bertugas mengunggah data lapisan ini."})
    name = "".join(letter for letter in PurePath(name).name if letter.isprintable())[-200:]
    ending = PurePath(name).suffix.lower()
    _may_be_kept(file, ending)
    sha256 = _hash(file)
    if there := _same(layer, sha256):
        return there
    if Upload.objects.filter(by=by, status__in=OPEN).count() >= MOST_OPEN:
        told = f"Anda masih punya {MOST_OPEN} berkas yang belum selesai; tarik dahulu yang lama."
        raise Refused({"file": told})
    key = uuid4()
    size = file.size
    kept = files.keep(f"uploads/{key}/berkas{ending}", file)
    try:
        with transaction.atomic():
            upload = Upload.objects.create(
                key=key,
                layer_id=layer.id,
                name=name,
                file=kept,
                bytes=size,
                sha256=sha256,
                note=note.strip()[:500],
                by=by,
            )
            upload.moves.create(to_status=Status.RECEIVED, by=by)
    except IntegrityError:
        default_storage.delete(kept)
        if there := _same(layer, sha256):  # from another tab, in the same second
            return there
        raise
    return upload


def _may_be_kept(file: File, ending: str) -> None:
    if ending not in ENDINGS:
        known = ", ".join(one[1:].upper() for one in ENDINGS)
        raise Refused({"file": f"Jenis berkas ini tidak dapat dibaca. Kirim salah satu: {known}."})
    if not file.size:
        raise Refused({"file": "Berkas ini kosong; pilih berkas yang berisi data."})
    if file.size > settings.UPLOAD_BYTES:
        most = grouped(settings.UPLOAD_BYTES / 1_000_000, 0)
        raise Refused({"file": f"Berkas lebih besar dari {most} MB; perkecil, lalu kirim lagi."})


def _hash(file: File) -> str:
    found = hashlib.sha256()
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.hexdigest()


def _same(layer: Layer, sha256: str) -> Upload | None:
    return Upload.objects.filter(layer_id=layer.id, sha256=sha256, status__in=OPEN).first()
