"""Documents that are made and kept: once for each state of the data, whole or not at all."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from maps.documents import DOCUMENTS, Document, Missing, Told
from maps.documents.page import Page
from maps.models import MadeDocument

FRESH = timedelta(seconds=60)  # in which the data is not looked at again
UNASKED = timedelta(days=90)  # after which a file goes; it is made anew when asked for
PATIENCE = 5.0  # seconds: threads that wait for documents serve nobody else
HALF_DONE = 3600  # seconds after which a file without its row was left by a crash
HERE = Path(__file__).parent
logger = logging.getLogger(__name__)
_making = Lock()  # of a crowd one waits at the database, the others here


class Busy(Exception):
    """Others are being made, one after the other."""


@dataclass(frozen=True)
class Made:
    """`name` is that of its file, for people."""

    html: bytes
    at: datetime
    name: str


class Key(NamedTuple):
    name: str
    period: str
    language: str


def make(document: Document, period: str = "", language: str = "id", user: Any = None) -> Made:
    """The document as of now, not kept. Raises Missing and Unreadable."""
    at = timezone.now()
    with translation.override(language):
        told = document.gather(period or document.usual(), user)
        return Made(_written(told, at), at, file_name(document, period, language, at))


def recent(document: Document, period: str = "", language: str = "id") -> Made:
    """The public document, told of data at most `FRESH` old. Raises Missing, Unreadable and
    Busy."""
    if document.asks == "number":  # as many as there are files of permits, each quickly made
        return make(document, period, language)
    with translation.override(language):
        key = Key(document.name, period or document.usual(), language)
        if made := _fresh(key):
            return made
        if not _making.acquire(timeout=PATIENCE):
            raise Busy
        try:
            return _fresh(key) or _kept(key, _gathered(document, key))
        finally:
            _making.release()


def make_ready(name: str, period: str = "") -> None:
    """In every language, before anybody asks. What there is nothing to tell of is not made."""
    for language, _name in settings.LANGUAGES:
        try:
            made = recent(DOCUMENTS[name], period, language)
        except Missing as missing:
            logger.info("%s %s is not made: %s", name, period, missing)
            return
        logger.info("%s is ready, %s bytes.", made.name, len(made.html))


def listed(key: Key) -> MadeDocument | None:
    """What is kept of it, made or not."""
    return MadeDocument.kept.filter(**key._asdict()).exclude(path="").first()


def file_name(document: Document, period: str, language: str, at: datetime) -> str:
    """Buletin-Harga-2026-11-22.html: fit for a chat."""
    of = period or timezone.localtime(at).date().isoformat()
    plain = re.sub(r"[^A-Za-z0-9]+", "-", of).strip("-")[:60]
    return f"{document.file}-{plain}{'' if language == 'id' else f'-{language}'}.html"


def tidy(now: datetime) -> None:
    """Files that nobody asked for in a long time, and those that a crash left without a row."""
    MadeDocument.kept.filter(looked_at__lt=now - UNASKED).delete()
    known = set(MadeDocument.kept.values_list("path", flat=True))
    for file in _folder().rglob("*.html*"):
        with suppress(FileNotFoundError):
            is_old = time.time() - file.stat().st_mtime > HALF_DONE
            if is_old and str(file.relative_to(settings.MEDIA_ROOT)) not in known:
                file.unlink()


def _fresh(key: Key) -> Made | None:
    row = listed(key)
    if row is None or not row.looked_at or timezone.now() - row.looked_at > FRESH:
        return None
    return _read(row)


def _gathered(document: Document, key: Key) -> Told:
    """What is to be told. Where that is nothing any more, nothing stays kept."""
    try:
        return document.gather(key.period)
    except Missing:
        MadeDocument.kept.filter(**key._asdict()).delete()  # `tidy` takes the file
        raise


@transaction.atomic
def _kept(key: Key, told: Told) -> Made:
    """The kept one where it still tells what is true, else a new one in its place."""
    MadeDocument.kept.get_or_create(**key._asdict())
    row = MadeDocument.kept.select_for_update().get(**key._asdict())
    state, at = _state(told), timezone.now()
    made = _read(row) if row.state == state else None
    if made is None:
        made = Made(_written(told, at), at, file_name(DOCUMENTS[key.name], *key[1:], at))
        _keep(row, state, made)
    row.looked_at = at
    row.save()
    return made


def _read(row: MadeDocument) -> Made | None:
    """What is kept; None where the file is gone or not what was written."""
    if not (row.path and row.made_at):
        return None
    with suppress(OSError):
        html = (Path(settings.MEDIA_ROOT) / row.path).read_bytes()
        if hashlib.sha256(html).hexdigest() == row.sha256:
            document = DOCUMENTS[row.name]
            name = file_name(document, row.period, row.language, row.made_at)
            return Made(html, row.made_at, name)
    return None


def _keep(row: MadeDocument, state: str, made: Made) -> None:
    """Puts the file beside the old one, which goes once the row tells of the new one. A full disk
    does not keep the document from whoever asked."""
    old, file = row.path, _folder() / row.name / f"{row.pk}-{state[:16]}.html"
    try:
        _put(file, made.html)
    except OSError:
        logger.exception("%s cannot be kept.", made.name)
        return
    row.state, row.made_at, row.bytes = state, made.at, len(made.html)
    row.sha256 = hashlib.sha256(made.html).hexdigest()
    row.path = str(file.relative_to(settings.MEDIA_ROOT))
    if old and old != row.path:
        gone = Path(settings.MEDIA_ROOT) / old
        transaction.on_commit(lambda: gone.unlink(missing_ok=True))


def _put(file: Path, content: bytes) -> None:
    """Whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".html.{os.getpid()}")
    with part.open("wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
    part.replace(file)


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "documents"


def _written(told: Told, at: datetime) -> bytes:
    from maps.documents.leaflet import written  # folium takes 0.6 s to load

    page = Page(
        title=told.title,
        panel=render_to_string(told.template, {**told.values, "made_at": at}),
        bounds=told.bounds,
        overlays=told.overlays,
        whole=told.whole_page,
        map_title=told.map_title,
        closest=told.closest,
    )
    return written(page).encode()


def _state(told: Told) -> str:
    """The hash of what is told, and of the look in which it is."""
    return hashlib.sha256(f"{_look()}{told!r}".encode()).hexdigest()


@cache
def _look() -> str:
    """The hash of the files that documents are made by."""
    templates = HERE.parent / "templates" / "maps" / "documents"
    files: Sequence[Path] = sorted([*HERE.glob("*.*"), *templates.glob("*.html")])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
