"""The spatial plans of the demo city: an illustrative sub-zone for every block of the mosaic, in
the plan in force and in a draft, with the rules to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from random import Random
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from shapely import Point

from layers.catalog.zoning.activation import activate
from layers.catalog.zoning.plans import Plan, SubZone, Vocabulary, Zone
from layers.catalog.zoning.provisions import NAMES_SOURCE, OverlayKind
from layers.catalog.zoning.rule_files import About, load_rules
from layers.catalog.zoning.rules import RuleSet
from layers.catalog.zoning.survey import survey
from layers.demo import fixtures, provisions
from layers.demo.mosaic import Block, mosaic, neighbourhoods
from layers.demo.seed import stream
from layers.demo.shapes import multi
from layers.demo.sizes import BATCH
from layers.geometry import to_geos

# Perda 12/2011 is the regulation in force; its polygons are published nowhere, so these are ours.
PLAN: dict[str, Any] = {
    "code": "contoh-perda-12-2011",
    "title": "RDTR Kota Kupang 2011–2031 (contoh ilustratif)",
    "regulation": "Perda Kota Kupang 12/2011; zona di sini karangan, bukan lampiran perda",
    "valid_from": date(2011, 1, 1),
    "valid_until": date(2031, 12, 31),
}

DRAFT: dict[str, Any] = {
    "code": "contoh-rancangan-2045",
    "title": "RDTR Kota Kupang 2026–2045 (rancangan contoh)",
    "regulation": "Karangan: seperti apa rancangan yang sedang dibahas dapat terlihat",
    "valid_from": date(2027, 1, 1),
    "valid_until": date(2045, 12, 31),
}
RULES = "contoh-itbx"
CODES, WORDS = "permen-14-2021", "perda-12-2011"
VOCABULARIES = {
    CODES: ("zones", "Kode subzona Permen ATR/BPN 14/2021", "Permen ATR/BPN 11/2021 dan 14/2021"),
    WORDS: ("zone-words", "Istilah Perda 12/2011", "Contoh ilustratif; bukan lampiran perda"),
}

AIRPORT, AIRFIELD = provisions.AIRPORT, 0.0085  # degrees around it
PORT, HARBOUR = Point(123.52150, -10.20525), 0.019  # Tenau
FOREST_SOUTH_OF = -10.235

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

CHANGED = 0.15  # of the blocks, in the draft
# What the draft makes of them: the town grows, along the roads and over the fields.
BECOMES = {
    "R-2": "R-1 3 C-2 2", "R-3": "R-2 5 C-2 3 K-3 1", "R-4": "R-3 6 K-3 1", "P-1": "R-4 4 P-2 2",
    "P-2": "R-4 5 R-3 2 K-3 1", "P-3": "R-4 3 KPI 2 W 1", "K-2": "K-1 4 C-1 2",
    "K-3": "K-2 5 C-2 2", "C-2": "C-1 3 K-2 1", "W": "PS 3 RTH-1 1", "PS": "W 1 RTH-2 1",
    "HL": "P-3 2 W 1", "KPI": "TR 1 C-2 1", "RTH-1": "HL 2 W 1",
}  # fmt: skip


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


@cache
def draft_sub_zones() -> tuple[tuple[Block, str], ...]:
    """The same blocks, in the draft."""
    random = stream("draft-plan")
    changes = [(random.random(), random.random()) for _ in sub_zones()]
    return tuple(
        (block, _pick(BECOMES[code], which) if first < CHANGED and code in BECOMES else code)
        for (block, code), (first, which) in zip(sub_zones(), changes, strict=True)
    )


def _numbered(zones: Sequence[tuple[Block, str]]) -> Iterator[tuple[str, Block, str]]:
    """Blocks with a number of their own: the kelurahan's last digits, then a running number."""
    running: Counter[str] = Counter()
    for block, code in zones:
        running[block.kelurahan] += 1
        yield (
            f"{block.kelurahan[6:]}-{running[block.kelurahan]:03}".replace(".", ""),
            block,
            code,
        )


def load() -> dict[str, int]:
    """Both plans as drafts, and the rules; `put_in_force` when there are accounts."""
    for code, (_, name, source) in VOCABULARIES.items():
        Vocabulary.objects.get_or_create(code=code, defaults={"name": name, "source": source})
    codes = _sub_zones_of(CODES)
    _sub_zones_of(WORDS)
    zones, overlays = 0, 0
    for told, drawn in ((PLAN, sub_zones()), (DRAFT, draft_sub_zones())):
        plan = Plan.objects.create(**told, vocabulary=Vocabulary.objects.get(code=CODES))
        zones += _zones(plan, codes, drawn)
        overlays += provisions.load(plan, drawn)
    about = About(
        title="Ketentuan kegiatan dan penggunaan lahan (contoh ilustratif)",
        source="Contoh ilustratif; bukan lampiran Perda 12/2011",
        vocabulary=CODES,
        valid_from=date(2022, 1, 1),
    )
    load_rules(settings.BASE_DIR / "fixtures" / "itbx.csv", code=RULES, about=about)
    return {"zones": zones, "plan-overlays": overlays}


def _sub_zones_of(vocabulary: str) -> dict[str, SubZone]:
    words = Vocabulary.objects.get(code=vocabulary)
    rows = fixtures.rows(VOCABULARIES[vocabulary][0])
    made = SubZone.objects.bulk_create(SubZone(vocabulary=words, **row) for row in rows)
    return {one.code: one for one in made}


def _zones(plan: Plan, codes: dict[str, SubZone], drawn: Sequence[tuple[Block, str]]) -> int:
    zones = Zone.objects.bulk_create(
        (
            Zone(
                plan=plan,
                sub_zone=codes[code],
                block=number,
                geom=to_geos(multi(block.shape)),
            )
            for number, block, code in _numbered(drawn)
        ),
        batch_size=BATCH,
    )
    return len(zones)


def put_in_force() -> dict[str, int]:
    """As a walidata does it: surveyed, then activated."""
    walidata = User.objects.get(username="walidata")
    rules = RuleSet.objects.get(code=RULES)
    for about in (PLAN, DRAFT):
        survey(plan=Plan.objects.get(code=about["code"]), rule_set=rules)
    activate(plan=Plan.objects.get(code=PLAN["code"]), rule_set=rules, by=walidata)
    return {}


def remove() -> None:
    """The demo's plans, its rules, and the words that nothing uses any more. What is in force does
    not change: the demo takes it back first."""
    for rows in (
        RuleSet.objects.filter(code=RULES),
        Plan.objects.filter(code__in=(PLAN["code"], DRAFT["code"])),
    ):
        rows.update(status=Plan.Status.DRAFT)
        rows.delete()
    if not (RuleSet.objects.exists() or Plan.objects.exists()):
        OverlayKind.objects.filter(source=NAMES_SOURCE).delete()
        ours = Q(vocabulary__code__in=VOCABULARIES) | Q(vocabulary=None)
        SubZone.objects.filter(ours).delete()
        Vocabulary.objects.filter(code__in=VOCABULARIES).delete()
