"""The map of a letter as SVG: to scale, in millimetres, of lines and letters only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString, Polygon, box, shape
from shapely.geometry.base import BaseGeometry

from layers.catalog.zoning.plans import ZONES
from layers.figures import grouped
from layers.outline.projections import SYSTEMS

Json = dict[str, Any]

INK, RED, VIOLET, HALO = "#0f172a", "#b91c1c", "#6d28d9", "#ffffff"
HATCH = 1.6  # millimetres between two lines
LEAST_NAMED = 3.2  # millimetres: the radius that a zone needs around its code
MOST_NUMBERED = 40  # corners


def colour_of(zone: str) -> str:
    return ZONES.style.colour_of(zone)


def drawing(content: Json) -> str:
    """The SVG of a letter's content."""
    told = content["map"]
    sheet = _Sheet(told)
    _zones(sheet, told)
    _overlays(sheet, told["overlays"])
    _parcel(sheet, told)
    if content["outline"]["vertices"] <= MOST_NUMBERED:
        _corners(sheet, content["outline"]["rings"])
    _grid(sheet)
    _north(sheet)
    _scale_bar(sheet)
    return tostring(sheet.root, encoding="unicode")


class _Sheet:
    """The frame, and how degrees become millimetres in it, from the top left."""

    def __init__(self, told: Json) -> None:
        self.width, self.height, self.scale = told["width"], told["height"], told["scale"]
        self.west, self.south, self.east, self.north = told["frame"]
        self.system = SYSTEMS[told["system"]["code"]]
        self.frame = box(0, 0, self.width, self.height)
        self.root = Element(
            "svg",
            {
                "viewBox": f"0 0 {self.width} {self.height}",
                "width": f"{self.width}mm",
                "height": f"{self.height}mm",
                "font-family": "Jakarta",
            },
        )
        clip = SubElement(SubElement(self.root, "defs"), "clipPath", {"id": "frame"})
        SubElement(clip, "rect", self._whole())
        SubElement(self.root, "rect", self._whole() | {"fill": "#faf8f4"})
        self.ground = SubElement(self.root, "g", {"clip-path": "url(#frame)"})
        self.above = SubElement(self.root, "g", {"clip-path": "url(#frame)"})
        SubElement(
            self.root,
            "rect",
            self._whole() | {"fill": "none", "stroke": INK, "stroke-width": "0.35"},
        )
        self.margin = SubElement(self.root, "g")

    def _whole(self) -> dict[str, str]:
        return {"x": "0", "y": "0", "width": f"{self.width}", "height": f"{self.height}"}

    def at(self, degrees: Any) -> Any:
        """Millimetres of points (longitude, latitude)."""
        return self.paper(self.system.from_lonlat(np.asarray(degrees, dtype=float)))

    def paper(self, metres: Any) -> Any:
        corner = np.array([self.west, self.north])
        return (metres - corner) * np.array([1000.0, -1000.0]) / self.scale

    def placed(self, geometry: Json) -> BaseGeometry:
        return shapely.transform(shape(geometry), self.at)


def _zones(sheet: _Sheet, told: Json) -> None:
    """Their fills, and their codes where there is room beside the parcel."""
    placed = [(zone, sheet.placed(zone["geometry"])) for zone in told["zones"]]
    for zone, area in placed:
        look = {"fill": colour_of(zone["zone"]), "fill-opacity": "0.55"}
        _path(sheet.ground, area, look | {"stroke": "#475569", "stroke-width": "0.2"})
    parcel = shapely.make_valid(sheet.placed(told["asked"])).buffer(2)
    room = sheet.frame.buffer(-6).difference(shapely.union_all([parcel, *_plates(sheet)]))
    for zone, area in placed:
        seen = shapely.make_valid(area)
        for part in _polygons(seen.intersection(room)):
            middle = _widest(part)
            if middle is not None:
                _text(sheet.ground, *middle, zone["code"], size=2.7, weight=600, halo=0.7)


def _widest(part: BaseGeometry) -> tuple[float, float] | None:
    """Where a code has most room, if it has enough."""
    if part.area < (2 * LEAST_NAMED) ** 2:
        return None
    radius = shapely.maximum_inscribed_circle(part, tolerance=0.5)
    if radius.length < LEAST_NAMED:
        return None
    x, y = radius.coords[0]
    return x, y + 1


def _overlays(sheet: _Sheet, overlays: Sequence[Json]) -> None:
    for overlay in overlays:
        if overlay["whole"]:
            continue
        line = {"fill": "none", "stroke": VIOLET, "stroke-width": "0.5"}
        area = sheet.placed(overlay["geometry"])
        _path(sheet.ground, area, line | {"stroke-dasharray": "2.4 1.2"})


def _parcel(sheet: _Sheet, told: Json) -> None:
    asked = sheet.placed(told["asked"])
    approved = sheet.placed(told["approved"]) if told["approved"] else None
    refused = sheet.placed(told["refused"]) if told["refused"] else None
    if approved is None:
        refused = asked
    if refused is not None:
        _hatched(sheet.above, refused.intersection(sheet.frame))
        _path(sheet.above, refused, _outline(RED, 0.5))
    main = approved if approved is not None else asked
    _path(sheet.above, main, _outline(HALO, 1.9) | {"stroke-opacity": "0.85"})
    _path(sheet.above, main, _outline(INK if approved is not None else RED, 0.9))


def _outline(colour: str, width: float) -> dict[str, str]:
    look = {"fill": "none", "stroke": colour, "stroke-width": f"{width}"}
    return look | {"stroke-linejoin": "round"}


def _hatched(parent: Element, area: BaseGeometry) -> None:
    """Slanted lines, cut at the edge: a pattern would not stay sharp in every reader."""
    if area.is_empty:
        return
    left, top, right, bottom = area.bounds
    starts = np.arange(left - (bottom - top), right, HATCH)
    lines = MultiLineString([LineString([(x, bottom), (x + bottom - top, top)]) for x in starts])
    cut = lines.intersection(area)
    pieces = [one for one in shapely.get_parts(cut) if one.geom_type == "LineString"]
    path = " ".join(_run(one.coords) for one in pieces)
    SubElement(parent, "path", {"d": path, "stroke": RED, "stroke-width": "0.35", "fill": "none"})


def _corners(sheet: _Sheet, rings: Sequence[Json]) -> None:
    """The numbers of the table at the corners of outer rings, outside of them."""
    several = len({ring["part"] for ring in rings}) > 1
    for ring in rings:
        points = sheet.at([corner[:2] for corner in ring["corners"]])
        for x, y in points:
            dot = {"cx": f"{x:.2f}", "cy": f"{y:.2f}", "r": "0.75", "fill": INK}
            SubElement(sheet.above, "circle", dot | {"stroke": HALO, "stroke-width": "0.25"})
        if ring["ring"]:
            continue
        for number, (x, y) in enumerate(_beside(points), start=1):
            name = f"{ring['part']}.{number}" if several else str(number)
            _text(sheet.above, x, y + 0.8, name, size=2.4, weight=700, halo=0.8)


def _beside(points: Any) -> Any:
    """A place for the number of each corner: on the line that halves its angle, outside."""
    area = Polygon(points)
    steps = [points - np.roll(points, shift, axis=0) for shift in (1, -1)]
    ways = sum(step / np.maximum(np.hypot(*step.T), 1e-9)[:, None] for step in steps)
    lengths = np.hypot(*ways.T)[:, None]
    # A corner on a straight line has no such way: its number goes upright to the line.
    upright = np.column_stack([-steps[0][:, 1], steps[0][:, 0]])
    ways = np.where(lengths > 0.05, ways, upright)
    ways = ways / np.maximum(np.hypot(*ways.T), 1e-9)[:, None] * 2.8
    inside = shapely.contains_xy(area, points + ways * 0.2)
    return points + np.where(inside[:, None], -ways, ways)


def _grid(sheet: _Sheet) -> None:
    """Crosses at round coordinates, told along the left and the upper edge."""
    step = next(step for step in _round_steps() if step / sheet.scale * 1000 >= 32)
    eastings = np.arange(np.ceil(sheet.west / step) * step, sheet.east, step)
    northings = np.arange(np.ceil(sheet.south / step) * step, sheet.north, step)
    fine = {"stroke": INK, "stroke-width": "0.15", "stroke-opacity": "0.75", "fill": "none"}
    for east in eastings:
        x, _ = sheet.paper(np.array([east, sheet.north]))
        SubElement(sheet.margin, "path", fine | {"d": f"M{x:.2f} 0v2.2"})
        if 12 < x < sheet.width - 24:
            _text(sheet.margin, x, 4.6, f"{grouped(east)} mT", size=2, halo=0.6)
        for north in northings:
            _, y = sheet.paper(np.array([east, north]))
            SubElement(sheet.above, "path", fine | {"d": f"M{x - 1:.2f} {y:.2f}h2m-1 -1v2"})
    for north in northings:
        _, y = sheet.paper(np.array([sheet.west, north]))
        SubElement(sheet.margin, "path", fine | {"d": f"M0 {y:.2f}h2.2"})
        if 12 < y < sheet.height - 12:
            turned = {"transform": f"rotate(-90 4.2 {y:.2f})"}
            told = f"{grouped(north)} mU"
            _text(sheet.margin, 4.2, y, told, size=2, halo=0.6, more=turned)


def _round_steps() -> Iterator[int]:
    for power in range(7):
        for n in (1, 2, 5):
            yield n * 10**power


def _plates(sheet: _Sheet) -> tuple[BaseGeometry, BaseGeometry]:
    """Where the arrow and the scale bar stand: nothing else is written there."""
    length = 2 * _bar(sheet)[1] + 11
    right, low = sheet.width - 2.0, sheet.height - 1.5
    return (
        box(right - 12, 2.5, right - 2, 18.5),
        box(right - length, low - 12.2, right, low),
    )


def _bar(sheet: _Sheet) -> tuple[int, float]:
    """A part of the scale bar: of how many metres, and how long on paper."""
    part = max(step for step in _round_steps() if step / sheet.scale * 1000 <= 22)
    return part, part / sheet.scale * 1000


def _plate(sheet: _Sheet, place: BaseGeometry) -> tuple[float, float, float, float]:
    x, y, right, low = place.bounds
    look = {"rx": "1", "fill": HALO, "fill-opacity": "0.88"}
    sides = {"x": x, "y": y, "width": right - x, "height": low - y}
    SubElement(sheet.margin, "rect", look | {name: f"{side:.2f}" for name, side in sides.items()})
    return x, y, right, low


def _north(sheet: _Sheet) -> None:
    left, top, right, _ = _plate(sheet, _plates(sheet)[0])
    x, y = (left + right) / 2, top + 11.5
    fill = {"fill": INK, "stroke": INK, "stroke-width": "0.25", "stroke-linejoin": "round"}
    SubElement(sheet.margin, "path", fill | {"d": f"M{x} {y - 6.5}L{x} {y + 3}L{x - 2.6} {y + 3}Z"})
    other = f"M{x} {y - 6.5}L{x} {y + 3}L{x + 2.6} {y + 3}Z"
    SubElement(sheet.margin, "path", fill | {"d": other, "fill": HALO})
    _text(sheet.margin, x, y - 7.6, "U", size=3, weight=700)


def _scale_bar(sheet: _Sheet) -> None:
    """Two parts of a round length, and the scale in figures."""
    part, length = _bar(sheet)
    left, top, _, _ = _plate(sheet, _plates(sheet)[1])
    x, y = left + 4, top + 8.2
    edge = {"stroke": INK, "stroke-width": "0.2"}
    for n, fill in enumerate((INK, HALO)):
        bar = {"x": f"{x + n * length:.2f}", "y": f"{y - 1.2:.2f}", "width": f"{length:.2f}"}
        SubElement(sheet.margin, "rect", bar | edge | {"height": "1.2", "fill": fill})
    for n in range(3):
        unit = " m" if n == 2 else ""
        _text(sheet.margin, x + n * length, y + 2.6, grouped(n * part) + unit, size=2.1)
    told = f"Skala 1 : {grouped(sheet.scale)}"
    _text(sheet.margin, x + length, y - 3.4, told, size=2.5, weight=600)


def _path(parent: Element, area: BaseGeometry, look: dict[str, str]) -> None:
    rings = [ring for part in _polygons(area) for ring in (part.exterior, *part.interiors)]
    path = " ".join(f"{_run(ring.coords[:-1])}Z" for ring in rings)
    SubElement(parent, "path", look | {"d": path, "fill-rule": "evenodd"})


def _polygons(area: BaseGeometry) -> list[Any]:
    return [one for one in shapely.get_parts(area) if one.geom_type == "Polygon"]


def _run(points: Sequence[Sequence[float]]) -> str:
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points)


def _text(
    parent: Element,
    x: float,
    y: float,
    said: str,
    *,
    size: float,
    weight: int = 400,
    halo: float = 0,
    more: dict[str, str] | None = None,
) -> None:
    look = {"x": f"{x:.2f}", "y": f"{y:.2f}", "font-size": f"{size}", "text-anchor": "middle"}
    look |= {"font-weight": f"{weight}", **(more or {})}
    if halo:
        edge = {"stroke": HALO, "stroke-width": f"{halo}", "stroke-linejoin": "round"}
        SubElement(parent, "text", look | edge | {"fill": HALO}).text = said
    SubElement(parent, "text", look | {"fill": INK}).text = said
