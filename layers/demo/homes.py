"""Where the people of the demo city live: how many in each kelurahan, and on which blocks."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from random import Random

from shapely import Point
from shapely.geometry.base import BaseGeometry

from layers.demo.mosaic import mosaic, neighbourhoods
from layers.demo.shapes import points_in
from layers.demo.zoning import sub_zones

# People per km² that make the city's 400,000 of the fixture's areas; our assumption.
DENSITY = {"old-town": 11_000, "urban": 5_200, "suburban": 2_300, "rural": 350}
LIVED_IN = ("R", "C", "K")


@cache
def crowd() -> dict[str, float]:
    """The share of the city's people in each kelurahan, by code."""
    people = {
        code: place.area_km2 * DENSITY[place.setting] for code, place in neighbourhoods().items()
    }
    total = sum(people.values())
    return {code: count / total for code, count in people.items()}


def counts(total: int) -> dict[str, int]:
    """`total` shared among the kelurahan by their people, to the last one."""
    shares = {code: total * share for code, share in crowd().items()}
    whole = {code: int(share) for code, share in shares.items()}
    rest = sorted(shares, key=lambda code: whole[code] - shares[code])
    for code in rest[: total - sum(whole.values())]:
        whole[code] += 1
    return whole


@cache
def _blocks() -> dict[str, list[BaseGeometry]]:
    lived_in: dict[str, list[BaseGeometry]] = defaultdict(list)
    for block, sub_zone in sub_zones():
        if sub_zone.split("-")[0] in LIVED_IN:
            lived_in[block.kelurahan].append(block.shape)
    return lived_in


def homes(kelurahan: str, count: int, random: Random) -> list[Point]:
    """Points on the lived-in blocks of a kelurahan, or anywhere in it where there are none."""
    blocks = _blocks().get(kelurahan) or [mosaic().kelurahan[kelurahan]]
    chosen = random.choices(blocks, [block.area for block in blocks], k=count)
    return [points_in(block, 1, random)[0] for block in chosen]
