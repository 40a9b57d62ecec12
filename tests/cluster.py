"""A pytest plugin: a throw-away PostGIS for whoever types `pytest`.

It is loaded by name before Django's settings are, which read LOCALDB and TEST_DATABASE.
"""

import fcntl
import os
import sys
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import pytest

from geo_portal.local_folder import make_local_folder
from geo_portal.localdb import Cluster
from geo_portal.postmaster import ROLE, LocalDbError

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


if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    # Nothing beside the sources, as was wished; but each of the many processes that tests start
    # would compile Django again, and take twice as long for it.
    sys.dont_write_bytecode = False
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(PROJECT / ".local" / "pycache")

if not os.environ.get("DATABASE_URL"):
    slot, lock = free_slot()
    held.enter_context(lock)
    os.environ["LOCALDB"] = "test"
    os.environ["TEST_DATABASE"] = f"test_portal_{slot}"

# Files that a test leaves are thrown away with it, and photos are drawn before the answer.
os.environ["MEDIA_ROOT"] = held.enter_context(TemporaryDirectory(prefix="media-"))
os.environ["TILE_STORE"] = ""  # a version that was rolled back may come again
os.environ["SETTLE_IN_BACKGROUND"] = "0"

# What tests.snapshot puts back was whole: no trigger need look at it.
MAY_PUT_BACK = f"""DO $$ BEGIN
    IF NOT has_parameter_privilege('{ROLE}', 'session_replication_role', 'set') THEN
        GRANT SET ON PARAMETER session_replication_role TO {ROLE};
    END IF;
END $$"""


def pytest_sessionstart(session: pytest.Session) -> None:
    if os.environ.get("DATABASE_URL") or session.config.option.collectonly:
        return
    try:
        server = held.enter_context(Cluster("test", PROJECT).running()).server
    except LocalDbError as error:
        pytest.exit(str(error), returncode=3)
    with server.connect("postgres") as postgres:
        if postgres.info.server_version >= 150_000:  # before, none but a superuser may
            postgres.execute(MAY_PUT_BACK)


def pytest_unconfigure() -> None:
    held.close()
