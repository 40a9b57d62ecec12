"""The coordinate systems in which features are asked for and given (OGC API - Features Part 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

STORED = 4326
CURVED = 64  # pieces into which a straight side is cut where it is none in degrees


@dataclass(frozen=True)
class Crs:
    """`flipped` says that its authority names the northing first: coordinates go out and come in
    that way. `decimals` are about a centimetre."""

    uri: str
    srid: int
    flipped: bool = False
    decimals: int = 7

    @property
    def in_degrees(self) -> bool:
        return self.srid == STORED

    def to_stored(self, shape: BaseGeometry) -> BaseGeometry:
        """A geometry of this system as the layers hold theirs: EPSG:4326, lon, lat. Raises
        ValueError for one that has no place on the earth."""
        shape = shapely.force_2d(shape)
        if self.flipped:
            shape = shapely.transform(shape, lambda points: points[:, ::-1])
        if not self.in_degrees:
            west, south, east, north = shape.bounds
            if longest := max(east - west, north - south):
                shape = shapely.segmentize(shape, longest / CURVED)
            moved = Transformer.from_crs(self.srid, STORED, always_xy=True).transform
            shape = shapely.transform(
                shape, lambda points: np.column_stack(moved(points[:, 0], points[:, 1]))
            )
        west, south, east, north = shape.bounds
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise ValueError("A geometry without a place on the earth.")
        return shape


def stored(shape: BaseGeometry) -> GEOSGeometry:
    """A geometry in degrees, as the ORM takes it."""
    return GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=STORED)


CRS84 = Crs("http://www.opengis.net/def/crs/OGC/1.3/CRS84", STORED)
EPSG_4326 = Crs("http://www.opengis.net/def/crs/EPSG/0/4326", STORED, flipped=True)
EPSG_3857 = Crs("http://www.opengis.net/def/crs/EPSG/0/3857", 3857, decimals=2)
EPSG_32751 = Crs("http://www.opengis.net/def/crs/EPSG/0/32751", 32751, decimals=2)
SYSTEMS = {crs.uri: crs for crs in (CRS84, EPSG_4326, EPSG_3857, EPSG_32751)}


def boxes(numbers: Sequence[float], crs: Crs) -> Iterator[BaseGeometry]:
    """A box of four numbers, or of six with heights, in degrees; in two parts where it reaches over
    the 180th meridian. Raises ValueError."""
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    one, two, three, four = numbers
    if crs.flipped:
        one, two, three, four = two, one, four, three
    if two > four or (one > three and not crs.in_degrees):
        raise ValueError("a box upside down")
    plain = CRS84 if crs.in_degrees else crs
    if one <= three:
        yield plain.to_stored(_filled(one, two, three, four))
    else:
        yield plain.to_stored(_filled(one, two, 180, four))
        yield plain.to_stored(_filled(-180, two, three, four))


def _filled(west: float, south: float, east: float, north: float) -> BaseGeometry:
    """A box; without a width or a height it is a line or a point, which a polygon is not."""
    found = shapely.box(west, south, east, north)
    return found if found.area else shapely.MultiPoint(found.exterior.coords).convex_hull
