"""The sheets of a rules spreadsheet as lines: which column is which, and where a fault is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from layers.ingest.spreadsheet import Cell, Sheet, place

MATRIX = "Matriks"
HEAD = 20  # lines in which the heading is looked for
# The columns of each sheet: their names and what else they are called.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    MATRIX: {"kode": "no kode", "kegiatan": "jenis kegiatan", "kbli": "kode kbli"},
    "Ketentuan": {"nomor": "kode;no", "teks": "ketentuan;uraian;bunyi"},
    "Intensitas": {"subzona": "kode;kode subzona", "kdb": "kdb (%)", "klb": "", "kdh": "kdh (%)",
                   "sumber": ""},
    "Padanan": {"istilah": "kata", "kode": "subzona", "sumber": "", "catatan": "keterangan"},
    "Ketentuan khusus": {"jenis": "kode", "kelas": "nilai", "putusan": "itbx", "teks": "ketentuan"},
    "Subzona": {"kode": "kode subzona", "nama": "subzona;nama subzona", "kode zona": "",
                "nama zona": "zona"},
}  # fmt: skip
OPTIONAL = {"kbli", "catatan", "kelas", "kdb", "klb", "kdh", "kode zona", "nama zona"}


@dataclass(frozen=True)
class Fault:
    """What is wrong in which cell."""

    sheet: str
    place: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.sheet or MATRIX}!{self.place}: {self.sentence}"


@dataclass(frozen=True)
class Line:
    """A row of a sheet, by the names of its columns."""

    sheet: Sheet
    row: int
    at: Mapping[str, int]

    def cell(self, name: str) -> Cell:
        column, cells = self.at.get(name), self.sheet.rows[self.row]
        return cells[column] if column is not None and column < len(cells) else Cell()

    def text(self, name: str) -> str:
        return self.cell(name).text

    def fault(self, name: str, sentence: str) -> Fault:
        return Fault(self.sheet.name, place(self.row, self.at.get(name, 0)), sentence)


def lines_of(sheet: Sheet, name: str, faults: list[Fault]) -> Iterator[Line]:
    """The rows under the heading that say anything. A formula is a fault."""
    head, at = heading(sheet, name)
    missing = [one for one in COLUMNS[name] if one not in at and one not in OPTIONAL]
    if missing:
        told = f"Tidak ada baris judul dengan kolom {', '.join(missing)}."
        faults.append(Fault(sheet.name or name, "A1", told))
        return
    for row in range(head + 1, len(sheet.rows)):
        cells = sheet.rows[row]
        for column, cell in enumerate(cells):
            if cell.formula:
                told = "Sel ini berisi rumus: tuliskan nilainya."
                faults.append(Fault(sheet.name, place(row, column), told))
        if any(cell.text for cell in cells):
            yield Line(sheet, row, at)


def heading(sheet: Sheet, name: str) -> tuple[int, dict[str, int]]:
    """Where the heading stands that names most of the columns, and which is where."""
    best: tuple[int, dict[str, int]] = (0, {})
    for row, cells in enumerate(sheet.rows[:HEAD]):
        titles = [cell.text.casefold() for cell in cells]
        at = {}
        for title, others in COLUMNS[name].items():
            usual = [one for one in (title, *others.split(";")) if one in titles]
            if usual:
                at[title] = titles.index(usual[0])
        if len(at) > len(best[1]):
            best = row, at
    return best
