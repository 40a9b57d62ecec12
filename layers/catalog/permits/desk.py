"""The desk of who works on permits: the list of files, and one file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.gis.db.models.functions import Envelope
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery

from layers.catalog.permits.applications import CLOSED, Application
from layers.catalog.permits.check.checks import Check
from layers.catalog.permits.clock.timing import Timing, timings
from layers.catalog.permits.roles import OPEN, works_on_permits

MOST = 500  # rows of a list
GROUPS = {"open": OPEN, "closed": frozenset(CLOSED), "all": OPEN | frozenset(CLOSED)}
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Row:
    """A line of the list. `application` comes without its geometries; `bounds` are the parcel's
    west, south, east, north; `verdict` is that of the last check ("" none)."""

    application: Application
    timing: Timing
    verdict: str
    bounds: Bounds

    @property
    def number(self) -> str:
        return self.application.number


def queue(
    user: Any,
    *,
    status: str = "open",
    officer: str = "",
    text: str = "",
    kelurahan: str = "",
    verdict: str = "",
    order: str = "left",
    today: date | None = None,
) -> list[Row]:
    """The files that this person works on, at most MOST. `status` is one of GROUPS or a status,
    `officer` a username ("-" nobody), `kelurahan` a code, `text` a part of number, applicant or
    activity; `order` one of ORDERS, else the least time left first."""
    if not works_on_permits(user):
        return []
    rows = Application.objects.filter(_asked(status, officer, text, kelurahan))
    last = Check.objects.filter(application=OuterRef("pk")).order_by("-pk")
    rows = rows.annotate(
        box=Envelope("geom"), verdict=Subquery(last.values("evidence__verdict")[:1])
    )
    if verdict:
        rows = rows.filter(verdict=verdict)
    rows = rows.select_related("kelurahan", "officer").defer("geom", "granted", "shown")
    return _rows(rows.order_by(*_order(order, status))[:MOST], order, today)


ORDERS = {
    "newest": ("-submitted_at", "-pk"),
    "oldest": ("submitted_at", "pk"),
    "number": ("number",),
    "area": ("-area_m2", "pk"),
}


def _order(order: str, status: str) -> tuple[Any, ...]:
    """Where the list is cut off, what waited longest is on it, and of the closed the newest."""
    if order in ORDERS:
        return ORDERS[order]
    if GROUPS.get(status, frozenset({status})) <= OPEN:
        return ("submitted_at", "pk")
    closed = ExpressionWrapper(Q(status__in=CLOSED), output_field=BooleanField())
    return (closed, "-submitted_at", "-pk")


def _asked(status: str, officer: str, text: str, kelurahan: str) -> Q:
    asked = Q(status__in=GROUPS[status]) if status in GROUPS else Q(status=_plain(status))
    if officer:
        nobody = Q(officer__isnull=True)
        asked &= nobody if officer == "-" else Q(officer__username=_plain(officer))
    if kelurahan:
        asked &= Q(kelurahan__code=_plain(kelurahan))
    for word in _plain(text).split():
        asked &= (
            Q(number__icontains=word) | Q(applicant__icontains=word) | Q(activity__icontains=word)
        )
    return asked


def _plain(text: str) -> str:
    return text.replace("\x00", "")[:200]


def _rows(found: QuerySet[Application], order: str, today: date | None) -> list[Row]:
    files = list(found)
    known = timings(files, today)
    rows = [
        Row(one, known[one.pk], one.verdict or "", one.box.extent)  # type: ignore[attr-defined]
        for one in files
    ]
    if order not in ORDERS:
        rows.sort(key=_urgency)
    return rows


def _urgency(row: Row) -> tuple[bool, bool, float, str]:
    """Those that run before those that stand still, the least left first; the closed ones last, the
    newest first."""
    if row.application.status in CLOSED:
        return True, False, -row.application.submitted_at.timestamp(), row.number
    left = float("inf") if row.timing.left is None else float(row.timing.left)
    return False, row.timing.paused, left, row.number


def file(user: Any, number: str) -> Application | None:
    """The file of this number; None where there is none, or not for this person."""
    if not works_on_permits(user):
        return None
    rows = Application.objects.select_related("kelurahan", "officer", "identity")
    return rows.filter(number=_plain(number)).first()


def by_tracking_code(code: str) -> Application | None:
    """The application that this code follows, or None."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,24}", code):
        return None
    rows = Application.objects.select_related("kelurahan", "identity")
    return rows.filter(tracking_code=code).first()
