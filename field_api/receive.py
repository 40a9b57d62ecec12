"""The one write path: store first, judge after.

A submission is a committed row before anyone looks at what it says. It is keyed by the UUID that
the device minted, so a resend changes nothing and gets the same answer; a crash between storing and
judging leaves it `received`, and the next resend or `manage.py judge_submissions` goes on from
there.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import orjson
from django.contrib.auth.models import User
from django.utils import timezone

from field_api.envelope import is_sequence, storable, uuid_of
from field_api.judge import OPEN, judge
from field_api.models import Device, Submission
from layers import bulk
from layers.permissions import units_served

State = Submission.State
Channel = Submission.Channel

# Names what arrived without a UUID of its own by its content: sent again, it is the same one.
UNNAMED = uuid.UUID("5b0b6f0e-2c0e-4b1e-9d53-5371c0de0001")


_plain_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def _canonical(item: Any) -> str:
    """One text for one content, keys sorted. orjson is several times as fast, but writes NaN as
    null and knows no lone surrogates: what might hold either is written by the standard library."""
    try:
        text = orjson.dumps(item, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError:
        return _plain_json(item)
    return _plain_json(item) if "null" in text else text


class Receipt(NamedTuple):
    """`conflict`: the UUID is taken by other content or by somebody else, and nothing was
    changed.
    """

    submission: Submission
    created: bool = False
    conflict: bool = False


@dataclass(frozen=True)
class Sender:
    """Who hands in, with what and how. `clock_skew` is how many seconds the device's clock was
    behind when it sent."""

    by: User
    device: Device | None = None
    channel: Submission.Channel = Channel.API
    clock_skew: float | None = None

    @cached_property
    def blank(self) -> Submission:
        return Submission(
            user=self.by,
            device=self.device,
            channel=self.channel.value,
            clock_skew=self.clock_skew,
            units=units_served(self.by) or None,
        )


def receive_all(
    items: Sequence[Any],
    *,
    by: User,
    device: Device | None,
    channel: Submission.Channel = Channel.API,
    clock_skew: float | None = None,
) -> list[Receipt]:
    """Store these submissions and judge them; a receipt for each, in their order."""
    sender = Sender(by, device, channel, clock_skew)
    arrived = [_arrived(item, sender) for item in items]
    receipts = _store(arrived)
    waiting = {
        receipt.submission.instance_id: receipt.submission
        for receipt in receipts
        if not receipt.conflict and receipt.submission.state in OPEN
    }
    if not waiting:
        return receipts
    judged = {row.instance_id: row for row in judge(list(waiting.values()))}
    return [
        receipt
        if receipt.conflict
        else receipt._replace(
            submission=judged.get(receipt.submission.instance_id, receipt.submission)
        )
        for receipt in receipts
    ]


def receive(item: dict[str, Any], *, by: User, device: Device | None, **more: Any) -> Receipt:
    """Store one submission and judge it."""
    (receipt,) = receive_all([item], by=by, device=device, **more)
    return receipt


def receive_unreadable(
    text: str,
    reason: str,
    *,
    by: User,
    device: Device | None,
    channel: Submission.Channel = Channel.API,
) -> Receipt:
    """Keep a body that cannot be read as a submission: it is refused, but not lost."""
    (receipt,) = _store([_refused(text, {"body": reason}, Sender(by, device, channel))])
    return receipt


def _arrived(item: Any, sender: Sender) -> Submission:
    """The ledger's row of an item. Nothing is judged here but whether it has a name."""
    text = _canonical(item)
    if not isinstance(item, dict):
        return _refused(text, {"body": "Kiriman harus satu objek JSON."}, sender)
    key = uuid_of(item.get("instance_id"))
    if key is None:
        told = "Sertakan UUID yang dibuat gawai, satu untuk tiap kiriman."
        return _refused(text, {"instance_id": told}, sender)
    form, sequence = item.get("form"), item.get("sequence")
    return _row(
        key,
        text,
        sender,
        layer_id=storable(form)[:60] if isinstance(form, str) else "",
        sequence=sequence if is_sequence(sequence) else None,
        revises=uuid_of(item.get("revises")),
        item=item,
    )


def _refused(text: str, reasons: dict[str, str], sender: Sender) -> Submission:
    key = uuid.uuid5(UNNAMED, f"{sender.by.pk}:{_sha256(text)}")
    more = {"state": State.REFUSED.value, "reasons": reasons, "judged_at": timezone.now()}
    return _row(key, text, sender, **more)


def _row(key: uuid.UUID, text: str, sender: Sender, **more: Any) -> Submission:
    return bulk.alike(
        sender.blank, instance_id=key, payload=storable(text), sha256=_sha256(text), **more
    )


def _store(rows: Sequence[Submission]) -> list[Receipt]:
    """Each row committed, or what stands under its UUID already."""
    first: dict[uuid.UUID, Submission] = {}
    for row in rows:
        first.setdefault(row.instance_id, row)
    known = Submission.objects.in_bulk(bulk.add_new(list(first.values())))
    receipts = []
    for row in rows:
        standing = known.get(row.instance_id) or first[row.instance_id]
        same = standing.user_id == row.user_id and standing.sha256 == row.sha256
        receipts.append(Receipt(standing, created=standing is row, conflict=not same))
    return receipts


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
