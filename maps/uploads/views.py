"""Handing in a file, looking at what it would change, and deciding on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from layers.base import Refused
from layers.registry import LAYERS
from layers.uploads import arrivals, check, publication, records
from layers.uploads.records import Status, Upload
from maps.uploads.forms import Matching, NewFile, WithReason
from maps.uploads.page import show, shown_list

View = Callable[..., HttpResponseBase]


def for_offices(view: View) -> View:
    """Those who hand in or publish files; everybody else is told that there is nothing."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not records.takes_part(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(guarded)


def the_upload(request: HttpRequest, key: UUID) -> Upload:
    found = records.find(request.user, key)
    if found is None:
        raise Http404
    return found


@for_offices
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "maps/uploads/index.html", shown_list(request.user))


@for_offices
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    layers = records.layers_uploadable(request.user)
    if request.method != "POST":
        form = NewFile(layers, initial={"layer": request.GET.get("layer", "")[:60]})
        return _new_page(request, form)
    form = NewFile(layers, request.POST, request.FILES)
    upload = _received(request, form) if form.is_valid() else None
    if upload is None:
        return _new_page(request, form, status=422)
    return redirect("upload", key=upload.key)


def _new_page(request: HttpRequest, form: NewFile, status: int = 200) -> HttpResponse:
    endings = ",".join(arrivals.ENDINGS)
    return render(
        request, "maps/uploads/new.html", {"form": form, "endings": endings}, status=status
    )


def _received(request: HttpRequest, form: NewFile) -> Upload | None:
    """Kept, and looked at in the same go; what is wrong with it stands on its page."""
    told = form.cleaned_data
    try:
        upload = arrivals.receive(
            layer=LAYERS[told["layer"]],
            file=told["file"],
            name=told["file"].name,
            note=told["note"],
            by=request.user,
        )
    except Refused as refused:
        for name, sentence in refused.reasons.items():
            form.add_error(name if name in form.fields else None, sentence)
        return None
    if upload.status != Status.RECEIVED:
        messages.info(request, _("Berkas yang sama sudah diunggah; ini halamannya."))
        return upload
    if upload.bytes > settings.UPLOAD_BYTES_AT_ONCE:
        return upload  # checked in the background, for nobody waits that long for a page
    try:
        check.check(upload=upload, by=request.user)
    except Refused as refused:
        messages.error(request, " ".join(refused.reasons.values()))
    return upload


@for_offices
@require_safe
def one(request: HttpRequest, key: UUID) -> HttpResponse:
    return show(request, the_upload(request, key))


@for_offices
@require_safe
def changes(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """What the check drew, for the map."""
    upload = the_upload(request, key)
    if not upload.changes or not default_storage.exists(upload.changes):
        raise Http404
    return FileResponse(default_storage.open(upload.changes), content_type="application/geo+json")


@for_offices
@require_safe
def file(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """The file as it came; a browser opens none of it."""
    upload = the_upload(request, key)
    if not default_storage.exists(upload.file):
        raise Http404
    kept = default_storage.open(upload.file)
    return FileResponse(
        kept, as_attachment=True, filename=upload.name, content_type="application/octet-stream"
    )


def _check(request: HttpRequest, upload: Upload, form: Any) -> None:
    check.check(upload=upload, by=request.user, options=form.options())


def _again(request: HttpRequest, upload: Upload, form: Any) -> None:
    check.check(upload=upload, by=request.user)


def _publish(request: HttpRequest, upload: Upload, form: Any) -> None:
    publication.publish(upload=upload, by=request.user, seen=request.POST.get("seen", ""))


def _reasoned(deed: Callable[..., None]) -> Callable[..., None]:
    return lambda request, upload, form: deed(
        upload=upload, by=request.user, reason=form.cleaned_data["reason"]
    )


def _plain(deed: Callable[..., None]) -> Callable[..., None]:
    return lambda request, upload, form: deed(upload=upload, by=request.user)


DEEDS: dict[str, tuple[Callable[..., None], Any, Any]] = {
    "match": (_check, Matching, lambda: _("Berkas diperiksa dengan kolom yang Anda pilih.")),
    "check": (_again, None, lambda: _("Berkas diperiksa lagi.")),
    "submit": (_plain(publication.submit), None, lambda: _("Dikirim ke walidata.")),
    "withdraw": (_plain(publication.withdraw), None, lambda: _("Unggahan ditarik.")),
    "publish": (_publish, None, lambda: _("Data sudah terbit.")),
    "return": (_reasoned(publication.send_back), WithReason, lambda: _("Dikembalikan.")),
    "undo": (_reasoned(publication.undo), WithReason, lambda: _("Terbitan dibatalkan.")),
}


@for_offices
@require_POST
def deed(request: HttpRequest, key: UUID, deed: str) -> HttpResponse:
    upload = the_upload(request, key)
    if deed not in DEEDS:
        raise Http404
    act, kind, done = DEEDS[deed]
    form: Any = None
    if kind is Matching:
        form = Matching(upload, request.POST)
    elif kind:
        form = kind(request.POST, auto_id=f"{deed}-%s")
    if form is not None and not form.is_valid():
        return show(request, upload, faulty=(deed, form))
    try:
        act(request, upload, form)
    except Refused as refused:
        return show(request, the_upload(request, key), faulty=(deed, form), why=refused.reasons)
    messages.success(request, done())
    return redirect("upload", key=key)
