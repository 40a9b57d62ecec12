"""What the portal does by itself, and when. The clock of a schedule is UTC; Kupang is 8 hours on.

Every task may be broken off anywhere and begun again: what it makes it puts in place whole, once.
A worker that is killed leaves its task as being done; `take_up` gives it to another.
"""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.management import call_command
from django.utils import timezone
from procrastinate import App, RetryStrategy
from procrastinate.contrib.django import app as proxy
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job, Status

app: App = proxy
logger = logging.getLogger(__name__)

SILENT = 60.0  # seconds without a sign of life, after which a worker is taken for dead
MOST_ATTEMPTS = 5  # a task that ends its worker each time is not tried for ever
DONE_KEPT, FAILED_KEPT = 3 * 24, 30 * 24  # hours
AGAIN = RetryStrategy(max_attempts=4, wait=300)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="take-up", pass_context=True)
async def take_up(context: JobContext, timestamp: int) -> None:
    """What a dead worker was doing is done again."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT):
        if job.attempts >= MOST_ATTEMPTS:
            logger.error("%s ended its worker %s times.", job.task_name, job.attempts)
            await _give_up(manager, job)
            continue
        try:
            await manager.retry_job(job)
        except (AlreadyEnqueued, ConnectorException):
            await _give_up(manager, job)  # the next one of its kind waits already


def _day(timestamp: int) -> date:
    """The day in the city for which a task was due, however late it is done."""
    return timezone.localdate(datetime.fromtimestamp(timestamp, UTC))


async def _give_up(manager: Any, job: Job) -> None:
    await manager.finish_job(job=job, status=Status.FAILED, delete_job=False)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="tend", lock="tend")
def tend(timestamp: int) -> None:
    """What a crash left behind of what phones sent."""
    from field_api.chores import each_minute

    each_minute()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="check-uploads", lock="check-uploads")
def check_uploads(timestamp: int) -> None:
    """Files of offices that are too large to be checked while somebody waits."""
    from layers.uploads.check import check_waiting

    check_waiting()


@app.periodic(cron="30 18 * * *")
@app.task(queueing_lock="tidy", lock="tidy", retry=AGAIN)
def tidy(timestamp: int) -> None:
    """What has been kept long enough goes: originals, documents, jobs that are done."""
    from field_api.chores import each_day
    from maps.documents import shelf

    each_day()
    shelf.tidy(timezone.now())


@app.periodic(cron="15 18 * * *")
@app.task(queueing_lock="forget", pass_context=True)
async def forget(context: JobContext, timestamp: int) -> None:
    """Jobs that ended long ago: the done ones soon, the failed ones later."""
    manager = context.app.job_manager
    await manager.delete_old_jobs(nb_hours=DONE_KEPT)
    await manager.delete_old_jobs(
        nb_hours=FAILED_KEPT, include_failed=True, include_cancelled=True, include_aborted=True
    )


@app.periodic(cron="30 22 * * *")  # 06.30 in Kupang
@app.task(queueing_lock="price-bulletin", lock="documents", retry=AGAIN)
def price_bulletin(timestamp: int) -> None:
    """Of yesterday and, on Mondays, of the week that ended."""
    from maps.documents import shelf

    today = _day(timestamp)
    yesterday = today - timedelta(days=1)
    shelf.make_ready("harga", yesterday.isoformat())
    if today.weekday() == 0:
        shelf.make_ready("harga", f"{yesterday:%G-W%V}")


@app.periodic(cron="45 22 * * 0")  # Mondays, 06.45 in Kupang
@app.task(queueing_lock="trash-week", lock="documents", retry=AGAIN)
def trash_week(timestamp: int) -> None:
    """Of the week that ended last."""
    from maps.documents import shelf

    today = _day(timestamp)
    last = today - timedelta(days=today.weekday() + 1)
    shelf.make_ready("sampah", f"{last:%G-W%V}")


@app.periodic(cron="0 20 * * *")  # 04.00 in Kupang
@app.task(queueing_lock="standing-documents", lock="documents", retry=AGAIN)
def standing_documents(timestamp: int) -> None:
    """The map of the city, and the bulletin of a month that was released since."""
    from maps.documents import shelf

    shelf.make_ready("kota")
    shelf.make_ready("stunting")


@app.periodic(cron="0 23 * * *")  # 07.00 in Kupang
@app.task(queueing_lock="remind", lock="remind", retry=AGAIN)
def remind(timestamp: int) -> None:
    """Offices whose data is late are told."""
    from layers import freshness

    freshness.remind(timezone.now())


@app.periodic(cron="30 17 * * *")  # 01.30 in Kupang
@app.task(queueing_lock="lighten-tiles", lock="lighten-tiles", retry=AGAIN)
def lighten_tiles(timestamp: int) -> None:
    """A change makes tiles heavier at once, if it must; lighter they become in the night."""
    from layers import overviews, tile_changes

    tile_changes.changed_everywhere(overviews.lightened())


@app.periodic(cron="0 19 * * *")  # 03.00 in Kupang
@app.task(queueing_lock="tile-archives", lock="tile-archives", retry=AGAIN)
def tile_archives(timestamp: int) -> None:
    """PMTiles of the public layers."""
    call_command("make_pmtiles")
