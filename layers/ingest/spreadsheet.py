"""Spreadsheets in and out: XLSX, or CSV with its further sheets beside it. What is read is bounded,
and no formula is worked out."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException

from layers.ingest.archive import Damaged, members

BYTES = 10 * 1024**2
UNPACKED = 60 * 1024**2
MEMBERS = 200
SHEETS = 12
ROWS = 5_000
COLUMNS = 400
GHOSTS = 10_000  # rows that are only formatted
CELL = 5_000  # characters


class Unreadable(Exception):
    """A file that is no spreadsheet the portal reads; the message is a sentence for its sender."""


@dataclass(frozen=True)
class Cell:
    """What stands in a cell. `number` where it was written as one, times 100 where it is shown in
    percent; `formula` where it would have to be worked out."""

    text: str = ""
    number: float | None = None
    formula: bool = False


@dataclass(frozen=True)
class Sheet:
    """`rows` from the first line on; `name` is "" for the sheet of a CSV file."""

    name: str
    rows: list[list[Cell]] = field(default_factory=list)


def place(row: int, column: int) -> str:
    """How a cell is called, counted from 0: B7."""
    from openpyxl.utils import get_column_letter  # openpyxl slows the start of everything

    return f"{get_column_letter(column + 1)}{row + 1}"


def read(path: Path) -> list[Sheet]:
    """Raises Unreadable."""
    if not path.is_file():
        raise Unreadable(f"Tidak ada berkas {path}.")
    if path.stat().st_size > BYTES:
        raise Unreadable(f"{path.name} lebih besar dari {BYTES // 1024**2} MB.")
    if path.suffix.lower() == ".csv":
        return list(_of_csv(path))
    if path.suffix.lower() != ".xlsx" or not zipfile.is_zipfile(path):
        raise Unreadable(f"{path.name} bukan berkas XLSX atau CSV.")
    from openpyxl.utils.exceptions import InvalidFileException

    _bounded(path)
    try:
        return _of_workbook(path)
    except Unreadable:
        raise
    except (
        InvalidFileException, zipfile.BadZipFile, ParseError, DefusedXmlException,
        KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, EOFError,
    ) as error:  # fmt: skip
        raise Unreadable(f"{path.name} rusak dan tidak dapat dibaca.") from error


def _bounded(path: Path) -> None:
    try:
        listed = members(path)
    except Damaged as error:
        raise Unreadable(f"{path.name} rusak dan tidak dapat dibaca.") from error
    if len(listed) > MEMBERS or sum(member.file_size for member in listed) > UNPACKED:
        raise Unreadable(f"{path.name} menjadi terlalu besar bila dibuka.")


def _of_workbook(path: Path) -> list[Sheet]:
    from openpyxl import load_workbook

    # Not the values that Excel left in formulas: they may be missing, or of another day.
    # The file is ours to close: of a damaged one openpyxl leaves it open.
    with path.open("rb") as file:
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
        if len(book.worksheets) > SHEETS:
            raise Unreadable(f"{path.name} berisi lebih dari {SHEETS} lembar.")
        return [Sheet(sheet.title, list(_rows(sheet))) for sheet in book.worksheets]


def _rows(sheet: Any) -> Iterator[list[Cell]]:
    sheet.reset_dimensions()  # what a file says of its size is not always so
    for number, row in enumerate(sheet.iter_rows(min_row=1)):
        last = next((at for at in range(len(row), 0, -1) if row[at - 1].value is not None), 0)
        if number >= ROWS + GHOSTS or (last and (number >= ROWS or last > COLUMNS)):
            raise Unreadable(
                f"Lembar {sheet.title} melebihi {ROWS} baris atau {COLUMNS} kolom; hapus baris dan "
                "kolom kosong di belakangnya."
            )
        yield [_cell(one) for one in row[:last]]


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return Cell()
    if cell.data_type == "f":
        return Cell("=", formula=True)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Cell(_plain(str(value)))
    number = float(value) * (100 if "%" in str(cell.number_format) else 1)
    return Cell(_written(number), number)


def _plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())[:CELL]


def _written(number: float) -> str:
    return f"{number:.10g}"


def _of_csv(path: Path) -> Iterator[Sheet]:
    """The file, and those beside it that are called after it: itbx.csv, itbx-ketentuan.csv."""
    yield Sheet("", _csv_rows(path))
    for beside in sorted(path.parent.glob(f"{path.stem}-*.csv"))[:SHEETS]:
        if beside.stat().st_size > BYTES:
            raise Unreadable(f"{beside.name} lebih besar dari {BYTES // 1024**2} MB.")
        yield Sheet(beside.stem.removeprefix(f"{path.stem}-").replace("-", " "), _csv_rows(beside))


def _csv_rows(path: Path) -> list[list[Cell]]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\x00" in text:  # another alphabet; PostgreSQL has no place for it
        raise Unreadable(f"{path.name} bukan teks; simpan sebagai CSV UTF-8.")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)  # Excel in Indonesian writes semicolons
    rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            rows.append([Cell(_plain(one)) for one in row])
            if len(rows) > ROWS or len(row) > COLUMNS:
                raise Unreadable(f"{path.name} melebihi {ROWS} baris atau {COLUMNS} kolom.")
    except csv.Error as error:
        raise Unreadable(f"{path.name} rusak dan tidak dapat dibaca.") from error
    return rows


def write(path: Path, sheets: Sequence[tuple[str, Sequence[Sequence[str | float | None]]]]) -> None:
    """Sheets with a heading row each. Texts stay texts: KBLI 01461 keeps its zero, and nothing
    becomes a formula."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=False)
    book.remove(book.worksheets[0])
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row, start=1):
                cell = sheet.cell(number, column, value)
                if isinstance(value, str):
                    cell.data_type = "s"
                    cell.alignment = Alignment(vertical="top", wrap_text=len(value) > 40)
        for column, cell in enumerate(sheet[1], start=1):
            cell.font = Font(bold=True)
            widest = max((len(str(row[column - 1] or "")) for row in rows), default=0)
            sheet.column_dimensions[get_column_letter(column)].width = min(60, 3 + widest)
        sheet.freeze_panes = "D2" if len(rows[0]) > 6 else "A2"
    book.save(path)
