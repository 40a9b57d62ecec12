"""The pages for people: the map, and the way in and out of an account."""

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.i18n import set_language

from layers.permissions import duties
from maps.catalogue import catalogue
from maps.words import WORDS

__all__ = ["home", "login", "logout", "set_language"]


@require_safe
@cache_control(private=True, no_cache=True)
def home(request: HttpRequest) -> HttpResponse:
    roles = dict.fromkeys(_(duty.get_role_display()) for duty in duties(request.user))
    context = {"catalogue": catalogue(request.user), "words": WORDS, "roles": list(roles)}
    return render(request, "maps/home.html", context)


login = LoginView.as_view(template_name="maps/login.html", redirect_authenticated_user=True)
logout = LogoutView.as_view()
