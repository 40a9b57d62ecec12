"""The list of documents, and each document as a page of its own."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from maps.documents import DOCUMENTS, recent
from maps.formats import size

# A document brings its own scripts. In a sandbox without `allow-same-origin` they run as a stranger
# to the portal: no cookie, no storage, no request in the visitor's name.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-scripts"
)


@require_safe
@cache_control(private=True, no_cache=True)
def index(request: HttpRequest) -> HttpResponse:
    listed = [(document, recent(document)) for document in DOCUMENTS.values()]
    documents = [
        {"document": document, "size": size(len(made.html)), "at": made.at}
        for document, made in listed
    ]
    return render(request, "maps/documents/index.html", {"documents": documents})


@require_safe
@cache_control(public=True, max_age=60)
def document(request: HttpRequest, name: str) -> HttpResponse:
    if name not in DOCUMENTS:
        raise Http404("Tidak ada dokumen bernama ini.")
    made = recent(DOCUMENTS[name])
    response = HttpResponse(made.html, content_type="text/html; charset=utf-8")
    day = timezone.localtime(made.at).date().isoformat()
    response["Content-Disposition"] = f'inline; filename="{name}-{day}.html"'
    response["Content-Security-Policy"] = POLICY
    # A browser refuses a page that is both in a sandbox and isolated by its opener policy.
    response["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response
