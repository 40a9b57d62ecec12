"""The page of one file: everything that is known of it, and the forms of all that may be done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms as fields
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from layers.catalog.permits import reference
from layers.catalog.permits.applications import CLOSED, STATUS_NAMES, Application
from layers.catalog.permits.clock.timing import timing
from layers.catalog.permits.roles import roles_of
from layers.catalog.permits.workflow import steps
from layers.catalog.permits.workflow.turns import last_act
from layers.catalog.zoning.in_force import plans
from maps.review import checks, ground, history, papers
from maps.review.clocks import clock_of
from maps.review.deeds import DEEDS, deed_of
from maps.review.doors import official
from maps.review.forms import Recommend, WithReason, condition_texts
from maps.review.picture import picture
from maps.review.words import WORDS

QUIET = ("return", "from-forum", "challenge", "withdraw", "lapse")  # steps that lead back or out
ROW_KEYS = {"answer": "request", "cancel": "request", "reply": "consultation", "erase": "markup"}
TYPED = ("reason", "text", "question", "answer", "note")  # what a person writes at length


class Forms:
    """The forms of the page. `faulty` is the one that was sent and could not be used."""

    def __init__(self, seen: int, faulty: tuple[str, fields.Form] | None) -> None:
        self._seen = seen
        self._name = faulty[0] if faulty else ""
        self._form: Any = faulty[1] if faulty else None

    def of(self, name: str, form: type[fields.Form], row: Any = None, **more: Any) -> fields.Form:
        """The form of a deed, or of a row of its list: as it was typed, else empty."""
        key = ROW_KEYS.get(name)
        if self._form is not None and self._name == name:
            sent = self._form
            if row is None or str(sent.data.get(key or "")) == str(row.pk):
                # What was told of the file before is no longer the newest.
                sent.data = sent.data.copy()
                sent.data["seen"] = str(self._seen)
                return sent
        initial: dict[str, Any] = {"seen": self._seen}
        if key and row is not None:
            initial[key] = row.pk
        here = f"{name}-{row.pk}" if row is not None else name
        return form(initial=initial, auto_id=f"{here}-%s", **more)


def show(
    request: HttpRequest,
    application: Application,
    *,
    faulty: tuple[str, fields.Form] | None = None,
    uncovered: Any = None,
) -> HttpResponse:
    """`uncovered` is the identity, for the one time that it is shown whole."""
    context = _context(request, application, faulty) | {"uncovered": uncovered}
    if faulty and not _is_placed(context, *faulty):
        messages.error(request, _unplaced(faulty[1]))
    return render(request, "maps/review/file.html", context, status=422 if faulty else 200)


def _is_placed(context: Mapping[str, Any], name: str, form: fields.Form) -> bool:
    """Whether the page still has the form that was sent: meanwhile the file may have moved on."""
    deeds = context["deeds"]
    for one in context["steps"]:
        if one["offer"].step.id == name:
            return not one["offer"].why_not
    if name in ("answer", "cancel"):
        open_rows = [one for one in context["requests"] if one["row"].state == "open"]
        return not deeds["ask"]["why_not"] and any(one[name] is form for one in open_rows)
    if name == "reply":
        waiting = [one for one in context["consultations"] if not one["row"].answer]
        return not deeds["consult"]["why_not"] and any(one[name] is form for one in waiting)
    if name == "erase":
        return any(one[name] is form for one in context["markups"])
    return (name in deeds and not deeds[name]["why_not"]) or name == "uncover"


def _unplaced(form: fields.Form) -> str:
    """Why nothing was done, and what was typed."""
    told = [sentence for errors in form.errors.values() for sentence in errors]
    typed = [form.data.get(name, "").strip() for name in TYPED if name in form.fields]
    said = [_("Yang Anda tulis: «%(text)s»") % {"text": text} for text in typed if text]
    return " ".join([*map(str, told), *said])


def _context(
    request: HttpRequest, application: Application, faulty: tuple[str, fields.Form] | None
) -> dict[str, Any]:
    user, today = official(request), timezone.localdate()
    forms = Forms(last_act(application), faulty)
    known = papers.known(application)
    every_plan = plans()
    checked = checks.checked(request, application, parcels=known.parcels, plans=every_plan)
    timed = timing(application)
    return {
        "application": application,
        "status_name": STATUS_NAMES[application.status],
        "open": application.status not in CLOSED,
        "timing": timed,
        "clock": clock_of(application, timed, today),
        "today": today,
        "query": request.GET.urlencode(),
        "steps": _steps(application, user, forms, checked.evidence),
        "deeds": _deeds(application, user, forms),
        "uncover": forms.of("uncover", WithReason),
        "checked": checked,
        "plans": every_plan,
        "known": known,
        "requests": [_with(forms, one, "answer", "cancel") for one in known.requests],
        "consultations": [_with(forms, one, "reply") for one in known.consultations],
        "markups": [_with(forms, one, "erase") for one in known.markups],
        "told": history.history(application),
        "faulty": faulty[0] if faulty else "",
        "under": ground.under_file(user),
        "recommend_id": "recommend",
        "quiet": QUIET,
        "picture": picture(
            application,
            parcels=known.parcels,
            requests=known.requests,
            recommendation=known.recommendation,
            markups=known.markups,
            visits=[visit.visit for visit in known.visits],
            pieces=checked.pieces,
        ),
        "words": WORDS,
    }


def _steps(
    application: Application, user: Any, forms: Forms, evidence: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Every step from where the file stands: those that may be taken first."""
    offers = sorted(
        steps.offers(application, user),
        key=lambda one: (not one.mine, bool(one.why_not), one.step.id in QUIET),
    )
    made = []
    for offer in offers:
        form = deed_of(offer.step).form
        more = {}
        if issubclass(form, Recommend):
            templates = reference.condition_templates()
            more["offered"] = condition_texts(templates, evidence)
        made.append({"offer": offer, "form": forms.of(offer.step.id, form, **more)})
    return made


def _deeds(application: Application, user: Any, forms: Forms) -> dict[str, dict[str, Any]]:
    roles = roles_of(user)
    return {
        name: {
            "why_not": deed.why_not(application, roles),
            "form": forms.of(name, deed.form),
            "name": name,
        }
        for name, deed in DEEDS.items()
        if name not in ROW_KEYS
    }


def _with(forms: Forms, row: Any, *names: str) -> dict[str, Any]:
    return {"row": row, **{name: forms.of(name, DEEDS[name].form, row) for name in names}}
