"""What arrives: devices and the ledger of their submissions."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.gis.db import models
from django.db.models import Q
from knox.models import AuthToken


class Device(models.Model):
    """An officer's phone. Its token is kept hashed by knox; without a token it may not submit."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices"
    )
    name = models.CharField(max_length=100)
    token = models.OneToOneField(
        AuthToken, on_delete=models.SET_NULL, null=True, related_name="device"
    )
    enrolled_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "gawai"
        verbose_name_plural = "gawai"

    def __str__(self) -> str:
        return f"{self.name} ({self.user})"

    @classmethod
    def enrol(cls, user: User, name: str) -> tuple[Device, str]:
        """A new device and its token, which can be read only now."""
        token, text = AuthToken.objects.create(user=user)
        return cls.objects.create(user=user, name=name, token=token), text


class Submission(models.Model):
    """One thing that a device sent, exactly once, whatever became of it.

    `payload` is the content as canonical JSON text (keys sorted), or the text itself where it was
    not JSON; never changed. `instance_id` is the UUID that the device minted.
    """

    class State(models.TextChoices):
        RECEIVED = "received", "Diterima, belum dinilai"
        ACCEPTED = "accepted", "Diterima"
        REFUSED = "refused", "Ditolak"
        UNPERMITTED = "unpermitted", "Tidak berwenang"

    instance_id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="submissions"
    )
    device = models.ForeignKey(
        Device, on_delete=models.SET_NULL, null=True, related_name="submissions"
    )
    layer_id = models.CharField(max_length=60, blank=True)
    payload = models.TextField()
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=12, choices=State, default=State.RECEIVED)
    reasons = models.JSONField(default=dict)
    judged_at = models.DateTimeField(null=True)
    feature_id = models.BigIntegerField(null=True)
    geom = models.PointField(null=True)

    class Meta:
        verbose_name = "kiriman"
        verbose_name_plural = "kiriman"
        indexes = [
            models.Index(fields=("user", "-received_at"), name="field_api_submission_own"),
            models.Index(
                fields=("received_at",),
                condition=Q(state="received"),
                name="field_api_submission_waiting",
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
        ]

    def __str__(self) -> str:
        return str(self.instance_id)
