"""The embedded PostGIS of `make run` and `make test`.

The installed PostgreSQL binaries, run without root on the project's own data. No system
cluster is ever touched. Two flocks beside the data keep order among processes, and a killed
process lets go of them by itself:

  pg-<name>.lock     held alone while the server is started, stopped or deleted
  pg-<name>.holders  shared by everyone who uses the server: the last one to leave stops it
"""

import fcntl
import hashlib
import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import psycopg

from geo_portal.local_folder import make_local_folder
from geo_portal.postmaster import DATABASE, PORT, ROLE, LocalDbError, Server


@dataclass(frozen=True)
class Cluster:
    """One server and who uses it. `run` is kept and durable, any other is thrown away."""

    name: str
    project: Path
    prefix: Path = Path("/usr")

    @cached_property
    def server(self) -> Server:
        project = hashlib.sha256(str(self.project).encode()).hexdigest()[:10]
        return Server(
            tag=f"geo-portal-{project}-{self.name}",
            home=self.project / ".local" / f"pg-{self.name}",
            durable=self.name == "run",
            prefix=self.prefix,
        )

    def address(self) -> dict[str, Any]:
        """As Django's DATABASES has it; asks for no running server."""
        return {
            "NAME": DATABASE,
            "USER": ROLE,
            "HOST": str(self.server.socket_folder),
            "PORT": str(PORT),
        }

    @contextmanager
    def running(self) -> Iterator["Cluster"]:
        """Holds the server up; whoever leaves last stops it, be it by Ctrl-C, TERM or HUP."""
        with exit_on_signals(), self._open("holders") as holders:
            fcntl.flock(holders, fcntl.LOCK_SH)
            try:
                with self._alone():
                    self.server.start()
                yield self
            finally:
                with deaf(), self._alone():
                    fcntl.flock(holders, fcntl.LOCK_UN)
                    if _try_alone(holders) and not self._is_kept():
                        self.server.stop()

    def start(self) -> None:
        """Starts the server and leaves it running until `stop`, even when no one holds it."""
        with self._alone():
            self.server.start()
            self._beside("kept").write_text(self.server.birth())

    def stop(self) -> None:
        with self._unused():
            self.server.stop()

    def reset(self) -> None:
        """Deletes every row there is, and begins anew."""
        with self._unused():
            was_kept = self._is_kept()
            self.server.delete()
        if was_kept:
            self.start()
        else:
            with self.running():
                pass

    def _is_kept(self) -> bool:
        kept = self._beside("kept")
        return kept.exists() and kept.read_text() == self.server.birth() != ""

    def _beside(self, ending: str) -> Path:
        return self.project / ".local" / f"pg-{self.name}.{ending}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._open("lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield
            except (OSError, psycopg.Error) as error:
                told = " ".join(str(error).split())  # psycopg's has many lines
                raise LocalDbError(f"The local database of {self.project}: {told}") from error

    @contextmanager
    def _unused(self) -> Iterator[None]:
        with self._open("holders") as holders, self._alone():
            if not _try_alone(holders):
                raise LocalDbError(
                    "The local database is in use (`make run` or a test): stop that first."
                )
            yield

    def _open(self, ending: str) -> IO[str]:
        path = self._beside(ending)
        try:
            make_local_folder(path.parent)
            return path.open("a")
        except OSError as error:
            raise LocalDbError(f"The local database needs to write {path}: {error}.") from error


def _try_alone(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


ENDINGS = (signal.SIGTERM, signal.SIGHUP)


def exit_on_signals() -> AbstractContextManager[None]:
    """TERM and the closing of a terminal unwind the stack, as Ctrl-C does."""
    return _handling(_unwind, (signal.SIGINT, *ENDINGS))


def _unwind(*_: Any) -> None:
    # A closing terminal sends two signals at once: the second must not cut the stopping short.
    for number in (signal.SIGINT, *ENDINGS):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def deaf() -> AbstractContextManager[None]:
    """A second Ctrl-C does not interrupt the stopping."""
    return _handling(signal.SIG_IGN, (signal.SIGINT, *ENDINGS))


@contextmanager
def _handling(handler: Any, numbers: tuple[signal.Signals, ...]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in numbers}
    for number, was in before.items():
        if was is not signal.SIG_IGN:  # nohup wishes to outlive its terminal
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, was in before.items():
            signal.signal(number, was)
