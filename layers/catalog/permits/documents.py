"""Papers of an application: write-once, each with its hash; a newer one stands beside the older."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models, transaction

from layers import files
from layers.base import Refused
from layers.catalog.permits import acts
from layers.catalog.permits.applications import Application
from layers.catalog.permits.entries import typed
from layers.catalog.permits.roles import APPLICANT, OFFICIALS, hold


def anywhere(document: Any = None, filename: str = "") -> str:
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


MOST_BYTES = 10 * 1000**2
MOST_PAPERS = 100
# The first bytes of what is taken: a name says nothing.
SIGNATURES = {
    b"%PDF-": "application/pdf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}


@transaction.atomic
def keep(
    *, application: Application, kind: str, title: str, name: str, content: bytes, by: Any
) -> Document:
    """Keep a paper as it was sent; the same bytes again are the same paper. `name` is the file's
    own, which becomes the title where none is given. Raises Refused."""
    hold(application, by, {APPLICANT, *OFFICIALS})
    media_type = _media_type(content)
    if kind not in Document.Kind.values:
        raise Refused({"kind": "Pilih jenis dokumennya."})
    papers = Document.objects.filter(application=application)
    digest = hashlib.sha256(content).hexdigest()
    if known := papers.filter(kind=kind, sha256=digest).first():
        return known
    if papers.count() >= MOST_PAPERS:
        raise Refused({"file": f"Sebuah berkas memuat paling banyak {MOST_PAPERS} dokumen."})
    paper = Document.objects.create(
        application=application,
        kind=kind,
        title=typed("title", title or name[-200:], missing="Beri judul.", most=200),
        file=files.keep(anywhere(), content),
        media_type=media_type,
        size=len(content),
        sha256=digest,
        by=by,
    )
    acts.record(
        application=application, kind="document", by=by, document=paper.pk, of=kind, sha256=digest
    )
    return paper


def _media_type(content: bytes) -> str:
    """Of what begins like a PDF, JPEG or PNG. Raises Refused for anything else."""
    if not content:
        raise Refused({"file": "Berkas ini kosong."})
    if len(content) > MOST_BYTES:
        raise Refused({"file": "Berkas ini lebih besar dari 10 MB; perkecil, lalu kirim lagi."})
    for signature, media_type in SIGNATURES.items():
        if content.startswith(signature):
            return media_type
    raise Refused({"file": "Hanya PDF, JPEG, atau PNG yang dapat diterima."})
