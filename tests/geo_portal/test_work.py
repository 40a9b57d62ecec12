"""What is done by the clock: by a real worker, which may be killed at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from geo_portal import jobs
from maps.models import MadeDocument

PROJECT = Path(__file__).resolve().parents[2]
TABLES = "procrastinate_jobs, procrastinate_periodic_defers, procrastinate_workers"


@pytest.fixture(autouse=True)
def an_empty_queue(transactional_db: None) -> Iterator[None]:
    """The tables of the queue are not Django's: a flush leaves them."""
    empty()
    yield
    empty()


def empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLES} CASCADE")


def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def status(job: int) -> str:
    return rows("SELECT status::text FROM procrastinate_jobs WHERE id = %s", job)[0][0]


def until(true: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    address = connection.settings_dict
    server = {"PGHOST": address["HOST"], "PGPORT": address["PORT"], "PGUSER": address["USER"]}
    given = {name: str(value) for name, value in server.items() if value}
    given |= {"DATABASE_URL": f"postgis:///{address['NAME']}"}
    given |= {"MEDIA_ROOT": str(settings.MEDIA_ROOT)}
    with subprocess.Popen(
        [sys.executable, "manage.py", "work"], cwd=PROJECT, env=os.environ | given
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.usefixtures("cast")
def test_a_task_whose_worker_was_killed_is_done_by_another_and_once() -> None:
    with connection.cursor() as held:  # the task waits for this row in its middle
        job = app.configure_task("geo_portal.jobs.standing_documents").defer(timestamp=0)
        held.execute("BEGIN; LOCK TABLE maps_madedocument IN ACCESS EXCLUSIVE MODE")
        with worker() as first:
            until_doing(job)
            first.send_signal(signal.SIGKILL)
            first.wait(timeout=10)
        held.execute("ROLLBACK")
    assert status(job) == "doing", "nobody knows yet"
    rows("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '10 minutes'")
    with suppress(AlreadyEnqueued):  # as each minute does
        app.configure_task("geo_portal.jobs.take_up").defer(timestamp=0)

    with worker() as second:
        # Given up where the next one of its kind waits already: that one does it.
        until(lambda: status(job) in ("succeeded", "failed") and is_done("standing_documents"), 90)
        second.send_signal(signal.SIGTERM)
        assert second.wait(timeout=30) == 0

    made = MadeDocument.kept.filter(name="kota", language="id")
    assert [one.bytes > 100_000 for one in made] == [True]
    assert (Path(settings.MEDIA_ROOT) / made[0].path).stat().st_size == made[0].bytes


def is_done(task: str) -> bool:
    """Whether none of its kind waits or is under way, and one has come to its end."""
    found = rows(
        f"SELECT status::text FROM procrastinate_jobs WHERE task_name = 'geo_portal.jobs.{task}'"
    )
    states = {state for (state,) in found}
    return "succeeded" in states and not states & {"todo", "doing"}


def until_doing(job: int) -> None:
    """Asked on a connection of its own: the test's own is in a transaction, at one moment."""
    other = connection.copy()
    try:
        deadline = time.monotonic() + 60
        while True:
            with other.cursor() as cursor:
                cursor.execute("SELECT status::text FROM procrastinate_jobs WHERE id = %s", [job])
                if cursor.fetchone()[0] == "doing":
                    return
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        other.close()


def test_a_worker_ends_cleanly_when_told() -> None:
    with worker() as process:
        until(lambda: rows("SELECT 1 FROM procrastinate_workers"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert rows("SELECT 1 FROM procrastinate_workers") == []


def test_a_task_that_ends_every_worker_is_given_up() -> None:
    job = app.configure_task("geo_portal.jobs.tend").defer(timestamp=0)
    rows(
        "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s WHERE id = %s",
        jobs.MOST_ATTEMPTS,
        job,
    )
    app.configure_task("geo_portal.jobs.take_up").defer(timestamp=0)
    with worker():
        until(lambda: status(job) == "failed")


def test_a_task_whose_successor_waits_already_is_not_done_twice() -> None:
    """Of those with one queueing lock only one may wait."""
    task = app.configure_task("geo_portal.jobs.tend", queueing_lock="tend", lock="tend")
    stalled = task.defer(timestamp=0)
    rows("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", stalled)
    waiting = task.defer(timestamp=60)
    app.configure_task("geo_portal.jobs.take_up").defer(timestamp=0)
    with worker():
        until(lambda: (status(stalled), status(waiting)) == ("failed", "succeeded"))


def test_every_task_of_the_schedule_is_known_and_waits_once() -> None:
    known = app.periodic_registry.periodic_tasks
    assert {name.rpartition(".")[2] for name, _ in known} >= {
        *("take_up", "tend", "tidy", "price_bulletin", "trash_week", "standing_documents"),
        *("remind", "tile_archives", "forget"),
    }
    assert all(one.task.queueing_lock for one in known.values())


def test_a_task_that_is_done_late_is_of_the_day_it_was_due(monkeypatch: Any, cast: Any) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr("maps.documents.shelf.make_ready", lambda *of: asked.append(of))
    due = datetime(2026, 11, 15, 22, 30, tzinfo=UTC)  # Monday the 16th in Kupang

    jobs.price_bulletin(int(due.timestamp()))
    jobs.trash_week(int(due.timestamp()))

    assert asked == [
        ("harga", "2026-11-15"),
        ("harga", "2026-W46"),
        ("sampah", "2026-W46"),
    ]
