"""Records: the chain of submissions that say one thing.

The first one (`root`) names the record; the accepted one with the highest `version` is how it
stands. Nothing in the ledger is overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from field_api.cases import Case, present_answers
from field_api.merge import Content
from field_api.models import Submission
from layers.base import Layer


def chain(root: Any) -> QuerySet[Submission]:
    """Every submission of the record that `root` names, first to last."""
    return Submission.objects.filter(Q(pk=root) | Q(root=root)).order_by("version")


def content(submission: Submission, layer: Layer, item: Mapping[str, Any] | None = None) -> Content:
    """What the record said after this submission, flat; what it would say, where that was not
    accepted. `item` is the payload, where the caller has it at hand already parsed."""
    if submission.merged is not None:
        return dict(submission.merged)
    return asked(submission, layer, item)


def asked(submission: Submission, layer: Layer, item: Mapping[str, Any] | None = None) -> Content:
    """What this submission alone asks for, flat: in the words of the present form, and with its
    clock put right."""
    assert layer.accepts is not None
    case = Case(submission, item)
    case.answers, _ = present_answers(layer.accepts, case.item)
    return case.content


def is_waiting() -> Q:
    """Whether a submission revises what has not come."""
    return Q(state=Submission.State.RECEIVED, reasons__has_key="revises")


def is_overtaken() -> Exists:
    """Whether a later submission of the record was accepted, inside a query of submissions."""
    later = Submission.objects.filter(
        root=Coalesce(OuterRef("root"), OuterRef("instance_id")),
        version__gt=OuterRef("version"),
        state=Submission.State.ACCEPTED,
    )
    return Exists(later)
