"""The chain of a submission: every version of one record, and what each changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce
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
class Version:
    """`changes` are against what stood before it; `reason` is why an official made it."""

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


def versions_of(reading: Reading, user: User) -> list[Reading]:
    """Every version that this person may read, first to last."""
    seen = reviewable(user).filter(pk__in=chain(chain_of(reading.submission)).values("pk"))
    reader = Reader(user)
    return [reader.read(one) for one in seen.select_related("user", "device").order_by("version")]


def history(versions: Sequence[Reading], current: Reading) -> list[Version]:
    told, before = [], None
    for reading in versions:
        reason = reading.item.get("reason")
        told.append(
            Version(
                reading,
                differences(before, content(reading), reading) if before is not None else [],
                reason if isinstance(reason, str) else "",
                reading.submission.pk == current.submission.pk,
            )
        )
        if reading.submission.state == State.ACCEPTED or before is None:
            before = content(reading)
    return told


def content(reading: Reading) -> Content:
    """What stood after it; what it asked for, where it was not accepted."""
    accepted = reading.submission.state == State.ACCEPTED
    return reading.stands if accepted else reading.sent


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


def is_overtaken() -> Exists:
    """Whether a later version of the record was accepted, inside a query of submissions."""
    return Exists(
        Submission.objects.filter(
            root=Coalesce(OuterRef("root"), OuterRef("instance_id")),
            version__gt=OuterRef("version"),
            state=State.ACCEPTED,
        )
    )


def overtaken(reading: Reading, versions: Sequence[Reading]) -> bool:
    """Whether a later version of the record was accepted."""
    return any(
        other.submission.version > reading.submission.version
        and other.submission.state == State.ACCEPTED
        for other in versions
    )
