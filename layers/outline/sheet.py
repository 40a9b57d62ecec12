"""The lines of a table of corners as somebody pasted it: its headings, its rings, its rows."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from layers.outline.parcel import MOST_BYTES, MOST_VERTICES, quoted, refusal, too_many

LONGEST_LINE = 400
SEPARATORS = "\t|;"

_SIGNS = str.maketrans(
    dict.fromkeys("′’‘´`ʹ‵", "'")
    | dict.fromkeys("″”“„ʺ‟", '"')
    | dict.fromkeys("º˚ᵒ⁰", "°")
    | dict.fromkeys("−–—‒‑", "-")
    # Page breaks of a PDF fall in the middle of a table; marks without width are not seen.
    | dict.fromkeys("\f\v\x1c\x1d\x1e\x85\u2028\u2029", " ")
    | dict.fromkeys("\ufeff\u200b\u200c\u200d\u2060\x00", None)
)
_WORDS = ((r"\bder(ajat)?\b\.?", "°"), (r"\bmen(it)?\b\.?", "'"), (r"\bdet(ik)?\b\.?", '"'))
_PART = re.compile(
    r"(bagian|poligon|polygon|part|bidang|persil|blok)\b[ -]*(ke-?)? ?\w{0,8} ?[:.]?"
)
_HOLE = re.compile(r"(lubang|hole|enklave|enclave|inklave)\b[ -]*(ke-?)? ?\w{0,8} ?[:.]?")
_EAST = "x bujur longitude long lon lng easting east e timur bt absis t mt me"
_NORTH = "y lintang latitude lat northing north n utara ls selatan ordinat u mu mn"
_AXES = dict.fromkeys(_EAST.split(), "east") | dict.fromkeys(_NORTH.split(), "north")


@dataclass
class Row:
    line: int
    text: str


@dataclass
class Ring:
    hole: bool
    rows: list[Row] = field(default_factory=list)


@dataclass
class Sheet:
    """`order` is what the headings say of the first coordinate ("east", "north" or nothing),
    `columns` are those of easting and northing, where the headings stand in columns."""

    rings: list[Ring] = field(default_factory=list)
    order: str = ""
    columns: tuple[int, int] | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        return [row for ring in self.rings for row in ring.rows]


def read(text: str) -> Sheet:
    """The sheet of a text; not yet a number of it is understood."""
    if len(text) > MOST_BYTES:
        raise refusal("Teks lebih dari 10 MB; kirim bidang ini sebagai berkas.")
    sheet = Sheet()
    rings = [Ring(hole=False)]
    gaps, started = 0, False
    for number, line in enumerate(_lines(text), start=1):
        if not line.strip(" \t|;,"):
            gaps += bool(rings[-1].rows)
            rings.append(Ring(hole=False))
        elif mark := _mark(line):
            rings.append(Ring(hole=mark == "hole"))
        elif _is_heading(line, started=started):
            _understand(line, number, sheet)
        else:
            rings[-1].rows.append(Row(number, line))
            started = True
    rings = _double_spaced(rings, gaps, sheet)
    sheet.rings = [ring for ring in rings if ring.rows]
    if not sheet.rings:
        raise refusal("Belum ada koordinat; tulis satu titik pada setiap baris.")
    if len(sheet.rows) > MOST_VERTICES + len(sheet.rings):
        raise refusal(too_many(len(sheet.rows)))
    return sheet


def fields(line: str) -> list[str]:
    """The columns of a line that has separators; the whole line where it has none."""
    for separator in SEPARATORS:
        if separator in line:
            return [cell.strip() for cell in line.strip(" |").split(separator)]
    return [line.strip()]


def _lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").translate(_SIGNS).split("\n")
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST_LINE:
            raise refusal(f"Baris {number} terlalu panjang; tulis satu titik pada setiap baris.")
    return [_plain(line) for line in lines]


def _plain(line: str) -> str:
    """With one kind of blank, and one way to write degrees, minutes and seconds."""
    line = unicodedata.normalize("NFKC", line).replace("''", '"')
    line = re.sub(r"[^\S\t]+", " ", line)
    if "der" in line.lower() or "men" in line.lower():
        for word, sign in _WORDS:
            line = re.sub(word, sign, line, flags=re.IGNORECASE)
    return line


def _mark(line: str) -> str:
    told = line.strip(" \t|;,").lower()
    if _HOLE.fullmatch(told):
        return "hole"
    return "part" if _PART.fullmatch(told) else ""


def _is_heading(line: str, *, started: bool) -> bool:
    """Words with no number in them: before the first corner whatever they say, later only where
    they repeat headings."""
    if not re.search(r"\d", line):
        return not started or {axis for _, axis in _axes(line)} == {"east", "north"}
    # "UTM 51S, X, Y": a number within headings has no decimals and two axes beside it.
    axes = {axis for _, axis in _axes(line)}
    return axes == {"east", "north"} and not re.search(r"\d[.,:=°'\"]|[=:]\s*-?\d|\d{3}", line)


def _understand(line: str, number: int, sheet: Sheet) -> None:
    axes = _axes(line)
    if {axis for _, axis in axes} != {"east", "north"}:
        sheet.notes.append(f"Baris {number} {quoted(line)} bukan koordinat dan dilewati.")
        return
    sheet.order = axes[0][1]
    cells = fields(line)
    places = {axis: place for place, axis in reversed(axes)}
    low, high = sorted(places.values())
    # An empty cell between them: degrees, minutes and seconds have a column each.
    if len(cells) > 2 and low != high and all(cells[low:high]):
        sheet.columns = (places["east"], places["north"])


def _axes(line: str) -> list[tuple[int, str]]:
    """Each word of a heading that names an axis, with its column."""
    return [
        (place, _AXES[word])
        for place, cell in enumerate(fields(line))
        for word in re.findall(r"[a-z]+", cell.lower())
        if word in _AXES
    ]


def _double_spaced(rings: list[Ring], gaps: int, sheet: Sheet) -> list[Ring]:
    """A text copied with an empty line after each line is one ring."""
    alone = [ring for ring in rings if ring.rows]
    if len(alone) < 3 or gaps < len(alone) - 1 or any(len(ring.rows) > 1 for ring in alone):
        return rings
    if any(ring.hole for ring in rings):
        return rings
    sheet.notes.append("Baris kosong di antara titik dilewati; semua titik menjadi satu bidang.")
    return [Ring(hole=False, rows=[row for ring in alone for row in ring.rows])]
