"""What a file says of itself: whose data it is, of when, and what may be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Min
from django.utils import timezone

from layers.base import Layer
from layers.exports.table import Table
from layers.permissions import POLICIES
from layers.provenance import Load, demo_layer_ids, last_updated


@dataclass(frozen=True)
class Facts:
    """`updated` is None where nobody knows; `licence` is empty for what is not for the public."""

    title: str
    description: str
    owner: str
    licence: str
    updated: datetime | None
    made: datetime
    demo: bool

    def as_text(self) -> dict[str, str]:
        """By the names of Dublin Core, without what is unknown."""
        found = {
            "title": self.title,
            "description": self.description,
            "publisher": self.owner,
            "license": self.licence,
            "modified": self.updated.isoformat() if self.updated else "",
            "created": self.made.isoformat(timespec="seconds"),
        }
        return {name: value for name, value in found.items() if value}


def facts(table: Table) -> Facts:
    layer = table.layer
    demo = layer.id in demo_layer_ids()
    description = str(layer.description)
    if demo:
        description += " DATA CONTOH, bukan data resmi. SAMPLE DATA, not official."
    return Facts(
        title=str(layer.title),
        description=description,
        owner=layer.owner,
        licence=settings.DATA_LICENCE if POLICIES[layer.policy].public else "",
        updated=last_updated(layer, table.user),
        made=timezone.now(),
        demo=demo,
    )


def issued(layer: Layer) -> datetime | None:
    """When the layer first had data."""
    first: datetime | None = Load.objects.filter(layer_id=layer.id).aggregate(
        first=Min("loaded_at")
    )["first"]
    return first
