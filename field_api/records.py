"""Records: the chain of submissions that say one thing.

The first one (`root`) names the record; the accepted one with the highest `version` is how it
stands. Nothing in the ledger is overwritten.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from field_api.cases import Case, present_answers
from field_api.merge import Content
from field_api.models import Submission
from layers.base import Layer


def chain(root: Any) -> QuerySet[Submission]:
    """Every submission of the record that `root` names, first to last."""
    return Submission.objects.filter(Q(pk=root) | Q(root=root)).order_by("version")


def content(submission: Submission, layer: Layer) -> Content:
    """What the record said after this submission, flat."""
    assert layer.accepts is not None
    if submission.merged is not None:
        return dict(submission.merged)
    case = Case(submission)
    answers, _ = present_answers(layer.accepts, case.item)
    case.answers = answers
    return case.content
