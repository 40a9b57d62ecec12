"""The demo city as a whole: loaded in one piece, taken away in one piece, never over real data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Model, Q

from layers.catalog.boundaries import Area
from layers.catalog.markets.places import Commodity, Market
from layers.catalog.markets.prices import PriceReading
from layers.catalog.puskesmas import Puskesmas
from layers.catalog.stunting.children import Child, Measurement
from layers.catalog.stunting.prevalence import Prevalence, SuppressionRule
from layers.catalog.trash.reports import TrashReport
from layers.demo import (
    boundaries,
    markets,
    offices,
    people,
    permits,
    photos,
    puskesmas,
    stunting,
    trash,
    zoning,
)
from layers.demo.seed import SEED
from layers.demo.sizes import FULL, Sizes
from layers.freshness import note_days
from layers.permissions import Duty
from layers.photos import Photo
from layers.provenance import Load
from layers.registry import LAYERS

Tick = Callable[[float], None]
MAKER = "Kota contoh"
VORONOI = "diagram Voronoi dari titik nyata; ilustratif, bukan batas resmi"
# What of a layer is invented, for whoever asks where it came from.
NOTES = {
    "cities": "garis kasar untuk gambar saja, bukan batas resmi",
    "kecamatan": VORONOI,
    "kelurahan": VORONOI,
    "zones": "zona karangan, bukan lampiran Perda 12/2011",
    "puskesmas": "nama nyata; titik di tengah kelurahan",
    "puskesmas-areas": "sebagian wilayah kerja disimpulkan",
    "markets": "nama nyata; sebagian titik perkiraan",
}
INVENTED = "isi karangan"


class NotEmpty(Exception):
    """The database holds rows already."""


class RealData(Exception):
    """Something in the database is not of the demo city, so nothing is removed."""


@dataclass(frozen=True)
class Stage:
    title: str
    weight: float  # its share of the time
    load: Callable[[Sizes, date, Tick], dict[str, int]]


STAGES = (
    Stage("boundaries", 2, lambda sizes, until, tick: boundaries.load()),
    Stage("zones", 2, lambda sizes, until, tick: zoning.load()),
    Stage("Puskesmas", 1, lambda sizes, until, tick: puskesmas.load()),
    Stage("accounts", 2, lambda sizes, until, tick: people.load()),
    Stage("offices", 1, lambda sizes, until, tick: offices.load()),
    Stage("plan in force", 1, lambda sizes, until, tick: zoning.put_in_force()),
    Stage("permits", 5, lambda sizes, until, tick: permits.load(sizes, until)),
    Stage("children", 10, lambda sizes, until, tick: stunting.load(sizes, until)),
    Stage("prices", 25, lambda sizes, until, tick: markets.load(sizes, until)),
    Stage("trash reports", 5, lambda sizes, until, tick: trash.load(sizes, until)),
    Stage("photos", 40, photos.load),
)


def is_empty() -> bool:
    return not (Load.objects.exists() or any(layer.rows().exists() for layer in LAYERS.values()))


@transaction.atomic
def load(
    until: date,
    sizes: Sizes = FULL,
    *,
    replace: bool = False,
    watch: Callable[[Stage, float], None] = lambda stage, done: None,
) -> dict[str, int]:
    """Everything or nothing. Returns the rows of each layer; `watch` is told how far a stage is.

    Raises NotEmpty, with `replace` RealData, and NameTaken where an account is in the way.
    """
    if replace:
        remove()
    if not is_empty():
        raise NotEmpty
    counts: dict[str, int] = {}
    for stage in STAGES:
        watch(stage, 0.0)

        def tick(done: float, stage: Stage = stage) -> None:
            watch(stage, done)

        counts |= stage.load(sizes, until, tick)
        watch(stage, 1.0)
    Load.objects.bulk_create(
        Load(
            layer_id=layer_id,
            source=f"{MAKER}: {NOTES.get(layer_id, INVENTED)}",
            is_demo=True,
            report={"rows": rows, "seed": SEED, "until": until.isoformat()},
        )
        for layer_id, rows in counts.items()
    )
    note_days()
    return counts


def remove() -> None:
    """Takes the demo city away. Accounts stay, as they may have signed other rows.

    Raises RealData where a layer holds anything else: loaded, sent in or changed by hand.
    """
    touched = Load.objects.filter(Q(is_demo=False) | Q(loaded_by__isnull=False)).first()
    if touched:
        raise RealData(f"layer {touched.layer_id} holds real data ({touched.source})")
    for load in Load.objects.all():
        held = LAYERS[load.layer_id].rows().count()
        if held != load.report["rows"]:
            raise RealData(f"{load.layer_id} holds {held} rows, not the demo's own alone")
    if Duty.objects.filter(puskesmas__isnull=False).exclude(
        user__email__endswith=f"@{people.DOMAIN}"
    ):
        raise RealData("accounts that are not of the demo have duties in its Puskesmas")
    Duty.objects.filter(user__email__endswith=f"@{people.DOMAIN}").delete()
    offices.remove()
    permits.remove()
    in_order: tuple[type[Model], ...] = (
        PriceReading, Commodity, Market, Photo, TrashReport, Measurement, Child, Prevalence,
        Puskesmas, Area, Load,
    )  # fmt: skip
    for model in in_order:
        model._default_manager.all().delete()
    zoning.remove()
    SuppressionRule.objects.filter(source=stunting.RULE_SOURCE).delete()
