"""A table of corners becomes an outline, and an outline a table of corners."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from layers.figures import grouped
from layers.outline import notations, projections, sheet
from layers.outline.notations import Pair
from layers.outline.parcel import (
    MOST_PARTS,
    MOST_VERTICES,
    Outline,
    place,
    refusal,
    too_many,
    too_scattered,
)
from layers.outline.projections import DEGREES, TM3, UTM, Bounds, Points, System
from layers.outline.sheet import Ring

NOTATIONS = ("decimal", "dms", "utm", "tm3")


@dataclass(frozen=True)
class Row:
    """A corner: `part` and `number` count from 1, `ring` is 0 for the outer one and counts holes.
    `x` is easting or longitude; `x_text` and `y_text` are as a letter prints them."""

    part: int
    ring: int
    number: int
    x: float
    y: float
    x_text: str
    y_text: str


def read_table(text: str, *, crs: str = "", near: Bounds | None = None) -> Outline:
    """The outline that a text lists, one corner a line. `near` are the bounds of the town: where
    `crs` is not told, metres are read in the one system in which they lie there."""
    told = projections.system(crs) if crs else None
    found = sheet.read(text)
    pairs = notations.pairs(found)
    system, points, notes = _placed(pairs, found.order, told, near)
    _refuse_outside(pairs, points, system)
    notes = [*found.notes, *notes]
    shape = _polygons(found.rings, points, notes)
    kind = pairs[0].kind if pairs[0].kind != "metres" else system.kind
    vertices = vertices_of(shape)
    if vertices > MOST_VERTICES:
        raise refusal(too_many(vertices))
    return Outline(
        shape=shape,
        notation=kind,
        crs=system.code,
        vertices=vertices,
        sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        notes=tuple(notes),
    )


def vertices_of(shape: BaseGeometry) -> int:
    """Corners, the closing one of a ring not counted twice."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    return int(shapely.get_num_coordinates(shape)) - len(rings)


def _placed(
    pairs: Sequence[Pair], order: str, told: System | None, near: Bounds | None
) -> tuple[System, Points, list[str]]:
    """The system of the numbers, and where they are in longitude and latitude."""
    numbers = np.array([(pair.first, pair.second) for pair in pairs])
    if pairs[0].kind != "metres":
        if told and not told.in_degrees:
            raise refusal(
                f"Angkanya derajat, tetapi sistem koordinat yang dipilih {told.name}; pilih "
                "EPSG:4326 atau tulis koordinat dalam meter."
            )
        system = told or DEGREES
        # Longitudes here begin at 92, latitudes end at 8: no heading is needed to tell.
        swapped = numbers[:, 0] < numbers[:, 1]
        numbers[swapped] = numbers[swapped][:, ::-1]
        return system, system.to_lonlat(numbers), _contradicted(swapped, pairs, order)
    if told and told.in_degrees:
        raise refusal(
            "Angkanya meter, tetapi sistem koordinat yang dipilih memakai derajat; pilih UTM atau "
            "TM-3 (misalnya EPSG:32751)."
        )
    orders = {pair.order or order for pair in pairs}
    if len(orders) > 1:
        raise refusal("Urutan timur dan utara berbeda di antara baris; pakai satu urutan.")
    return _in_metres(numbers, orders.pop(), told, near)


def _contradicted(swapped: Points, pairs: Sequence[Pair], order: str) -> list[str]:
    for swap, pair in zip(swapped.tolist(), pairs, strict=True):
        said = pair.order or order
        if said and (said == "north") != swap:
            return [f"Baris {pair.line}: bujur dan lintang tertukar dari judulnya; dibaca benar."]
    return []


def _in_metres(
    numbers: Points, order: str, told: System | None, near: Bounds | None
) -> tuple[System, Points, list[str]]:
    """Raises Refused where no reading, or more than one, is possible."""
    systems = [told] if told else [one for one in (*UTM, *TM3) if not near or one.meets(near)]
    ways = {"east": [1], "north": [-1]}.get(order, [1, -1])

    def found_in(bounds: Bounds | None) -> list[tuple[System, int]]:
        return [
            (one, way)
            for way in ways
            for one in projections.readings(numbers[:, ::way], systems, bounds)
        ]

    found = found_in(near)
    if not found and told:
        # Outside the town, or outside the zone: then the caller names the line.
        found = found_in(None) or [(told, ways[0])]
    if not found:
        raise refusal(
            "Koordinat meter ini tidak terletak di wilayah kota dengan sistem mana pun; periksa "
            "angkanya, atau pilih sistem koordinatnya (misalnya EPSG:32751)."
        )
    if len(found) > 1:
        raise refusal(_two_readings(found, told, near))
    (system, way) = found[0]
    notes = [] if told else [f"Dibaca sebagai {system.name} ({system.code})."]
    return system, system.to_lonlat(numbers[:, ::way]), notes


def _two_readings(
    found: Sequence[tuple[System, int]], told: System | None, near: Bounds | None
) -> str:
    names = [
        f"{system.name} ({system.code}) dengan {'timur' if way == 1 else 'utara'} lebih dahulu"
        for system, way in found
    ]
    shown = " atau ".join(names[:2]) + (f" atau {len(names) - 2} lainnya" if names[2:] else "")
    cure = "beri judul kolom X Y" if told else "pilih sistem koordinatnya"
    if not told and near and len({system for system, _ in found}) == 1:
        cure = "beri judul kolom X Y"
    return f"Koordinat ini dapat dibaca sebagai {shown}; {cure}."


def _refuse_outside(pairs: Sequence[Pair], lonlat: Points, system: System) -> None:
    outside = np.flatnonzero(~system.holds(lonlat))
    if not len(outside):
        return
    first = int(outside[0])
    lon, lat = lonlat[first]
    where = f"di {place(lon, lat)}, " if np.isfinite(lonlat[first]).all() else ""
    raise refusal(
        f"Baris {pairs[first].line} terletak {where}di luar wilayah {system.name} di Indonesia; "
        "periksa angka dan sistem koordinatnya."
    )


def _polygons(rings: Sequence[Ring], points: Points, notes: list[str]) -> MultiPolygon:
    polygons: list[tuple[Points, list[Points]]] = []
    start = 0
    for ring in rings:
        line = ring.rows[0].line
        corners = _distinct(ring, points[start : start + len(ring.rows)], notes)
        start += len(ring.rows)
        if len(np.unique(corners, axis=0)) < 3:
            raise refusal(
                f"Bagian yang mulai pada baris {line} kurang dari 3 titik; satu bidang perlu "
                "paling sedikit 3 titik."
            )
        if not ring.hole:
            polygons.append((corners, []))
        elif polygons:
            polygons[-1][1].append(corners)
        else:
            raise refusal(f"Lubang pada baris {line} mendahului bidangnya; tulis bidangnya dulu.")
    if len(polygons) > MOST_PARTS:
        raise refusal(too_scattered(len(polygons)))
    return MultiPolygon([Polygon(shell, holes) for shell, holes in polygons])


def _distinct(ring: Ring, corners: Points, notes: list[str]) -> Points:
    """Without the closing corner, and without one that only repeats the one before it."""
    if len(corners) > 1 and (corners[0] == corners[-1]).all():
        corners = corners[:-1]
    repeated = np.flatnonzero((corners[1:] == corners[:-1]).all(axis=1)) + 1
    notes.extend(
        f"Baris {ring.rows[number].line} mengulang titik sebelumnya dan dihitung sekali."
        for number in repeated[:20]
    )
    return np.delete(corners, repeated, axis=0)


def table(shape: BaseGeometry, crs: str = "decimal") -> list[Row]:
    """The corners of an outline in EPSG:4326, as "decimal", "dms", "utm" or "tm3" of its zone, or
    in a system told by its code."""
    system = system_of(shape, crs)
    rows = []
    for part, ring, corners in _rings(shape):
        for number, (x, y) in enumerate(system.from_lonlat(corners).tolist(), start=1):
            x_text, y_text = _written(x, y, system, dms=crs == "dms")
            rows.append(Row(part, ring, number, x, y, x_text, y_text))
    return rows


def system_of(shape: BaseGeometry, crs: str) -> System:
    """In which `table` writes."""
    if crs in ("decimal", "dms"):
        return DEGREES
    if crs in ("utm", "tm3"):
        middle = shapely.box(*shape.bounds).centroid
        return projections.zone(crs, middle.x, middle.y)  # type: ignore[arg-type]
    return projections.system(crs)


def text(shape: BaseGeometry, crs: str = "decimal") -> str:
    """A table that `read_table` reads, to be mended by hand."""
    lines = []
    before = (1, 0)
    for row in table(shape, crs):
        if (row.part, row.ring) != before:
            lines.append(f"lubang {row.ring}" if row.ring else f"bagian {row.part}")
            before = (row.part, row.ring)
        lines.append(f"{row.number}; {row.x_text}; {row.y_text}")
    return "\n".join(lines)


def _rings(shape: BaseGeometry) -> Iterator[tuple[int, int, Points]]:
    for part, polygon in enumerate(shapely.get_parts(shape), start=1):
        for ring, line in enumerate([polygon.exterior, *polygon.interiors]):
            yield part, ring, shapely.get_coordinates(line)[:-1]


def _written(x: float, y: float, system: System, *, dms: bool) -> tuple[str, str]:
    """Fine enough that a corner read back is less than 1 cm away."""
    if dms:
        return _dms(x, "BT", "BB"), _dms(y, "LU", "LS")
    if system.in_degrees:
        return grouped(x, 7), grouped(y, 7)
    return grouped(x, 3), grouped(y, 3)


def _dms(angle: float, positive: str, negative: str) -> str:
    units = round(abs(angle) * 3600 * 10_000)
    minutes, seconds = divmod(units, 60 * 10_000)
    degrees, minutes = divmod(minutes, 60)
    side = positive if angle >= 0 else negative
    return f"{degrees}° {minutes:02d}' {seconds // 10_000:02d},{seconds % 10_000:04d}\" {side}"
