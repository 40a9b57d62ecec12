"""The two coordinates of each line, in the ways people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from layers.base import Refused
from layers.ingest.repair import INDONESIA
from layers.outline import numerals
from layers.outline.numerals import Tokens
from layers.outline.parcel import quoted, refusal
from layers.outline.sheet import Row, Sheet, fields

Kind = Literal["decimal", "dms", "metres"]
NAMES = {"decimal": "derajat desimal", "dms": "derajat-menit-detik", "metres": "meter"}

_THOUSANDS = re.compile(r"[-+]?\d{1,3}( \d{3})+([.,]\d+)?")
_MOST_LABEL = 60_000
_SAMPLE = 500  # lines that are asked for the layout of all
_LEAST_METRES, _MOST_METRES = 30_000, 1.1e7


@dataclass(frozen=True)
class Pair:
    """The first coordinate and the second; `order` is what the line says of the first ("east",
    "north" or nothing)."""

    line: int
    kind: Kind
    first: float
    second: float
    order: str = ""


@dataclass(frozen=True)
class Layout:
    """A number before the two coordinates, how many numbers each is (degrees, minutes, seconds),
    and a height after them."""

    label: int
    size: int
    height: int

    @property
    def numbers(self) -> int:
        return self.label + 2 * self.size + self.height


# In the order in which they are believed.
LAYOUTS = [Layout(label, size, high) for high in (0, 1) for size in (1, 3, 2) for label in (0, 1)]


def pairs(sheet: Sheet) -> list[Pair]:
    """Of every row, in order. Raises Refused with the line that cannot be understood."""
    read: dict[int, Pair] = {}
    bare: list[Tokens] = []
    for row in sheet.rows:
        told = Row(row.line, _cells(row, sheet))
        if "°" in told.text:
            read[row.line] = _pair(told, *numerals.signed(told))
        else:
            bare.append(numerals.tokens(told))
    if bare:
        read |= {pair.line: pair for pair in _without_signs(bare)}
    found = [read[row.line] for row in sheet.rows]
    for pair in found:
        if pair.kind != found[0].kind:
            raise refusal(
                f"Baris {pair.line} ditulis dalam {NAMES[pair.kind]}, sedangkan baris "
                f"{found[0].line} dalam {NAMES[found[0].kind]}; pakai satu cara untuk semua titik."
            )
    return found


def _cells(row: Row, sheet: Sheet) -> str:
    """The part of a line in which its coordinates stand."""
    cells = fields(row.text)
    if len(cells) == 1:
        return cells[0]
    cells = [cell.replace(" ", "") if _THOUSANDS.fullmatch(cell) else cell for cell in cells]
    if sheet.columns:
        if max(sheet.columns) >= len(cells):
            raise refusal(f"Baris {row.line} kurang kolom: {quoted(row.text)}.")
        cells = [cells[place] for place in sorted(sheet.columns)]
    return " ; ".join(cell for cell in cells if cell)


def _pair(row: Row, first: numerals.Angle, second: numerals.Angle) -> Pair:
    """Raises Refused with the line where the two make no coordinates of this country."""
    try:
        order = numerals.order(first[1], second[1])
        values = numerals.value(*first), numerals.value(*second)
    except ValueError as error:
        raise refusal(f"Baris {row.line}: {error} ({quoted(row.text)}).") from error
    kind = _kind(*values, max(len(first[0]), len(second[0])))
    if kind is None:
        raise refusal(_no_place(row, *values))
    return Pair(row.line, kind, *values, order)


def _kind(first: float, second: float, size: int) -> Kind | None:
    """What two numbers may be, if anything."""
    west, south, east, north = INDONESIA
    low, high = sorted((first, second))
    if west <= high <= east and south <= low <= north:
        return "decimal" if size == 1 else "dms"
    if size == 1 and _LEAST_METRES <= high < _MOST_METRES and low > -_LEAST_METRES:
        return "metres"
    return None


def _no_place(row: Row, first: float, second: float) -> str:
    west, south, east, north = INDONESIA
    low, high = sorted((first, second))
    told = f"Baris {row.line} di luar Indonesia: {quoted(row.text)}."
    if west <= high <= east and north < low <= -south:
        return f"{told} Lintang selatan perlu tanda minus atau LS."
    return told


def _without_signs(lines: Sequence[Tokens]) -> list[Pair]:
    """Numbers alone: the layout is the one in which most lines make sense. Where nothing tells
    whether a point stands for decimals or for thousands, decimals are tried first."""
    for line in lines:
        if len(line.numbers) < 2:
            raise refusal(
                f"Baris {line.row.line} tidak berisi dua koordinat: {quoted(line.row.text)}."
            )
    told = _decimal_sign(lines)
    for point in [told] if told else [".,", ""]:
        layout = _layout(lines[:: len(lines) // _SAMPLE + 1], point)
        if layout:
            return [_read(line, layout, point) for line in lines]
    return [_read(line, Layout(0, 1, 0), told or ".,") for line in lines]


def _read(line: Tokens, layout: Layout, point: str) -> Pair:
    first, second = numerals.grouped(line) if line.sides else _laid_out(line, layout)
    try:
        texts = [[numerals.plain(text, point) for text in told] for told, _ in (first, second)]
    except ValueError as error:
        raise refusal(f"Baris {line.row.line}: {error}.") from error
    return _pair(line.row, (texts[0], first[1]), (texts[1], second[1]))


def _laid_out(line: Tokens, layout: Layout) -> tuple[numerals.Angle, numerals.Angle]:
    if len(line.numbers) != layout.numbers:
        raise refusal(
            f"Baris {line.row.line} berisi {len(line.numbers)} angka, bukan {layout.numbers}: "
            f"{quoted(line.row.text)}."
        )
    at, size = layout.label, layout.size
    return (list(line.numbers[at : at + size]), ""), (
        list(line.numbers[at + size : at + 2 * size]),
        "",
    )


def _decimal_sign(lines: Sequence[Tokens]) -> str:
    """ "." or ",": the one that stands last in a number with both, or not the one that a number
    has twice; empty where no number tells. Raises Refused where two lines tell otherwise."""
    told: dict[str, int] = {}
    single: dict[str, int] = {}
    for line in lines:
        for number in line.numbers:
            marks = re.sub(r"[^.,]", "", number)
            if len(set(marks)) == 2:
                told.setdefault(marks[-1], line.row.line)
            elif len(marks) > 1:
                told.setdefault("," if marks[0] == "." else ".", line.row.line)
            elif marks:
                single.setdefault(marks, line.row.line)
    seen = told or single
    if len(seen) == 2:
        where = " dan ".join(str(line) for line in sorted(set(seen.values())))
        raise refusal(
            f"Titik dan koma sama-sama dipakai sebagai tanda desimal (baris {where}); pakai satu "
            "saja."
        )
    return next(iter(told), "")


def _layout(lines: Sequence[Tokens], point: str) -> Layout | None:
    """The one that fits most lines, the first of those that fit as many. Lines that name the sides
    of the earth fit any that tells their numbers apart."""
    counts = {len(line.numbers) for line in lines if not line.sides}
    possible = [layout for layout in LAYOUTS if layout.numbers in counts] or LAYOUTS[:1]
    fitting = {layout: sum(_fits(line, layout, point) for line in lines) for layout in possible}
    best = max(possible, key=lambda layout: fitting[layout])
    return best if fitting[best] else None


def _fits(line: Tokens, layout: Layout, point: str) -> bool:
    label = line.numbers[0]
    if not line.sides:
        if len(line.numbers) != layout.numbers:
            return False
        if layout.label and not (label.isdigit() and int(label[:9]) <= _MOST_LABEL):
            return False
    try:
        _read(line, layout, point)
    except Refused:
        return False
    return True
