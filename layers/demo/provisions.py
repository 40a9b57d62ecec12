"""Special provisions of the demo city, all invented: what lies over its zones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely
from shapely import LineString, Point
from shapely.affinity import rotate, scale
from shapely.geometry.base import BaseGeometry

from layers.catalog.zoning.overlays import MappedKind, OverlayArea
from layers.catalog.zoning.plans import Plan
from layers.catalog.zoning.provisions import OverlayKind, know_kinds
from layers.demo.mosaic import GRID, STRIP, Block, mosaic, neighbourhoods
from layers.demo.shapes import LAT_M, LON_M, multi
from layers.geometry import to_geos

SOURCE = "Contoh ilustratif"
AIRPORT = Point(123.66389, -10.17778)  # El Tari
RUNWAY = 20.0  # degrees from east, counter-clockwise; coarsely the one of 07/25
# Around the middle of the airfield, in metres; each class begins where the one before ends.
KKOP = (("Horizontal dalam", 4_000), ("Kerucut", 6_000), ("Horizontal luar", 15_000))
APPROACH = (9_000.0, 1_200.0)  # metres: how far from the middle, and how wide there
# Middle, half axes in metres, turn in degrees; of the same kind, the earlier goes before.
HAZARDS = (
    ("Longsor sangat tinggi", (123.604, -10.262), (900, 380), 35),
    ("Longsor tinggi", (123.600, -10.258), (2_600, 1_300), 30),
    ("Longsor tinggi", (123.571, -10.216), (1_100, 600), -20),
    ("Banjir sedang", (123.617, -10.157), (1_500, 650), 15),
    ("Banjir sedang", (123.590, -10.166), (800, 350), -40),
)
TSUNAMI = 250.0  # metres from the coast
STREAM = ((123.585, -10.215), (123.590, -10.200), (123.583, -10.187), (123.578, -10.168),
          (123.580, -10.155))  # fmt: skip
BANK = 50.0  # metres to either side of the invented stream
HERITAGE = ("Solor", "Bonipoi", "Lai Lai Bisi Kopan", "Merdeka")
MAPPED = ("KKOP", "LP2B", "KRB", "KSMPDN", "CAGBUD", "TEB")  # nothing was found of the last


@dataclass(frozen=True)
class Area:
    kind: str
    value: str
    name: str
    shape: BaseGeometry


def load(plan: Plan, zones: Sequence[tuple[Block, str]]) -> int:
    """The provisions of a plan with these zones; how many."""
    know_kinds()
    kinds = {kind.code: kind for kind in OverlayKind.objects.all()}
    MappedKind.objects.bulk_create(
        MappedKind(plan=plan, kind=kinds[code], source=SOURCE) for code in MAPPED
    )
    made = OverlayArea.objects.bulk_create(
        OverlayArea(
            plan=plan,
            kind=kinds[area.kind],
            value=area.value,
            name=f"{area.name} (contoh ilustratif)",
            geom=to_geos(multi(area.shape)),
        )
        for area in areas(zones)
    )
    return len(made)


def areas(zones: Sequence[tuple[Block, str]]) -> Iterator[Area]:
    """Everything inside the city; areas of one kind do not overlap."""
    for kind, name, drawn in (
        ("KKOP", "Sekitar Bandar Udara El Tari", _airport()),
        ("KRB", "Rawan bencana", _hazards()),
        ("KSMPDN", "Sempadan", _setbacks()),
        ("CAGBUD", "Cagar budaya", _heritage()),
        ("LP2B", "Lahan pertanian pangan berkelanjutan", _farmland(zones)),
    ):
        taken: BaseGeometry = shapely.Polygon()
        for value, shape in drawn:
            left = _polygons(shape.intersection(mosaic().outline).difference(taken))
            taken = taken.union(shape)
            if not left.is_empty:
                yield Area(kind, value, name, left)


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    """On the grid of the mosaic, without what has no area."""
    snapped = shapely.get_parts(shapely.set_precision(shape, GRID))
    return multi(shapely.union_all(snapped[shapely.get_dimensions(snapped) == 2]))


def _ellipse(middle: Point, east: float, north: float, turn: float = 0) -> BaseGeometry:
    """`turn` in degrees; good enough near the equator, where metres hardly bend."""
    drawn = rotate(scale(Point(0, 0).buffer(1, quad_segs=24), east, north), turn)
    return _placed(drawn, middle)


def _placed(metres: BaseGeometry, middle: Point) -> BaseGeometry:
    at = (middle.x, middle.y)
    return shapely.transform(metres, lambda points: points / (LON_M, LAT_M) + at)


def _airport() -> Iterator[tuple[str, BaseGeometry]]:
    far, wide = APPROACH
    bow = shapely.Polygon([(0, -150), (far, -wide), (far, wide), (0, 150), (-far, wide),
                           (-far, -wide)])  # fmt: skip
    yield "Pendekatan dan lepas landas", _placed(rotate(bow, RUNWAY, origin=(0, 0)), AIRPORT)
    for value, radius in KKOP:
        yield value, _ellipse(AIRPORT, radius, radius)


def _hazards() -> Iterator[tuple[str, BaseGeometry]]:
    found: dict[str, list[BaseGeometry]] = {}
    for value, (lon, lat), (east, north), turn in HAZARDS:
        found.setdefault(value, []).append(_ellipse(Point(lon, lat), east, north, turn))
    for value, shapes in found.items():
        yield value, shapely.union_all(shapes)
    yield "Tsunami tinggi", mosaic().coast.buffer(TSUNAMI / LAT_M)


def _setbacks() -> Iterator[tuple[str, BaseGeometry]]:
    yield "SP", mosaic().coast.buffer(STRIP)
    yield "SS", LineString(STREAM).buffer(BANK / LAT_M)


def _heritage() -> Iterator[tuple[str, BaseGeometry]]:
    shapes = mosaic().kelurahan
    old = [shapes[code] for code, place in neighbourhoods().items() if place.name in HERITAGE]
    yield "Kota lama", shapely.union_all(old)


def _farmland(zones: Sequence[tuple[Block, str]]) -> Iterator[tuple[str, BaseGeometry]]:
    fields = [block.shape for block, code in zones if code == "P-1"]
    yield "Lahan pertanian pangan", shapely.union_all(fields)
