"""Numbers as Indonesians write them, whatever language is active: evidence and letters do."""

from __future__ import annotations


def grouped(value: float, decimals: int = 0) -> str:
    """1.234,50."""
    return f"{value:,.{decimals}f}".translate({ord(","): ".", ord("."): ","})
