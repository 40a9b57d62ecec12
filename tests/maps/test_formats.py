"""Values in the words and signs of an Indonesian office."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from layers.base import Format, Property, Text
from maps.formats import size, written


def prop(written_as: Format = Format.TEXT, **values: Text) -> Property:
    return Property("value", Text("Nilai", "Value"), format=written_as, values=values)


@pytest.mark.parametrize(
    ("value", "written_as", "expected"),
    [
        (45_000, Format.RUPIAH, "Rp 45.000"),
        (12.5, Format.PERCENT, "12,5 %"),
        (20.0, Format.PERCENT, "20 %"),
        (12.25, Format.PERCENT, "12,3 %"),
        (-0.04, Format.PERCENT, "0 %"),
        (1250.4, Format.AREA, "1.250 m²"),
        (1234567.891, Format.NUMBER, "1.234.567,89"),
        (Decimal("80.50"), Format.NUMBER, "80,5"),
        ("2026-11-21T06:05:00+00:00", Format.DATETIME, "21 Nov 2026 14.05 WITA"),
        (datetime(2026, 11, 21, 17, 5, tzinfo=UTC), Format.DATETIME, "22 Nov 2026 01.05 WITA"),
        ("2026-08-01", Format.DATE, "1 Agu 2026"),
        (date(2026, 8, 1), Format.MONTH, "Agustus 2026"),
        (True, Format.YES_NO, "Ya"),
        (False, Format.YES_NO, "Tidak"),
        (None, Format.RUPIAH, ""),
        ("", Format.TEXT, ""),
        (0, Format.NUMBER, "0"),
    ],
)
def test_a_value_is_written_as_declared(value: Any, written_as: Format, expected: str) -> None:
    with translation.override("id"):
        assert written(value, prop(written_as)) == expected


@pytest.mark.parametrize(
    ("value", "written_as"),
    [
        (float("nan"), Format.NUMBER),
        (float("inf"), Format.RUPIAH),
        (1e300, Format.AREA),
        ("kemarin", Format.DATETIME),
        ("9" * 40, Format.DATE),
        ([1], Format.NUMBER),
    ],
)
def test_what_does_not_fit_its_format_is_written_as_it_stands(
    value: Any, written_as: Format
) -> None:
    assert written(value, prop(written_as)) == str(value)


def test_a_coded_value_has_its_name_in_the_active_language() -> None:
    status = prop(received=Text("Diterima", "Received"), true=Text("Benar", "Right"))
    with translation.override("id"):
        assert written("received", status) == "Diterima"
        assert written(True, status) == "Benar"
        assert written("unheard-of", status) == "unheard-of"
    with translation.override("en"):
        assert written("received", status) == "Received"


def test_sizes_of_files() -> None:
    with translation.override("id"):
        assert size(812_345) == "812 kB"
        assert size(1_912_345) == "1,9 MB"
