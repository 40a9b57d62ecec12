"""The clock of an application: working days, limits per step as dated rows, pauses with a reason.

Days are working days of the city: Monday to Friday without the holidays and *cuti bersama* of the
yearly joint decree of three ministers (SKB 3 Menteri), which are rows.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from layers.base import Refused
from layers.catalog.permits import acts
from layers.catalog.permits.applications import Application
from layers.catalog.permits.entries import typed
from layers.catalog.permits.roles import AT_WORK, OPEN, PLANNER, S, hold
from layers.registry import reference


@reference
class Holiday(models.Model):
    class Kind(models.TextChoices):
        NATIONAL = "national", "Libur nasional"
        JOINT_LEAVE = "joint-leave", "Cuti bersama"
        REGIONAL = "regional", "Libur daerah"

    day = models.DateField(unique=True)
    name = models.CharField(max_length=150)
    kind = models.CharField(max_length=12, choices=Kind)
    source = models.CharField(max_length=200)

    class Meta:
        verbose_name = "hari libur"
        verbose_name_plural = "hari libur"
        ordering = ("day",)

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


@reference
class StepLimit(models.Model):
    """How many working days a step may take, from when on, and which office holds it meanwhile.
    `step` is a status, or "total" for the way from complete to decided. Of the rows of a step that
    with the latest `valid_from` not after the step's beginning counts. `deemed`: silence past it is
    approval (*fiktif positif*)."""

    TOTAL = "total"

    step = models.CharField(max_length=20)
    working_days = models.PositiveSmallIntegerField()
    office = models.CharField(max_length=150)
    deemed = models.BooleanField(default=False)
    valid_from = models.DateField()
    source = models.CharField(max_length=200)

    class Meta:
        verbose_name = "batas waktu"
        verbose_name_plural = "batas waktu"
        ordering = ("step", "valid_from")
        constraints = [
            models.UniqueConstraint(fields=("step", "valid_from"), name="layers_steplimit_once"),
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.working_days}"


class Pause(models.Model):
    """The clock stands still from the day of `since` to the day of `until` (null: still). While an
    application is returned to its applicant it stands of itself and needs no row."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="pauses")
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    resumed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    resumed_why = models.TextField(blank=True)

    class Meta:
        verbose_name = "jeda waktu"
        verbose_name_plural = "jeda waktu"
        ordering = ("since",)
        constraints = [
            models.UniqueConstraint(
                fields=("application",),
                condition=Q(until__isnull=True),
                name="layers_pause_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="layers_pause_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} · {self.since:%Y-%m-%d}"


RUNNING = AT_WORK | {S.RECOMMENDATION}


@transaction.atomic
def pause(*, application: Application, by: Any, reason: str) -> Pause:
    """Hold the clock until it is resumed. Raises Refused."""
    hold(application, by, {PLANNER}, during=RUNNING)
    reason = typed("reason", reason, missing="Tuliskan mengapa waktu dihentikan.")
    if _standing(application) is not None:
        raise Refused({"clock": "Waktu berkas ini sudah berhenti."})
    return _begin(application, by, reason)


@transaction.atomic
def resume(*, application: Application, by: Any, reason: str) -> Pause:
    """Let the clock run again. Raises Refused."""
    hold(application, by, {PLANNER}, during=OPEN)
    reason = typed("reason", reason, missing="Tuliskan mengapa waktu dijalankan lagi.")
    standing = _standing(application)
    if standing is None:
        raise Refused({"clock": "Waktu berkas ini sedang berjalan."})
    standing.until = max(timezone.now(), standing.since)
    standing.resumed_by, standing.resumed_why = by, reason
    standing.save(update_fields=["until", "resumed_by", "resumed_why"])
    acts.record(application=application, kind="resume", by=by, why=reason)
    return standing


def hold_agreed(*, application: Application, by: Any, why: str) -> None:
    """The applicant agreed to more time; `by` is who asked for it. The file is held."""
    if _standing(application) is None:
        _begin(application, by, f"Disetujui pemohon: {why}")


def _begin(application: Application, by: Any, reason: str) -> Pause:
    begun = Pause.objects.create(application=application, by=by, reason=reason)
    acts.record(application=application, kind="pause", by=by, why=reason)
    return begun


def _standing(application: Application) -> Pause | None:
    return Pause.objects.filter(application=application, until=None).first()
