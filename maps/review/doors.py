"""Who may come in: those who work on permits. Everybody else is told that there is nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache

from layers.catalog.permits import desk
from layers.catalog.permits.applications import Application
from layers.catalog.permits.roles import works_on_permits

View = Callable[..., HttpResponseBase]


def for_officials(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not works_on_permits(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(guarded)


def official(request: HttpRequest) -> User:
    return cast(User, request.user)


def the_file(request: HttpRequest, number: str) -> Application:
    """Unknown and not to be seen are answered alike."""
    found = desk.file(request.user, number)
    if found is None:
        raise Http404
    return found
