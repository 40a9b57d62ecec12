"""Other offices that are asked, and what they answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from layers.base import Refused
from layers.catalog.permits import acts
from layers.catalog.permits.applications import Application
from layers.catalog.permits.entries import due_day, typed
from layers.catalog.permits.roles import AT_WORK, PLANNER, hold
from layers.catalog.zoning.overlays import OverlayKind
from layers.catalog.zoning.rules import Verdict
from layers.registry import reference


@reference
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


def wanted(application: Application, evidence: Mapping[str, Any] | None = None) -> list[Consultee]:
    """The offices that are to be asked of themselves and were not yet: of the step in which the
    file is, and of the special provisions that the evidence of its check says bind it."""
    applying = [one for one in (evidence or {}).get("overlays", ()) if one["state"] == "applies"]
    binding = {one["kind"] for one in applying if one["verdict"] != Verdict.PERMITTED}
    asked = Consultation.objects.filter(application=application)
    rows = Consultee.objects.filter(Q(for_step=application.status) | Q(overlay__code__in=binding))
    return list(rows.exclude(pk__in=asked.values("consultee")).order_by("name"))


@transaction.atomic
def consult(
    *, application: Application, consultee: Consultee, question: str, due_on: date, by: Any
) -> Consultation:
    """Ask an office; again, once it has answered. Raises Refused."""
    hold(application, by, {PLANNER}, during=AT_WORK)
    asked_before = Consultation.objects.filter(
        application=application, consultee=consultee, answer=""
    )
    if asked_before.exists():
        raise Refused({"consultee": f"{consultee.name} sudah diminta dan belum menjawab."})
    asked = Consultation.objects.create(
        application=application,
        consultee=consultee,
        question=typed("question", question),
        due_on=due_day("due_on", due_on),
        asked_by=by,
    )
    acts.record(
        application=application,
        kind="consult",
        by=by,
        why=asked.question,
        consultation=asked.pk,
        consultee=consultee.code,
    )
    return asked


@transaction.atomic
def enter_answer(
    *,
    consultation: Consultation,
    answer: str,
    reference: str,
    note: str,
    answered_on: date,
    by: Any,
) -> Consultation:
    """What an office answered, once. An objection or an amendment says which. Raises Refused."""
    hold(consultation.application, by, {PLANNER}, during=AT_WORK)
    consultation.refresh_from_db(fields=["answer"])
    if consultation.answer:
        raise Refused({"answer": "Jawaban instansi ini sudah dicatat; minta pendapat sekali lagi."})
    if answer not in Consultation.Answer.values:
        raise Refused({"answer": "Pilih jawabannya: menyetujui, dengan perbaikan, atau keberatan."})
    asked_on = timezone.localdate(consultation.asked_at)
    if answered_on is None or not asked_on <= answered_on <= timezone.localdate():
        told = f"Tanggal jawaban ada di antara {asked_on:%d-%m-%Y} dan hari ini."
        raise Refused({"answered_on": told})
    needed = "" if answer == Consultation.Answer.AGREES else "Tuliskan perbaikan atau keberatannya."
    consultation.answer, consultation.answered_on = answer, answered_on
    consultation.reference = typed("reference", reference, most=100)
    consultation.note = typed("note", note, missing=needed)
    consultation.entered_by = by
    consultation.save(update_fields=["answer", "answered_on", "reference", "note", "entered_by"])
    acts.record(
        application=consultation.application,
        kind="consult-answered",
        by=by,
        why=consultation.note,
        consultation=consultation.pk,
        consultee=consultation.consultee.code,
        answer=answer,
    )
    return consultation
