"""The portal as `make run` starts it, on a durable PostgreSQL of its own, in a folder of its own.

Nothing of it outlives the `with`: neither a process nor a file.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg

from geo_portal.localdb import Cluster
from geo_portal.postmaster import DATABASE, PORT, ROLE, Server

PROJECT = Path(__file__).resolve().parents[2]
START = ("setpriv", "--pdeathsig=KILL", sys.executable)  # it ends with us, even if we are killed


@dataclass
class Portal:
    folder: Path
    cluster: Cluster
    process: subprocess.Popen[str] | None = None
    address: tuple[str, int] = ("127.0.0.1", 0)
    # A process "ends with us" when the thread ends that started it: one that stays to the end.
    starter: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    @property
    def database(self) -> Server:
        return self.cluster.server

    @property
    def files(self) -> Path:
        return self.folder / "media"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @cached_property
    def environment(self) -> dict[str, str]:
        ours = {
            k: v for k, v in os.environ.items() if not k.startswith(("PG", "DJANGO", "LOCALDB"))
        }
        return ours | {
            "DATABASE_URL": f"postgis:///{DATABASE}",
            "PGHOST": str(self.database.socket_folder),
            "PGPORT": str(PORT),
            "PGUSER": ROLE,
            "SECRET_KEY": "a drill's, and gone with it",
            "MEDIA_ROOT": str(self.files),
            "HOST": "127.0.0.1",
            "PORT": "0",
            # The phones' time runs faster than the clock, and so must their allowance.
            "DEVICE_REFILL": "40",
        }

    def settle_town(self, officers: int) -> dict[str, Any]:
        """An empty database becomes a town; gives who may send, and what to send about."""
        return dict(json.loads(self._run("-m", "tests.drill.town", "settle", str(officers))))

    def tidy(self) -> list[str]:
        """What the city does each night: judge, draw and sweep what crashes left behind."""
        return list(json.loads(self._run("-m", "tests.drill.town", "tidy"))["told"])

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            [*START, *command],
            cwd=PROJECT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
        return done.stdout

    def serve(self) -> None:
        """Start `manage.py serve`, and wait until it answers."""
        self.process = self.starter.submit(self._start).result()
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"http://([\d.]+):(\d+)", line):
                self.address = found[1], int(found[2])
                return self._wait_for_workers()
        raise RuntimeError(f"The portal did not start: {self.log.read_text()[-2000:]}")

    def _start(self) -> subprocess.Popen[str]:
        with self.log.open("a") as log:
            return subprocess.Popen(
                [*START, "manage.py", "serve", "--no-demo"],
                cwd=PROJECT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl-C is for us alone; and we can end all of it at once
            )

    def _wait_for_workers(self) -> None:
        """The socket is open before anyone is there to answer."""
        host, port = self.address
        try:
            urlopen(f"http://{host}:{port}/healthz", timeout=120).close()
        except OSError as error:
            raise RuntimeError(f"The portal does not answer: {error}") from error

    def stop_serving(self) -> None:
        """As an administrator would: what is under way may end."""
        if self.process is not None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
            self.end_serving()

    def end_serving(self) -> None:
        """All of it at once: `serve`, gunicorn and every worker."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()
            self.process = None

    def serves(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def workers(self) -> list[int]:
        """The web workers, which gunicorn starts anew when they die."""
        if self.process is None:
            return []
        return [worker for master in _children(self.process.pid) for worker in _children(master)]

    def master(self) -> int | None:
        return next(iter(_children(self.process.pid)), None) if self.process else None

    def backends(self) -> list[int]:
        """PostgreSQL's processes that work for the portal."""
        wanted = f"postgres: {self.database.tag}: {ROLE} {DATABASE} "
        return [pid for pid in _pids() if _command_line(pid).startswith(wanted)]

    def postmaster(self) -> int | None:
        wanted = f"cluster_name={self.database.tag}"
        return next((pid for pid in _pids() if wanted in _command_line(pid).split("\0")), None)

    def complaints(self) -> Counter[str]:
        """The exceptions in the server's log, each with how often."""
        found = re.findall(
            r"^(\w[\w.]*(?:Error|Exception|Timeout)\b.{,120})", self.log.read_text(), re.M
        )
        return Counter(re.sub(r"\d+", "#", one) for one in found)

    def ask(self, database: str = DATABASE) -> psycopg.Connection[Any]:
        """Past the portal, straight to the rows."""
        return self.database.connect(database)


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def _command_line(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    return ""


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    return []


@contextmanager
def durable_portal() -> Iterator[Portal]:
    """Not yet serving, and with nothing in its database."""
    folder = Path(tempfile.mkdtemp(prefix="geo-portal-drill-"))
    folder.chmod(0o711)  # the database's own user passes through
    portal = Portal(folder, Cluster("run", folder))
    try:
        with portal.cluster.running():
            try:
                yield portal
            finally:
                portal.end_serving()
                portal.starter.shutdown()
    finally:
        portal.database.delete()
        shutil.rmtree(folder, ignore_errors=True)
