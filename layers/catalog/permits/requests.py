"""What the office asks of the applicant, until when, and what came back."""

from __future__ import annotations

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils import timezone

from layers.catalog.permits.applications import Application


class Request(models.Model):
    """A request to the applicant. `proposed` is the new red line of a red-line request: the
    standing one stays until the applicant agrees."""

    class Kind(models.TextChoices):
        DOCUMENT = "document", "Dokumen"
        CORRECTION = "correction", "Perbaikan isian"
        RED_LINE = "red-line", "Perubahan batas bidang"
        TIME = "time", "Perpanjangan waktu"

    class State(models.TextChoices):
        OPEN = "open", "Menunggu pemohon"
        ANSWERED = "answered", "Dijawab"
        CANCELLED = "cancelled", "Dibatalkan"

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="requests")
    kind = models.CharField(max_length=20, choices=Kind)
    text = models.TextField()
    proposed = models.MultiPolygonField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    due_on = models.DateField()
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    answer = models.TextField(blank=True)
    agreed = models.BooleanField(null=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "permintaan kepada pemohon"
        verbose_name_plural = "permintaan kepada pemohon"
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(state="answered") ^ Q(answered_at__isnull=True),
                name="layers_request_answered_when_answered",
            ),
            models.CheckConstraint(
                condition=Q(kind="red-line") ^ Q(proposed__isnull=True),
                name="layers_request_red_line_has_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.application_id}"
