"""Verdicts of the use matrix for people: the letter, the word and the colour they go by."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

UNSAID = "?"

WORDS = {
    "I": _("Diizinkan"),
    "T": _("Terbatas"),
    "B": _("Bersyarat"),
    "TB": _("Terbatas dan bersyarat"),
    "X": _("Tidak diizinkan"),
    UNSAID: _("Belum dapat dikatakan"),
}
TONES = {"I": "yes", "T": "limited", "B": "limited", "TB": "limited", "X": "no", UNSAID: "unsaid"}


def word(verdict: str | None) -> str:
    return str(WORDS.get(verdict or UNSAID, verdict))


def tone(verdict: str | None) -> str:
    return TONES.get(verdict or UNSAID, "unsaid")
