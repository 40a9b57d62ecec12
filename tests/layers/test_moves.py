"""Status moves along its table only, and every move stays readable."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from layers.base import Refused
from layers.catalog.permits.applications import Application
from layers.catalog.permits.workflow import steps
from layers.catalog.trash import reports
from layers.catalog.trash.reports import TrashReport
from layers.history import advance
from tests.factories import application, trash_report

pytestmark = pytest.mark.django_db
TABLES = [(TrashReport, reports.MOVES), (Application, steps.MOVES)]


@pytest.mark.parametrize(
    ("before", "after"),
    list(product(TrashReport.Status.values, TrashReport.Status.values)),
)
def test_a_report_moves_exactly_as_the_table_says(cast: Any, before: str, after: str) -> None:
    report = trash_report(cast.town.kelurahan["Tenggara"], before)
    allowed = after in reports.MOVES.get(before, frozenset())
    if not allowed:
        with pytest.raises(Refused, match="status"):
            advance(report, after, allowed=reports.MOVES, by=cast.officer)
        assert not report.moves.exists()
        return
    move = advance(report, after, allowed=reports.MOVES, by=cast.officer, reason="uji")
    report.refresh_from_db()
    assert report.status == after
    assert (move.from_status, move.by, move.reason) == (before, cast.officer, "uji")


@pytest.mark.parametrize(("model", "moves"), TABLES)
def test_every_status_of_the_table_exists_and_can_be_reached(model: Any, moves: Any) -> None:
    known = set(model.Status.values)
    reached, waiting = set(), [next(iter(model.Status.values))]
    while waiting:
        status = waiting.pop()
        if status not in reached:
            reached.add(status)
            waiting += moves.get(status, ())
    assert reached == known


def test_a_stale_page_cannot_move_what_has_moved_on(cast: Any) -> None:
    report = trash_report(cast.town.kelurahan["Tenggara"], "received")
    stale = TrashReport.objects.get(pk=report.pk)
    advance(report, "verified", allowed=reports.MOVES, by=cast.officer)
    with pytest.raises(Refused, match="muat ulang"):
        advance(stale, "rejected", allowed=reports.MOVES, by=cast.officer)
    assert report.moves.count() == 1


def test_a_decided_application_has_a_day_and_an_open_one_has_none(cast: Any) -> None:
    area = cast.town.kelurahan["Tenggara"]
    with pytest.raises(IntegrityError), transaction.atomic():
        application(area, "KKPR-8", "granted", decided_on=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        application(area, "KKPR-9", "assessment", decided_on="2026-01-01")


def test_the_area_of_a_parcel_is_geodesic(cast: Any) -> None:
    from pyproj import Geod

    made = application(cast.town.kelurahan["Tenggara"], "KKPR-10")
    made.refresh_from_db()
    ring = made.geom[0][0]
    lons, lats = zip(*ring.coords, strict=True)
    area, _ = Geod(ellps="WGS84").polygon_area_perimeter(lons, lats)
    assert made.area_m2 == pytest.approx(abs(area), rel=1e-6)
