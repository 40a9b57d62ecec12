"""One file: its page, and the forms that come back from it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from layers.base import Refused
from layers.catalog.permits import applicants, reference
from layers.catalog.permits.acts import Act
from layers.catalog.permits.applications import Application
from layers.catalog.permits.entries import plain
from layers.catalog.permits.workflow.steps import STEPS
from layers.catalog.permits.workflow.turns import DoneAlready, take_turn
from maps.review import checks, page
from maps.review.deeds import Deed, find
from maps.review.doors import for_officials, official, the_file
from maps.review.forms import Recommend, WithReason, condition_texts


@for_officials
@require_safe
def file(request: HttpRequest, number: str) -> HttpResponse:
    return page.show(request, the_file(request, number))


@for_officials
@require_http_methods(["GET", "HEAD", "POST"])
def deed(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Something that an official does. What cannot be done comes back as it was typed, with why."""
    application, asked = the_file(request, number), find(name)
    if asked is None:
        raise Http404
    if request.method != "POST":  # came back from the log-in
        return redirect("review-file", number=number)
    form = _form(request, application, asked, name)
    if form.is_valid() and _done(request, application, asked, form):
        return redirect(_address(request, number, asked.section))
    return page.show(request, the_file(request, number), faulty=(name, form))


def _form(request: HttpRequest, application: Application, asked: Deed, name: str) -> Any:
    row = page.ROW_KEYS.get(name)
    key = request.POST.get(row, "")[:20] if row else ""
    here = f"{name}-{key}" if row else name
    more: dict[str, Any] = {"auto_id": f"{here}-%s"}
    if issubclass(asked.form, Recommend):
        shown = checks.shown_evidence(application, request.user)
        more["offered"] = condition_texts(reference.condition_templates(), shown)
    return asked.form(request.POST, request.FILES, **more)


def _done(request: HttpRequest, application: Application, asked: Deed, form: Any) -> bool:
    """Whether it is done, or was a moment ago; else the form says why not."""
    by, typed = official(request), dict(form.cleaned_data)
    seen = typed.pop("seen")
    try:
        take_turn(
            application=application,
            seen=seen,
            kind=asked.kind,
            by=by,
            deed=lambda: asked.do(application, by, typed),
            is_same=lambda act: _says(act, typed),
        )
    except DoneAlready:
        messages.info(request, _("Sudah tercatat; tidak disimpan dua kali."))
        return True
    except Refused as refused:
        for name, told in refused.reasons.items():
            form.add_error(name if name in form.fields else None, told)
        return False
    titles = {step.id: str(step.title) for step in STEPS}
    messages.success(request, str(asked.done) % {"step": titles.get(asked.kind, "")})
    return True


def _says(act: Act, typed: Mapping[str, Any]) -> bool:
    """Whether an act says what was typed: of two papers or remarks that are sent shortly after one
    another from two windows, the second is not the first one twice."""
    words = ("reason", "text", "question", "answer", "note", "title")
    texts = [plain(typed[name]) for name in words if typed.get(name)]
    if act.why and texts and act.why not in texts:
        return False
    rows = ("request", "consultation", "markup")
    if any(act.what.get(name, typed[name]) != typed[name] for name in rows if name in typed):
        return False
    if file := typed.get("file"):
        file.seek(0)
        return bool(act.what.get("sha256") == sha256(file.read()).hexdigest())
    return True


def _address(request: HttpRequest, number: str, section: str) -> str:
    query = urlencode({name: value for name, value in request.GET.items() if name != "compare"})
    address = reverse("review-file", args=[number])
    return f"{address}{'?' + query if query else ''}#{section}"


@for_officials
@require_http_methods(["GET", "HEAD", "POST"])
def uncover(request: HttpRequest, number: str) -> HttpResponse:
    """The whole identity, once, to whoever says what for. Nothing of it goes through a cookie or
    an address: the answer to the form is the page itself."""
    application = the_file(request, number)
    if request.method != "POST":
        return redirect("review-file", number=number)
    form = WithReason({"seen": "0", "reason": request.POST.get("reason", "")}, auto_id="uncover-%s")
    if form.is_valid():
        try:
            identity = applicants.uncover(
                application=application, by=official(request), reason=form.cleaned_data["reason"]
            )
        except Refused as refused:
            form.add_error(None, " ".join(refused.reasons.values()))
        else:
            return page.show(request, application, uncovered=identity)
    return page.show(request, application, faulty=("uncover", form))
