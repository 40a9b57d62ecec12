"""What stands beside the use matrix: conditions, intensities, crosswalk, special provisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from layers.catalog.zoning.cells import number_told
from layers.catalog.zoning.matrix_cells import Unclear, use_told
from layers.catalog.zoning.rule_lines import OPTIONAL, Fault, Line
from layers.catalog.zoning.rules import Verdict


@dataclass(frozen=True)
class ActivityRow:
    """`uses`: sub-zone -> verdict and conditions."""

    code: str
    name: str
    kbli: list[str]
    uses: dict[str, tuple[Verdict, list[str]]]


@dataclass
class Matrix:
    """Rows without faults; codes of sub-zones as their vocabulary writes them."""

    activities: list[ActivityRow] = field(default_factory=list)
    conditions: dict[str, str] = field(default_factory=dict)
    intensities: dict[str, dict[str, Any]] = field(default_factory=dict)
    equivalents: list[dict[str, str]] = field(default_factory=list)
    overlays: list[dict[str, str]] = field(default_factory=list)
    sub_zones: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def unknown(code: str) -> str:
    return f"Kode subzona «{code}» tidak ada dalam kosakata aturan ini."


def required(matrix: Matrix, line: Line, **longest: int) -> bool:
    """Whether the cells are filled where they must be, and not too long; faults where not."""
    names = {name.replace("_", " "): most for name, most in longest.items()}
    empty = [name for name in names if not line.text(name) and name not in OPTIONAL]
    long = [name for name, most in names.items() if len(line.text(name)) > most]
    matrix.faults += [line.fault(name, f"Kolom {name} kosong.") for name in empty]
    matrix.faults += [line.fault(name, f"Lebih panjang dari {names[name]} huruf.") for name in long]
    return not (empty or long)


def _sub_zone(matrix: Matrix, line: Line, known: dict[str, str]) -> None:
    if required(matrix, line, kode=60, nama=100, kode_zona=20, nama_zona=100):
        code = known.setdefault(line.text("kode").casefold(), line.text("kode"))
        zone = line.text("kode zona") or code.partition("-")[0][:20]
        matrix.sub_zones[code] = line.text("nama"), zone, line.text("nama zona") or zone


def _condition(matrix: Matrix, line: Line, known: Any) -> None:
    if not required(matrix, line, nomor=10, teks=4000):
        return
    try:
        use = use_told(line.text("nomor"))
    except Unclear:
        use = None
    if use is None or len(use[1]) != 1:
        told = f"«{line.text('nomor')}» bukan nomor ketentuan seperti T1 atau B3."
        matrix.faults.append(line.fault("nomor", told))
    elif use[1][0] in matrix.conditions:
        matrix.faults.append(line.fault("nomor", f"Ketentuan {use[1][0]} sudah ada di atas."))
    else:
        matrix.conditions[use[1][0]] = line.text("teks")


def _intensity(matrix: Matrix, line: Line, known: dict[str, str]) -> None:
    if not required(matrix, line, subzona=60, sumber=200):
        return
    code = known.get(line.text("subzona").casefold())
    if code is None:
        matrix.faults.append(line.fault("subzona", unknown(line.text("subzona"))))
    elif code in matrix.intensities:
        matrix.faults.append(line.fault("subzona", f"Subzona {code} sudah ada di atas."))
    else:
        limits = {name: _limit(matrix, line, name) for name in ("kdb", "klb", "kdh")}
        matrix.intensities[code] = {**limits, "source": line.text("sumber")}


def _limit(matrix: Matrix, line: Line, name: str) -> float | None:
    text, percent = line.text(name), name != "klb"
    if text in ("", "-", "–"):
        return None
    number = number_told(text)
    if number is None or number > 100:
        matrix.faults.append(line.fault(name, f"«{text}» bukan nilai {name.upper()}."))
    elif percent and 0 < number < 1 and "%" not in text:
        told = f"«{text}»: tuliskan {name.upper()} dalam persen, misalnya 60."
        matrix.faults.append(line.fault(name, told))
    return number


def _equivalent(matrix: Matrix, line: Line, known: tuple[dict[str, str], dict[str, str]]) -> None:
    if not required(matrix, line, istilah=60, kode=60, sumber=200):
        return
    code = known[0].get(line.text("kode").casefold())
    word = known[1].get(line.text("istilah").casefold())
    if code is None:
        matrix.faults.append(line.fault("kode", unknown(line.text("kode"))))
    if word is None:
        told = f"Istilah «{line.text('istilah')}» tidak ada dalam kosakata lain, atau ada dua."
        matrix.faults.append(line.fault("istilah", told))
    if code and word:
        if any((one["word"], one["code"]) == (word, code) for one in matrix.equivalents):
            matrix.faults.append(line.fault("istilah", "Padanan ini sudah ada di atas."))
            return
        matrix.equivalents.append(
            {
                "word": word,
                "code": code,
                "source": line.text("sumber"),
                "note": line.text("catatan"),
            }
        )


def _overlay(matrix: Matrix, line: Line, kinds: dict[str, str]) -> None:
    if not required(matrix, line, jenis=20, kelas=100, putusan=2, teks=4000):
        return
    kind, verdict = kinds.get(line.text("jenis").casefold()), line.text("putusan").upper()
    value = "" if line.text("kelas") in ("-", "–") else line.text("kelas")
    if kind is None:
        told = f"Tidak ada jenis ketentuan khusus «{line.text('jenis')}»."
        matrix.faults.append(line.fault("jenis", told))
    elif verdict not in Verdict.values:
        matrix.faults.append(line.fault("putusan", f"«{verdict}» bukan I, T, B, TB atau X."))
    elif any((one["kind"], one["value"]) == (kind, value) for one in matrix.overlays):
        matrix.faults.append(line.fault("jenis", "Jenis dan kelas ini sudah ada di atas."))
    else:
        row = {"kind": kind, "value": value, "verdict": verdict, "text": line.text("teks")}
        matrix.overlays.append(row)


READERS: Mapping[str, Callable[[Matrix, Line, Any], None]] = {
    "Subzona": _sub_zone,
    "Ketentuan": _condition,
    "Intensitas": _intensity,
    "Padanan": _equivalent,
    "Ketentuan khusus": _overlay,
}
