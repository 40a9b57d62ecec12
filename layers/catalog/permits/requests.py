"""What the office asks of the applicant, until when, and what came back."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.gis.db import models
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from layers.base import Refused
from layers.catalog.permits import acts, parcels
from layers.catalog.permits.applications import Application
from layers.catalog.permits.clock import limits
from layers.catalog.permits.entries import due_day, typed
from layers.catalog.permits.roles import APPLICANT, AT_WORK, PLANNER, S, hold


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


ASKING = AT_WORK | {S.REGISTERED, S.RETURNED}
MOST_OPEN = 20


@transaction.atomic
def ask(
    *, application: Application, kind: str, text: str, due_on: date, by: Any, proposed: Any = None
) -> Request:
    """Ask something of the applicant. `proposed` is the new red line of a red-line request. Raises
    Refused."""
    hold(application, by, {PLANNER}, during=ASKING)
    if kind not in Request.Kind.values:
        raise Refused({"kind": "Pilih apa yang diminta: dokumen, isian, batas bidang, atau waktu."})
    if (kind == Request.Kind.RED_LINE) != (proposed is not None):
        raise Refused({"proposed": "Gambar batas baru yang diusulkan, hanya untuk batas bidang."})
    if still_open(application).count() >= MOST_OPEN:
        raise Refused({"text": "Terlalu banyak permintaan terbuka; gabungkan atau batalkan."})
    line = None if proposed is None else parcels.outline(proposed, "proposed")
    if line is not None and line.equals_exact(application.geom):
        raise Refused({"proposed": "Batas yang diusulkan sama dengan yang sekarang berlaku."})
    asked = Request.objects.create(
        application=application,
        kind=kind,
        text=typed("text", text, missing="Tuliskan apa yang diminta dari pemohon."),
        due_on=due_day("due_on", due_on),
        proposed=line,
        asked_by=by,
    )
    _tell(asked, "request", by, why=asked.text)
    return asked


@transaction.atomic
def answer(*, request: Request, answer: str, by: Any, agreed: bool | None = None) -> Request:
    """The applicant's answer, or what he told at the counter. An agreed red line becomes the one
    that stands; agreed time holds the clock until it is resumed. Raises Refused."""
    _hold_open(request, by, {APPLICANT, PLANNER})
    consent = request.kind in (Request.Kind.RED_LINE, Request.Kind.TIME)
    if consent and agreed is None:
        raise Refused({"agreed": "Pilih setuju atau tidak setuju."})
    needed = not consent or (by is not None) or not agreed
    request.answer = typed("answer", answer, missing="Tuliskan jawabannya." if needed else "")
    request.agreed = agreed if consent else None
    request.state, request.answered_at = Request.State.ANSWERED, timezone.now()
    request.save(update_fields=["answer", "agreed", "state", "answered_at"])
    _tell(request, "request-answered", by, why=request.answer, agreed=request.agreed)
    if request.agreed and request.proposed is not None:
        parcels.revise(
            application=request.application,
            geom=request.proposed,
            by=by,
            reason=f"Disetujui pemohon: {request.text}",
            notation="red-line",
        )
    if request.agreed and request.kind == Request.Kind.TIME:
        limits.hold_agreed(application=request.application, by=request.asked_by, why=request.text)
    return request


@transaction.atomic
def cancel(*, request: Request, by: Any, reason: str) -> Request:
    """Take a request back. Raises Refused."""
    _hold_open(request, by, {PLANNER})
    reason = typed("reason", reason, missing="Tuliskan mengapa permintaan ini dibatalkan.")
    request.state = Request.State.CANCELLED
    request.save(update_fields=["state"])
    _tell(request, "request-cancelled", by, why=reason)
    return request


def still_open(application: Application) -> models.QuerySet[Request]:
    """What the applicant has not answered yet."""
    return Request.objects.filter(application=application, state=Request.State.OPEN)


def _hold_open(request: Request, by: Any, actors: set[str]) -> None:
    hold(request.application, by, actors)
    request.refresh_from_db(fields=["state", "answer", "agreed", "answered_at"])
    if request.state != Request.State.OPEN:
        raise Refused({"request": "Permintaan ini sudah dijawab atau dibatalkan; muat ulang."})


def _tell(request: Request, kind: str, by: Any, *, why: str, **what: Any) -> None:
    acts.record(
        application=request.application,
        kind=kind,
        by=by,
        why=why,
        request=request.pk,
        of=request.kind,
        **what,
    )
