"""Who sends: the token of a device."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from field_api.throttles import FAILURES, address

EXPIRES_SOON = timedelta(days=30)

_TOKEN = re.compile(r"[0-9a-f]{64}")


class DeviceToken(TokenAuthentication):
    """`Authorization: Token …`. The scheme and the hashes are knox's; the rest is one query."""

    def authenticate(self, request: Request) -> tuple[User, AuthToken] | None:
        scheme, _, text = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != self.authenticate_header(request).lower():
            return None
        token = token_of(text.strip(), request)
        return token.user, token


class DeviceTokenScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]
    target_class = "field_api.authentication.DeviceToken"
    name = "deviceToken"


def token_of(text: str, request: HttpRequest | Request) -> AuthToken:
    """The token that `text` is, with its `user` and `device`. AuthenticationFailed says in what it
    fails; TooOften, that this address has failed too often."""
    try:
        token = _valid(text)
    except AuthenticationFailed:
        FAILURES.count(address(request))
        raise
    told: Any = getattr(request, "_request", request)
    told.device_token = token
    return token


def _valid(text: str) -> AuthToken:
    token = (
        AuthToken.objects.select_related("user", "device")
        .filter(digest=hash_token(text), device__isnull=False)
        .first()
        if _TOKEN.fullmatch(text)
        else None
    )
    if token is None:
        raise AuthenticationFailed("Token ini tidak sah atau sudah dicabut.")
    if token.expiry and token.expiry <= timezone.now():
        raise AuthenticationFailed("Masa berlaku gawai ini habis; minta kode QR yang baru.")
    if not token.user.is_active:
        raise AuthenticationFailed("Akun pemilik gawai ini ditutup.")
    return token


class TokenExpiry:
    """Tells a device in each answer that its token ends soon: `Token-Expires: <RFC 3339>`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        token: Any = getattr(request, "device_token", None)
        if token and token.expiry and token.expiry - timezone.now() < EXPIRES_SOON:
            response["Token-Expires"] = timezone.localtime(token.expiry).isoformat("T", "seconds")
        return response
