"""Revisions and withdrawals: what a sender, or the office, changes of what was sent."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from field_api.attachments.settling import settle
from field_api.cases import Case
from field_api.merge import merge, unflat
from field_api.models import Submission, chain_of
from field_api.positions import place
from field_api.records import chain, content
from layers.base import Layer, Refused
from layers.registry import LAYERS

PATIENCE = timedelta(days=30)
LONGEST = 100  # submissions that one record may have
State = Submission.State
Channel = Submission.Channel


def revise(case: Case, layer: Layer) -> None:
    """Merge a revision into its record, field by field; what somebody else changed meanwhile stays,
    and the conflict is kept beside it. A revision that came before what it revises waits."""
    submission = case.submission
    assert submission.revises is not None
    base = Submission.objects.filter(pk=submission.revises).first()
    if base is None or base.state == State.RECEIVED:
        return _wait(case)
    root = Submission.objects.select_for_update().get(pk=chain_of(base))
    if not _may_revise(submission, root) or root.layer_id != submission.layer_id:
        return case.refuse({"revises": "Tidak ada kiriman Anda dengan UUID ini."})
    if root.state == State.WITHDRAWN:
        return case.refuse({"revises": "Kiriman itu sudah ditarik kembali."})
    known = chain(root.pk).exclude(pk=submission.pk)
    submission.root = root.pk
    submission.version = known.aggregate(last=Max("version"))["last"] + 1
    if submission.version > LONGEST:
        return case.refuse({"revises": f"Paling banyak {LONGEST} perbaikan; kirim catatan baru."})
    head = known.filter(state=State.ACCEPTED).last()
    if case.readable and head:
        _merge(case, layer, base, head)
    place([case])
    if case.readable:
        _apply(case, layer, head)


def _wait(case: Case) -> None:
    """It came before what it revises; one that never comes is not waited for for ever."""
    submission = case.submission
    if timezone.now() - submission.received_at > PATIENCE:
        return case.refuse({"revises": "Kiriman yang diperbaikinya tidak pernah datang."})
    told = {"revises": "Menunggu kiriman yang diperbaikinya."}
    submission.state = State.RECEIVED
    case.still_waiting = submission.reasons == told
    submission.reasons = told


def _may_revise(submission: Submission, root: Submission) -> bool:
    return submission.channel == Channel.OFFICE or submission.user_id == root.user_id


def _merge(case: Case, layer: Layer, base: Submission, head: Submission) -> None:
    assert layer.accepts is not None
    merged, conflicts = merge(content(base, layer), content(head, layer), case.content)
    members, answers = unflat(merged)
    item = {**case.item, "geometry": None, "accuracy": None, "mock": None, **members}
    item = {**item, "values": answers}
    case.take(item, answers, layer.accepts, clock_skew=None)  # it was corrected already
    case.submission.merged, case.submission.conflicts = merged, conflicts


def _apply(case: Case, layer: Layer, head: Submission | None) -> None:
    assert layer.accepts is not None
    feature = layer.rows().filter(pk=head.feature_id).first() if head else None
    if head and feature is None:
        return case.refuse({"revises": "Catatan ini sudah tidak ada."})
    entry = case.entry(feature=feature)
    (outcome,) = layer.accepts.write(entries=[entry], by=case.submission.user)
    if isinstance(outcome, Refused):
        return case.refuse(outcome.reasons)
    case.accept(outcome.pk)


def withdraw(submission: Submission, *, by: User) -> Submission:
    """Take a record back: its feature goes the way its form says, its submissions stay as
    tombstones. Of a revision only what never took hold can go alone. Doing it again changes
    nothing. Raises Refused where it is too late."""
    with transaction.atomic():
        root = Submission.objects.select_for_update().get(pk=chain_of(submission))
        standing = Submission.objects.get(pk=submission.pk)
        whole = standing.pk == root.pk
        if standing.state != State.WITHDRAWN:
            if whole:
                _take_back(chain(root.pk), by)
            elif standing.state == State.ACCEPTED:
                told = "Ini perbaikan yang sudah berlaku; tarik kiriman pertamanya."
                raise Refused({"revises": told})
            rows = chain(root.pk) if whole else Submission.objects.filter(pk=standing.pk)
            rows.update(
                state=State.WITHDRAWN,
                withdrawn_at=timezone.now(),
                withdrawn_by=by,
                judged_at=Coalesce("judged_at", Now()),
            )
            transaction.on_commit(lambda: settle([root.pk]))
    return Submission.objects.get(pk=submission.pk)


def _take_back(rows: QuerySet[Submission], by: User) -> None:
    head = rows.filter(state=State.ACCEPTED).last()
    layer = LAYERS.get(head.layer_id) if head else None
    if head is None or layer is None or layer.accepts is None:
        return
    feature = layer.rows().filter(pk=head.feature_id).first()
    if feature is not None:
        layer.accepts.withdraw(feature=feature, by=by)
