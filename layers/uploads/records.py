"""A file that an office handed in, where it stands, and who moved it there."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone

from layers.base import Layer, User
from layers.history import Move, Moves
from layers.permissions import can_publish, can_upload
from layers.provenance import Load
from layers.registry import LAYERS


class Status(models.TextChoices):
    RECEIVED = "received", "Diterima"
    FAILED = "failed", "Perlu diperbaiki"
    CHECKED = "checked", "Sudah diperiksa"
    SUBMITTED = "submitted", "Menunggu walidata"
    RETURNED = "returned", "Dikembalikan"
    PUBLISHED = "published", "Terbit"
    UNDONE = "undone", "Terbitan dibatalkan"
    WITHDRAWN = "withdrawn", "Ditarik"


OPEN = frozenset(
    {Status.RECEIVED, Status.FAILED, Status.CHECKED, Status.SUBMITTED, Status.RETURNED}
)
_TRIED = frozenset({Status.CHECKED, Status.FAILED, Status.WITHDRAWN})
MOVES: Moves = {
    Status.RECEIVED: _TRIED,
    Status.FAILED: _TRIED,
    Status.CHECKED: _TRIED | {Status.SUBMITTED},
    Status.SUBMITTED: frozenset(
        # Checked again it goes on waiting.
        {Status.SUBMITTED, Status.FAILED, Status.RETURNED, Status.PUBLISHED, Status.WITHDRAWN}
    ),
    Status.RETURNED: _TRIED,
    Status.PUBLISHED: frozenset({Status.UNDONE}),
}


class Upload(models.Model):
    """`options` is how its columns are read (`layers.ingest.load.Options`), `columns` are those it
    has, `report` what the check found, `digest` the changes that it would make, `changes` the file
    with what the map draws of them, `trouble` why it cannot be read. `snapshot` is the file with
    the rows that its publication replaced."""

    Status = Status

    key = models.UUIDField(unique=True, default=uuid4)
    layer_id = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    file = models.CharField(max_length=200)
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    status = models.CharField(max_length=12, choices=Status, default=Status.RECEIVED)
    options = models.JSONField(default=dict)
    columns = models.JSONField(default=list)
    report = models.JSONField(null=True)
    trouble = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    changes = models.CharField(max_length=200, blank=True)
    snapshot = models.CharField(max_length=200, blank=True)
    load = models.OneToOneField(
        Load, on_delete=models.PROTECT, null=True, blank=True, related_name="upload"
    )

    class Meta:
        verbose_name = "berkas unggahan"
        verbose_name_plural = "berkas unggahan"
        ordering = ("-at", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=("layer_id", "sha256"),
                condition=Q(status__in=sorted(OPEN)),
                name="layers_upload_open_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["published", "undone"], load__isnull=False)
                | (~Q(status__in=["published", "undone"]) & Q(load__isnull=True, snapshot="")),
                name="layers_upload_published_with_load",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.layer_id} · {self.name}"

    @property
    def layer(self) -> Layer:
        return LAYERS[self.layer_id]

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class UploadMove(Move):
    """Who moved an upload, and why it was sent back or taken back."""

    record = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="moves")

    class Meta(Move.Meta):
        verbose_name = "riwayat unggahan"
        verbose_name_plural = "riwayat unggahan"


def layers_uploadable(user: User) -> list[Layer]:
    """The layers for which this person hands in files."""
    return [layer for layer in LAYERS.values() if can_upload(layer, user)]


def uploads(user: User) -> QuerySet[Upload]:
    """Those that this person may see: of the layers for which they hand in or publish files."""
    theirs = [one.id for one in LAYERS.values() if can_upload(one, user) or can_publish(one, user)]
    return Upload.objects.filter(layer_id__in=theirs)


def takes_part(user: User) -> bool:
    """Whether there is any layer at all whose files this person hands in or publishes."""
    return any(can_upload(one, user) or can_publish(one, user) for one in LAYERS.values())


def find(user: User, key: Any) -> Upload | None:
    """Unknown and not to be seen are answered alike."""
    return uploads(user).filter(key=key).select_related("by", "load").first()


def waiting(user: User) -> int:
    """How many wait for this person to publish them or to send them back."""
    theirs = [layer.id for layer in LAYERS.values() if can_publish(layer, user)]
    waiting = Upload.objects.filter(layer_id__in=theirs, status=Status.SUBMITTED)
    return waiting.exclude(by_id=user.pk).count()
