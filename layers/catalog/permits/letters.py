"""The letter of a decision: numbered, frozen, verifiable; a re-issued one is a new version."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone

from layers.catalog.permits.decisions import Decision
from layers.catalog.permits.documents import anywhere


def verification_code() -> str:
    """A code that cannot be guessed: 120 random bits, in letters that are read aloud easily."""
    return secrets.token_hex(15)


class Letter(models.Model):
    """A version of the letter. `content` is all that is written on it, frozen; `pdf` is drawn from
    it once and kept with its hash ("" until then)."""

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="letters")
    version = models.PositiveSmallIntegerField()
    number = models.CharField(max_length=80)
    code = models.CharField(max_length=40, unique=True, default=verification_code)
    content = models.JSONField()
    reason = models.TextField(blank=True)  # why it was issued again
    issued_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    pdf = models.FileField(upload_to=anywhere, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "surat keputusan"
        verbose_name_plural = "surat keputusan"
        ordering = ("version",)
        constraints = [
            models.UniqueConstraint(
                fields=("decision", "version"), name="layers_letter_version_once"
            ),
            models.UniqueConstraint(fields=("number", "version"), name="layers_letter_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} v{self.version}"
