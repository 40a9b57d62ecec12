"""A form's code lists as the CSV files that its XForm asks for (`jr://file-csv/…`)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from layers.base import Layer, User
from layers.forms import CodeList

_FIRST = ("code", "name")


def code_list(layer: Layer, name: str) -> CodeList | None:
    assert layer.accepts is not None
    return next((codes for codes in layer.accepts.lists if codes.id == name), None)


def as_csv(codes: CodeList, user: User) -> bytes:
    """What this person may choose from. A `point` becomes the `geometry` by which Collect can show
    the rows on a map."""
    rows = [_flat(row) for row in codes.rows(user)]
    columns = dict.fromkeys((*_FIRST, *(name for row in rows for name in row)))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat = {name: value for name, value in row.items() if not isinstance(value, list | dict)}
    match row.get("point"):
        case [lon, lat, *_]:
            flat["geometry"] = f"{lat} {lon} 0 0"
    return flat
