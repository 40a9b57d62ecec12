"""What arrives: devices, the ledger of their submissions, and the files that belong to them."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import transaction
from django.db.models import Q
from django.utils.functional import cached_property
from knox.models import AuthToken

from layers.functions import TransactionId


class Device(models.Model):
    """An officer's phone. Its token is kept hashed by knox; without a token it may not submit.

    `allowance` and `seen_at` are its throttle: a bucket of requests that time refills.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices"
    )
    name = models.CharField(max_length=100)
    token = models.OneToOneField(
        AuthToken, on_delete=models.SET_NULL, null=True, related_name="device"
    )
    enrolled_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True)
    allowance = models.FloatField(null=True)

    class Meta:
        verbose_name = "gawai"
        verbose_name_plural = "gawai"

    def __str__(self) -> str:
        return f"{self.name} ({self.user})"

    @classmethod
    def enrol(cls, user: User, name: str) -> tuple[Device, str]:
        """A new device and its token, which can be read only now."""
        with transaction.atomic():
            token, text = AuthToken.objects.create(user=user)
            return cls.objects.create(user=user, name=name, token=token), text


class Enrolment(models.Model):
    """A code that enrols one device of a person, once and soon. Only its SHA-256 is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="enrolments"
    )
    code_sha256 = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    device = models.OneToOneField(Device, on_delete=models.SET_NULL, null=True)
    used_at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = "pendaftaran gawai"
        verbose_name_plural = "pendaftaran gawai"

    def __str__(self) -> str:
        return f"{self.user} · {self.expires_at:%Y-%m-%d %H:%M}"


class Submission(models.Model):
    """One thing that a device sent, exactly once, whatever became of it.

    `payload` is the content as canonical JSON text (keys sorted), or the text itself where it was
    not JSON; never changed. `instance_id` is the UUID that the device minted. `revises` names the
    submission that this one changes; `root` is the first of that chain, `version` its place in it,
    `merged` the whole content after it where that is not just its own, and `conflicts` what it
    asked for that somebody else had meanwhile changed: field -> {base, standing, sent}. `units` are
    the Puskesmas that its sender served when it came, None where there was none: who may read it
    later follows from them, not from where the sender serves by then.

    `sequence` is the device's own counter, `clock_skew` how many seconds its clock was behind the
    server's when it sent, `trust` (0-100) and `trust_reasons` what the position is worth;
    `changed_in` is the database transaction that last touched the row, for synchronisation.
    """

    class State(models.TextChoices):
        RECEIVED = "received", "Tiba, belum dinilai"
        ACCEPTED = "accepted", "Diterima"
        REFUSED = "refused", "Ditolak"
        UNPERMITTED = "unpermitted", "Tidak berwenang"
        WITHDRAWN = "withdrawn", "Ditarik kembali"

    class Channel(models.TextChoices):
        API = "api", "API lapangan"
        OPENROSA = "openrosa", "ODK Collect"
        OFFICE = "office", "Meja kantor"

    instance_id = models.UUIDField(primary_key=True)
    # No index of their own: those below begin with them, and each costs as much as the row.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="submissions",
        db_index=False,
    )
    device = models.ForeignKey(
        Device, on_delete=models.SET_NULL, null=True, related_name="submissions", db_index=False
    )
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.API)
    layer_id = models.CharField(max_length=60, blank=True)
    payload = models.TextField()
    sha256 = models.CharField(max_length=64)
    sequence = models.BigIntegerField(null=True)
    clock_skew = models.FloatField(null=True)
    received_at = models.DateTimeField(auto_now_add=True)
    units = ArrayField(models.BigIntegerField(), null=True)

    state = models.CharField(max_length=12, choices=State, default=State.RECEIVED)
    reasons = models.JSONField(default=dict)
    judged_at = models.DateTimeField(null=True)
    feature_id = models.BigIntegerField(null=True)
    observed_at = models.DateTimeField(null=True)
    geom = models.PointField(null=True, spatial_index=False)
    accuracy = models.FloatField(null=True)
    trust = models.PositiveSmallIntegerField(null=True)
    trust_reasons = models.JSONField(default=list)

    revises = models.UUIDField(null=True)
    root = models.UUIDField(null=True)
    version = models.PositiveIntegerField(default=1)
    merged = models.JSONField(null=True)
    conflicts = models.JSONField(default=dict)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )

    changed_in = models.BigIntegerField(db_default=TransactionId(), editable=False)

    class Meta:
        verbose_name = "kiriman"
        verbose_name_plural = "kiriman"
        indexes = [
            models.Index(fields=("user", "-received_at"), name="field_api_submission_own"),
            # Rows lie nearly in the order of their last change: a summary of each block does.
            BrinIndex(fields=("changed_in",), name="field_api_submission_changed"),
            models.Index(
                fields=("received_at",),
                condition=Q(state="received"),
                name="field_api_submission_waiting",
            ),
            # The inbox: each form newest first, and the few that are not accepted.
            models.Index(
                fields=("layer_id", "received_at", "instance_id"),
                name="field_api_submission_inbox",
            ),
            models.Index(
                fields=("received_at", "instance_id"),
                condition=Q(state__in=("refused", "unpermitted", "withdrawn")),
                name="field_api_submission_rejected",
            ),
            models.Index(
                fields=("revises",),
                condition=Q(state="received", revises__isnull=False),
                name="field_api_submission_late",
            ),
            models.Index(
                fields=("root", "version"),
                condition=Q(root__isnull=False),
                name="field_api_submission_chain",
            ),
            models.Index(
                fields=("user",),
                condition=Q(units__isnull=False),
                name="field_api_submission_units",
            ),
            # Only what is judged has a position: what arrives is not written here twice.
            models.Index(
                fields=("device", "-sequence"),
                condition=Q(geom__isnull=False),
                name="field_api_submission_order",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="received") ^ Q(judged_at__isnull=False),
                name="field_api_submission_judged_when_judged",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(feature_id__isnull=False),
                name="field_api_submission_accepted_has_feature",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False, state="withdrawn"),
                name="field_api_submission_withdrawn_at_by",
            ),
        ]

    def __str__(self) -> str:
        return str(self.instance_id)

    @cached_property
    def item(self) -> Any:
        """The payload, read. Whoever has it at hand already sets it."""
        return json.loads(self.payload)


class Attachment(models.Model):
    """A file that belongs to a submission, before or after which it may arrive.

    It grows piece by piece to `size` bytes (`offset` are on disk, flushed), is complete when its
    SHA-256 is right, and then never changes. `question` is the form's question it answers, known
    once the submission is. `original` is private; what may be shown is drawn anew from it.
    """

    class State(models.TextChoices):
        PARTIAL = "partial", "Belum lengkap"
        COMPLETE = "complete", "Lengkap"  # every byte is here and flushed
        SHOWN = "shown", "Ditampilkan"  # its picture belongs to a feature
        REFUSED = "refused", "Ditolak"  # whole, but not a picture we can draw

    id = models.UUIDField(primary_key=True, default=uuid4)
    instance_id = models.UUIDField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="attachments"
    )
    device = models.ForeignKey(Device, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField(default=0)
    original = models.CharField(max_length=100, blank=True)  # its path in the private store
    state = models.CharField(max_length=8, choices=State, default=State.PARTIAL)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    completed_at = models.DateTimeField(null=True)
    erase_on = models.DateField(null=True)  # when the original's retention ends
    changed_in = models.BigIntegerField(db_default=TransactionId(), editable=False)

    class Meta:
        verbose_name = "lampiran"
        verbose_name_plural = "lampiran"
        indexes = [
            models.Index(fields=("instance_id",), name="field_api_attachment_of"),
            models.Index(
                fields=("created_at",),
                condition=Q(state__in=("partial", "complete")),
                name="field_api_attachment_waiting",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=("user", "instance_id", "name", "sha256"), name="field_api_attachment_once"
            ),
            models.CheckConstraint(
                condition=Q(offset__lte=models.F("size")), name="field_api_attachment_offset"
            ),
            models.CheckConstraint(
                condition=Q(state="partial") ^ Q(completed_at__isnull=False),
                name="field_api_attachment_complete_when_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instance_id}/{self.name}"


def chain_of(submission: Submission) -> UUID:
    """The name of the feature in the ledger: the first submission of the chain."""
    return submission.root or submission.instance_id
