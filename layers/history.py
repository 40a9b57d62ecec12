"""Status as a table of allowed moves, and each move as a row that is only ever appended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from layers.base import Refused

Moves = Mapping[str, frozenset[str]]


class Move(models.Model):
    """Who moved `record` from one status to the next, when and why. A theme adds the `record`
    key.
    """

    from_status = models.CharField(max_length=30, blank=True)
    to_status = models.CharField(max_length=30)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.TextField(blank=True)

    class Meta:
        abstract = True
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.from_status or '·'} → {self.to_status}"


@transaction.atomic
def advance(
    record: Any,
    to: str,
    *,
    allowed: Moves,
    by: Any,
    reason: str = "",
    at: datetime | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Any:
    """Move `record` to a status, set `changes` with it and append the row that says so; returns the
    move.

    The record is locked and held against the status that the caller saw, so that of two officials
    who press at once the second is told. Raises `Refused` then, and where the table has no such
    move.
    """
    standing = type(record).objects.select_for_update().values_list("status", flat=True)
    status = standing.get(pk=record.pk)
    if status != record.status:
        told = f"Sementara itu sudah berpindah ke «{status}»; muat ulang."
        raise Refused({"status": told})
    if to not in allowed.get(status, frozenset()):
        raise Refused({"status": f"Dari «{status}» tidak dapat berpindah ke «{to}»."})
    move = record.moves.create(
        from_status=status, to_status=to, by=by, reason=reason, at=at or timezone.now()
    )
    changed = {"status": to, **(changes or {})}
    for name, value in changed.items():
        setattr(record, name, value)
    record.save(update_fields=list(changed))
    return move
