"""The rules of a plan as offices keep them in a spreadsheet: the use matrix (ITBX) and, on further
sheets, its conditions, intensities, crosswalk and special provisions. Reading finds every fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from layers.catalog.zoning.matrix_cells import Unclear, kbli_told, use_told
from layers.catalog.zoning.rule_lines import MATRIX, Fault, Line, heading, lines_of
from layers.catalog.zoning.rule_sheets import READERS, ActivityRow, Matrix, required, unknown
from layers.ingest.spreadsheet import Sheet, place


def read_matrix(
    sheets: Sequence[Sheet], *, sub_zones: Sequence[str], words: Sequence[str], kinds: Sequence[str]
) -> Matrix:
    """What the sheets say, held against the known codes of sub-zones (those that a sheet «Subzona»
    adds among them), words of other vocabularies and kinds of provisions."""
    matrix = Matrix()
    named = {sheet.name.casefold(): sheet for sheet in sheets[1:]}
    known = {code.casefold(): code for code in sub_zones}
    codes: dict[str, Any] = {
        "Padanan": (known, {word.casefold(): word for word in words}),
        "Ketentuan khusus": {kind.casefold(): kind for kind in kinds},
    }
    for name, reader in READERS.items():
        sheet = named.pop(name.casefold(), None)
        for line in lines_of(sheet, name, matrix.faults) if sheet else ():
            reader(matrix, line, codes.get(name, known))
    matrix.notes += [
        f"Lembar «{sheet.name}» tidak dikenal dan dilewati." for sheet in named.values()
    ]
    if sheets:
        _activities(matrix, sheets[0], known)
    return matrix


def _activities(matrix: Matrix, sheet: Sheet, known: Mapping[str, str]) -> None:
    lines = list(lines_of(sheet, MATRIX, matrix.faults))
    if not lines:
        if not matrix.faults:
            matrix.faults.append(Fault(sheet.name, "A1", "Matriks tidak berisi kegiatan."))
        return
    columns = dict(_sub_zone_columns(matrix, lines[0], known))
    codes: dict[str, int] = {}
    taken: dict[str, int] = {}
    for line in lines:
        told = any(line.sheet.rows[line.row][column].text for column in columns
                   if column < len(line.sheet.rows[line.row]))  # fmt: skip
        if not line.text("kode") and not told:
            continue  # the name of a group of activities
        row = _activity(matrix, line, columns, taken)
        if row and (before := codes.setdefault(row.code, line.row + 1)) != line.row + 1:
            matrix.faults.append(
                line.fault("kode", f"Kode {row.code} sudah ada di baris {before}.")
            )
        elif row:
            matrix.activities.append(row)


def _sub_zone_columns(
    matrix: Matrix, first: Line, known: Mapping[str, str]
) -> Iterator[tuple[int, str]]:
    head, _ = heading(first.sheet, MATRIX)
    seen: set[str] = set()
    for column, cell in enumerate(first.sheet.rows[head]):
        text = cell.text
        if column in first.at.values() or not text or text.casefold().rstrip(".") == "no":
            continue
        code = known.get(text.casefold())
        where = place(head, column)
        if code is None:
            matrix.faults.append(Fault(first.sheet.name, where, unknown(text)))
        elif code in seen:
            told = f"Subzona {code} sudah punya kolom."
            matrix.faults.append(Fault(first.sheet.name, where, told))
        else:
            seen.add(code)
            yield column, code


def _activity(
    matrix: Matrix, line: Line, columns: Mapping[int, str], taken: dict[str, int]
) -> ActivityRow | None:
    if not required(matrix, line, kode=20, kegiatan=200):
        return None
    kbli: list[str] = []
    try:
        kbli = kbli_told(line.text("kbli"), line.cell("kbli").number is not None)
    except Unclear as unclear:
        matrix.faults.append(line.fault("kbli", str(unclear)))
    for code in kbli:
        if (before := taken.setdefault(code, line.row + 1)) != line.row + 1:
            told = f"KBLI {code} sudah dipakai di baris {before}: satu KBLI satu kegiatan."
            matrix.faults.append(line.fault("kbli", told))
    uses = {}
    cells = line.sheet.rows[line.row]
    for column, sub_zone in columns.items():
        try:
            use = use_told(cells[column].text) if column < len(cells) else None
        except Unclear as unclear:
            if not cells[column].formula:
                where = place(line.row, column)
                matrix.faults.append(Fault(line.sheet.name, where, str(unclear)))
            continue
        if use is None:
            continue
        for number in use[1]:
            if number not in matrix.conditions:
                told = f"Ketentuan {number} tidak ada di lembar «Ketentuan»."
                matrix.faults.append(Fault(line.sheet.name, place(line.row, column), told))
        uses[sub_zone] = use
    return ActivityRow(line.text("kode"), line.text("kegiatan"), kbli, uses)
