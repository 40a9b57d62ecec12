"""The letter of a decision: numbered, frozen, verifiable; a re-issued one is a new version."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from layers import files
from layers.catalog.permits import acts
from layers.catalog.permits.applications import DECIDED, Application
from layers.catalog.permits.documents import anywhere
from layers.catalog.permits.entries import typed
from layers.catalog.permits.letters.content import content_of
from layers.catalog.permits.numbering import next_number
from layers.catalog.permits.roles import OFFICIALS, hold
from layers.catalog.permits.workflow.decisions import Decision

SERIES = "letter"  # of the running numbers


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


@transaction.atomic
def issue(*, decision: Decision, by: Any, reason: str = "") -> Letter:
    """The letter of a decision, or with a reason its next version; the earlier ones stay as they
    are. Raises Refused."""
    hold(decision.application, by, OFFICIALS, during=frozenset(DECIDED))
    newest = Letter.objects.filter(decision=decision).last()
    version = newest.version + 1 if newest else 1
    asked = f"Surat versi {version - 1} sudah terbit; tuliskan mengapa diterbitkan lagi."
    reason = typed("reason", reason, missing=asked) if newest else ""
    letter = Letter(
        decision=decision,
        version=version,
        number=newest.number if newest else _next_number(timezone.localdate().year),
        reason=reason,
        by=by,
    )
    letter.content = content_of(letter, replaced=newest)
    letter.save(force_insert=True)
    acts.record(
        application=decision.application,
        kind="letter",
        by=by,
        why=reason,
        letter=letter.pk,
        number=letter.number,
        version=version,
    )
    return letter


def _next_number(year: int) -> str:
    issued = Letter.objects.filter(version=1, number__endswith=f"/KKPR/{year}")
    return numbered(next_number(SERIES, year, given=issued.count), year)


def numbered(running: int, year: int) -> str:
    """By the city's code of classification for spatial permits."""
    return f"600.3.2/{running:04}/KKPR/{year}"


@transaction.atomic
def keep_pdf(*, letter: Letter, content: bytes) -> Letter:
    """Keep what was drawn of a letter. Of two that were drawn at once the first is kept."""
    letter.refresh_from_db(from_queryset=Letter.objects.select_for_update())
    if not letter.pdf:
        letter.pdf = files.keep(anywhere(), content)
        letter.sha256 = hashlib.sha256(content).hexdigest()
        letter.save(update_fields=["pdf", "sha256"])
    return letter


@dataclass(frozen=True)
class Verified:
    """A letter, and the version of it that stands."""

    letter: Letter
    newest: Letter

    @property
    def stands(self) -> bool:
        return self.letter.pk == self.newest.pk


def verified(code: str) -> Verified | None:
    """The letter that bears this code, in whatever groups it was typed; None where none does."""
    plain = re.sub(r"[\s.\-]", "", code[:80]).lower()
    if not re.fullmatch(r"[0-9a-f]{30}", plain):
        return None
    letter = Letter.objects.select_related("decision__application").filter(code=plain).first()
    if letter is None:
        return None
    newest = Letter.objects.filter(decision=letter.decision_id).last()
    return Verified(letter, newest or letter)


def newest_letter(application: Application) -> Letter | None:
    return Letter.objects.filter(decision__application=application).last()
