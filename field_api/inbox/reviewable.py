"""Which submissions an official may read: the one question that every page of the inbox asks."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from field_api.models import Submission
from layers.base import Layer, User
from layers.permissions import (
    NOTHING,
    can_review,
    is_bound,
    keeps_portal,
    reviewed_units,
)
from layers.registry import LAYERS

State = Submission.State
NO_FORM = "-"  # what came without a form that the portal knows


def reviewable(user: User) -> QuerySet[Submission]:
    """The submissions that this person may read, of whatever state. All others are as good as
    unknown: not their content, their UUID or their place."""
    rows = NOTHING
    for part in parts(user).values():
        rows |= part
    return Submission.objects.filter(rows)


def parts(user: User) -> dict[str, Q]:
    """The same by form, `NO_FORM` last: each is a walk along one index."""
    found = {
        layer.id: Q(layer_id=layer.id) & _of_layer(layer, user)
        for layer in LAYERS.values()
        if layer.accepts and can_review(layer, user)
    }
    if keeps_portal(user):
        found[NO_FORM] = _without_layer()
    return found


def _of_layer(layer: Layer, user: User) -> Q:
    units = reviewed_units(layer, user)
    if units is None:
        # Sent under a form that was not theirs, it may hold anything that they know.
        return ~Q(state=State.UNPERMITTED) | _of_no_unit()
    feature = {"pk": OuterRef("feature_id")}
    visible = Exists(layer.visible_to(user).order_by().filter(**feature))
    gone = ~Q(Exists(layer.rows().filter(**feature)))  # refused, or withdrawn with its feature
    # Not where its sender serves today, nor where one of several lies that this person does not.
    return Q(units__contained_by=sorted(units)) & (Q(visible) | gone)


def _without_layer() -> Q:
    """What nobody's form explains. A text that cannot be read may be about a child."""
    forms = [layer.id for layer in LAYERS.values() if layer.accepts or is_bound(layer)]
    rejected = Q(state__in=(State.REFUSED, State.UNPERMITTED))
    return rejected & ~Q(layer_id__in=forms) & _of_no_unit()


def _of_no_unit() -> Q:
    """Whose sender neither served a Puskesmas when it came, nor had sent anything out of one or
    for one at any time."""
    bound = [layer.id for layer in LAYERS.values() if is_bound(layer)]
    his = Submission.objects.filter(user=OuterRef("user"))
    for_one, out_of_one = his.filter(layer_id__in=bound), his.filter(units__isnull=False)
    return Q(units__isnull=True) & ~Q(Exists(for_one)) & ~Q(Exists(out_of_one))
