"""Shapes of shapely, and metres at the city's latitude."""

from __future__ import annotations

from math import cos, radians
from random import Random

import shapely
from shapely import MultiPolygon, Point
from shapely.geometry.base import BaseGeometry

LAT_M = 110_610.0  # metres in a degree of latitude at 10° S
LON_M = 111_320.0 * cos(radians(10.19))


def multi(shape: BaseGeometry) -> MultiPolygon:
    return shape if isinstance(shape, MultiPolygon) else MultiPolygon([shape])


def square_metres(shape: BaseGeometry) -> float:
    return shape.area * LAT_M * LON_M


def moved(point: Point, east: float, north: float) -> Point:
    """The point so many metres away, on a grid of about a centimetre."""
    return Point(round(point.x + east / LON_M, 7), round(point.y + north / LAT_M, 7))


def points_in(shape: BaseGeometry, count: int, random: Random) -> list[Point]:
    """`count` points evenly by chance inside a shape."""
    west, south, east, north = shape.bounds
    shapely.prepare(shape)
    points: list[Point] = []
    while len(points) < count:
        point = Point(round(random.uniform(west, east), 7), round(random.uniform(south, north), 7))
        if shape.contains(point):
            points.append(point)
    return points
