"""The files of a submission, as far as they have come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from field_api.inbox.reading import Reading
from field_api.models import Attachment
from layers.base import User
from layers.photos import Photo, photos_seen


@dataclass(frozen=True)
class File:
    """A file that was spoken of, or that came. `attachment` is None while it has not come, `photo`
    what may be shown of it."""

    name: str
    title: str
    attachment: Attachment | None
    photo: Photo | None = None

    @property
    def address(self) -> str:
        return self._way("ogc-photo")

    @property
    def thumbnail(self) -> str:
        return self._way("ogc-thumbnail")

    def _way(self, name: str) -> str:
        """Through the door that asks who is looking."""
        shown = self.photo
        return reverse(name, args=[shown.layer_id, shown.feature_id, shown.pk]) if shown else ""

    @property
    def share(self) -> int:
        """Percent that has come."""
        if self.attachment is None or not self.attachment.size:
            return 0
        return 100 * self.attachment.offset // self.attachment.size


def files_of(reading: Reading, steps: Sequence[Reading], user: User) -> list[File]:
    """The files that it speaks of, then those that came without being spoken of. A file may have
    come with any step of the record, sent by whoever took it."""
    sent_by = Q(pk__in=[])
    for one in steps:
        sent_by |= Q(instance_id=one.submission.pk, user=one.submission.user_id)
    came: dict[str, Attachment] = {}
    for attachment in Attachment.objects.filter(sent_by).order_by("created_at"):
        came[attachment.name] = attachment
    shown = _photos(steps, user)
    spoken = {name: reading.title_of(f"values.{question}") for question, name in reading.attached}
    names = dict.fromkeys([*spoken, *came])
    return [
        File(name, spoken.get(name, ""), one, shown.get(one.sha256) if one else None)
        for name in names
        for one in (came.get(name),)
    ]


def _photos(steps: Sequence[Reading], user: User) -> dict[str, Photo]:
    """The photos of the record's features that this person may see, by what was sent."""
    layer = steps[0].layer if steps else None
    features = {one.submission.feature_id for one in steps} - {None}
    if layer is None:
        return {}
    return {
        photo.sha256: photo for key in features if key for photo in photos_seen(layer, user, key)
    }
