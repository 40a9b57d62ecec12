"""What a crash leaves behind of what phones sent is taken up without anybody asking."""

from __future__ import annotations

import logging
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connection

logger = logging.getLogger(__name__)


def each_minute() -> None:
    _do("judge_submissions")
    _do("settle_attachments")


def each_day() -> None:
    _do("erase_originals")
    _do("check_files", mend=True)


def _do(command: str, **options: Any) -> None:
    """One failing does not keep the others from their work."""
    try:
        call_command(command, stdout=StringIO(), **options)
    except Exception:
        logger.exception("%s failed; the next round tries again.", command)
        connection.close()
