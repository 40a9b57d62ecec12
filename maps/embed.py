"""The map inside another site's page: what everybody may see, without a session."""

from __future__ import annotations

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from maps.catalogue import catalogue
from maps.words import WORDS


@require_safe
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
@cache_control(public=True, max_age=60)
def embed(request: HttpRequest) -> HttpResponse:
    """In the language that its address names: a frame gets no cookie, and other sites' readers
    share one copy."""
    asked = request.GET.get("lang", "")
    known = asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    with translation.override(known):
        context = {"catalogue": catalogue(AnonymousUser()), "words": WORDS}
        response = render(request, "maps/embed.html", context)
    response["Content-Language"] = known
    return response
