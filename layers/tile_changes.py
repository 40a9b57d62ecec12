"""What became of the tiles of public layers: the areas that changed, and the versions of editions.

Triggers (`layers.tile_triggers`) write both in the transaction that changes a row, whoever writes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from django.contrib.gis.db import models
from django.db import connection, transaction
from django.db.models import Count, Max, Sum
from django.db.models.functions import Now
from django.utils import timezone

from layers.base import Layer
from layers.functions import TILE_BUFFER, TILE_EXTENT, TransactionId
from layers.permissions import POLICIES
from layers.registry import LAYERS
from layers.tile_matrix import BBox

FORMAT = 1  # raise it when tiles of the same rows come to look otherwise
CELL = 9_784  # metres, a tile at zoom 12: changes that lie together within it count as one
KEPT = timedelta(minutes=2)  # of a swept change: longer than any tile takes
MARGIN = 2 * TILE_BUFFER / TILE_EXTENT  # of a tile's side: the buffer, and a cell of a grid


class TileChange(models.Model):
    """Rows of a layer changed in an area (EPSG:3857; null is everywhere). `transaction` is the one
    from which on a tile shows it."""

    layer_id = models.CharField(max_length=60)
    area = models.GeometryField(srid=3857, null=True, spatial_index=False)
    transaction = models.BigIntegerField(db_default=TransactionId())
    at = models.DateTimeField(db_default=Now())
    swept = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "perubahan petak"
        verbose_name_plural = "perubahan petak"
        indexes = [
            models.Index(fields=("layer_id", "transaction"), name="layers_tilechange_unseen"),
            models.Index(
                fields=("id",), condition=models.Q(swept=None), name="layers_tilechange_waiting"
            ),
            models.Index(fields=("swept",), name="layers_tilechange_swept"),
        ]

    def __str__(self) -> str:
        return f"{self.layer_id} · {self.at}"


class TileVersion(models.Model):
    """The number of an edition. It begins with the second of its birth, so that a database made
    anew never repeats one that a browser has kept for good."""

    layer_id = models.CharField(max_length=60, primary_key=True)
    version = models.BigIntegerField()
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "edisi petak"
        verbose_name_plural = "edisi petak"

    def __str__(self) -> str:
        return f"{self.layer_id} · {self.version}"


@dataclass(frozen=True)
class Change:
    """A change that waits to be swept; `bounds` in EPSG:3857, None everywhere."""

    pk: int
    layer_id: str
    bounds: BBox | None


def public_layers() -> list[Layer]:
    """The layers that the public sees, which alone have stored tiles."""
    return [layer for layer in LAYERS.values() if is_public(layer)]


def is_public(layer: Layer) -> bool:
    return POLICIES[layer.policy].public


# -- versions


def version(layer: Layer) -> str:
    """The part of a tile's address that says which tiles are meant: `<hash>.<number>` of an
    edition, `<hash>.live` of others."""
    return versions([layer])[layer.id]


def versions(layers: Iterable[Layer]) -> dict[str, str]:
    """The same for many layers, by id."""
    asked = list(layers)
    known = numbers()
    return {layer.id: address(layer, known.get(layer.id, 0)) for layer in asked}


def numbers() -> dict[str, int]:
    """The number of every layer that has one."""
    return dict(TileVersion.objects.values_list("layer_id", "version"))


def address(layer: Layer, number: int) -> str:
    """The same for a number that stands at some moment."""
    if layer.edition:
        return f"{declaration(layer)}.{number}"
    # The number of a live layer tells one database from the next that stands in its place.
    return f"{declaration(layer, number)}.live"


@lru_cache
def declaration(layer: Layer, *more: int) -> str:
    """A short hash of all that decides how the layer's rows become tiles."""
    told = (
        *(FORMAT, TILE_EXTENT, TILE_BUFFER, layer.id, layer.model._meta.label, layer.geometry),
        *(layer.minzoom, layer.maxzoom, layer.facet, layer.overview),
        *(str(layer.published), sorted((name, str(value)) for name, value in layer.fixed.items())),
        *((prop.name, prop.path) for prop in layer.public if prop.tile),
        *more,
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()[:10]


def bump(layers: Iterable[Layer]) -> None:
    """A new version of each of these editions (a live layer's files are meant anew)."""
    number = int(timezone.now().timestamp())
    for layer in sorted(layers, key=lambda layer: layer.id):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO layers_tileversion AS standing (layer_id, version) VALUES (%s, %s)"
                " ON CONFLICT (layer_id) DO UPDATE SET changed_at = now(),"
                " version = greatest(standing.version + 1, excluded.version)",
                [layer.id, number],
            )


# -- what a tile has not seen


def changed_since(seen: str, layer: Layer, bounds: BBox | None) -> bool:
    """Whether a change was committed that a tile with these bounds, made from the snapshot `seen`,
    does not show. Without bounds: a change anywhere."""
    within = "" if bounds is None else (
        " AND (area IS NULL OR area && ST_MakeEnvelope(%s, %s, %s, %s, 3857))"
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM layers_tilechange WHERE layer_id = %s"
            " AND transaction >= pg_snapshot_xmin(%s::pg_snapshot)::text::bigint"
            " AND NOT pg_visible_in_snapshot(transaction::text::xid8, %s::pg_snapshot)"
            f"{within})",
            [layer.id, seen, seen, *(bounds or ())],
        )
        return bool(cursor.fetchone()[0])


def mark() -> str:
    """Another text after every change. After `KEPT` changes are forgotten, and an old one may come
    again: what is kept under a mark is kept for a shorter time."""
    waiting = TileChange.objects.aggregate(Max("id"), Sum("id"), Count("id"))
    return repr((sorted(numbers().items()), sorted(waiting.items())))


# -- sweeping


@contextmanager
def sweeping() -> Iterator[bool]:
    """Only one sweeps at a time; False for the others. A sweeper that dies is not in the way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('geo_portal tiles'))")
        mine = bool(cursor.fetchone()[0])
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('geo_portal tiles'))")


def waiting(limit: int) -> list[Change]:
    """Committed changes that nobody has swept yet; those of live layers first."""
    live = [layer.id for layer in LAYERS.values() if not layer.edition]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, layer_id, ST_XMin(area), ST_YMin(area), ST_XMax(area), ST_YMax(area)"
            " FROM layers_tilechange WHERE swept IS NULL"
            " ORDER BY layer_id = ANY(%s) DESC, id LIMIT %s",
            [live, limit],
        )
        return [
            Change(pk, layer_id, None if west is None else (west, south, east, north))
            for pk, layer_id, west, south, east, north in cursor.fetchall()
        ]


def renew(changes: Sequence[Change], *, everywhere: bool = False) -> None:
    """Tiles show these only from this transaction on, for it rebuilt what they are drawn from:
    `everywhere`, if so much else came to look otherwise."""
    rows = TileChange.objects.filter(pk__in=[change.pk for change in changes])
    if everywhere:
        rows.update(transaction=TransactionId(), area=None)
    else:
        rows.update(transaction=TransactionId())


@transaction.atomic
def settle(changes: Sequence[Change]) -> None:
    """These are swept."""
    pks = [change.pk for change in changes]
    TileChange.objects.filter(pk__in=pks).update(swept=timezone.now())


def purge() -> int:
    """Forget the changes that were swept long enough ago; returns how many."""
    return TileChange.objects.filter(swept__lt=timezone.now() - KEPT).delete()[0]


def changed_everywhere(layers: Iterable[Layer]) -> None:
    """As if every row of these layers had changed."""
    asked = list(layers)
    TileChange.objects.bulk_create(TileChange(layer_id=layer.id) for layer in asked)
    bump(layer for layer in asked if layer.edition)


def clock_bound() -> list[Layer]:
    """The public layers whose rows come and go with the time alone: views that ask what it is."""
    views = {layer.model._meta.db_table: layer for layer in public_layers() if _is_view(layer)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'v' AND relname = ANY(%s)"
            " AND pg_get_viewdef(oid) ~* 'now\\(|current_|clock_timestamp'",
            [list(views)],
        )
        return [views[name] for (name,) in cursor.fetchall()]


def _is_view(layer: Layer) -> bool:
    return not layer.model._meta.managed
