"""Letters for people: the PDF for officials and for the applicant, and the page on which everybody
sees whether a letter is genuine."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from layers.catalog.permits.desk import by_tracking_code
from layers.catalog.permits.letters.letters import Letter, keep_pdf, newest_letter, verified
from layers.catalog.permits.roles import works_on_permits
from maps.letters.public import SENTENCES, outcome_of, public_facts, public_map

logger = logging.getLogger(__name__)


@require_safe
def ask(request: HttpRequest) -> HttpResponseBase:
    """Where whoever has the paper alone types its code."""
    typed = "".join(request.GET.get("code", "")[:200].split())
    code = typed.rstrip("/").rpartition("/")[2]  # a scanner gives the whole address
    if code:
        return redirect("letter", code=code)
    return _guarded(render(request, "maps/letters/ask.html"))


@require_safe
def verify(request: HttpRequest, code: str) -> HttpResponseBase:
    found = verified(code)
    if found is None:
        shown = {"code": code[:80]}
        return _guarded(render(request, "maps/letters/unknown.html", shown, status=404))
    context = {
        "letter": found.letter,
        "newest": found.newest,
        "stands": found.stands,
        "outcome": outcome_of(found.letter),
        "facts": public_facts(found.letter),
        "sentences": SENTENCES,
        "drawing": public_map(found.letter.content),
        "official": works_on_permits(request.user),
    }
    return _guarded(render(request, "maps/letters/verify.html", context))


@require_safe
def pdf(request: HttpRequest, code: str) -> HttpResponseBase:
    """For officials only: a letter names its applicant."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    found = verified(code) if works_on_permits(request.user) else None
    if found is None:
        raise Http404("Tidak ada surat dengan kode ini.")
    return pdf_response(request, found.letter)


@require_safe
def tracked_pdf(request: HttpRequest, code: str) -> HttpResponseBase:
    """The newest letter of the application that a follow-up code opens."""
    application = by_tracking_code(code)
    letter = newest_letter(application) if application else None
    if letter is None:
        raise Http404("Belum ada surat untuk kode ini.")
    return pdf_response(request, letter)


def pdf_response(request: HttpRequest, letter: Letter) -> HttpResponseBase:
    """The stored PDF; it is drawn by whoever asks first."""
    if not letter.pdf:
        from maps.letters.pdf import draw  # WeasyPrint takes 0.4 s to load

        letter = keep_pdf(letter=letter, content=draw(letter, address_of(request, letter)))
    try:
        content = letter.pdf.open("rb")
    except FileNotFoundError as error:
        logger.error("The letter %s has lost its file %s.", letter.pk, letter.pdf.name)
        raise Http404("Berkas surat ini hilang; hubungi kantor.") from error
    name = f"surat-{letter.number.replace('/', '-')}-v{letter.version}.pdf"
    response = FileResponse(content, content_type="application/pdf", filename=name)
    response["X-Content-Type-Options"] = "nosniff"
    return _guarded(response)


def address_of(request: HttpRequest, letter: Letter) -> str:
    """Where the letter is verified. It is printed for good, so the portal may be told its own
    address (SITE_URL) instead of taking that by which it was asked."""
    path = reverse("letter", args=[letter.code])
    if settings.SITE_URL:
        return f"{settings.SITE_URL.rstrip('/')}{path}"
    return request.build_absolute_uri(path)


def _guarded(response: Any) -> Any:
    """A code in an address is for who holds the letter: for no search engine, no other site and no
    cache."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response
