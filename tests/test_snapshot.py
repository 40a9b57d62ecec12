"""The cast that is put back is the cast that its factories make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Model
from model_bakery.random_gen import baker_random

from tests.conftest import make_cast
from tests.snapshot import Beginning, Rows, Snapshot, content, tables

SECONDS = ("layers_tileversion", "version")  # a time, which two makings may share by chance


def numbers() -> dict[str, int]:
    """The next number of each sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sequencename, coalesce(last_value + 1, start_value) FROM pg_sequences"
            " WHERE schemaname = current_schema()"
        )
        return dict(cursor.fetchall())


def begin_at(free: dict[str, int]) -> None:
    """The same ids again, and what is drawn by lot as far as `baker` draws it."""
    baker_random.seed(0)
    with connection.cursor() as cursor:
        for name, number in free.items():
            used = max(1, number - 1), number > 1
            cursor.execute("SELECT setval(%s, %s, %s)", [f'"{name}"', *used])


def made() -> Rows:
    with transaction.atomic():
        make_cast()
        found = content()
        transaction.set_rollback(True)
    return found


def test_every_row_of_every_table_is_as_the_factories_make_it(db: None) -> None:
    free = numbers()
    begin_at(free)
    snapshot = Snapshot(make_cast)
    begin_at(free)
    once = made()
    begin_at(free)
    again = made()
    snapshot.put_back()
    back = content()
    assert back.keys() == once.keys()
    for table, columns in tables().items():
        # What two makings do not share is drawn by lot, or is the time.
        same = [
            number
            for number, column in enumerate(columns)
            if values(once, table, number) == values(again, table, number)
            and (table, column.name) != SECONDS
        ]
        assert those(same, back, table) == those(same, once, table), table


def values(rows: Rows, table: str, column: int) -> Counter[str]:
    return Counter(row[column] for row in rows.get(table, []))


def those(columns: list[int], rows: Rows, table: str) -> Counter[tuple[str, ...]]:
    return Counter(tuple(row[number] for number in columns) for row in rows.get(table, []))


def test_whoever_is_in_the_cast_stands_in_the_database(cast: Any) -> None:
    found = list(instances(cast))
    assert len(found) > 20
    for one in found:
        row = type(one)._base_manager.get(pk=one.pk)
        for field in one._meta.concrete_fields:
            if not field.generated and field.attname not in one.get_deferred_fields():
                assert getattr(one, field.attname) == getattr(row, field.attname), field


def instances(of: Any) -> Iterator[Model]:
    for one in (vars(of) if isinstance(of, SimpleNamespace) else of).values():
        if isinstance(one, Model):
            yield one
        elif isinstance(one, SimpleNamespace | dict):
            yield from instances(one)


def test_beside_rows_of_a_test_it_is_made_anew(db: None, cast_once_made: Snapshot) -> None:
    assert cast_once_made.fits()
    User.objects.create(username="someone")
    assert not cast_once_made.fits()


@pytest.mark.django_db(transaction=True)
def test_after_a_test_that_commits_the_database_begins_again(cast_once_made: Snapshot) -> None:
    beginning, before = Beginning(), content()
    cast_once_made.put_back()
    User.objects.create(username="someone")
    assert content() != before
    beginning.come_again()
    after = content()
    assert {t: sorted(rows) for t, rows in after.items()} == {
        t: sorted(rows) for t, rows in before.items()
    }
