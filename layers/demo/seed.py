"""Chance that falls the same way each time: one stream of random numbers a theme, and its names."""

from __future__ import annotations

import hashlib
from random import Random
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np

SEED = 5371
_NAMESPACE = uuid5(NAMESPACE_URL, f"https://contoh.invalid/geo-portal/{SEED}")


def stream(theme: str) -> Random:
    """Random numbers of one theme: a change in another leaves them as they are."""
    return Random(f"{SEED}/{theme}")


def arrays(theme: str) -> np.random.Generator:
    """The same for numpy."""
    digest = hashlib.sha256(f"{SEED}/{theme}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8]))


def identity(*parts: object) -> UUID:
    """The UUID of an invented row. Its version is 5; what a phone mints is of version 4."""
    return uuid5(_NAMESPACE, "/".join(map(str, parts)))
