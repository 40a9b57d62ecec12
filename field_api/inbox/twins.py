"""Submissions that may tell of the same thing as another one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Polygon
from django.db.models import Q, QuerySet

from field_api.inbox.reading import Reader, Reading
from field_api.inbox.reviewable import reviewable
from field_api.models import Submission, chain_of
from field_api.trust import METRES_A_DEGREE, metres
from layers.base import User

NEAR = 250.0  # metres
CLOSE = timedelta(hours=24)
CANDIDATES = 200  # looked at, latest versions first
MOST = 10  # shown

State = Submission.State


@dataclass(frozen=True)
class Line:
    """A member of two submissions, side by side."""

    title: str
    one: str
    other: str

    @property
    def same(self) -> bool:
        return self.one == self.other


@dataclass(frozen=True)
class Twin:
    reading: Reading
    distance: float | None
    lines: list[Line]


def twins(reading: Reading, user: User) -> list[Twin]:
    """The latest version of each record of the same form with the same main answers, a day apart at
    most and within 250 m; or by the same sender, where the answers themselves name the thing (a
    market and a commodity) or there is no place to compare."""
    submission = reading.submission
    if submission.observed_at is None or not reading.main:
        return []
    reader = Reader(user)
    records: dict[UUID, Reading] = {}
    for one in _candidates(submission, user):
        other = reader.read(one)
        if _told(other) == _told(reading) and _alike(reading, other):
            records.setdefault(chain_of(one), other)
    found = [
        Twin(other, apart(submission, other.submission), _beside(reading, other))
        for other in records.values()
    ]
    return sorted(found, key=lambda twin: twin.distance or 0.0)[:MOST]


def _alike(one: Reading, other: Reading) -> bool:
    distance = apart(one.submission, other.submission)
    if distance is not None and distance <= NEAR:
        return True
    return one.submission.user_id == other.submission.user_id and (one.coded or distance is None)


def _candidates(submission: Submission, user: User) -> QuerySet[Submission]:
    assert submission.observed_at is not None
    seen = (submission.observed_at - CLOSE, submission.observed_at + CLOSE)
    who_or_where = Q(user=submission.user_id)
    if submission.geom is not None:
        reach = 1.1 * NEAR / METRES_A_DEGREE
        x, y = submission.geom.x, submission.geom.y
        box = Polygon.from_bbox((x - reach, y - reach, x + reach, y + reach))
        box.srid = 4326
        who_or_where |= Q(geom__intersects=box)
    chain = chain_of(submission)
    rows = reviewable(user).filter(
        who_or_where, layer_id=submission.layer_id, observed_at__range=seen
    )
    rows = rows.exclude(Q(pk=chain) | Q(root=chain, root__isnull=False))
    rows = rows.exclude(state=State.WITHDRAWN).select_related("user", "device")
    return rows.order_by("-version", "-received_at")[:CANDIDATES]


def _told(reading: Reading) -> list[Any]:
    return [reading.values.get(name) for name in reading.main]


def apart(one: Submission, other: Submission) -> float | None:
    """Metres between two submissions, None where either has no place."""
    if one.geom is None or other.geom is None:
        return None
    return metres((one.geom.x, one.geom.y), (other.geom.x, other.geom.y))


def _beside(one: Reading, other: Reading) -> list[Line]:
    names = list(dict.fromkeys([*one.sent, *other.sent]))
    return [
        Line(one.title_of(name), *(r.told(name, r.sent.get(name)).text for r in (one, other)))
        for name in names
    ]
