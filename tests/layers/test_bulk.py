"""Many rows in one statement."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from layers import bulk
from layers.catalog.trash.reports import TrashReport, TrashReportMove
from tests.factories import CENTRE, NOON

pytestmark = pytest.mark.django_db


def reports(count: int, **more: Any) -> list[TrashReport]:
    blank = TrashReport(category="scattered", observed_at=NOON, geom=CENTRE)
    return [
        bulk.alike(blank, **{"instance_id": uuid4(), "tracking_code": str(n), **more})
        for n in range(count)
    ]


def test_rows_know_their_keys_whatever_the_order_they_are_written_in() -> None:
    rows = reports(20)
    bulk.add(rows, key="instance_id")
    for row in rows:
        found = TrashReport.objects.get(pk=row.pk)
        assert (found.instance_id, found.tracking_code) == (row.instance_id, row.tracking_code)
        assert not row._state.adding


def test_one_that_is_there_already_keeps_all_out() -> None:
    first, *others = reports(3)
    bulk.add([first], key="instance_id")
    again = bulk.alike(first, pk=None, id=None, tracking_code="other")
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.add([*others, again], key="instance_id")
    assert TrashReport.objects.get().pk == first.pk


def test_rows_that_are_all_alike_are_as_many_as_they_were() -> None:
    (report,) = reports(1)
    bulk.add([report], key="instance_id")
    move = TrashReportMove(to_status="received", record=report)
    bulk.append([bulk.alike(move) for _ in range(3)])
    assert report.moves.count() == 3


def test_a_row_is_repeated_for_each_value() -> None:
    rows = reports(3)
    bulk.add(rows, key="instance_id")
    move = TrashReportMove(to_status="received", reason='with "quotes", % and \\')
    bulk.repeat(move, record=[row.pk for row in rows])
    written = TrashReportMove.objects.values_list("record", "to_status", "reason")
    assert set(written) == {(row.pk, "received", move.reason) for row in rows}
    bulk.repeat(move, record=[])
    assert TrashReportMove.objects.count() == 3


def test_its_statements_are_counted_like_any_other() -> None:
    with CaptureQueriesContext(connection) as asked:
        bulk.add(reports(2), key="instance_id")
    assert [query["sql"].split()[0] for query in asked] == ["SELECT", "INSERT"]
