"""Other offices that are asked, and what they answered."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from layers.catalog.permits.applications import Application
from layers.catalog.zoning.overlays import OverlayKind


class Consultee(models.Model):
    """An office that can be asked. `overlay` is the provision that makes it be asked of itself;
    `for_step` the status that cannot be left before it has answered ("" none)."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    overlay = models.ForeignKey(
        OverlayKind, on_delete=models.PROTECT, null=True, blank=True, related_name="consultees"
    )
    for_step = models.CharField(max_length=20, blank=True)

    class Meta:
        verbose_name = "instansi yang diminta pendapat"
        verbose_name_plural = "instansi yang diminta pendapat"

    def __str__(self) -> str:
        return self.name


class Consultation(models.Model):
    """An office asked about an application; asked again is a new row."""

    class Answer(models.TextChoices):
        AGREES = "agrees", "Menyetujui"
        AMENDMENTS = "amendments", "Menyetujui dengan perbaikan"
        OBJECTS = "objects", "Keberatan"

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="consultations"
    )
    consultee = models.ForeignKey(Consultee, on_delete=models.PROTECT, related_name="+")
    question = models.TextField(blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    due_on = models.DateField()
    answer = models.CharField(max_length=12, choices=Answer, blank=True)
    reference = models.CharField(max_length=100, blank=True)  # number of the office's letter
    note = models.TextField(blank=True)
    answered_on = models.DateField(null=True, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        verbose_name = "permintaan pendapat"
        verbose_name_plural = "permintaan pendapat"
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="") ^ Q(answered_on__isnull=False),
                name="layers_consultation_answered_when_answered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consultee_id} · {self.application_id}"
