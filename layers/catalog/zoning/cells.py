"""What the cells of RDTR files and spreadsheets say, and what they say nothing with."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import shapely

_CODED = re.compile(r"\d{6,}")  # 31010000: a feature code where a name or a zone code is expected
_NUMBER = re.compile(r"(?:maks(?:imal|imum)?\.?|min(?:imal|imum)?\.?)?\s*(\d+(?:[.,]\d+)?)\s*(%?)")


def name_told(row: dict[str, Any], name: str) -> str:
    """What a row says, or "": real RDTR files write "Tidak Ada", or a feature code, for nothing."""
    text = text_told(row, name)
    return "" if _CODED.fullmatch(text) else text


def text_told(row: dict[str, Any], name: str) -> str:
    text = str(row.get(name) or "").strip()
    return "" if text.lower() == "tidak ada" else text


def number_told(text: str) -> float | None:
    """A number as offices write it: 60, 60 %, 2,4, maks. 60. None where it is not one."""
    found = _NUMBER.fullmatch(text.strip().lower())
    return float(found[1].replace(",", ".")) if found else None


def content_mark(word: str, shape: Any) -> str:
    """The same for the same outline (to 0.1 m) and word, wherever its rings begin."""
    rounded = shapely.transform(shape, lambda points: points.round(6)).normalize()
    return "isi-" + hashlib.sha256(rounded.wkb + word.encode()).hexdigest()[:32]
