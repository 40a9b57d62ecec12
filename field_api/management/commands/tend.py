"""What a crash leaves behind is taken up without anybody asking."""

from __future__ import annotations

import logging
import time
from argparse import ArgumentParser
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

logger = logging.getLogger(__name__)
DAY = 24 * 3600


class Command(BaseCommand):
    help = (
        "Judge what was stored and not judged, draw what was received and not drawn; once a day "
        "erase what has been kept long enough. Until it is stopped, or once with --once."
    )
    requires_system_checks = []  # the web server beside it has made them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="everything, one time")
        parser.add_argument("--every", type=float, default=60, metavar="SECONDS")

    def handle(self, *, once: bool, every: float, **options: Any) -> None:
        tidied: float | None = None
        while True:
            self._do("judge_submissions")
            self._do("settle_attachments")
            if tidied is None or time.monotonic() - tidied > DAY:
                self._do("erase_originals")
                self._do("check_files", mend=True)
                tidied = time.monotonic()
            if once:
                return
            connection.close()
            time.sleep(every)

    def _do(self, command: str, **options: Any) -> None:
        """One failing does not keep the others from their work."""
        try:
            call_command(command, stdout=StringIO(), **options)
        except Exception:
            logger.exception("%s failed; the next round tries again.", command)
            connection.close()
