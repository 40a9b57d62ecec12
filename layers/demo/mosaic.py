"""The land of the demo city, cut once into blocks that fit without gaps or overlaps.

Kelurahan are a Voronoi diagram of real points inside a coarse outline, cut further into blocks: a
strip along the coast, strips along the main roads, and cells between them. All lines are noded
together on one grid, so kelurahan, kecamatan, city and zones are unions of the very same faces.
Geometry is shapely, EPSG:4326.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

import numpy as np
import shapely
from shapely import LineString, MultiPoint, MultiPolygon, Point, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from layers.demo import fixtures
from layers.demo.seed import stream
from layers.demo.shapes import multi, points_in, square_metres

GRID = 1e-7  # degrees, about a centimetre
STRIP = 0.0009  # degrees, about 100 m: the setback along the coast
ROADSIDE = 0.0008  # to either side of a main road
SMALLEST = 900.0  # square metres: what is smaller joins a neighbour

# How much land a block of each setting takes, in km².
BLOCK_KM2 = {"old-town": 0.028, "urban": 0.085, "suburban": 0.2, "rural": 0.8}
# Where the outline is the sea: from the south of Tenau to the east of Lasiana.
COAST_FROM, COAST_TO = (123.528, -10.212), (123.673, -10.124)
# The main roads, drawn coarsely through the points of the kelurahan they pass.
ROADS = (
    "Alak;Penkase Oeleta;Namosain;Nunbaun Delha;Nunhila;Lai Lai Bisi Kopan;Solor;Tode Kisar;Oeba;"
    "Pasir Panjang;Kelapa Lima;Oesapa Barat;Oesapa;Lasiana",
    "Oebobo;Fatululi;Kayu Putih;Tuak Daun Merah;Oesapa Selatan",
    "Fontein;Kuanino;Naikoten Satu;Oepura;Sikumana;Bello;Fatukoa",
    "Oebufu;Liliba;Penfui",
    "Airnona;Bakunase;Batu Plat;Manulai II",
    "Oepura;Maulafa;Naimata;Penfui",
)


@dataclass(frozen=True)
class Neighbourhood:
    """A kelurahan as the facts have it; `point` lies inside it."""

    code: str
    name: str
    bps_code: str
    setting: str
    area_km2: float
    point: Point


@dataclass(frozen=True)
class Block:
    """A face of the mosaic. `kind` is coast, road or inner."""

    kelurahan: str
    kind: str
    shape: Polygon


@dataclass(frozen=True)
class Mosaic:
    blocks: tuple[Block, ...]
    kelurahan: dict[str, MultiPolygon]  # by code
    outline: Polygon
    coast: LineString


def kelurahan_at(points: Sequence[Point]) -> list[str | None]:
    """The code of the kelurahan around each point; None outside the city."""
    shapes = mosaic().kelurahan
    codes = list(shapes)
    around: list[str | None] = [None] * len(points)
    pairs = STRtree(list(shapes.values())).query(points, predicate="intersects")
    for point, kelurahan in pairs.T:
        around[point] = min(codes[kelurahan], around[point] or codes[kelurahan])
    return around


@cache
def neighbourhoods() -> dict[str, Neighbourhood]:
    return {
        row["code"]: Neighbourhood(
            code=row["code"],
            name=row["name"],
            bps_code=row["bps_code"],
            setting=row["setting"],
            area_km2=float(row["area_km2"]),
            point=Point(float(row["lon"]), float(row["lat"])),
        )
        for row in fixtures.rows("kelurahan")
    }


@cache
def mosaic() -> Mosaic:
    """The mosaic; the same on every call."""
    random = stream("mosaic")
    outline = shapely.geometry.shape(fixtures.features("cities")[0]["geometry"])
    coast = _coast(outline)
    seats = list(neighbourhoods().values())
    cells = _cells([seat.point for seat in seats], outline)
    shore, roads = coast.buffer(STRIP), _roads().buffer(ROADSIDE)
    lines: list[BaseGeometry] = [outline.boundary, *(cell.boundary for cell in cells)]
    for seat, cell in zip(seats, cells, strict=True):
        for part in _parts(cell, shore, roads):
            lines += [part.boundary, _cuts(part, BLOCK_KM2[seat.setting], random)]
    faces = _faces(lines)
    blocks = _merged(list(_labelled(faces, seats, shore, roads)))
    return Mosaic(tuple(blocks), _kelurahan(blocks), outline, coast)


def _coast(outline: Polygon) -> LineString:
    ring = list(outline.exterior.coords)
    return LineString(ring[ring.index(COAST_FROM) : ring.index(COAST_TO) + 1])


def _roads() -> BaseGeometry:
    at = {seat.name: seat.point for seat in neighbourhoods().values()}
    return shapely.union_all([LineString([at[name] for name in road.split(";")]) for road in ROADS])


def _cells(points: list[Point], within: BaseGeometry) -> list[BaseGeometry]:
    """The Voronoi cell of each point, in the order of the points."""
    diagram = shapely.voronoi_polygons(MultiPoint(points), extend_to=within, ordered=True)
    return [cell.intersection(within) for cell in diagram.geoms]


def _parts(cell: BaseGeometry, shore: BaseGeometry, roads: BaseGeometry) -> Iterator[Polygon]:
    inland = cell.difference(shore)
    for part in (
        cell.intersection(shore),
        inland.intersection(roads),
        inland.difference(roads),
    ):
        yield from (
            polygon for polygon in shapely.get_parts(part) if polygon.geom_type == "Polygon"
        )


def _cuts(part: Polygon, block_km2: float, random: Random) -> BaseGeometry:
    """Lines that cut a part into blocks of about one size."""
    count = max(1, min(60, round(square_metres(part) / 1e6 / block_km2)))
    if count == 1:
        return LineString()
    seeds = points_in(part, count, random)
    for _ in range(3):  # towards the middle of their cells: compact blocks
        seeds = [
            cell.centroid if part.contains(cell.centroid) else seed
            for cell, seed in zip(_cells(seeds, part), seeds, strict=True)
        ]
    return shapely.union_all([cell.boundary for cell in _cells(seeds, part)])


def _faces(lines: list[BaseGeometry]) -> list[Polygon]:
    noded = shapely.union_all(lines, grid_size=GRID)
    return list(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded).tolist())))


def _labelled(
    faces: list[Polygon],
    seats: list[Neighbourhood],
    shore: BaseGeometry,
    roads: BaseGeometry,
) -> Iterator[Block]:
    """The face's kelurahan is the one whose point is nearest: that is what a Voronoi cell is."""
    at = np.array([(seat.point.x, seat.point.y) for seat in seats])
    for face in faces:
        inside = face.representative_point()
        nearest = np.argmin(((at - (inside.x, inside.y)) ** 2).sum(axis=1))
        kind = "coast" if shore.contains(inside) else "road" if roads.contains(inside) else "inner"
        yield Block(seats[nearest].code, kind, face)


def _merged(blocks: list[Block]) -> list[Block]:
    """Each block that is too small joins the neighbour in its kelurahan with the longest border."""
    blocks.sort(key=lambda block: block.shape.area)
    while square_metres(blocks[0].shape) < SMALLEST:
        small = blocks.pop(0)
        home = max(
            (block for block in blocks if block.kelurahan == small.kelurahan),
            key=lambda block: block.shape.intersection(small.shape).length,
        )
        joined = shapely.union_all([home.shape, small.shape])
        if joined.geom_type != "Polygon":
            raise ValueError(f"A block of {small.kelurahan} touches no other.")
        blocks[blocks.index(home)] = Block(home.kelurahan, home.kind, joined)
        blocks.sort(key=lambda block: block.shape.area)
    return sorted(blocks, key=lambda block: (block.kelurahan, *block.shape.centroid.coords[0]))


def _kelurahan(blocks: list[Block]) -> dict[str, MultiPolygon]:
    shapes: dict[str, list[Polygon]] = defaultdict(list)
    for block in blocks:
        shapes[block.kelurahan].append(block.shape)
    return {code: multi(shapely.coverage_union_all(shapes[code])) for code in sorted(shapes)}
