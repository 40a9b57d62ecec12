"""What `make run` does, on the database of the tests: it says where it is, and ends when told."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.db import connection

PROJECT = Path(__file__).resolve().parents[2]


@contextmanager
def serve(port: int | str) -> Iterator[subprocess.Popen[str]]:
    address = connection.settings_dict
    server = {"PGHOST": address["HOST"], "PGPORT": address["PORT"], "PGUSER": address["USER"]}
    with subprocess.Popen(
        # A job in the background of a shell, as tests may be, is deaf to INT.
        ["env", "--default-signal=INT", sys.executable, "manage.py", "serve", "--no-demo"],
        cwd=PROJECT,
        env=os.environ
        | {k: v for k, v in server.items() if v}
        | {"DATABASE_URL": f"postgis:///{address['NAME']}", "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as portal:
        try:
            yield portal
        finally:
            portal.kill()


def page_of(portal: subprocess.Popen[str]) -> str:
    assert portal.stdout is not None
    address = next(found[0] for line in portal.stdout if (found := re.search(r"http://\S+", line)))
    with urlopen(f"{address}readyz", timeout=30) as answer:
        assert answer.status == 200
    return address


def answers(address: str) -> bool:
    try:
        urlopen(address, timeout=5).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.usefixtures("transactional_db")
def test_it_says_where_it_is_and_ends_when_told(ending: signal.Signals) -> None:
    with serve(port=0) as portal:
        address = page_of(portal)
        portal.send_signal(ending)
        told, _ = portal.communicate(timeout=30)
    assert portal.returncode == 0
    assert told == "Stopped.\n"
    assert not answers(address)


@pytest.mark.usefixtures("transactional_db")
def test_killed_it_takes_the_web_server_with_it() -> None:
    with serve(port=0) as portal:
        address = page_of(portal)
        portal.kill()
    deadline = time.monotonic() + 15
    while answers(address):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, serve(other.getsockname()[1]) as portal:
        _, told = portal.communicate(timeout=30)
    assert portal.returncode == 1
    assert told.startswith("CommandError: No port to listen on at 127.0.0.1 (")
    assert "in use" in told
    assert len(told.splitlines()) == 1


def test_a_port_that_is_none() -> None:
    with serve("http") as portal:
        _, told = portal.communicate(timeout=30)
    assert told.startswith("CommandError: No port to listen on at 127.0.0.1 (http): ")
