"""The spatial plan of the demo city: an illustrative sub-zone for every block of the mosaic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from random import Random

from shapely import Point

from layers.catalog.zoning.plans import Plan, SubZone, Zone
from layers.demo import fixtures
from layers.demo.mosaic import Block, mosaic, neighbourhoods
from layers.demo.seed import stream
from layers.demo.shapes import geos, multi
from layers.demo.sizes import BATCH

# Perda 12/2011 is the regulation in force; its polygons are published nowhere, so these are ours.
PLAN = {
    "code": "contoh-perda-12-2011",
    "title": "RDTR Kota Kupang 2011–2031 (contoh ilustratif)",
    "regulation": "Perda Kota Kupang 12/2011; zona di sini karangan, bukan lampiran perda",
    "valid_from": date(2011, 1, 1),
    "valid_until": date(2031, 12, 31),
}

AIRPORT, AIRFIELD = Point(123.66389, -10.17778), 0.0085  # El Tari, degrees around it
PORT, HARBOUR = Point(123.52150, -10.20525), 0.019  # Tenau
FOREST_SOUTH_OF = -10.235
OLD_TOWN_KECAMATAN = "53.71.06"

# Sub-zones and their weights, by the setting of the kelurahan and the kind of block.
MIXES: dict[tuple[str, str], str] = {
    ("old-town", "coast"): "PS 6 W 2 K-1 1 RTH-2 1",
    ("old-town", "road"): "K-1 6 C-1 3 KT 1",
    ("old-town", "inner"): "R-1 9 K-2 4 C-1 3 KT 1 SPU-1 1 SPU-2 1 RTH-2 1 RTH-7 0.3",
    ("urban", "coast"): "PS 6 W 4 RTH-1 1",
    ("urban", "road"): "K-1 5 K-2 3 C-1 2 KT 2 SPU-1 1",
    (
        "urban",
        "inner",
    ): "R-2 12 R-3 4 K-3 2 C-2 2 SPU-1 0.4 SPU-2 0.6 SPU-3 0.8 KT 0.6 RTH-4 1 RTH-7 0.4",
    ("suburban", "coast"): "PS 7 W 2 RTH-1 1",
    ("suburban", "road"): "K-2 4 K-3 4 C-2 2 SPU-2 1",
    ("suburban", "inner"): "R-3 9 R-4 5 P-2 4 P-1 2 RTH-1 1 SPU-3 0.6 RTH-7 0.5 HK 0.3",
    ("rural", "coast"): "PS 8 W 1 RTH-1 1",
    ("rural", "road"): "K-3 3 R-4 3 P-2 1",
    ("rural", "inner"): "P-1 4 P-3 5 R-4 4 P-2 2 HL 2 RTH-1 1",
    ("forest", "inner"): "HL 7 P-3 5 P-1 2 R-4 1.5 RTH-1 1",
}


@cache
def sub_zones() -> tuple[tuple[Block, str], ...]:
    """Every block with its sub-zone code, in the order of the mosaic."""
    random = stream("zoning")
    return tuple((block, _sub_zone(block, random)) for block in mosaic().blocks)


def _sub_zone(block: Block, random: Random) -> str:
    middle = block.shape.representative_point()
    setting = neighbourhoods()[block.kelurahan].setting
    drawn = random.random()  # one number a block, whatever it becomes
    if block.shape.contains(AIRPORT) or middle.distance(AIRPORT) < AIRFIELD:
        return "HK" if drawn < 0.15 else "TR"
    if middle.distance(PORT) < HARBOUR:
        return "TR" if middle.distance(PORT) < HARBOUR / 2 else "KPI"
    if setting == "rural" and block.kind == "inner" and middle.y < FOREST_SOUTH_OF:
        setting = "forest"
    return _pick(MIXES[setting, block.kind], drawn)


def _pick(mix: str, drawn: float) -> str:
    words = mix.split()
    weights = dict(zip(words[::2], map(float, words[1::2]), strict=True))
    left = drawn * sum(weights.values())
    for code, weight in weights.items():
        left -= weight
        if left < 0:
            return code
    return words[0]


def _numbered() -> Iterator[tuple[str, Block, str]]:
    """Blocks with a number of their own: the kelurahan's last digits, then a running number."""
    running: Counter[str] = Counter()
    for block, code in sub_zones():
        running[block.kelurahan] += 1
        yield (
            f"{block.kelurahan[6:]}-{running[block.kelurahan]:03}".replace(".", ""),
            block,
            code,
        )


def load() -> dict[str, int]:
    plan = Plan.objects.create(**PLAN)
    rows = SubZone.objects.bulk_create(SubZone(**row) for row in fixtures.rows("zones"))
    by_code = {row.code: row for row in rows}
    zones = Zone.objects.bulk_create(
        (
            Zone(
                plan=plan,
                sub_zone=by_code[code],
                block=number,
                geom=geos(multi(block.shape)),
            )
            for number, block, code in _numbered()
        ),
        batch_size=BATCH,
    )
    Plan.objects.filter(pk=plan.pk).update(status=Plan.Status.ACTIVE)
    return {"zones": len(zones)}


def remove() -> None:
    """The demo's plan and the codes that nothing uses any more. What is in force does not change:
    the demo takes its plan back first."""
    plan = Plan.objects.filter(code=PLAN["code"])
    plan.update(status=Plan.Status.DRAFT)
    plan.delete()
    SubZone.objects.filter(zones__isnull=True).delete()
