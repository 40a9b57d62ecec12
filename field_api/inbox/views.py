"""The pages of the inbox. Whoever may not read a submission is told that there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, cast
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from field_api.inbox import correction
from field_api.inbox.files import files_of
from field_api.inbox.filters import LOW_TRUST, MOST, Filters, counts, of_form
from field_api.inbox.history import conflicts, history, steps_of
from field_api.inbox.paging import Page, TooWide, hurried, page
from field_api.inbox.reading import Reader, Reading, pretty
from field_api.inbox.reviewable import parts, reviewable
from field_api.inbox.sketch import point, sketch
from field_api.inbox.twins import twins
from field_api.models import Submission
from field_api.records import is_overtaken
from field_api.revisions import PATIENCE
from layers.registry import reviews

State = Submission.State
View = Callable[..., HttpResponse]


def for_reviewers(view: View) -> View:
    """Only those who review anything find the inbox; who has not logged in is asked to."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not reviews(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(guarded)


@for_reviewers
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The submissions that this official may read, newest first."""
    asked = request.GET
    offered = parts(request.user)
    filters = Filters(asked, offered=list(offered))
    branches = [Submission.objects.filter(part) for part in of_form(offered, filters)]
    state = filters.cleaned_data.get("state", "") if filters.is_valid() else ""
    found, known, wide = Page([]), None, False
    try:
        with hurried(request.user):
            found = page(
                [filters.narrow(branch, state=state) for branch in branches],
                older=asked.get("older", ""),
                newer=asked.get("newer", ""),
            )
            known = counts(reviewable(request.user), filters)
    except TooWide:
        wide = True
    reader = Reader(request.user)
    rows = [reader.read(one) for one in found.rows]
    context = {
        "filters": filters,
        "rows": rows,
        "wide": wide,
        "states": _states(known, asked),
        "newer": found.newer and _address(asked, newer=found.newer),
        "older": found.older and _address(asked, older=found.older),
        "low_trust": LOW_TRUST,
        "paged": bool(asked.get("older") or asked.get("newer")),
        "narrowed": any(asked.get(name) for name in filters.fields if name != "state"),
        "points": [mark for row in rows if (mark := point(row))],
    }
    return render(request, "field_api/inbox.html", context)


def _states(found: Mapping[str, int] | None, asked: QueryDict) -> list[dict[str, Any]]:
    """The states to choose from, with how many there are of each where that is known."""
    known = found or {}
    named = [("", _("Semua"), sum(known.values()))]
    named += [(state.value, _(str(state.label)), known.get(state, 0)) for state in State]
    return [
        {
            "name": name,
            "count": None if found is None else min(count, MOST),
            "more": count > MOST,
            "chosen": state == asked.get("state", ""),
            "address": _address(asked, state=state),
        }
        for state, name, count in named
    ]


def _address(asked: QueryDict, **changes: str) -> str:
    """The same question with something changed; from its first page where no page is named."""
    query = asked.copy()
    for name in ("older", "newer"):
        query.pop(name, None)
    for name, value in changes.items():
        query[name] = value
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    return f"?{query.urlencode()}"


@for_reviewers
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, instance_id: UUID) -> HttpResponse:
    """One submission, all that is known of it, and the form that puts it right."""
    user = cast(User, request.user)
    rows = reviewable(user).annotate(overtaken=is_overtaken()).select_related("user", "device")
    found = rows.filter(pk=instance_id).first()
    if found is None:
        raise Http404
    reading = Reader(user).read(found)
    if request.method == "POST":
        return _corrected(request, reading)
    return _page(request, reading)


def _corrected(request: HttpRequest, reading: Reading) -> HttpResponse:
    user, typed = cast(User, request.user), request.POST.dict()
    if not correction.correctable(reading, user):
        return _too_late(request, reading)
    key, reason = _uuid(typed.get("key", "")), typed.get("reason", "").strip()
    if key is None or not reason or len(reason) > correction.LONGEST:
        fault = _("Tuliskan alasan Anda, paling panjang 500 huruf. Belum ada yang disimpan.")
        return _page(request, reading, told=typed, key=key, fault=fault)
    if typed.get("act") == "refuse":
        return _refused(request, reading, reason)
    if reading.submission.state == State.REFUSED or reading.waits:
        revises = correction.revised(reading, steps_of(reading, user))
        receipt = correction.correct(
            reading, typed, key=key, revises=revises, reason=reason, by=user
        )
    else:
        receipt = correction.resolve(reading, typed, key=key, reason=reason, by=user)
    if receipt.conflict:
        fault = _(
            "Halaman ini sudah disimpan dengan isi lain. Periksa isian di bawah, lalu simpan "
            "sekali lagi."
        )
        return _page(request, reading, told=typed, fault=fault)
    _say(request, receipt.submission)
    return redirect("inbox-one", instance_id=receipt.submission.pk)


def _refused(request: HttpRequest, reading: Reading, reason: str) -> HttpResponse:
    by = cast(User, request.user)
    if not (reading.waits and correction.refuse(reading, reason=reason, by=by)):
        return _too_late(request, reading)
    messages.success(request, _("Kiriman ditolak. Pengirim melihat alasannya di aplikasi."))
    return redirect("inbox-one", instance_id=reading.submission.pk)


def _too_late(request: HttpRequest, reading: Reading) -> HttpResponse:
    """What the form was opened for has been settled meanwhile."""
    told = _("Tidak ada yang disimpan: kiriman ini sudah dinilai. Periksa keadaannya sekarang.")
    messages.warning(request, told)
    return redirect("inbox-one", instance_id=reading.submission.pk)


def _say(request: HttpRequest, submission: Submission) -> None:
    match submission.state:
        case State.ACCEPTED if submission.conflicts:
            told = _(
                "Perbaikan diterima, tetapi sementara itu orang lain mengubah isian yang sama. "
                "Putuskan di bawah mana yang berlaku."
            )
        case State.ACCEPTED:
            told = _("Perbaikan diterima dan sudah berlaku. Pengirim melihatnya di aplikasi.")
        case State.RECEIVED:
            told = _("Perbaikan tersimpan dan akan dinilai dengan sendirinya.")
        case _:
            told = _(
                "Perbaikan tersimpan, tetapi belum dapat diterima. Lihat alasannya, lalu perbaiki "
                "sekali lagi di bawah."
            )
    good = submission.state == State.ACCEPTED and not submission.conflicts
    (messages.success if good else messages.warning)(request, told)


def _page(
    request: HttpRequest,
    reading: Reading,
    *,
    told: Mapping[str, str] | None = None,
    key: UUID | None = None,
    fault: str = "",
) -> HttpResponse:
    """`told` is what was just typed, where it could not be saved because of `fault`; `key` what it
    will be saved under, a new one where that is taken."""
    user, submission = cast(User, request.user), reading.submission
    steps = steps_of(reading, user)
    later = [one for one in steps if one.submission.version > submission.version]
    accepted = [one for one in later if one.submission.state == State.ACCEPTED]
    alike = twins(reading, user)
    context: dict[str, Any] = {
        "reading": reading,
        "submission": submission,
        "payload": pretty(submission.payload),
        "place_text": reading.told("position", reading.sent.get("position")).text,
        "feature": _feature(reading, user),
        "steps": history(steps, reading),
        "latest": accepted[-1] if accepted else None,
        "rewritten": submission.state == State.REFUSED or reading.waits,
        "conflicts": conflicts(reading),
        "files": files_of(reading, steps, user),
        "twins": alike,
        "sketch": sketch(reading, [twin.reading for twin in alike]),
        "offered": correction.correctable(reading, user) and (not reading.overtaken or bool(told)),
        "patience": PATIENCE.days,
        "told": told,
        "fault": fault,
        "key": key or uuid4(),
    }
    if context["offered"] and context["rewritten"]:
        context |= _fields(reading, [one.name for one in context["files"]], told)
    return render(request, "field_api/inbox_one.html", context, status=422 if fault else 200)


def _fields(
    reading: Reading, files: Sequence[str], told: Mapping[str, str] | None
) -> dict[str, Any]:
    return {
        "inputs": correction.inputs(reading, files, told),
        "location": correction.location(reading, told),
        "seen_at": correction.seen_at(reading) if told is None else told.get("observed_at", ""),
    }


def _feature(reading: Reading, user: User) -> str:
    """The address of what it became, where this person may see that."""
    layer, key = reading.layer, reading.submission.feature_id
    if layer is None or key is None or not layer.visible_to(user).filter(pk=key).exists():
        return ""
    return reverse("ogc-item", args=[layer.id, key])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
