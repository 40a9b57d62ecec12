"""Where numbers are on the earth: the coordinate systems in which parcels are surveyed here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError

from layers.ingest.repair import INDONESIA
from layers.outline.parcel import refusal

Bounds = tuple[float, float, float, float]  # west, south, east, north
Points = np.ndarray[Any, Any]  # n × 2

_EARTH = Geod(ellps="WGS84")

_EPSG = re.compile(r"(?:epsg:)?(\d{4,6})", re.IGNORECASE)
# A town at the edge of a zone is often surveyed in the next one.
_BEYOND = 0.5  # degrees


@dataclass(frozen=True)
class System:
    """`meridian` and `width` (degrees) say for which strip of the earth it is meant; the whole
    country where width is 0."""

    code: str
    name: str
    kind: Literal["degrees", "utm", "tm3", "metres"]
    meridian: float = 0.0
    width: float = 0.0

    @property
    def in_degrees(self) -> bool:
        return self.kind == "degrees"

    def to_lonlat(self, points: Points) -> Points:
        """What cannot be on the earth becomes infinite."""
        return _moved(points, self.code, DEGREES.code)

    def from_lonlat(self, points: Points) -> Points:
        return _moved(points, DEGREES.code, self.code)

    def holds(self, lonlat: Points) -> Points:
        """Which points lie in its part of Indonesia."""
        within = in_bounds(lonlat, INDONESIA)
        if self.width:
            within &= abs(lonlat[:, 0] - self.meridian) <= self.width / 2 + _BEYOND
        return within

    def meets(self, bounds: Bounds) -> bool:
        west, _, east, _ = bounds
        reach = self.width / 2 + _BEYOND
        return not self.width or west - reach <= self.meridian <= east + reach


DEGREES = System("EPSG:4326", "bujur dan lintang (WGS 84)", "degrees")
UTM = tuple(
    System(f"EPSG:{first + zone}", f"UTM zona {zone}{half}", "utm", zone * 6 - 183.0, 6.0)
    for half, first in (("N", 32600), ("S", 32700))
    for zone in range(46, 55)
)
# BPN's cadastre: half zones of 3°, from 46.2 (EPSG:23830) to 54.1 (EPSG:23845).
TM3 = tuple(
    System(
        f"EPSG:{23830 + n}", f"TM-3 zona {46 + (n + 1) // 2}.{2 - n % 2}", "tm3", 94.5 + 3 * n, 3.0
    )
    for n in range(16)
)
SYSTEMS = {system.code: system for system in (DEGREES, *UTM, *TM3)}


def system(told: str) -> System:
    """The one that is told by its EPSG code; a definition is not taken, for it can name files."""
    code = _EPSG.fullmatch(told.strip())
    if code is None:
        raise refusal(f"Sistem koordinat {told[:30]} tidak dikenal; tulis kodenya: EPSG:32751.")
    return SYSTEMS.get(f"EPSG:{code[1]}") or _described(f"EPSG:{code[1]}")


@lru_cache(maxsize=256)
def _described(told: str) -> System:
    """Any other, by its code or as a file defines it."""
    try:
        crs = CRS.from_user_input(told)
    except CRSError as error:
        raise refusal(
            f"Sistem koordinat {told[:30]} tidak dikenal; tulis kodenya, misalnya EPSG:32751."
        ) from error
    if not (crs.is_projected or crs.is_geographic):
        raise refusal(f"{crs.name[:60]} bukan sistem koordinat bidang; pilih UTM atau TM-3.")
    return System(told, crs.name[:60], "degrees" if crs.is_geographic else "metres")


def of_file(definition: str) -> System:
    """The one that a file says: a code, or a definition in WKT."""
    try:
        code = CRS.from_user_input(definition).to_epsg()
    except CRSError as error:
        raise refusal(
            "Sistem koordinat di dalam berkas tidak dikenal; pilih sistemnya sendiri."
        ) from error
    return SYSTEMS.get(f"EPSG:{code}") or _described(f"EPSG:{code}" if code else definition)


def zone(kind: Literal["utm", "tm3"], lon: float, lat: float) -> System:
    """The system of a place."""
    if kind == "utm":
        half = UTM[9:] if lat < 0 else UTM[:9]
        return min(half, key=lambda one: abs(one.meridian - lon))
    return min(TM3, key=lambda one: abs(one.meridian - lon))


def offered(near: Bounds) -> list[System]:
    """What an applicant of a town may choose from."""
    west, south, east, north = near
    lon, lat = (west + east) / 2, (south + north) / 2
    return [DEGREES, zone("utm", lon, lat), zone("tm3", lon, lat)]


def readings(points: Points, systems: Sequence[System], near: Bounds | None) -> list[System]:
    """The systems in which most of the points (easting, northing) lie where they may."""
    found = []
    for one in systems:
        lonlat = one.to_lonlat(points)
        within = one.holds(lonlat)
        if near:
            within &= in_bounds(lonlat, near)
        if within.mean() > 0.5:
            found.append(one)
    return found


def metres(start: Sequence[float], end: Sequence[float]) -> float:
    """Between two places, as the crow flies."""
    return float(_EARTH.inv(start[0], start[1], end[0], end[1])[2])


def metres_a_degree(lat: float) -> tuple[float, float]:
    """Of longitude and of latitude, around a place: enough to judge what is near or narrow."""
    return (
        metres((0.0, lat), (0.001, lat)) * 1000,
        metres((0.0, lat - 0.0005), (0.0, lat + 0.0005)) * 1000,
    )


def in_bounds(lonlat: Points, bounds: Bounds) -> Points:
    west, south, east, north = bounds
    x, y = lonlat[:, 0], lonlat[:, 1]
    return np.asarray((x >= west) & (x <= east) & (y >= south) & (y <= north))


def _moved(points: Points, source: str, target: str) -> Points:
    if source == target:
        return points
    return np.column_stack(_transformer(source, target).transform(points[:, 0], points[:, 1]))


@lru_cache(maxsize=256)
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)
