"""Papers of an application: write-once, each with its hash; a newer one stands beside the older."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models

from layers.catalog.permits.applications import Application


def anywhere(document: Any, filename: str) -> str:
    """A name nobody can guess; nothing of the name that was sent."""
    return f"permits/{uuid4().hex}"


class Document(models.Model):
    """A paper. It is never opened by the portal, only handed out again as a download to those who
    work on the file."""

    class Kind(models.TextChoices):
        IDENTITY = "identity", "KTP atau NIB"
        LAND_TITLE = "land-title", "Bukti penguasaan tanah"
        SITE_PLAN = "site-plan", "Rencana tapak"
        PERTEK = "pertek", "Pertimbangan teknis pertanahan"
        MINUTES = "minutes", "Berita acara"
        OTHER = "other", "Lainnya"

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=20, choices=Kind)
    title = models.CharField(max_length=200)
    file = models.FileField(upload_to=anywhere)
    media_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        verbose_name = "dokumen"
        verbose_name_plural = "dokumen"
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("application", "kind", "sha256"), name="layers_document_once"
            ),
        ]

    def __str__(self) -> str:
        return self.title
