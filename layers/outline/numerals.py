"""Numbers of a line of coordinates, and what stands between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from layers.outline.parcel import quoted, refusal
from layers.outline.sheet import SEPARATORS, Row

_SIDE = r"LS|LU|BT|BB|[SNEWUT]"  # south, north, east, west, in both languages
_EAST = {"BT", "BB", "E", "W", "T", "X"}
_AXIS = {"X", "Y"}  # says which coordinate it is, and nothing of its sign
_MINUS = {"LS", "S", "BB", "W"}
_NUMBER = r"[-+]?\d+(?:[.,]\d+)*"
_ANGLE = (
    r"(?P<d>[-+]? ?\d+(?:[.,]\d+)?) ?°"
    r" ?(?:(?P<m>\d+(?:[.,]\d+)?) ?' ?(?:(?P<s>\d+(?:[.,]\d+)?) ?[\"']?)?)?"
)
_BEFORE = re.compile(rf"(?<![A-Z])(?P<side>{_SIDE})\.? ?{_ANGLE}", re.IGNORECASE)
_AFTER = re.compile(rf"{_ANGLE}(?: ?(?P<side>{_SIDE})(?![A-Z]))?", re.IGNORECASE)
_AT_END = re.compile(rf"[\"'°\d ](?:{_SIDE})[ .);]*$", re.IGNORECASE)
_TOKEN = re.compile(rf"(?P<number>{_NUMBER})m?(?P<side>{_SIDE})?", re.IGNORECASE)
_SIDE_FIRST = re.compile(rf"(?P<side>{_SIDE})(?P<number>[-+]?\d+[.,]\d[\d.,]*)", re.IGNORECASE)
_IS_SIDE = re.compile(rf"m?(?P<side>{_SIDE}|X|Y)", re.IGNORECASE)
_MOST_DEGREES = 180


@dataclass(frozen=True)
class Tokens:
    """A line without signs for degrees: its numbers, and before which of them (or after the last)
    a side of the earth is named."""

    row: Row
    numbers: tuple[str, ...]
    sides: tuple[tuple[int, str], ...] = ()


Angle = tuple[list[str], str]  # degrees, minutes and seconds as far as given; the side


def signed(row: Row) -> tuple[Angle, Angle]:
    """Of 10° 10' 12,5" LS 123° 36' 1,2" BT; the side may stand before each or after each."""
    side_first = _BEFORE.search(row.text) and not _AT_END.search(row.text)
    found = list((_BEFORE if side_first else _AFTER).finditer(row.text))
    if len(found) != 2:
        raise refusal(f"Baris {row.line} tidak berisi dua koordinat: {quoted(row.text)}.")
    left = row.text[found[0].end() : found[1].start()] + row.text[found[1].end() :]
    if re.search(r"[\d°'\"]", left):
        raise refusal(f"Baris {row.line}: {quoted(left)} bukan angka.")
    first, second = (
        (
            [text.replace(" ", "").replace(",", ".") for text in one.group("d", "m", "s") if text],
            (one["side"] or "").upper(),
        )
        for one in found
    )
    return first, second


def tokens(row: Row) -> Tokens:
    text = re.sub(r"(?i)\b([XYEN]) ?[=:]", _as_axis, row.text.replace("'", " ").replace('"', " "))
    text = re.sub(r"(?<=\d):(?=\d)", " ", text)
    text = re.sub(rf"[{SEPARATORS}()]|,(?= |$)", " ", text)
    words = text.split()
    if sum("," in word for word in words) == 1 and sum(map(_numeric, words)) <= 1:
        words = [part for word in words for part in _split_at_commas(word)]
    numbers: list[str] = []
    sides: list[tuple[int, str]] = []
    for word in words:
        if match := _TOKEN.fullmatch(word) or _SIDE_FIRST.fullmatch(word):
            if side := match["side"]:
                before = match.start("side") < match.start("number")
                sides.append((len(numbers) + (not before), side.upper()))
            numbers.append(match["number"])
        elif match := _IS_SIDE.fullmatch(word):
            sides.append((len(numbers), match["side"].upper()))
        elif not numbers and re.fullmatch(r"\d+[.)]+", word):
            numbers.append(word.rstrip(".)"))
        elif numbers and _numeric(word):
            raise refusal(f"Baris {row.line}: {quoted(word)} bukan angka.")
    return Tokens(row, tuple(numbers), _earnest(sides, len(numbers)))


def grouped(line: Tokens) -> tuple[Angle, Angle]:
    """The two coordinates of a line that names a side for each: before both, or after both."""
    (at, side), (then, other) = line.sides
    numbers = line.numbers
    if then == len(numbers):
        second = numbers[at:then]
        first = numbers[max(at - len(second), 0) : at]
        label = numbers[: at - len(first)]
    else:
        label, first, second = numbers[:at], numbers[at:then], numbers[then:]
    if not (first and second) or max(len(first), len(second)) > 3 or len(label) > 1:
        raise refusal(f"Baris {line.row.line} bukan dua koordinat: {quoted(line.row.text)}.")
    return (list(first), side), (list(second), other)


def order(first: str, second: str) -> str:
    """What two sides say of the first coordinate. Raises ValueError where they name one axis."""
    axes = ["east" if side in _EAST else "north" for side in (first, second) if side]
    if len(axes) == 2 and axes[0] == axes[1]:
        raise ValueError("kedua koordinatnya pada sumbu yang sama")
    if not first and axes:
        return "north" if axes[0] == "east" else "east"
    return axes[0] if axes else ""


def value(texts: list[str], side: str = "") -> float:
    """Of degrees, minutes and seconds, or of metres alone. Raises ValueError."""
    degrees, *rest = texts
    minus = degrees.startswith("-")
    whole = abs(float(degrees))
    if len(texts) == 1 and whole > _MOST_DEGREES:
        return -whole if minus else whole
    if minus and side and side not in _MINUS | _AXIS:
        raise ValueError(f"tanda minus dan {side} bertentangan")
    if any("." in text for text in texts[:-1]):
        raise ValueError("derajat dan menitnya harus bilangan bulat")
    for name, text in zip(("menit", "detik"), rest, strict=False):
        if text.startswith("-") or float(text) >= 60:
            raise ValueError(f"{name} {text} tidak di antara 0 dan 60")
    told = whole + sum(float(text) / 60**power for power, text in enumerate(rest, start=1))
    return -told if minus or side in _MINUS else told


def plain(text: str, point: str) -> str:
    """A number as Python has it. `point` are the signs that stand for decimals; the other ones
    group thousands. Raises ValueError."""
    if point == ".,":
        return text.replace(",", ".")
    whole, mark, fraction = text.rpartition(point) if point else ("", "", text)
    if not mark:
        whole, fraction = fraction, ""
    if fraction and not fraction.isdigit():
        raise ValueError(f"{quoted(text)} bukan angka")
    if not re.fullmatch(r"[-+]?(\d+|\d{1,3}([.,]\d{3})+)", whole):
        raise ValueError(f"{quoted(text)} bukan angka")
    return re.sub(r"[.,]", "", whole) + (f".{fraction}" if fraction else "")


def _numeric(word: str) -> bool:
    return any(char.isdigit() for char in word)


def _as_axis(match: re.Match[str]) -> str:
    return " X " if match[1].upper() in "XE" else " Y "


def _split_at_commas(word: str) -> list[str]:
    """123.6,-10.1 and 123,6,-10,1: a comma between numbers, or within them as well."""
    parts = [part for part in word.split(",") if part]
    if "." in word or len(parts) not in (4, 5):
        return parts
    label = len(parts) - 4
    first, second = ",".join(parts[label : label + 2]), ",".join(parts[label + 2 :])
    return [*parts[:label], first, second]


def _earnest(sides: list[tuple[int, str]], numbers: int) -> tuple[tuple[int, str], ...]:
    """A point may be called E or S: only two sides that differ are sides."""
    if len(sides) == 3 and sides[0][0] == 0:
        sides = sides[1:]
    if len(sides) != 2 or numbers < 2 or sides[0][0] == sides[1][0]:
        return ()
    return tuple(sides) if len({side in _EAST for _, side in sides}) == 2 else ()
