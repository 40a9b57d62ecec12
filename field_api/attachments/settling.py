"""What becomes of complete attachments: the photos of a feature are those that its record names.

A record is a chain of submissions; the one accepted last says which file answers which photo
question. Whatever happened before, `settle` makes the photos so: it draws what is missing, takes
away what a revision or a withdrawal took back, and may be repeated at any time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, UUIDField
from django.db.models.functions import Coalesce

from field_api.attachments import originals
from field_api.attachments.connections import let_go
from field_api.attachments.pictures import NotAPicture, NotNow, redraw
from field_api.merge import Content
from field_api.models import Attachment, Submission
from field_api.records import chain, content
from layers.base import Layer
from layers.functions import IsAnyOf
from layers.photos import Photo, discard_files, keep_file, photos_of, remove
from layers.registry import LAYERS

logger = logging.getLogger(__name__)
State = Attachment.State
Verdict = Submission.State
NOT_NAMED = "Kirimannya tidak menyebut berkas ini sebagai foto."
WITHDRAWN = "Kirimannya sudah ditarik kembali."
AGAIN = 20  # of those left behind, so many at a time


@dataclass
class Record:
    """What a chain of submissions says of its photos now. `named` are (question, file);
    `others` are files of the chain that it does not name, and `why` says so."""

    layer_id: str
    feature_id: int
    why: str
    named: list[tuple[str, Attachment]] = field(default_factory=list)
    others: list[Attachment] = field(default_factory=list)

    def photos(self) -> dict[tuple[str, str], Photo]:
        """By question and SHA-256 of what was sent."""
        rows = photos_of(self.layer_id, [self.feature_id])
        return {(photo.question, photo.sha256): photo for photo in rows}


@dataclass
class Drawn:
    """What drawing came to, by attachment: names of (image, thumbnail), or why it is none."""

    files: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    refused: dict[UUID, str] = field(default_factory=dict)


def settle(instance_ids: Iterable[UUID]) -> None:
    """Bring the photos of these submissions' features up to date: soon, in a thread of this
    process. Never raises, for its callers have done their work: what a failure or a crash leaves
    undone a later call does, or `settle_attachments`."""
    changed = Q(root__isnull=False) | Q(state=Verdict.WITHDRAWN)
    try:
        these = IsAnyOf("pk", list(instance_ids), UUIDField())
        roots = _roots(these, Exists(_waiting()) | changed)
        if roots and settings.SETTLE_IN_BACKGROUND:
            _worker().submit(_in_background, roots)
        else:
            _settle_all(roots)
    except Exception:
        logger.exception("Attachments are left to be settled the next time.")


def settle_left(limit: int | None = None) -> int:
    """Settle what waits though its record is accepted; returns for how many records."""
    some = Attachment.objects.filter(state=State.COMPLETE, reason="").values("instance_id")
    later = Submission.objects.filter(root=OuterRef("pk"), state=Verdict.ACCEPTED)
    accepted = Q(state=Verdict.ACCEPTED) | Exists(later)
    roots = _roots(Q(pk__in=some), Exists(_waiting()), accepted)
    _settle_all(roots[:limit])
    return len(roots[:limit])


def _waiting() -> QuerySet[Attachment]:
    """Complete files of the submission in the outer query, of its own sender."""
    return Attachment.objects.filter(
        instance_id=OuterRef("pk"), user=OuterRef("user"), state=State.COMPLETE, reason=""
    )


def _roots(*conditions: Any) -> list[UUID]:
    rows = Submission.objects.filter(*conditions).annotate(first=Coalesce("root", "pk"))
    return list(rows.order_by("first").values_list("first", flat=True).distinct())


@cache
def _worker() -> ThreadPoolExecutor:
    """One picture at a time in each process: drawing takes a processor, and memory."""
    return ThreadPoolExecutor(1, thread_name_prefix="pictures")


def _in_background(roots: Sequence[UUID]) -> None:
    try:
        _settle_all(roots)
        settle_left(AGAIN)
    except Exception:
        logger.exception("Attachments are left to be settled the next time.")
    finally:
        let_go()


def _settle_all(roots: Sequence[UUID]) -> None:
    for root in roots:
        try:
            _settle(root)
        except Exception:
            logger.exception("The attachments of %s could not be settled.", root)


def _settle(root: UUID) -> None:
    """Draw without a transaction, then, with the record locked, look again and write the rows."""
    record = _record(root)
    if record is None:
        return
    drawn = _draw(record)
    kept: set[UUID] = set()
    try:
        with transaction.atomic():
            Submission.objects.select_for_update().get(pk=root)
            if record := _record(root):
                kept = _write(record, drawn)
    finally:
        discard_files(
            name for key, names in drawn.files.items() if key not in kept for name in names
        )


def _record(root: UUID) -> Record | None:
    """None where nothing of the chain has become a feature."""
    rows = list(chain(root))
    made = [row for row in rows if row.feature_id is not None]
    head = next((row for row in reversed(rows) if row.state == Verdict.ACCEPTED), None)
    layer = LAYERS.get(made[-1].layer_id) if made else None
    if layer is None:
        return None
    owners = {row.pk: row.user_id for row in rows}
    files = [
        file
        for file in Attachment.objects.filter(instance_id__in=owners).order_by("created_at", "pk")
        if file.user_id == owners[file.instance_id] and file.state != State.PARTIAL
    ]
    if head is None:
        return Record(layer.id, made[-1].feature_id or 0, WITHDRAWN, others=files)
    before = [row.pk for row in reversed(rows) if row.version <= head.version]
    named = list(_named(content(head, layer), layer, before, files))
    keys = {file.pk for _, file in named}
    others = [file for file in files if file.pk not in keys]
    return Record(layer.id, head.feature_id or 0, NOT_NAMED, named, others)


def _named(
    says: Content, layer: Layer, newest_first: Sequence[UUID], files: Sequence[Attachment]
) -> Iterator[tuple[str, Attachment]]:
    """Which file answers which question. A revision may name a file that came with an earlier
    submission. Files of one name are dealt to the questions that name it as they came; what is left
    over belongs to the last of these."""
    assert layer.accepts is not None
    questions: dict[str, list[str]] = {}
    for question in layer.accepts.fields:
        name = says.get(f"values.{question.name}")
        if question.kind == "photo" and isinstance(name, str):
            questions.setdefault(name, []).append(question.name)
    for name, asking in questions.items():
        came = (
            [f for f in files if (f.instance_id, f.name) == (key, name)] for key in newest_first
        )
        found = next(filter(None, came), [])
        yield from zip_longest(asking[: len(found)], found, fillvalue=asking[-1])


def _draw(record: Record) -> Drawn:
    drawn, photos = Drawn(), record.photos()
    for question, file in record.named:
        if (question, file.sha256) in photos or file.state == State.REFUSED or not file.original:
            continue
        let_go()
        try:
            picture = redraw(originals.path(file.original))
            drawn.files[file.pk] = keep_file(picture.image), keep_file(picture.thumbnail)
        except NotAPicture as reason:
            drawn.refused[file.pk] = str(reason)
        except FileNotFoundError:
            drawn.refused[file.pk] = "Berkas aslinya tidak ada lagi."
        except (NotNow, OSError) as error:
            logger.error("Attachment %s could not be drawn now: %s", file.pk, error)
    return drawn


def _write(record: Record, drawn: Drawn) -> set[UUID]:
    """The rows as the record says; returns the attachments whose new files they name."""
    photos, kept = record.photos(), set()
    for question, file in record.named:
        key = (question, file.sha256)
        if key not in photos and file.pk in drawn.files:
            image, thumbnail = drawn.files[file.pk]
            photos[key] = Photo.objects.create(
                layer_id=record.layer_id,
                feature_id=record.feature_id,
                question=question,
                sha256=file.sha256,
                image=image,
                thumbnail=thumbnail,
            )
            kept.add(file.pk)
        if key in photos:
            _become(file, State.SHOWN)
        elif file.pk in drawn.refused:
            _become(file, State.REFUSED, drawn.refused[file.pk])
        elif file.state != State.REFUSED:
            _become(file, State.COMPLETE)
    for file in record.others:
        if file.state != State.REFUSED:
            _become(file, State.COMPLETE, record.why)
    named = {(question, file.sha256) for question, file in record.named}
    ours = {file.sha256 for _, file in record.named} | {file.sha256 for file in record.others}
    stale = [photo.pk for key, photo in photos.items() if key not in named and photo.sha256 in ours]
    remove(Photo.objects.filter(pk__in=stale))
    return kept


def _become(file: Attachment, state: Attachment.State, reason: str = "") -> None:
    if (file.state, file.reason) != (state, reason):
        file.state, file.reason = state, reason
        file.save(update_fields=["state", "reason"])
