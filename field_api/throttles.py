"""How often a sender may ask: requests are counted, never what they carry.

A device's allowance is a bucket on its own row, so it holds over several workers and a restart.
Sessions, strangers and wrong secrets are counted in the memory of each worker: with n workers
they get up to n times as much, which still stops whoever guesses.
"""

from __future__ import annotations

import time
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db.models import F, FloatField, Value
from django.db.models.functions import Extract, Greatest, Least, Now
from django.http import HttpRequest
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from field_api.models import Device

MINUTE = 60


class TooOften(Throttled):
    default_detail = "Terlalu banyak permintaan."
    extra_detail_singular = extra_detail_plural = "Coba lagi dalam {wait} detik."


class PerSender(BaseThrottle):
    """The throttle of every address of the API."""

    def allow_request(self, request: Request, view: Any) -> bool:
        device = getattr(request.auth, "device", None)
        if device is not None:
            take(device)
        elif request.user.is_authenticated:
            SESSIONS.count(str(request.user.pk))
        else:
            ADDRESSES.count(address(request))
        return True


def take(device: Device) -> None:
    """One request out of the device's bucket, by one statement that leaves it alone when empty.

    A device never seen has a full one: PostgreSQL's LEAST and GREATEST pass over NULL.
    """
    idle = Extract(Now() - F("seen_at"), "epoch", output_field=FloatField())
    refilled = F("allowance") + Greatest(idle, Value(0.0)) * Value(float(settings.DEVICE_REFILL))
    taken = (
        Device.objects.alias(left=Least(Value(float(settings.DEVICE_BURST)), refilled))
        .filter(pk=device.pk, left__gte=1)
        .update(allowance=F("left") - 1, seen_at=Greatest(F("seen_at"), Now()))
    )
    if not taken:
        raise TooOften(max(1, ceil(1 / settings.DEVICE_REFILL)))


class PerMinute:
    """So many in each minute of the clock, for whoever is named."""

    def __init__(self, scope: str) -> None:
        self.scope = scope

    def count(self, who: str) -> None:
        """One more; TooOften if that is too many."""
        key, cache = self._key(who), caches["throttles"]
        cache.add(key, 0, timeout=2 * MINUTE)
        try:
            seen = cache.incr(key)
        except ValueError:  # pushed out of the memory meanwhile
            return
        if seen > self._limit:
            raise TooOften(self._wait)

    def check(self, who: str) -> None:
        """TooOften if one more would be too many; nothing is counted."""
        if caches["throttles"].get(self._key(who), 0) >= self._limit:
            raise TooOften(self._wait)

    @property
    def _limit(self) -> int:
        return int(settings.REQUESTS_PER_MINUTE[self.scope])

    @property
    def _wait(self) -> int:
        return MINUTE - int(time.time()) % MINUTE

    def _key(self, who: str) -> str:
        return f"{self.scope}:{int(time.time()) // MINUTE}:{who}"


SESSIONS = PerMinute("session")
ADDRESSES = PerMinute("address")
FAILURES = PerMinute("failure")  # wrong tokens and wrong codes, by address


def address(request: HttpRequest | Request) -> str:
    """Whence a request comes. One subscriber of IPv6 holds a /64 and could use each address of it
    once."""
    told = BaseThrottle().get_ident(request)  # type: ignore[arg-type]
    try:
        found = ip_address(told or "")
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address) and not found.ipv4_mapped:
        return str(ip_network((int(found), 64), strict=False).network_address)
    return str(getattr(found, "ipv4_mapped", None) or found)
