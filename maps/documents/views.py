"""The list of documents, and each document as a page of its own."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from layers.catalog.permits.roles import works_on_permits
from maps.documents import DOCUMENTS, LANGUAGES, Document, Missing, Unreadable, shelf
from maps.formats import size

# A document brings its own scripts. In a sandbox without `allow-same-origin` they run as a stranger
# to the portal: no cookie, no storage, no request in the visitor's name.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-scripts"
)
OFFICIAL = "official"
LONGEST = 40  # characters of what may be asked for


@require_safe
@cache_control(private=True, no_cache=True)
def index(request: HttpRequest) -> HttpResponse:
    language = get_language() or "id"
    context = {
        "documents": [_listed(document, language) for document in DOCUMENTS.values()],
        "language": language,
        "official": works_on_permits(request.user),
    }
    return render(request, "maps/documents/index.html", context)


def _listed(document: Document, language: str) -> dict[str, Any]:
    periods = document.periods()
    usual = document.usual() if periods or not document.asks else ""
    kept = shelf.listed(shelf.Key(document.name, usual, language))
    return {
        "document": document,
        "periods": periods,
        "usual": usual,
        "usual_label": next((one.label for one in periods if one.value == usual), ""),
        "kept": kept,
        "size": size(kept.bytes) if kept else "",
    }


@require_safe
def document(request: HttpRequest, name: str) -> HttpResponse:
    try:
        return _handed_out(request, _asked_for(name))
    except Missing as missing:
        return _refused(request, 404, str(missing))
    except Unreadable as unreadable:
        return _refused(request, 400, str(unreadable))
    except shelf.Busy:
        told = _("Banyak dokumen sedang dibuat. Coba lagi sebentar lagi.")
        response = _refused(request, 503, told)
        response["Retry-After"] = "5"
        return response


def _asked_for(name: str) -> Document:
    if name not in DOCUMENTS:
        raise Missing(_("Tidak ada dokumen bernama ini."))
    return DOCUMENTS[name]


def _handed_out(request: HttpRequest, asked: Document) -> HttpResponse:
    given = _parameters(request, asked)
    period, language = given.get(asked.asks, ""), given.get("lang", "id")
    if given.get("for"):
        if not works_on_permits(request.user):
            raise Missing(_("Tidak ada permohonan bernomor ini yang terbuka bagi Anda."))
        made = shelf.make(asked, period, language, request.user)
        cached = "private, no-store"
    else:
        made = shelf.recent(asked, period, language)
        cached = "public, max-age=60"
    response = HttpResponse(made.html, content_type="text/html; charset=utf-8")
    way = "attachment" if given.get("save") else "inline"
    response["Content-Disposition"] = f'{way}; filename="{made.name}"'
    response["Cache-Control"] = cached
    response["Content-Security-Policy"] = POLICY
    # A browser refuses a page that is both in a sandbox and isolated by its opener policy.
    response["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


def _parameters(request: HttpRequest, asked: Document) -> dict[str, str]:
    """Each at most once and none that is unknown. Raises Unreadable."""
    allowed: dict[str, tuple[str, ...]] = {"lang": LANGUAGES, "save": ("1",)}
    if asked.asks:
        allowed[asked.asks] = ()
    if asked.asks == "number":
        allowed["for"] = (OFFICIAL,)
    for name, values in request.GET.lists():
        if name not in allowed:
            told = _("Parameter «%(name)s» tidak dikenal. Yang dikenal: %(known)s.")
            raise Unreadable(told % {"name": name[:40], "known": ", ".join(allowed)})
        if len(values) > 1:
            raise Unreadable(_("Parameter «%(name)s» ditulis dua kali.") % {"name": name})
        if len(values[0]) > LONGEST or "\x00" in values[0]:
            raise Unreadable(
                str(asked.hint) or _("Nilai «%(name)s» tidak dapat dibaca.") % {"name": name}
            )
        if allowed[name] and values[0] not in allowed[name]:
            told = _("«%(name)s» hanya dapat bernilai %(known)s.")
            raise Unreadable(told % {"name": name, "known": ", ".join(allowed[name])})
    given = {name: request.GET[name].strip() for name in request.GET}
    must = asked.asks == "number" or asked.asks in given
    if asked.asks and must and not given.get(asked.asks):
        raise Unreadable(str(asked.hint))
    return given


def _refused(request: HttpRequest, status: int, told: str) -> HttpResponse:
    context = {"status": status, "told": told}
    return render(request, "maps/documents/refused.html", context, status=status)
