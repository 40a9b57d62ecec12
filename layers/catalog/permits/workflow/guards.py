"""What must be true before a step may be taken. Each guard takes the application and who would take
it, and says in a sentence what is missing, or ""."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from layers.catalog.permits.applicants import Applicant
from layers.catalog.permits.applications import Application
from layers.catalog.permits.check.checks import Check
from layers.catalog.permits.clock.timing import timing
from layers.catalog.permits.consultations import Consultation, Consultee
from layers.catalog.permits.requests import still_open
from layers.catalog.permits.workflow.decisions import Recommendation
from layers.catalog.zoning.plans import Standing


def applicant_is_known(application: Application, by: Any) -> str:
    known = Applicant.objects.filter(application=application).exclude(nik="", nib="").exists()
    return "" if known else "Identitas pemohon (NIK atau NIB) belum diisi."


def something_is_asked(application: Application, by: Any) -> str:
    asked = still_open(application).exists()
    return "" if asked else "Tulis dahulu permintaan kepada pemohon: apa yang harus diperbaiki."


def nothing_is_asked(application: Application, by: Any) -> str:
    asked = still_open(application).count()
    return f"Masih ada {asked} permintaan kepada pemohon yang belum dijawab." if asked else ""


def request_is_overdue(application: Application, by: Any) -> str:
    late = still_open(application).filter(due_on__lt=timezone.localdate()).exists()
    return "" if late else "Tidak ada permintaan kepada pemohon yang lewat batas waktu."


def offices_of_the_step_have_answered(application: Application, by: Any) -> str:
    """Whoever must be heard in the step in which the application is."""
    wanted = Consultee.objects.filter(for_step=application.status)
    heard = Consultation.objects.filter(application=application).exclude(answer="")
    missing = wanted.exclude(pk__in=heard.values("consultee")).values_list("name", flat=True)
    return f"Belum ada jawaban dari {', '.join(missing)}." if missing else ""


def consultees_have_answered(application: Application, by: Any) -> str:
    waiting = Consultation.objects.filter(application=application, answer="")
    names = waiting.values_list("consultee__name", flat=True)
    return f"Belum dijawab oleh {', '.join(names)}." if names else ""


def check_is_current(application: Application, by: Any) -> str:
    """Made of the red line that stands, for the activity applied for, with the plan and the rules
    that are in force."""
    last = _checks(application).last()
    if last is None:
        return "Pemeriksaan kesesuaian belum dibuat."
    changed = _changed_since(last, application)
    return f"{changed} sejak pemeriksaan terakhir: periksa kembali." if changed else ""


def basis_is_current(application: Application, by: Any) -> str:
    """The same of the check on which the recommendation rests: what is decided was assessed."""
    proposal = standing_recommendation(application)
    if proposal is None:
        return ""
    changed = _changed_since(_checks(application).get(pk=proposal.basis_id), application)
    return f"{changed} sejak direkomendasikan: kembalikan rekomendasi." if changed else ""


def _checks(application: Application) -> QuerySet[Check]:
    rows = Check.objects.filter(application=application)
    return rows.select_related("parcel", "plan", "rule_set").defer("evidence")


def _changed_since(check: Check, application: Application) -> str:
    if check.parcel.stood_until or check.kbli != application.kbli:
        return "Batas bidang atau kegiatan berubah"
    if {check.plan.status, check.rule_set.status} != {Standing.ACTIVE}:
        return "Rencana atau aturan berganti"
    return ""


def standing_recommendation(application: Application) -> Recommendation | None:
    return Recommendation.objects.filter(application=application, challenged_at=None).last()


def recommended(outcome: str) -> Callable[[Application, Any], str]:
    def guard(application: Application, by: Any) -> str:
        proposal = standing_recommendation(application)
        if proposal is None:
            return "Belum ada rekomendasi."
        if proposal.outcome != outcome:
            proposed = proposal.get_outcome_display().lower()
            return f"Direkomendasikan «{proposed}»: bila tidak sependapat, kembalikan rekomendasi."
        return ""

    return guard


def another_person_recommended(application: Application, by: Any) -> str:
    proposal = standing_recommendation(application)
    own = proposal is not None and by is not None and proposal.by_id == by.pk
    return "Anda sendiri yang merekomendasikan: pejabat lain yang memutus." if own else ""


def not_deemed_approved(application: Application, by: Any) -> str:
    """Silence past the limit is approval (PP 28/2025), which can no longer be refused."""
    since = timing(application).deemed_on
    if since is None or since > timezone.localdate():
        return ""
    return f"Batas waktu lewat: menurut hukum dianggap disetujui sejak {since:%d-%m-%Y}."
