"""Verdicts of the use matrix for people: the letter, the word and the colour they go by."""

from __future__ import annotations

from layers.catalog.permits.check.verdicts import NAMES, UNKNOWN

TONES = {"I": "yes", "T": "limited", "B": "limited", "TB": "limited", "X": "no"}


def word(verdict: str | None) -> str:
    return str(NAMES.get(verdict or UNKNOWN, verdict))


def tone(verdict: str | None) -> str:
    return TONES.get(verdict or UNKNOWN, "unsaid")
