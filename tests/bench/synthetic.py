"""A made-up plan of any size: a coverage of crooked zones, provisions over it and parcels on it.
The same seed makes the same plan."""

from __future__ import annotations

from datetime import date
from math import ceil, sqrt
from typing import Any

import numpy as np
import shapely

from layers.bulk import append
from layers.catalog.boundaries import Area
from layers.catalog.zoning.overlays import MappedKind, OverlayArea, OverlayKind
from layers.catalog.zoning.plans import Plan, SubZone, Vocabulary, Zone
from layers.catalog.zoning.rules import Activity, OverlayRule, RuleSet, UseRule

Array = np.ndarray[Any, Any]

WEST, SOUTH = 123.5, -10.4
CORNER = np.array([WEST, SOUTH])
CELLS = 4  # in a zone, on average
SIDE = 0.0009  # degrees, of a cell: about 100 m
EDGE = 28  # vertices from one corner of a cell to the next
KINDS, VALUES, SUB_ZONES = 6, 3, 24
CHUNK = 1000


def plan(
    code: str, zones: int, overlays: int, random: np.random.Generator, east: float = 0
) -> tuple[Plan, float]:
    """The plan (a draft, filled), so many degrees further east, and its width in degrees."""
    columns = ceil(sqrt(zones * CELLS))
    made = Plan.objects.create(code=code, title=code, valid_from=date(2026, 1, 1))
    vocabulary, _ = Vocabulary.objects.get_or_create(code="bench", name="bench")
    named = [
        SubZone.objects.get_or_create(vocabulary=vocabulary, code=f"Z-{n}", name=f"Zona {n}",
                                      zone_code="Z", zone_name="Zona")[0].pk
        for n in range(SUB_ZONES)
    ]  # fmt: skip
    shapes = further_east(coverage(columns, zones, random), east)
    of = random.choice(named, len(shapes))
    for start in range(0, len(shapes), CHUNK):
        append([
            Zone(plan=made, sub_zone_id=int(of[n]), block=str(n), geom=_hex(shapes[n]))
            for n in range(start, min(start + CHUNK, len(shapes)))
        ])  # fmt: skip
    kinds = [
        OverlayKind.objects.get_or_create(code=f"K{n}", name=f"Ketentuan {n}")[0]
        for n in range(KINDS)
    ]
    MappedKind.objects.bulk_create(MappedKind(plan=made, kind=kind, source="") for kind in kinds)
    width = columns * SIDE
    discs = further_east(blobs(overlays, width, SIDE * 3, 40, random), east)
    append([
        OverlayArea(plan=made, kind=kinds[n % KINDS], value=str(n // KINDS % VALUES),
                    name="", geom=_hex(disc))
        for n, disc in enumerate(discs)
    ])  # fmt: skip
    return made, width


def further_east(shapes: list[Any], degrees: float) -> list[Any]:
    return list(shapely.transform(shapes, lambda points: points + np.array([degrees, 0])))


def kelurahan(width: float, random: np.random.Generator) -> None:
    """36 of them, each with some 1,300 vertices."""
    for number, shape in enumerate(coverage(6, 36, random, side=width / 6, edge=320)):
        code = f"53.71.01.{1001 + number}"
        append([Area(level="kelurahan", code=code, name=f"Kelurahan {number}",
                     geom=_hex(shape))])  # fmt: skip


def rules(random: np.random.Generator) -> RuleSet:
    vocabulary = Vocabulary.objects.get(code="bench")
    made = RuleSet.objects.create(code="bench", title="bench", source="bench",
                                  vocabulary=vocabulary, valid_from=date(2026, 1, 1))  # fmt: skip
    activity = Activity.objects.create(rule_set=made, code="1", name="Toko", kbli=["47"])
    for sub_zone in SubZone.objects.filter(vocabulary=vocabulary):
        verdict = random.choice(["I", "T", "B", "TB", "X"])
        UseRule.objects.create(rule_set=made, activity=activity, sub_zone=sub_zone, verdict=verdict)
    for kind in OverlayKind.objects.all():
        OverlayRule.objects.create(rule_set=made, kind=kind, verdict="B", text="Mintakan izin.")
    return made


def coverage(
    columns: int, zones: int, random: np.random.Generator, side: float = SIDE, edge: int = EDGE
) -> list[Any]:
    """Zones that meet along crooked lines, without gap or overlap; as in a town, most are small and
    some, as roads and forests are, wind through all the others."""
    cells = _cells(columns, side, edge, random)
    of = _joined(columns, zones, random)
    order = np.argsort(of, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(of[order])) + 1)
    return [shapely.coverage_union_all(cells[group]) for group in groups]


def _cells(columns: int, side: float, edge: int, random: np.random.Generator) -> Array:
    corners = np.stack(np.meshgrid(np.arange(columns + 1), np.arange(columns + 1)), -1) * side
    corners = corners + random.uniform(-0.2, 0.2, corners.shape) * side + CORNER
    across = _crooked(corners[:, :-1], corners[:, 1:], edge, random)
    up = _crooked(corners[:-1], corners[1:], edge, random)
    rings = np.concatenate([
        across[:-1], up[:, 1:][..., 1:, :],
        across[1:][..., ::-1, :][..., 1:, :], up[:, :-1][..., ::-1, :][..., 1:, :],
    ], axis=2)  # fmt: skip
    return np.asarray(shapely.polygons(rings.reshape(-1, rings.shape[2], 2)))


def _joined(columns: int, zones: int, random: np.random.Generator) -> Array:
    """Which zone each cell is of: neighbours join until so many zones are left, and may grow as
    large as a draw with a long tail lets them."""
    number = np.arange(columns * columns).reshape(columns, columns)
    pairs = np.concatenate([
        np.stack([number[:, :-1], number[:, 1:]], -1).reshape(-1, 2),
        np.stack([number[:-1], number[1:]], -1).reshape(-1, 2),
    ])  # fmt: skip
    head, size, left = [*range(number.size)], [1] * number.size, number.size

    def head_of(cell: int) -> int:
        while head[cell] != cell:
            head[cell] = cell = head[head[cell]]
        return cell

    while left > zones:
        most = random.pareto(1.1, len(pairs)) * 2
        for (one, two), allowed in zip(random.permutation(pairs).tolist(), most, strict=True):
            first, second = head_of(one), head_of(two)
            if first != second and size[first] + size[second] <= allowed and left > zones:
                head[second], size[first] = first, size[first] + size[second]
                left -= 1
    return np.array([head_of(cell) for cell in range(number.size)])


def _crooked(start: Array, end: Array, edge: int, random: np.random.Generator) -> Array:
    """Lines from start to end that wander and still never cross."""
    along = np.linspace(0, 1, edge)[:, None]
    straight = start[..., None, :] * (1 - along) + end[..., None, :] * along
    step = np.cumsum(random.normal(0, 1, (*start.shape[:-1], edge)), axis=-1)
    bridge = step - step[..., :1] * (1 - along[:, 0]) - step[..., -1:] * along[:, 0]
    far = np.sin(np.pi * along[:, 0])  # from both ends: lines that meet in a corner do not cross
    away = bridge / np.maximum(abs(bridge).max(-1, keepdims=True), 1e-9) * far * 0.08
    aside = (end - start)[..., ::-1] * (-1, 1)
    return np.asarray(straight + away[..., None] * aside[..., None, :])


def blobs(
    count: int, width: float, radius: float, vertices: int, random: np.random.Generator
) -> list[Any]:
    """Round shapes somewhere in the square."""
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    turn = random.uniform(0, 2 * np.pi, (count, 1))
    reach = radius * random.uniform(0.5, 1, (count, 1)) * random.uniform(0.8, 1, (count, vertices))
    centre = random.uniform(0, width, (count, 1, 2)) + CORNER
    circle = np.stack([np.cos(angle + turn), np.sin(angle + turn)], -1)
    return list(shapely.polygons(centre + reach[..., None] * circle))


def parcels(count: int, width: float, random: np.random.Generator, east: float = 0) -> list[Any]:
    """Of 13 vertices and about 3,000 m²."""
    inner = blobs(count, width - 2 * SIDE, 0.0004, 13, random)
    return list(shapely.transform(inner, lambda points: points + SIDE + np.array([east, 0])))


def _hex(shape: Any) -> Any:
    """A geometry attribute takes it, and no GEOS object is made."""
    whole = shape if shape.geom_type == "MultiPolygon" else shapely.multipolygons([shape])
    whole = shapely.set_srid(whole, 4326)
    return shapely.to_wkb(whole, hex=True, include_srid=True)
