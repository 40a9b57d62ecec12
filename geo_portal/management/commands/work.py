import logging
import os
import threading
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from psycopg import OperationalError

from geo_portal.jobs import SILENT

logger = logging.getLogger(__name__)
PAUSE = 5  # seconds before the database is tried again


class Command(BaseCommand):
    help = (
        "Do what is due: the schedule of geo_portal/jobs.py, and the tiles that changed. "
        "Belongs beside the web server, once or several times; ends at SIGTERM."
    )
    requires_system_checks = []  # the web server beside it has made them

    def handle(self, **options: object) -> None:
        os.nice(5)  # whoever waits for a page comes first
        stop = threading.Event()
        sweeping = threading.Thread(target=_sweep, args=[stop], name="sweeper", daemon=True)
        sweeping.start()
        try:
            while not _work():
                stop.wait(PAUSE)
        except KeyboardInterrupt:
            pass
        finally:
            stop.set()
            sweeping.join(timeout=PAUSE)


def _work() -> bool:
    """Until it is told to end: True; False where it lost the database."""
    try:
        connector: Any = app.connector  # Django's, which knows the worker's own
        with app.replace_connector(connector.get_worker_connector()) as worker:
            _run(worker)
    except (ConnectorException, OperationalError):
        logger.exception("The database does not answer; tried again in %s seconds.", PAUSE)
        return False
    return True


def _run(worker: App) -> None:
    worker.run_worker(
        concurrency=2,  # a long task does not hold up the short ones
        shutdown_graceful_timeout=8,
        stalled_worker_timeout=SILENT,
    )


def _sweep(stop: threading.Event) -> None:
    """The tiles that changed. A fault does not end it."""
    from maps.tiles import sweeper

    while not stop.is_set():
        try:
            sweeper.run(stop)
        except Exception:
            logger.exception("Sweeping failed; tried again in %s seconds.", PAUSE)
            connection.close()
            stop.wait(PAUSE)
