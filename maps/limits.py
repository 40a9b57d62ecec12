"""How often one address may ask for what costs: counted in the memory of each worker."""

from __future__ import annotations

import time
from ipaddress import IPv6Address, ip_address, ip_network

from django.core.cache import caches
from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle

MINUTE = 60


def too_often(request: HttpRequest, scope: str, per_minute: int) -> int:
    """Counts this request. The seconds to wait if it is one too many, else 0."""
    now = int(time.time())
    key, cache = f"{scope}:{now // MINUTE}:{_address(request)}", caches["throttles"]
    cache.add(key, 0, timeout=2 * MINUTE)
    try:
        seen = cache.incr(key)
    except ValueError:  # pushed out of the memory meanwhile
        return 0
    return MINUTE - now % MINUTE if seen > per_minute else 0


def _address(request: HttpRequest) -> str:
    """Whence a request comes. One subscriber of IPv6 holds a /64 and could use each address."""
    told = BaseThrottle().get_ident(request)  # type: ignore[arg-type]
    try:
        found = ip_address(told or "")
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address) and not found.ipv4_mapped:
        return str(ip_network((int(found), 64), strict=False).network_address)
    return str(getattr(found, "ipv4_mapped", None) or found)
