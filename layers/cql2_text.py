"""CQL2 text (OGC 21-065r2) as a tree: a library reads it, within bounds and without the escapes
that it does not know."""

from __future__ import annotations

import re
from typing import Any

from cql2 import ParseError, parse_text

LONGEST = 4_000  # characters
DEEPEST = 8  # parentheses in each other: the parser's time doubles with each that does not close

_QUOTED = re.compile(r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"]|"")*\"""", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANT = {"'": "''"} | dict(zip("abtnvfr", "\a\b\t\n\v\f\r", strict=True))


class BadFilter(ValueError):
    """A filter that means nothing here; the message is a sentence for its writer."""


def tree(text: str) -> Any:
    """What a text says, as CQL2 JSON; `\\\\` in its literals stands as it is written. Raises
    BadFilter."""
    if len(text) > LONGEST or "\x00" in text:
        raise BadFilter(f"Filter paling panjang {LONGEST} karakter, tanpa karakter NUL.")
    if _depth(text) > DEEPEST:
        raise BadFilter(f"Tanda kurung bertingkat paling dalam {DEEPEST}.")
    try:
        return parse_text(_QUOTED.sub(_plain, text)).to_json()
    except (ParseError, ValueError) as error:
        raise BadFilter(f"Bukan CQL2 yang dapat dibaca: {_place(error)}.") from error


def _depth(text: str) -> int:
    depth = deepest = 0
    for sign in _QUOTED.sub("", text):
        depth += (sign == "(") - (sign == ")")
        deepest = max(deepest, depth)
    return deepest


def _plain(found: re.Match[str]) -> str:
    """A literal without its escaped quotes and control characters. A backslash before anything else
    stays: in a pattern it means more."""
    if found[0].startswith('"'):
        return found[0]
    return _ESCAPED.sub(lambda sign: _MEANT.get(sign[1], sign[0]), found[0])


def _place(error: Exception) -> str:
    found = re.search(r"--> \d+:(\d+)", str(error))
    return f"periksa karakter ke-{found[1]}" if found else "periksa penulisannya"
