"""Who sends: the token of a device."""

from __future__ import annotations

from typing import Any

from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class DeviceToken(TokenAuthentication):
    """knox, with 401 for a header that is not even text."""

    def authenticate(self, request: Request) -> Any:
        try:
            return super().authenticate(request)
        except UnicodeError as error:
            raise AuthenticationFailed("Token ini tidak sah.") from error
