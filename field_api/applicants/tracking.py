"""/track/: where an application stands, and what whoever holds its follow-up code may do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from field_api import qr
from field_api.applicants import outlines, standing
from field_api.applicants.gate import Bucket, gated
from field_api.applicants.papers import TAKEN, fault_of, keep_upload
from field_api.applicants.words import WORDS
from layers.base import Refused
from layers.catalog.permits import requests
from layers.catalog.permits.applications import Application
from layers.catalog.permits.clock.timing import Timing, timing
from layers.catalog.permits.desk import by_tracking_code
from layers.catalog.permits.documents import MOST_BYTES, Document
from layers.catalog.permits.letters.letters import newest_letter
from layers.catalog.permits.requests import Request
from layers.catalog.permits.roles import OPEN, PLANNER, roles_of
from layers.catalog.permits.workflow import steps

MOST_FILES = 3  # of one answer
MOST_ANSWER = MOST_FILES * MOST_BYTES + 2 * 1000**2
ANSWERS = Bucket("answer", burst=30, seconds=20)
OWN_PAPERS = (Document.Kind.IDENTITY, Document.Kind.LAND_TITLE, Document.Kind.SITE_PLAN)


@dataclass(frozen=True)
class Asked:
    """A request to the applicant, with what he typed where it could not be taken."""

    request: Request
    typed: Mapping[str, str]
    errors: Mapping[str, str]
    overdue: bool


@gated(most=MOST_ANSWER, bucket=ANSWERS)
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """A field for the code."""
    code = "".join(request.GET.get("code", "").split()).rsplit("/", 1)[-1][:40]
    if code and by_tracking_code(code):
        return redirect("applicant-follow", code=code)
    context = {"code": code, "unknown": bool(code)}
    return render(request, "field_api/applicants/find.html", context, status=404 if code else 200)


@gated(most=MOST_ANSWER, bucket=ANSWERS)
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, code: str) -> HttpResponse:
    application = _found(code)
    if request.method != "POST":
        return _page(request, application)
    deed = DEEDS.get(request.POST.get("act", ""))
    if deed is None:
        raise Http404
    try:
        done = deed(request, application)
    except Refused as refused:
        application.refresh_from_db()
        return _page(request, application, refused=refused)
    messages.success(request, done)
    return redirect("applicant-follow", code=code)


@gated(most=MOST_ANSWER, bucket=ANSWERS)
@require_safe
def receipt(request: HttpRequest, code: str) -> HttpResponse:
    """What the applicant takes home: number, code, and the way back."""
    application = _found(code)
    address = request.build_absolute_uri(reverse("applicant-follow", args=[code]))
    context = {
        "application": application,
        "address": address,
        "picture": qr.picture(address),
        "at_counter": PLANNER in roles_of(request.user),
    }
    return render(request, "field_api/applicants/receipt.html", context)


def _found(code: str) -> Application:
    application = by_tracking_code(code)
    if application is None:
        raise Http404
    return application


# -- what the applicant may do


def _answer(request: HttpRequest, application: Application) -> str:
    """The answer to a request of this application, with its papers: all of it or nothing."""
    key = request.POST.get("request", "")
    rows = application.requests.all()
    asked = rows.filter(pk=key).first() if re.fullmatch(r"[0-9]{1,18}", key) else None
    if asked is None:
        raise Http404
    uploads = request.FILES.getlist("papers")[:MOST_FILES]
    for upload in uploads:
        if fault := fault_of(upload):
            raise Refused({"papers": fault})
    text = request.POST.get("answer", "").strip()
    if uploads and not text:
        text = _("Dokumen dilampirkan.")
    if asked.kind == Request.Kind.DOCUMENT and not uploads and not text:
        raise Refused({"papers": _("Lampirkan dokumennya, atau tuliskan mengapa tidak ada.")})
    agreed = {"yes": True, "no": False}.get(request.POST.get("agreed", ""))
    with transaction.atomic():  # the answer first: a refused one leaves no file on the disk
        requests.answer(request=asked, answer=text, by=None, agreed=agreed)
        for upload in uploads:
            title = _("Jawaban pemohon")
            keep_upload(application, upload, kind=Document.Kind.OTHER, title=title, by=None)
    return _("Jawaban Anda sudah kami terima.")


def _resubmit(request: HttpRequest, application: Application) -> str:
    steps.take(application=application, step="resubmit", by=None)
    return _("Permohonan Anda sudah diajukan kembali.")


def _withdraw(request: HttpRequest, application: Application) -> str:
    if not request.POST.get("sure"):
        raise Refused({"sure": _("Beri tanda bahwa Anda yakin.")})
    reason = request.POST.get("reason", "")[:4000]
    if not reason.strip():
        raise Refused({"reason": _("Tuliskan mengapa permohonan ini dicabut.")})
    steps.take(application=application, step="withdraw", by=None, reason=reason)
    return _("Permohonan Anda sudah dicabut.")


DEEDS: Mapping[str, Callable[[HttpRequest, Application], str]] = {
    "answer": _answer,
    "resubmit": _resubmit,
    "withdraw": _withdraw,
}


# -- the page


def _page(
    request: HttpRequest, application: Application, *, refused: Refused | None = None
) -> HttpResponse:
    errors = refused.reasons if refused else {}
    today, act = timezone.localdate(), request.POST.get("act", "")
    known = timing(application, today) if application.status in OPEN else Timing()
    asked = _asked(request, application, errors if act == "answer" else {})
    offers = {offer.step.id: offer for offer in steps.offers(application, None) if offer.mine}
    letter = newest_letter(application)
    decision = getattr(application, "decision", None)
    context = {
        "application": application,
        "now": standing.now(application, asked=bool(asked)),
        "days": standing.days(known, today),
        "stages": standing.stages(application),
        "history": standing.history(application),
        "asked": asked,
        "resubmit": offers.get("resubmit"),
        "withdraw": offers.get("withdraw"),
        "decision": decision,
        "letter": reverse("tracked-letter", args=[application.tracking_code]) if letter else "",
        "papers": _papers(application),
        "taken": TAKEN,
        "words": WORDS,
        "act": act,
        "errors": {} if any(one.errors for one in asked) else errors,
        "typed": request.POST if refused else {},
        "sketch": _sketch(application, asked),
    }
    status = 422 if refused else 200
    return render(request, "field_api/applicants/follow.html", context, status=status)


def _asked(
    request: HttpRequest, application: Application, errors: Mapping[str, str]
) -> list[Asked]:
    today, own = timezone.localdate(), request.POST.get("request", "")
    rows = requests.still_open(application)
    return [
        Asked(
            one,
            request.POST if errors and own == str(one.pk) else {},
            errors if own == str(one.pk) else {},
            one.due_on < today,
        )
        for one in rows
    ]


def _papers(application: Application) -> list[Document]:
    """Those that the applicant brought himself."""
    rows = application.documents.all()
    return [row for row in rows if row.by_id is None or row.kind in OWN_PAPERS]


def _sketch(application: Application, asked: list[Asked]) -> dict[str, Any]:
    """The lines on the map: where the parcel is, what was granted of it, what it might become."""
    lines = {
        str(one.request.pk): outlines.geojson_of(one.request.proposed)
        for one in asked
        if one.request.proposed
    }
    return {
        "parcel": outlines.geojson_of(application.geom),
        "granted": application.granted and outlines.geojson_of(application.granted),
        "proposed": lines,
    }
