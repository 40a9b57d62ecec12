"""What a phone needs to work alone, and what changed of it since its last cursor.

A cursor is opaque to the phone: the number of the oldest database transaction that was still
running when it was made (whatever changes later has that number or a greater one, so nothing is
passed over), and the fingerprints of the forms and lists that the phone then had.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.utils import timezone

from field_api.forms import forms_for, lists_for
from field_api.models import Attachment, Submission
from field_api.serializers import ItemSerializer
from layers.catalog.boundaries import bounds_of
from layers.functions import OldestRunning
from layers.permissions import duties

PAGE = 1000  # items an answer holds
RECENT = timedelta(days=90)  # of one's own items, what a new phone is told
FORMS = "forms"

Json = dict[str, Any]


@dataclass(frozen=True)
class Cursor:
    """`since` is a transaction number; `after` the last (number, UUID) where a page ended; `until`
    the number at which the first page began; `marks` fingerprints by name."""

    since: int = 0
    until: int = 0
    after: tuple[int, str] | None = None
    marks: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        told = [self.since, self.until, self.after, dict(self.marks)]
        return urlsafe_b64encode(json.dumps(told, separators=(",", ":")).encode()).decode()

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Raises ValueError for what is no cursor."""
        try:
            since, until, after, marks = json.loads(urlsafe_b64decode(text.encode("ascii")))
            last = (int(after[0]), str(UUID(after[1]))) if after else None
            numbers = (int(since), int(until), last[0] if last else 0)
            if not all(0 <= number < 2**63 for number in numbers):
                raise ValueError
            told = {str(k): str(v) for k, v in marks.items()}
            return cls(*numbers[:2], last, told)
        except (
            *(ValueError, TypeError, AttributeError),
            *(IndexError, OverflowError, RecursionError),
        ) as error:
            raise ValueError("no cursor") from error


def changes(user: User, cursor: Cursor) -> Json:
    """What this person's phone does not know yet, with the cursor for the next time."""
    now = User.objects.filter(pk=user.pk).values_list(OldestRunning(), flat=True).get()
    if cursor.since > now:  # another server, or one restored from a copy: begin anew
        cursor = Cursor(marks=cursor.marks)
    until = cursor.until or now
    paging = cursor.after is not None
    reference, marks = ({}, cursor.marks) if paging else _reference(user, cursor.marks)
    items, last = _items(user, cursor)
    after = (last.changed_in, str(last.pk)) if last else None
    following = Cursor(cursor.since, until, after, marks) if last else Cursor(until, marks=marks)
    return {
        "cursor": str(following),
        "more": last is not None,
        "user": {"username": user.get_username(), "name": user.get_full_name()},
        "lists": {},
        "lists_now": sorted(lists_for(user)),
        "area": _area(user),
        **reference,
        "items": items,
        "attachments": [] if paging else _attachments(user, cursor),
    }


def _area(user: User) -> tuple[float, float, float, float] | None:
    """(west, south, east, north) of the areas that this person's duties are limited to; None where
    one is not."""
    codes = [duty.area_code for duty in duties(user)]
    return bounds_of(codes) if all(codes) else None


def fingerprint(value: Any) -> str:
    text = json.dumps(value, cls=DjangoJSONEncoder, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _reference(user: User, known: Mapping[str, str]) -> tuple[Json, dict[str, str]]:
    """The forms and lists whose fingerprint the phone does not have, and all fingerprints."""
    forms = forms_for(user)
    marks = {FORMS: fingerprint(forms)}
    lists: Json = {}
    for codes in lists_for(user).values():
        rows = list(codes.rows(user))
        told = {"title": str(codes.title), "assigned": codes.assigned, "rows": rows}
        mark = marks[f"list:{codes.id}"] = fingerprint(told)
        if known.get(f"list:{codes.id}") != mark:
            lists[codes.id] = told
    answer: Json = {"lists": lists}
    if known.get(FORMS) != marks[FORMS]:
        answer["forms"] = forms
    return answer, marks


def _items(user: User, cursor: Cursor) -> tuple[list[Any], Submission | None]:
    """The person's own submissions that changed, and what the office did to them; the last one
    where there are more."""
    own = Submission.objects.filter(user=user).values("pk")
    rows = Submission.objects.filter(
        Q(user=user) | Q(channel=Submission.Channel.OFFICE, root__in=own),
        changed_in__gte=cursor.since,
    )
    if not cursor.since:
        rows = rows.filter(received_at__gte=timezone.now() - RECENT)
    if cursor.after:
        number, key = cursor.after
        rows = rows.filter(Q(changed_in=number, pk__gt=key) | Q(changed_in__gt=number))
    page = list(rows.order_by("changed_in", "pk").defer("payload", "merged")[: PAGE + 1])
    last = page[PAGE - 1] if len(page) > PAGE else None
    return list(ItemSerializer(page[:PAGE], many=True).data), last


def _attachments(user: User, cursor: Cursor) -> list[Json]:
    rows = Attachment.objects.filter(user=user, changed_in__gte=cursor.since).order_by("changed_in")
    if not cursor.since:
        rows = rows.filter(created_at__gte=timezone.now() - RECENT)
    told = ("id", "instance_id", "name", "sha256", "size", "offset", "state", "reason")
    return [dict(row) for row in rows.values(*told)]
