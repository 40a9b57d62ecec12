"""One thing after the other: whoever acts on a file acts on what he saw of it.

A page tells which act it had seen last. Where there is a newer one, nothing is done: a form sent
twice is done once, and of two officials the second is told of the first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from layers.base import Refused
from layers.catalog.permits.acts import Act
from layers.catalog.permits.applications import Application
from layers.catalog.permits.roles import lock

T = TypeVar("T")
AT_ONCE = timedelta(seconds=10)  # the second press of a double click comes well within


class DoneAlready(Exception):
    """The same person did the same thing a moment ago."""


def last_act(application: Application) -> int:
    """The number of the newest act of a file, 0 where there is none."""
    newest = (
        Act.objects.filter(application=application).order_by("-pk").values_list("pk", flat=True)
    )
    return newest.first() or 0


@transaction.atomic
def take_turn(
    *,
    application: Application,
    seen: int,
    kind: str,
    by: Any,
    deed: Callable[[], T],
    is_same: Callable[[Act], bool] = lambda act: True,
) -> T:
    """Do a deed that records an act of `kind`, if the newest act of the file is `seen` yet.
    `is_same` tells whether such an act says what this one would. Raises DoneAlready, and Refused
    with what happened meanwhile."""
    lock(application)
    newer = list(
        Act.objects.filter(application=application, pk__gt=seen)
        .select_related("by")
        .order_by("pk")[:5]
    )
    if newer:
        since = timezone.now() - AT_ONCE
        own = (act for act in newer if act.kind == kind and act.by_id == by.pk)
        if any(act.at > since and is_same(act) for act in own):
            raise DoneAlready
        who = newer[-1].by.get_username() if newer[-1].by else "pemohon"
        told = f"Sementara itu {who} mengubah berkas ini: lihat Riwayat, lalu kirim sekali lagi."
        raise Refused({"turn": told})
    return deed()
