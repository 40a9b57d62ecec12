"""A pytest plugin: a throw-away PostGIS for whoever types `pytest`.

It is loaded by name before Django's settings are, which read LOCALDB and TEST_DATABASE.
"""

import fcntl
import os
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import pytest

from geo_portal.local_folder import make_local_folder
from geo_portal.localdb import Cluster
from geo_portal.postmaster import LocalDbError

PROJECT = Path(__file__).resolve().parent.parent
held = ExitStack()


def free_slot() -> tuple[int, IO[str]]:
    """Test runs side by side share the server, and have a database each."""
    make_local_folder(PROJECT / ".local")
    for slot in count(1):
        lock = (PROJECT / ".local" / f"pg-test.slot-{slot}").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return slot, lock
    raise AssertionError("count() does not end")


if not os.environ.get("DATABASE_URL"):
    slot, lock = free_slot()
    held.enter_context(lock)
    os.environ["LOCALDB"] = "test"
    os.environ["TEST_DATABASE"] = f"test_portal_{slot}"

# Files that a test leaves are thrown away with it, and photos are drawn before the answer.
os.environ["MEDIA_ROOT"] = held.enter_context(TemporaryDirectory(prefix="media-"))
os.environ["TILE_STORE"] = ""  # a version that was rolled back may come again
os.environ["SETTLE_IN_BACKGROUND"] = "0"


def pytest_sessionstart(session: pytest.Session) -> None:
    if os.environ.get("DATABASE_URL") or session.config.option.collectonly:
        return
    try:
        held.enter_context(Cluster("test", PROJECT).running())
    except LocalDbError as error:
        pytest.exit(str(error), returncode=3)


def pytest_unconfigure() -> None:
    held.close()
