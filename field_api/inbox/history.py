"""The chain of a submission: every step of one record, and what each changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from field_api.inbox.reading import Reader, Reading
from field_api.inbox.reviewable import reviewable
from field_api.merge import Content
from field_api.models import Submission, chain_of
from field_api.records import chain
from layers.base import User

State = Submission.State


@dataclass(frozen=True)
class Change:
    title: str
    before: str
    after: str


@dataclass(frozen=True)
class Step:
    """A submission of the record. `changes` are against what stood before it; `reason` is why an
    official made it."""

    reading: Reading
    changes: list[Change]
    reason: str
    current: bool


@dataclass(frozen=True)
class Conflict:
    """A member that two people changed: what it was, what stands, and what was asked for."""

    name: str
    title: str
    base: str
    standing: str
    sent: str


def steps_of(reading: Reading, user: User) -> list[Reading]:
    """Every submission of the record that this person may read, first to last."""
    seen = reviewable(user).filter(pk__in=chain(chain_of(reading.submission)).values("pk"))
    reader = Reader(user)
    return [reader.read(one) for one in seen.select_related("user", "device").order_by("version")]


def history(steps: Sequence[Reading], current: Reading) -> list[Step]:
    told, before = [], None
    for reading in steps:
        reason = reading.item.get("reason")
        told.append(
            Step(
                reading,
                differences(before, reading.stands, reading) if before is not None else [],
                reason if isinstance(reason, str) else "",
                reading.submission.pk == current.submission.pk,
            )
        )
        if reading.submission.state == State.ACCEPTED or before is None:
            before = reading.stands
    return told


def differences(before: Content, after: Content, reading: Reading) -> list[Change]:
    """What reads differently: the same moment written in another zone is the same."""
    told = [
        Change(
            reading.title_of(name),
            reading.told(name, before.get(name)).text or _("kosong"),
            reading.told(name, after.get(name)).text or _("kosong"),
        )
        for name in dict.fromkeys([*before, *after])
    ]
    return [change for change in told if change.before != change.after]


def conflicts(reading: Reading) -> list[Conflict]:
    return [
        Conflict(
            name,
            reading.title_of(name),
            *(
                reading.told(name, sides.get(side)).text or _("kosong")
                for side in ("base", "standing", "sent")
            ),
        )
        for name, sides in reading.submission.conflicts.items()
    ]
