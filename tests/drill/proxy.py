"""A bad network between the phones and the portal: a proxy that loses, delays, cuts, repeats and
re-orders, by a seed. It also sees what the phones may never get to see: each answer of the server.
"""

from __future__ import annotations

import asyncio
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

# What may befall a request, and how often out of a hundred; the rest pass.
STORM: Mapping[str, float] = {
    "lost before the server": 5,
    "cut before the server": 4,
    "answer eaten": 6,
    "answer cut": 3,
    "delayed": 5,
    "sent twice": 4,
    "sent twice at once": 3,
    "held back": 3,  # the phone gives up, goes on, and then the old request arrives after all
    "login page": 2,
}
CALM: Mapping[str, float] = {}

LOGIN_PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 38\r\n\r\n"
    b"<title>Selamat datang di WiFi!</title>\n"
)[:-1]

Witness = Callable[[bytes, bytes], None]
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")


class BrokenError(Exception):
    """This exchange is over; the phone's connection with it."""


@dataclass
class Proxy:
    """`upstream` may change while it runs: a portal that starts anew has another port.

    `witness` is told of each whole exchange with the server: the request, and the answer.
    """

    upstream: tuple[str, int]
    seed: int = 0
    weather: Mapping[str, float] = field(default_factory=lambda: STORM)
    longest_delay: float = 2.0
    hold: float = 6.0
    witness: Witness = lambda request, answer: None
    counts: Counter[str] = field(default_factory=Counter)
    under_way: int = 0
    late: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[Any]] = set()  # asyncio itself forgets them

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[Proxy]:
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()  # all of it happens there: a browser test may have a loop in this thread
        began = asyncio.start_server(self._serve, "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(began, self._loop).result(30)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self._close(server), self._loop).result(30)
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    def settle(self) -> None:
        """Wait until nothing is on its way any more, held back or not."""
        deadline = time.monotonic() + self.hold + 10
        while (self.late or self.under_way) and time.monotonic() < deadline:
            time.sleep(0.05)

    async def _close(self, server: asyncio.Server) -> None:
        server.close()
        await asyncio.sleep(0)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _remember(self, task: asyncio.Task[Any] | None) -> None:
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- one connection of a phone

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._remember(asyncio.current_task())
        try:
            while (request := await _message(reader)) is not None:
                answer, whole = await self._exchange(request)
                writer.write(answer)
                await writer.drain()
                if not whole:
                    break
        except (BrokenError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        except asyncio.CancelledError:
            return
        finally:
            writer.close()

    async def _exchange(self, request: bytes) -> tuple[bytes, bool]:
        """What the phone gets to see, and whether that is all of it."""
        fate = self._fate()
        self.counts[fate] += 1
        if fate == "login page":
            return LOGIN_PAGE, True
        if fate == "lost before the server":
            raise BrokenError
        if fate == "cut before the server":
            await self._send_cut(request)
            raise BrokenError
        if fate == "held back":
            self._remember(asyncio.ensure_future(self._arrive_late(request)))
            raise BrokenError
        if fate == "delayed":
            await asyncio.sleep(self._chance.uniform(0, self.longest_delay))
        if fate == "sent twice":
            await self._ask(request)
        if fate == "sent twice at once":
            answer, _ = await asyncio.gather(self._ask(request), self._ask(request))
        else:
            answer = await self._ask(request)
        if fate == "answer eaten":
            raise BrokenError
        if fate == "answer cut":
            return answer[: self._chance.randrange(1, len(answer))], False
        return answer, True

    def _fate(self) -> str:
        throw = self._chance.uniform(0, 100)
        for fate, share in self.weather.items():
            throw -= share
            if throw < 0:
                return fate
        return "passed"

    async def _arrive_late(self, request: bytes) -> None:
        self.late += 1
        try:
            await asyncio.sleep(self._chance.uniform(0, self.hold))
            await self._ask(request)
        except BrokenError:
            pass
        finally:
            self.late -= 1

    # -- towards the server

    async def _ask(self, request: bytes) -> bytes:
        self.under_way += 1
        try:
            reader, writer = await asyncio.open_connection(*self.upstream)
            try:
                writer.write(request)
                await writer.drain()
                answer = await _message(reader, answer_to=request)
            finally:
                writer.transport.abort()
        except (OSError, asyncio.IncompleteReadError) as error:
            self.counts["no answer from the server"] += 1
            raise BrokenError from error
        finally:
            self.under_way -= 1
        if answer is None:
            self.counts["no answer from the server"] += 1
            raise BrokenError
        self.witness(request, answer)
        return answer

    async def _send_cut(self, request: bytes) -> None:
        """The first part of a request arrives, and then nothing more."""
        with suppress(OSError):
            _, writer = await asyncio.open_connection(*self.upstream)
            writer.write(request[: self._chance.randrange(1, len(request))])
            await writer.drain()
            writer.close()  # in order: what was sent does arrive
            await writer.wait_closed()


async def _message(reader: asyncio.StreamReader, *, answer_to: bytes | None = None) -> bytes | None:
    """One whole request or answer, or None where the other side has ended."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    bare = answer_to is not None and (
        answer_to.startswith(b"HEAD ") or _STATUS.match(head)[1] in (b"204", b"304")
    )
    if bare:
        return head
    found = _LENGTH.search(head)
    if found is None and answer_to is not None:
        return head + await reader.read(-1)
    return head + await reader.readexactly(int(found[1]) if found else 0)
