"""Rounding that keeps the sum: the parts of a parcel, to a hundredth, sum to its area and to 100 %
exactly (largest remainder)."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

HUNDREDTH = 100


def shares(values: Sequence[float], total: float) -> list[float]:
    """`values` (none negative) in proportion, rounded to 0.01, with the sum `total`, itself rounded
    to 0.01. All 0 where there are no values above 0."""
    whole = sum(values)
    if whole <= 0:
        return [0.0 for _ in values]
    units = round(total * HUNDREDTH)
    exact = [value / whole * units for value in values]
    counted = [floor(one) for one in exact]
    missing = units - sum(counted)
    by_remainder = sorted(range(len(exact)), key=lambda n: (counted[n] - exact[n], n))
    for n in by_remainder[:missing]:
        counted[n] += 1
    return [one / HUNDREDTH for one in counted]
