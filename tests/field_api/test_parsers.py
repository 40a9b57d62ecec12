"""What is sent is read to the last digit, however it is written."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from field_api.parsers import BatchParser


@pytest.mark.parametrize(
    "number",
    [
        *("-0", "-0.0", "1E5", "1e400", "-1e400", "1e-400", "NaN", "-Infinity", "4.35", "5e-324"),
        *("9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775809"),
        *("18446744073709551615", "18446744073709551616", "1234567890123456789012345678901234"),
        *("123.58712345678901234567", "100000000000000000.5", "1.7976931348623159e308"),
        *(r'"\ud800"', r'"\ud83d\ude00"', r'"\u0000"', '"é"'),
    ],
)
def test_a_value_is_what_the_standard_library_reads(number: str) -> None:
    body = f'{{"value": [{number}], "twice": 1, "twice": 2}}'
    read = BatchParser().parse(BytesIO(body.encode()))
    assert repr(read) == repr(json.loads(body))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_any_encoding_of_json_is_read(encoding: str) -> None:
    body = '{"description": "Tumpukan di pasar é"}'
    assert BatchParser().parse(BytesIO(body.encode(encoding))) == json.loads(body)
