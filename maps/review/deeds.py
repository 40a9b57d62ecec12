"""What an official may do to a file besides the steps of the workflow: a form, the function of the
theme that does it, and what the page says then. One table, read by the page and by the view."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms as fields
from django.utils.translation import gettext_lazy as _

from layers.base import Refused
from layers.catalog.permits import (
    applicants,
    consultations,
    documents,
    markups,
    parcels,
    registration,
    requests,
)
from layers.catalog.permits.applications import DECIDED, Application
from layers.catalog.permits.check import evidence
from layers.catalog.permits.clock import limits
from layers.catalog.permits.letters import letters
from layers.catalog.permits.roles import AT_WORK, OFFICIALS, OPEN, PLANNER, only_for
from layers.catalog.permits.workflow import effects, steps
from maps.review import forms

Typed = dict[str, Any]
Do = Callable[[Application, Any, Typed], object]


@dataclass(frozen=True)
class Deed:
    """`kind` is the kind of act that it records; `section` is where the page goes on. `actors` and
    `during` only tell the page whether to offer it: the theme's function decides."""

    form: type[fields.Form]
    do: Do
    kind: str
    done: Any
    section: str
    actors: frozenset[str] = frozenset({PLANNER})
    during: frozenset[Application.Status] = OPEN

    def why_not(self, application: Application, roles: Collection[str]) -> str:
        if not self.actors & frozenset(roles):
            return only_for(self.actors)
        if application.status not in self.during:
            told = application.get_status_display().lower()
            return _("Tidak dapat dilakukan pada tahap «%(stage)s».") % {"stage": told}
        return ""


def _typed(deed: Callable[..., object]) -> Do:
    """What was typed is what the theme's function takes."""
    return lambda application, by, typed: deed(application=application, by=by, **typed)


def _one(rows: Any, key: int, field: str) -> Any:
    found = rows.filter(pk=key).first()
    if found is None:
        raise Refused({field: "Baris ini tidak ada lagi pada berkas; muat ulang halaman."})
    return found


def _answer(application: Application, by: Any, typed: Typed) -> object:
    asked = _one(application.requests, typed.pop("request"), "request")
    return requests.answer(request=asked, by=by, **typed)


def _cancel(application: Application, by: Any, typed: Typed) -> object:
    asked = _one(application.requests, typed.pop("request"), "request")
    return requests.cancel(request=asked, by=by, **typed)


def _reply(application: Application, by: Any, typed: Typed) -> object:
    asked = _one(application.consultations, typed.pop("consultation"), "consultation")
    return consultations.enter_answer(consultation=asked, by=by, **typed)


def _keep(application: Application, by: Any, typed: Typed) -> object:
    file = typed.pop("file")
    typed["title"] = typed["title"] or file.name
    return documents.keep(
        application=application, by=by, name=file.name, content=file.read(), **typed
    )


def _erase(application: Application, by: Any, typed: Typed) -> object:
    return markups.erase(markup=_one(application.markups, typed["markup"], "markup"), by=by)


def _identity(application: Application, by: Any, typed: Typed) -> object:
    """What was left empty stays as it is."""
    told = {name: value for name, value in typed.items() if value}
    return applicants.fill(application=application, by=by, **told)


def _redraw(application: Application, by: Any, typed: Typed) -> object:
    return parcels.redraw(
        application=application, shape=typed["geom"], reason=typed["reason"], by=by
    )


def _letter(application: Application, by: Any, typed: Typed) -> object:
    decision = getattr(application, "decision", None)
    if decision is None:
        raise Refused({"letter": "Berkas ini belum diputus."})
    return letters.issue(decision=decision, by=by, reason=typed["reason"])


DEEDS: Mapping[str, Deed] = {
    "check": Deed(forms.Empty, _typed(evidence.check), "check", _("Pemeriksaan tersimpan."),
                  "conformity", actors=OFFICIALS),
    "ask": Deed(forms.Ask, _typed(requests.ask), "request", _("Permintaan tercatat."), "requests",
                during=requests.ASKING),
    "answer": Deed(forms.Answer, _answer, "request-answered", _("Jawaban tercatat."), "requests"),
    "cancel": Deed(forms.Cancel, _cancel, "request-cancelled", _("Permintaan dibatalkan."),
                   "requests"),
    "consult": Deed(forms.Consult, _typed(consultations.consult), "consult",
                    _("Permintaan pendapat tercatat."), "consultations", during=AT_WORK),
    "reply": Deed(forms.Reply, _reply, "consult-answered", _("Jawaban instansi tercatat."),
                  "consultations", during=AT_WORK),
    "pause": Deed(forms.WithReason, _typed(limits.pause), "pause",
                  _("Waktu berkas dihentikan."), "top", during=limits.RUNNING),
    "resume": Deed(forms.WithReason, _typed(limits.resume), "resume",
                   _("Waktu berkas berjalan lagi."), "top"),
    "document": Deed(forms.Paper, _keep, "document", _("Dokumen tersimpan."), "documents",
                     actors=OFFICIALS),
    "mark": Deed(forms.Mark, _typed(markups.mark), "markup", _("Catatan peta tersimpan."),
                 "markups", actors=OFFICIALS),
    "erase": Deed(forms.Erase, _erase, "markup-erased", _("Catatan peta dihapus."), "markups",
                  actors=OFFICIALS),
    "assign": Deed(forms.Assign, _typed(registration.assign), "assign",
                   _("Petugas ditetapkan."), "top", actors=OFFICIALS),
    "identity": Deed(forms.Identity, _identity, "identity", _("Identitas tersimpan."), "applicant"),
    "redraw": Deed(forms.Redraw, _redraw, "redraw", _("Batas bidang diganti."), "parcel",
                   during=parcels.DRAWING),
    "letter": Deed(forms.LetterReason, _letter, "letter", _("Surat diterbitkan."), "letters",
                   actors=OFFICIALS, during=frozenset(DECIDED)),
}  # fmt: skip


def deed_of(step: steps.Step) -> Deed:
    """A step of the workflow as a deed."""
    recommends = step.effect is effects.recommend
    plain = forms.StepWithReason if step.reason else forms.Step

    def take(application: Application, by: Any, typed: Typed) -> object:
        return steps.take(application=application, step=step.id, by=by, **typed)

    form = forms.Recommend if recommends else plain
    return Deed(form, take, step.id, _("Langkah diambil: %(step)s."), "top")


def find(name: str) -> Deed | None:
    step = next((one for one in steps.STEPS if one.id == name), None)
    return deed_of(step) if step else DEEDS.get(name)
