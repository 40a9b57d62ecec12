"""Pictures that belong to features: of any layer whose form asks for one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.core.files.storage import default_storage
from django.db import models, transaction

from layers import files
from layers.permissions import staff_rows

if TYPE_CHECKING:
    from layers.base import Layer, User


def anywhere(photo: Photo | None = None, filename: str = "") -> str:
    """A name nobody can guess; nothing of the name that was sent."""
    return f"photos/{uuid4().hex}.jpg"


class Photo(models.Model):
    """A picture as it may be shown: drawn anew, without EXIF. `sha256` is that of the file as it
    was sent; `question` is the form's question that it answers. It is seen by those who see the
    feature with its staff properties, and by nobody else."""

    layer_id = models.CharField(max_length=60)
    feature_id = models.BigIntegerField()
    question = models.CharField(max_length=60)
    sha256 = models.CharField(max_length=64)
    image = models.ImageField(upload_to=anywhere)
    thumbnail = models.ImageField(upload_to=anywhere)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "foto"
        verbose_name_plural = "foto"
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("layer_id", "feature_id", "question", "sha256"),
                name="layers_photo_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.layer_id}/{self.feature_id} · {self.question}"


def photos_of(layer_id: str, features: Any) -> models.QuerySet[Photo]:
    """The photos of some features of a layer: a list of primary keys, or a QuerySet of them."""
    return Photo.objects.filter(layer_id=layer_id, feature_id__in=features)


def photos_seen(layer: Layer, user: User, feature_id: int) -> models.QuerySet[Photo]:
    """The photos of a feature for those who see it with its staff properties; else none."""
    rows = layer.rows().filter(staff_rows(layer, user), pk=feature_id)
    return photos_of(layer.id, rows.values("pk"))


def keep_file(content: bytes) -> str:
    """The name of a new file that holds a picture."""
    return files.keep(anywhere(), content)


def discard_files(names: Iterable[str]) -> None:
    """Files that no row names any more."""
    for name in names:
        default_storage.delete(name)


def remove(photos: models.QuerySet[Photo]) -> None:
    """Rows now, their files once that is sure."""
    names = [name for pair in photos.values_list("image", "thumbnail") for name in pair]
    photos.delete()
    transaction.on_commit(lambda: discard_files(names))
