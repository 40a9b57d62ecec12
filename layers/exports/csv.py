"""CSV (RFC 4180) for spreadsheets: UTF-8 with the mark by which Excel knows it, geometry as WKT,
and no text that a spreadsheet would run as a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import shapely

from layers.crs import CRS84
from layers.exports.arrow import plain
from layers.exports.table import Table

BOM = "\ufeff"
# A spreadsheet runs what begins so (OWASP, "CSV injection"), also behind blanks.
FORMULA = re.compile(r"\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20|%]")


def text(table: Table) -> Iterator[str]:
    yield BOM + _lines([["fid", *table.names, "wkt"]])
    for rows in table.chunks():
        wkt = shapely.to_wkt(table.shapes(rows), rounding_precision=CRS84.decimals)
        yield _lines(
            [row[0], *(cell(value) for value in row[2:]), drawn]
            for row, drawn in zip(rows, wkt, strict=True)
        )


def cell(value: Any) -> Any:
    """A number stays a number, also a negative one; a text that begins like a formula is marked as
    text."""
    value = plain(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value}" if FORMULA.match(value) else value
    return value.isoformat() if hasattr(value, "isoformat") else value


def _lines(rows: Any) -> str:
    written = StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()
