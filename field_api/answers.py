"""Answers to a form's questions, checked one by one: a value, or a sentence for its sender.

Compiled once for each version of a form, since a batch holds thousands of them; numbers may come as
text, as XForms send all things.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from uuid import UUID

from layers.forms import Earlier, Form, FormField

Check = Callable[[Any], Any]
Answers = tuple[dict[str, Any], dict[str, str]]

_INTEGER = re.compile(r"[+-]?\d{1,15}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# PostgreSQL has no place for NUL and lone surrogates.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NO_FILE_NAME = re.compile(r"[\x00-\x1f\x7f/\\\ud800-\udfff]")


class Fault(ValueError):
    """What is wrong with a value, as a sentence."""


@cache
def reader(version: Form | Earlier) -> Callable[[Mapping[str, Any]], Answers]:
    """The function that reads the answers to this version of a form: (values, faults by name)."""
    checks = {question.name: (_check(question), question.required) for question in version.fields}

    def read(given: Mapping[str, Any]) -> Answers:
        values: dict[str, Any] = {}
        faults = {
            name: "Formulir ini tidak punya isian bernama ini."
            for name in given
            if name not in checks
        }
        for name, (check, required) in checks.items():
            value = given.get(name)
            if value is None or value == "":
                if required:
                    faults[name] = "Isian ini wajib diisi."
                continue
            try:
                values[name] = check(value)
            except Fault as fault:
                faults[name] = str(fault)
        return values, faults

    return read


def _check(question: FormField) -> Check:
    match question.kind:
        case "choice":
            return _choice(question)
        case "integer":
            return _bounded(_integer, question)
        case "decimal":
            return _bounded(_decimal, question)
        case "date":
            return _date
        case "uuid":
            return _uuid
        case "photo":
            return file_name
        case _:
            return _text(question.max_length)


def _text(longest: int) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise Fault("Harus berupa teks.")
        if len(value) > longest:
            raise Fault(f"Paling panjang {longest} huruf.")
        if _UNSTORABLE.search(value):
            raise Fault("Teks ini berisi karakter yang tidak dapat disimpan.")
        return value

    return check


def _choice(question: FormField) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in question.choices:
            names = ", ".join(f"{text} ({code})" for code, text in question.choices.items())
            raise Fault(f"Pilih salah satu: {names}.")
        return value

    return check


def _bounded(read: Check, question: FormField) -> Check:
    least, most = question.minimum, question.maximum

    def check(value: Any) -> Any:
        number = read(value)
        if least is not None and number < least:
            raise Fault(f"Paling kecil {least}.")
        if most is not None and number > most:
            raise Fault(f"Paling besar {most}.")
        return number

    return check


def _integer(value: Any) -> int:
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    raise Fault("Harus bilangan bulat.")


def _decimal(value: Any) -> Decimal:
    written = isinstance(value, str) and _DECIMAL.fullmatch(value)
    counted = type(value) is int or (isinstance(value, float) and math.isfinite(value))
    if not written and not counted:
        raise Fault("Harus bilangan, dengan titik untuk desimal.")
    try:
        number = Decimal(str(value))
        hundredths = number.quantize(Decimal("0.01"))
    except InvalidOperation as error:
        raise Fault("Bilangan ini terlalu besar.") from error
    if hundredths != number:
        raise Fault("Paling banyak dua angka di belakang koma.")
    return hundredths


def _date(value: Any) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise Fault("Tulis tanggal sebagai tahun-bulan-hari, misalnya 2026-11-22.")


def _uuid(value: Any) -> UUID:
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError as error:
        raise Fault("Harus sebuah UUID.") from error


def file_name(value: Any) -> str:
    """A name without a folder, as an answer and as an attachment has it. Raises Fault."""
    if not isinstance(value, str) or _NO_FILE_NAME.search(value) or value.strip(". ") == "":
        raise Fault("Tulis nama berkas saja, tanpa folder; berkasnya dikirim terpisah.")
    if len(value) > 255:
        raise Fault("Nama berkas paling panjang 255 huruf.")
    return value
