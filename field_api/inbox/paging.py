"""Pages of the ledger, newest first, by key: as quick on the last page as on the first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User as Account
from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet, Value
from psycopg.errors import QueryCanceled

from field_api.models import Submission
from field_api.records import is_overtaken
from layers.base import User
from layers.functions import StatementTimeout

SIZE = 50
NEWEST = ("-received_at", "-instance_id")
OLDEST = ("received_at", "instance_id")

PATIENCE = "5s"  # for each question to the database

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEY = re.compile(r"(\d{1,17})-([0-9a-f]{32})", re.ASCII)


class TooWide(Exception):
    """What was asked for takes longer to find than anybody should wait."""


@contextmanager
def hurried(user: User) -> Iterator[None]:
    """Raises TooWide where a query inside takes longer than `PATIENCE`."""
    limit = StatementTimeout(Value(PATIENCE))
    try:
        with transaction.atomic():
            Account.objects.filter(pk=user.pk or 0).values_list(limit, flat=True).get()
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooWide from error
        raise


@dataclass(frozen=True)
class Page:
    """Rows, and the keys of the pages on either side where there are any."""

    rows: Sequence[Submission]
    newer: str = ""
    older: str = ""


def page(branches: Iterable[QuerySet[Submission]], *, older: str, newer: str) -> Page:
    """The rows of all branches that come after `older` or before `newer` (keys of other pages;
    what is no key is the first page). Each branch is a walk along an index that ends with the
    page; one query over all of them would sort everything they hold."""
    back = bool(_position(newer)) and not _position(older)
    order = OLDEST if back else NEWEST
    beyond = _beyond(older, newer)
    heads = [branch.filter(beyond).order_by(*order)[: SIZE + 1] for branch in branches]
    if not heads:
        return Page([])
    found = heads[0].values_list("received_at", "instance_id")
    if len(heads) > 1:
        rest = [head.values_list("received_at", "instance_id") for head in heads[1:]]
        found = found.union(*rest, all=True).order_by(*order)[: SIZE + 1]
    keys = [key for _, key in found]
    more, keys = len(keys) > SIZE, keys[:SIZE]
    rows = Submission.objects.filter(pk__in=keys).select_related("user", "device")
    listed = list(rows.annotate(overtaken=is_overtaken()).order_by(*NEWEST))
    if not listed:
        return Page([])
    return Page(
        listed,
        newer=_key(listed[0]) if (more if back else _position(older)) else "",
        older=_key(listed[-1]) if (back or more) else "",
    )


def _beyond(older: str, newer: str) -> Q:
    if at := _position(older):
        received_at, key = at
        return Q(received_at__lte=received_at) & (
            Q(received_at__lt=received_at) | Q(instance_id__lt=key)
        )
    if at := _position(newer):
        received_at, key = at
        return Q(received_at__gte=received_at) & (
            Q(received_at__gt=received_at) | Q(instance_id__gt=key)
        )
    return Q()


def _key(submission: Submission) -> str:
    since = (submission.received_at - _EPOCH) // timedelta(microseconds=1)
    return f"{since}-{submission.instance_id.hex}"


def _position(key: str) -> tuple[datetime, UUID] | None:
    match = _KEY.fullmatch(key)
    if not match:
        return None
    return _EPOCH + timedelta(microseconds=int(match[1])), UUID(match[2])
