"""What befalls the portal in a drill: SIGKILL for its workers, its web server, its database's
backends and postmaster; workers that hang; a full disk; a database without a free connection.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress

import psycopg

from geo_portal.postmaster import ROLE
from tests.drill.portal import Portal
from tests.drill.proxy import Proxy

DATABASE_KILLS = frozenset({"PostgreSQL backend", "postmaster"})


class Killer(threading.Thread):
    """Strikes while requests are being answered, and only then: `answered()` counts them.

    What a supervisor of the city's would start anew (the web server, the postmaster) it starts
    anew; what heals itself (workers, backends) it leaves alone.
    """

    def __init__(
        self,
        portal: Portal,
        proxy: Proxy,
        targets: Mapping[str, int],
        answered: Callable[[], int],
        seed: int,
    ) -> None:
        super().__init__(name="killer", daemon=True)
        self.portal, self.proxy, self.answered = portal, proxy, answered
        self.left = Counter(targets)
        self.struck: Counter[str] = Counter()
        self.under_load: Counter[str] = Counter()
        self.chance = random.Random(seed)
        self.stop = threading.Event()
        self.failure: BaseException | None = None
        self._stopped_workers: set[int] = set()
        self._acts: dict[str, Callable[[], bool]] = {
            "web worker": self._kill_worker,
            "web server": self._kill_web_server,
            "worker that hangs": self._hang_worker,
            "PostgreSQL backend": self._kill_backend,
            "postmaster": self._kill_postmaster,
            "full disk": self._fill_disk,
            "no connection": self._refuse_connections,
        }

    def share_done(self) -> float:
        """Of the strikes that were asked for."""
        done = self.struck.total()
        return done / (done + left) if (left := self.left.total()) else 1.0

    def run(self) -> None:
        try:
            while not self.stop.is_set() and self.left.total():
                self._wait_for_load()
                what = self.chance.choices(*zip(*self.left.items(), strict=True))[0]
                busy = self.proxy.under_way > 0
                if self._acts[what]():
                    self.struck[what] += 1
                    self.under_load[what] += busy
                    self.left -= Counter([what])
        except BaseException as failure:
            self.failure = failure
        finally:
            self._wake()

    def _wait_for_load(self) -> None:
        """Until some requests more were answered: a portal that is down cannot be struck."""
        wanted = self.answered() + self.chance.randrange(1, 15)
        self.stop.wait(self.chance.uniform(0, 0.2))
        deadline = time.monotonic() + 60
        while self.answered() < wanted and time.monotonic() < deadline:
            if self.stop.wait(0.02):
                return
        self.mend()

    def mend(self) -> None:
        """Start anew what does not start itself."""
        if not self.portal.database.answers():
            self.portal.database.start()  # waits for one that is still recovering
        if not self.portal.serves():
            self.portal.end_serving()
            self.portal.serve()
            self.proxy.upstream = self.portal.address

    # -- the acts; each says whether there was anything to strike

    def _kill_worker(self) -> bool:
        return _kill(self._pick(self.portal.workers()))

    def _kill_web_server(self) -> bool:
        """The master of the workers; sometimes all of them in the same moment."""
        if self.chance.random() < 0.5:
            self.portal.end_serving()
        elif not _kill(self.portal.master()):
            return False
        elif self.portal.process is not None:
            self.portal.process.wait(60)
        self.mend()
        return True

    def _hang_worker(self) -> bool:
        """It holds its connections and answers nothing; then it goes on, or dies in this state."""
        worker = self._pick(self.portal.workers())
        if worker is None:
            return False
        self._stopped_workers.add(worker)
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGSTOP)
        self.stop.wait(self.chance.uniform(0.5, 5))
        if self.chance.random() < 0.5:
            _kill(worker)
        self._wake()
        return True

    def _wake(self) -> None:
        for worker in self._stopped_workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGCONT)
        self._stopped_workers.clear()

    def _kill_backend(self) -> bool:
        """PostgreSQL then throws everybody out and recovers from its log."""
        return _kill(self._pick(self.portal.backends()))

    def _kill_postmaster(self) -> bool:
        if not _kill(self.portal.postmaster()):
            return False
        self.stop.wait(self.chance.uniform(0, 1))
        self.portal.database.start()
        return True

    def _fill_disk(self) -> bool:
        """The workers may write no file longer than a few kilobytes, for a while."""
        workers = self.portal.workers()
        most = self.chance.randrange(1, 64) * 1024
        for worker in workers:
            _limit_files(worker, most)
        self.stop.wait(self.chance.uniform(1, 4))
        for worker in workers:
            _limit_files(worker, resource.RLIM_INFINITY)
        return bool(workers)

    def _refuse_connections(self) -> bool:
        """Every connection is gone and no new one is given, for a while."""
        with suppress(psycopg.Error), self.portal.ask("postgres") as server:
            server.execute(f"ALTER ROLE {ROLE} CONNECTION LIMIT 0")
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [ROLE]
            )
            self.stop.wait(self.chance.uniform(0.5, 3))
        self.give_connections()
        return True

    def give_connections(self) -> None:
        self.mend()
        with self.portal.ask("postgres") as server:
            server.execute(f"ALTER ROLE {ROLE} CONNECTION LIMIT -1")

    def _pick(self, pids: list[int]) -> int | None:
        return self.chance.choice(pids) if pids else None


def _kill(pid: int | None) -> bool:
    if pid is None:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _limit_files(pid: int, most: int) -> None:
    """Only the soft limit, which its owner may lift again."""
    with suppress(ProcessLookupError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))
