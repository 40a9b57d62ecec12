"""A table with a point in each row, as offices keep lists of places: a spreadsheet or CSV."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from layers.ingest import spreadsheet
from layers.ingest.spreadsheet import Cell
from layers.ingest.vector_file import VectorFile

ENDINGS = (".csv", ".xlsx")
EAST = frozenset(
    ["x", "bujur", "longitude", "long", "lon", "lng", "easting", "east", "timur", "bt"]
)
NORTH = frozenset(["y", "lintang", "latitude", "lat", "northing", "north", "utara", "ls"])

Unreadable = spreadsheet.Unreadable


def read(path: Path) -> VectorFile:
    """The rows of its first sheet. Raises Unreadable, in words for whoever sent it."""
    rows = [row for row in spreadsheet.read(path)[0].rows if any(cell.text for cell in row)]
    headings = [cell.text for cell in rows[0]] if rows else []
    east, north = _place(headings, EAST), _place(headings, NORTH)
    if east is None or north is None:
        raise Unreadable(
            f"{path.name} tidak punya kolom koordinat: beri judul «bujur» dan «lintang» pada baris "
            "pertama."
        )
    if double := {one for one in headings if one and headings.count(one) > 1}:
        raise Unreadable(f"Judul kolom {', '.join(sorted(double))} ada dua kali; ganti salah satu.")
    points = [_point(_cell(row, east), _cell(row, north)) for row in rows[1:]]
    kept = [at for at, name in enumerate(headings) if name and at not in (east, north)]
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return VectorFile(
        name=path.name,
        sha256=digest,
        driver=path.suffix[1:].upper(),
        layer="",
        crs="EPSG:4326" if all(map(_in_degrees, points)) else None,
        columns=tuple(headings[at] for at in kept),
        shapes=np.array(points, dtype=object),
        cells=[[_value(_cell(row, at)) for at in kept] for row in rows[1:]],
    )


def _place(headings: list[str], names: frozenset[str]) -> int | None:
    words = [re.findall(r"[a-z]+", one.lower())[:1] for one in headings]
    return next((at for at, word in enumerate(words) if word and word[0] in names), None)


def _cell(row: list[Cell], at: int) -> Cell:
    return row[at] if at < len(row) else Cell()


def _value(cell: Cell) -> Any:
    """A formula says nothing here: it would have to be worked out."""
    if cell.formula or not cell.text:
        return None
    return cell.text if cell.number is None else cell.number


def _point(east: Cell, north: Cell) -> shapely.Point | None:
    x, y = _number(east), _number(north)
    return None if x is None or y is None else shapely.Point(x, y)


def _number(cell: Cell) -> float | None:
    """123.5834, or as Indonesians write it: 123,5834."""
    if cell.number is not None:
        return cell.number
    text = cell.text.replace("−", "-").replace(" ", "")
    if "," in text and "." not in text:
        text = text.replace(",", ".")
    return float(text) if re.fullmatch(r"-?\d{1,9}(\.\d{1,15})?", text) else None


def _in_degrees(point: shapely.Point | None) -> bool:
    return point is None or (abs(point.x) <= 180 and abs(point.y) <= 90)
