"""Which submissions an official may read: the one question that every page of the inbox asks."""

from __future__ import annotations

from django.contrib.auth.models import User as Account
from django.db.models import Exists, OuterRef, Q, QuerySet

from field_api.models import Submission
from layers.base import Layer, User
from layers.permissions import (
    EVERYTHING,
    NOTHING,
    can_review,
    is_bound,
    keeps_portal,
    reviewed_senders,
    serves_a_unit,
)
from layers.registry import LAYERS

State = Submission.State
NO_FORM = "-"  # what came without a form that the portal knows

# A layer that some roles reach within their Puskesmas only keeps what is said of its rows there.
BOUND_SENDERS = Account.objects.filter(serves_a_unit()).values("pk")


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
    senders = reviewed_senders(layer, user)
    if senders is EVERYTHING:
        # Sent under a form that was not theirs, it may hold anything that they know.
        return ~Q(state=State.UNPERMITTED, user__in=BOUND_SENDERS)
    feature = {"pk": OuterRef("feature_id")}
    visible = Exists(layer.visible_to(user).order_by().filter(**feature))
    gone = ~Q(Exists(layer.rows().filter(**feature)))  # refused, or withdrawn with its feature
    theirs = Q(user__in=Account.objects.filter(senders).values("pk"))
    return theirs & (Q(visible) | gone)


def _without_layer() -> Q:
    """What nobody's form explains. A text that cannot be read may be about a child: it is shown
    only where its sender neither serves a Puskesmas nor ever sent anything for one."""
    bound = [layer.id for layer in LAYERS.values() if is_bound(layer)]
    once = Submission.objects.filter(user=OuterRef("user"), layer_id__in=bound)
    return (
        Q(state__in=(State.REFUSED, State.UNPERMITTED))
        & ~Q(layer_id__in=[*bound, *(layer.id for layer in LAYERS.values() if layer.accepts)])
        & ~Q(user__in=BOUND_SENDERS)
        & ~Q(Exists(once))
    )
