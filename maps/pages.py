"""The pages for people: the map, and the way in and out of an account."""

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.i18n import set_language

from layers.permissions import duties
from layers.registry import reviews
from layers.uploads import records
from maps.catalogue import catalogue
from maps.words import WORDS

__all__ = ["home", "login", "logout", "public_map", "set_language"]


@require_safe
@cache_control(private=True, no_cache=True)
def home(request: HttpRequest) -> HttpResponse:
    roles = dict.fromkeys(_(duty.get_role_display()) for duty in duties(request.user))
    context = {
        "catalogue": catalogue(request.user),
        "words": WORDS,
        "roles": list(roles),
        "reviews": reviews(request.user),
        "uploads": records.takes_part(request.user),
    }
    return render(request, "maps/home.html", context)


@require_safe
@cache_control(public=True, max_age=5)
def public_map(request: HttpRequest) -> HttpResponse:
    """The map as everybody may see it, whoever asks: officers' phones keep it."""
    with override("id"):  # the language of the app
        return JsonResponse(catalogue(AnonymousUser()))


login = LoginView.as_view(template_name="maps/login.html", redirect_authenticated_user=True)
logout = LogoutView.as_view()
