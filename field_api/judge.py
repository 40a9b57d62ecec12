"""What becomes of a stored submission: a feature, or the reasons why it cannot be one.

A batch is judged as sets, in the order in which the device counted; where a set fails in a way that
nobody foresaw it is halved, until the one that fails stands alone and harms no other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import groupby
from uuid import UUID

from django.db import DataError, IntegrityError, OperationalError, transaction
from django.db.models import UUIDField
from django.utils import timezone

from field_api.attachments.settling import settle
from field_api.cases import Case, layer_for
from field_api.models import Attachment, Submission
from field_api.positions import place, rate
from field_api.revisions import LONGEST, revise
from layers import bulk
from layers.base import Layer, Refused
from layers.functions import IsAnyOf

logger = logging.getLogger(__name__)
State = Submission.State

CROWD = 100  # revisions that waited for one submission: more of them wait for `tend`
# What may still become something: a duty may have been given since.
OPEN = (State.RECEIVED, State.UNPERMITTED)
VERDICT = (
    "state", "reasons", "judged_at", "feature_id", "observed_at", "geom", "accuracy",
    "trust", "trust_reasons", "root", "version", "merged", "conflicts",
)  # fmt: skip


def judge(submissions: Sequence[Submission]) -> list[Submission]:
    """Judge stored submissions, then the revisions that waited for them; returns each as it now
    stands, in the order given."""
    judged = _judge_set(submissions)
    all_judged = [*judged, *_judge_late(judged)]
    accepted = [row for row in all_judged if row.state == State.ACCEPTED]
    waiting = Attachment.objects.filter(state=Attachment.State.COMPLETE, reason="")
    if any(row.root for row in accepted) or waiting.exists():
        keys = [row.instance_id for row in accepted]
        transaction.on_commit(lambda: settle(keys))
    return judged


def _judge_late(judged: Sequence[Submission]) -> Iterator[Submission]:
    """The revisions that waited for these, and those that waited for them."""
    waiting = Submission.objects.filter(state=State.RECEIVED, revises__isnull=False)
    for _ in range(LONGEST):
        if not waiting.exists():
            return
        done = [row.instance_id for row in judged if row.state != State.RECEIVED]
        late = list(waiting.filter(IsAnyOf("revises", done, UUIDField()))[:CROWD])
        if not late:
            return
        judged = _judge_set(late)
        yield from judged


def _judge_set(submissions: Sequence[Submission]) -> list[Submission]:
    """Judge what is still received; returns each as it now stands, in the order given.

    The rows are locked, so that parallel resends are judged once. What nobody foresaw leaves a
    submission `received`: it is logged, and judged again later. A database that is out of reach
    raises OperationalError.
    """
    try:
        with transaction.atomic():
            waiting = _locked(submissions)
            _judge([Case(row) for row in waiting])
    except OperationalError:
        raise
    except Exception as error:
        if len(submissions) == 1:
            return [_failed(submissions[0].instance_id, error)]
        half = len(submissions) // 2
        keys = [row.instance_id for row in submissions]
        fresh = Submission.objects.in_bulk(keys)
        rows = [fresh[key] for key in keys]
        return _judge_set(rows[:half]) + _judge_set(rows[half:])
    if len(waiting) == len(submissions):
        return waiting
    judged = {row.instance_id for row in waiting}
    settled = Submission.objects.in_bulk({row.instance_id for row in submissions} - judged)
    return [settled.get(row.instance_id, row) for row in submissions]


def _locked(submissions: Sequence[Submission]) -> list[Submission]:
    """Those that are still open; nobody else judges them until the transaction ends."""
    known = IsAnyOf("pk", [row.instance_id for row in submissions], UUIDField())
    rows = Submission.objects.select_for_update().filter(known, state__in=OPEN)
    keys = rows.order_by("pk").values_list("pk", flat=True)
    waiting = list(submissions)
    if len(keys) < len(submissions):
        found = set(keys)
        waiting = [row for row in submissions if row.instance_id in found]
    for row in waiting:
        row.state, row.judged_at = State.RECEIVED, None
    return waiting


def _failed(key: UUID, error: Exception) -> Submission:
    """What the database refuses is refused; anything else is our fault, and waits for us."""
    logger.error("Submission %s could not be judged.", key, exc_info=error)
    submission = Submission.objects.get(pk=key)
    if isinstance(error, DataError | IntegrityError) and submission.state == State.RECEIVED:
        submission.state, submission.judged_at = State.REFUSED, timezone.now()
        submission.reasons = {"values": "Isian ini tidak dapat disimpan; hubungi administrator."}
        submission.save(update_fields=["state", "reasons", "judged_at"])
    return submission


def _judge(cases: list[Case]) -> None:
    """Run by run: what a revision revises stands before it is looked at."""
    cases.sort(key=lambda case: case.order)
    for (_, _, layer_id, revising), run in groupby(cases, key=lambda case: case.kind):
        together = list(run)
        layer = layer_for(layer_id, together[0].submission)
        for part in [[case] for case in together] if revising else [together]:
            for case in part:
                case.read(layer)
            if layer is not None and revising:
                revise(part[0], layer)
            elif layer is not None:
                _write(part, layer)
            _record(part)


def _record(cases: Sequence[Case]) -> None:
    """The verdicts, into their rows. What waits as it did before is not touched: synchronisation
    would tell of it again."""
    rate(cases)
    now = timezone.now()
    for case in cases:
        if case.submission.state != State.RECEIVED:
            case.submission.judged_at = now
    bulk.change([case.submission for case in cases if not case.still_waiting], VERDICT)


def _write(cases: Sequence[Case], layer: Layer) -> None:
    """The features of first submissions, in one set."""
    assert layer.accepts is not None
    place(cases)
    good = [case for case in cases if case.readable]
    if not good:
        return
    entries = [case.entry() for case in good]
    written = layer.accepts.write(entries=entries, by=good[0].submission.user)
    for case, outcome in zip(good, written, strict=True):
        if isinstance(outcome, Refused):
            case.refuse(outcome.reasons)
        else:
            case.accept(outcome.pk)
