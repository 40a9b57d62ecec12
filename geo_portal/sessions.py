"""Sessions in the database, by keys that can be there."""

import re
from typing import Any

from django.contrib.sessions.backends import db

_KEY = re.compile(r"[a-z0-9]{8,40}", re.ASCII)


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: Any) -> bool:
        """A cookie with a NUL in it would otherwise reach PostgreSQL, which has no place for it."""
        return bool(key and _KEY.fullmatch(key))
