"""The grammar of the cells of a use matrix (ITBX): I, T1, B2,B5, T1 B3, X, and - for nothing."""

from __future__ import annotations

import re

from layers.catalog.zoning.rules import Verdict

_TOKEN = re.compile(r"(I|X|TB|T|B)[-.]?(\d{1,4}[A-Z]?)?")
_KBLI = re.compile(r"\d{2,5}")
_NOTHING = {"", "-", "–", "—"}


class Unclear(Exception):
    """What is wrong with a cell, as a sentence."""


def use_told(text: str) -> tuple[Verdict, list[str]] | None:
    """The verdict of a cell with the numbers of its conditions; None where it says nothing. Raises
    Unclear."""
    if text.strip() in _NOTHING:
        return None
    letters: set[str] = set()
    numbers: list[str] = []
    for word in re.split(r"[\s,;/+&]+", text.strip().upper()):
        found = _TOKEN.fullmatch(word)
        if found is None:
            raise Unclear(f"«{text}» bukan I, T, B, X atau nomor ketentuan seperti T1 dan B3.")
        letters.add(found[1])
        if found[2]:
            if found[1] in "IX":
                raise Unclear(f"«{word}»: {found[1]} tidak memakai nomor ketentuan.")
            numbers.append(found[1] + found[2])
    if len(letters) > 1 and letters & {"I", "X"}:
        raise Unclear(f"«{text}»: {' dan '.join(sorted(letters))} tidak dapat berlaku bersama.")
    verdict = Verdict(next(iter(letters)) if len(letters) == 1 else "TB")
    return verdict, list(dict.fromkeys(numbers))


def use_written(verdict: str, conditions: list[str]) -> str:
    """The way back: a cell that `use_told` reads as the same."""
    told = {re.sub(r"\d.*", "", number) for number in conditions}
    whole = told == {"T", "B"} if verdict == Verdict.LIMITED_CONDITIONAL else told == {verdict}
    return ", ".join(conditions if whole else [verdict, *conditions])


def kbli_told(text: str, as_number: bool) -> list[str]:
    """KBLI codes of two to five digits. Raises Unclear: a code that a spreadsheet took for a number
    has lost its leading zero."""
    codes = [word for word in re.split(r"[\s,;/]+", text.strip()) if word not in _NOTHING]
    for code in codes:
        if not _KBLI.fullmatch(code):
            raise Unclear(f"«{code}» bukan kode KBLI (dua sampai lima angka).")
    if as_number and codes and len(codes[0]) < 5:
        raise Unclear(
            f"{codes[0]} tertulis sebagai angka, sehingga nol di depannya bisa hilang: jadikan "
            f"teks, misalnya 0{codes[0]}."
        )
    return list(dict.fromkeys(codes))
