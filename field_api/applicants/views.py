"""The page on which an application is made, and the judgement of an outline that it asks for."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_POST

from field_api.applicants import judgement, outlines
from field_api.applicants.forms import Entry
from field_api.applicants.gate import Bucket, gated, refuse, wants_json
from field_api.applicants.intake import Differs, record
from field_api.applicants.papers import PAPERS, TAKEN
from field_api.applicants.surroundings import systems
from field_api.applicants.words import WORDS
from layers.base import Refused
from layers.catalog.permits.applications import Application
from layers.catalog.permits.roles import PLANNER, roles_of
from layers.catalog.zoning.in_force import activities
from layers.outline.parcel import MOST_BYTES, Outline

Channel = Application.Channel
MOST_OUTLINE = MOST_BYTES + 5 * 1000**2
MOST_ENTRY = (1 + len(PAPERS)) * MOST_BYTES + 8 * 1000**2
# A map that is drawn on asks after every stroke; an application is sent once, mended a few times.
OUTLINES = Bucket("outline", burst=60, seconds=2)
ENTRIES = Bucket("entry", burst=20, seconds=60)


@gated(most=MOST_OUTLINE, bucket=OUTLINES, as_json=True)
@require_POST
def outline(request: HttpRequest) -> HttpResponse:
    """What is to be said of an outline: of JSON {"geometry"} or {"table", "crs"}, or of a form with
    a file. Nothing of it is kept."""
    try:
        found = judgement.judge(_sent_outline(request), request.user)
    except Refused as refused:
        return refuse(request, 422, " ".join(refused.reasons.values()), errors=refused.reasons)
    except outlines.Busy:
        return _busy(request)
    return JsonResponse(judgement.told(found))


def _sent_outline(request: HttpRequest) -> Outline:
    if upload := request.FILES.get("file"):
        crs, layer = (request.POST.get(name, "") for name in ("crs", "layer"))
        return outlines.from_file(upload, crs=crs, from_layer=layer)
    if request.content_type != "application/json":
        raise Refused({"parcel": _("Pilih berkasnya.")})
    try:
        sent = json.loads(request.body)
        json.dumps(sent, ensure_ascii=False).encode()  # JSON may escape half a character
    except (ValueError, RecursionError) as error:
        raise Refused({"parcel": _("Kiriman ini rusak; coba lagi.")}) from error
    if not isinstance(sent, dict):
        raise Refused({"parcel": _("Kiriman ini rusak; coba lagi.")})
    table, crs, receipt = (str(sent.get(name) or "") for name in ("table", "crs", "receipt"))
    if table:
        return outlines.from_text(table, crs=crs)
    return judgement.sourced(outlines.from_geometry(sent.get("geometry")), receipt)


def _busy(request: HttpRequest) -> HttpResponse:
    told = _("Berkas orang lain sedang dibaca; coba lagi sebentar lagi.")
    response = refuse(request, 503, told)
    response["Retry-After"] = "10"
    return response


@gated(most=MOST_ENTRY, bucket=ENTRIES)
@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
def apply(request: HttpRequest) -> HttpResponse:
    """The page for whoever applies himself."""
    return _entry(request, Channel.APPLICANT, by=None)


@gated(most=MOST_ENTRY, bucket=ENTRIES)
@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
def counter(request: HttpRequest) -> HttpResponse:
    """The same page for the official at the counter."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if PLANNER not in roles_of(request.user):
        raise Http404
    return _entry(request, Channel.COUNTER, by=request.user)


def _entry(request: HttpRequest, channel: Channel, *, by: Any) -> HttpResponse:
    if request.method != "POST":
        return _page(request, Entry(channel=channel, user=request.user), channel)
    entry = Entry(request.POST, request.FILES, channel=channel, user=request.user)
    if not entry.is_valid():
        return _unsound(request, entry, channel)
    try:
        application = record(entry, by=by)
    except Refused as refused:
        entry.add_refusal(refused)
        return _unsound(request, entry, channel)
    except Differs as known:
        return _sent_before(request, known.application)
    address = reverse("applicant-receipt", args=[application.tracking_code])
    if wants_json(request):
        return JsonResponse({"number": application.number, "address": address}, status=201)
    return redirect(address)


def _unsound(request: HttpRequest, entry: Entry, channel: Channel) -> HttpResponse:
    if not wants_json(request):
        return _page(request, entry, channel)
    errors = {name: " ".join(map(str, told)) for name, told in entry.errors.items()}
    return refuse(request, 422, _("Belum terkirim: perbaiki isian yang ditandai."), errors=errors)


def _sent_before(request: HttpRequest, application: Application) -> HttpResponse:
    told = _(
        "Formulir ini sudah menjadi permohonan %(number)s; perubahan sesudahnya tidak dicatat."
    )
    address = reverse("applicant-follow", args=[application.tracking_code])
    return refuse(request, 409, told % {"number": application.number}, address=address)


def _page(request: HttpRequest, entry: Entry, channel: Channel) -> HttpResponse:
    found = entry.judgement
    context: dict[str, Any] = {
        "entry": entry,
        "instance_id": entry.data.get("instance_id") or uuid4(),
        "at_counter": channel == Channel.COUNTER,
        "papers": [
            {"paper": paper, "errors": entry.errors.get(paper.field, [])} for paper in PAPERS
        ],
        "taken": TAKEN,
        "systems": systems(),
        "activities": activities(),
        "words": WORDS,
        "found": found,
        "kept": found and json.dumps(outlines.geojson(found.outline.shape)),
        "receipt": found and judgement.receipt(found),
    }  # fmt: skip
    status = 422 if entry.errors else 200
    return render(request, "field_api/applicants/apply.html", context, status=status)
