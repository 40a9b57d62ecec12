"""Short addresses of views of the map: /s/<code> leads to /#<the view>."""

from __future__ import annotations

import re
from string import ascii_letters, digits

import segno
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from layers.base import Refused
from maps.limits import too_often
from maps.models import SharedMap

MOST = 4096  # characters
PER_MINUTE = 30
SHORT, LONG = 12, 22  # characters of a code; the long one where two views meet in the short one

_BASE62 = digits + ascii_letters
# What a fragment may hold (RFC 3986), written as the map writes it: name=value&name=value
_PAIR = r"[A-Za-z0-9_.~-]{1,100}=[A-Za-z0-9\-._~!$'()*+,;:@/?%|]*"
_FRAGMENT = re.compile(rf"{_PAIR}(&{_PAIR})*", re.ASCII)


@require_POST
def share(request: HttpRequest) -> HttpResponse:
    """{url, qr} of the view whose fragment is posted."""
    if wait := too_often(request, "share", PER_MINUTE):
        told = _("Terlalu sering membuat tautan. Coba lagi dalam %(n)d detik.") % {"n": wait}
        response = JsonResponse({"detail": told}, status=429)
        response["Retry-After"] = str(wait)
        return response
    try:
        kept = keep(fragment=request.POST.get("fragment", ""), language=get_language() or "id")
    except Refused as refused:
        return JsonResponse({"detail": " ".join(refused.reasons.values())}, status=400)
    url = address_of(request, kept)
    qr = segno.make(url, error="m").svg_data_uri(border=2, dark="#000", light="#fff")
    return JsonResponse({"url": url, "qr": qr})


@require_safe
@cache_control(private=True, max_age=300)
def follow(request: HttpRequest, code: str) -> HttpResponse:
    """To the map, in the language in which it was shared unless the visitor has chosen one."""
    kept = SharedMap.kept.filter(code=code).first()
    if kept is None:
        raise Http404(_("Tautan ini tidak dikenal. Periksa apakah alamatnya utuh."))
    response = HttpResponseRedirect(f"{reverse('home')}#{kept.fragment}")
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, kept.language, samesite="Lax", secure=request.is_secure()
        )
    return response


@transaction.atomic
def keep(*, fragment: str, language: str) -> SharedMap:
    """The same view and language always have the same code."""
    if len(fragment) > MOST:
        raise Refused({"fragment": _("Tampilan ini terlalu panjang untuk dibagikan.")})
    if not _FRAGMENT.fullmatch(fragment):
        raise Refused({"fragment": _("Ini bukan tampilan peta. Bagikan dari peta portal.")})
    # Not to be guessed from a view: a filter may hold what only its author should know.
    digest = salted_hmac("maps.shared_map", f"{language} {fragment}", algorithm="sha256").digest()
    whole = _written(int.from_bytes(digest, "big"))
    for code in (whole[-SHORT:], whole[-LONG:]):
        kept, _made = SharedMap.kept.get_or_create(
            code=code, defaults={"fragment": fragment, "language": language}
        )
        if (kept.fragment, kept.language) == (fragment, language):
            return kept
    raise RuntimeError("Two views have the same digest.")


def address_of(request: HttpRequest, kept: SharedMap) -> str:
    path = reverse("shared-map", args=[kept.code])
    if settings.SITE_URL:
        return f"{settings.SITE_URL.rstrip('/')}{path}"
    return request.build_absolute_uri(path)


def _written(number: int) -> str:
    text = ""
    while number:
        number, place = divmod(number, len(_BASE62))
        text = _BASE62[place] + text
    return text
