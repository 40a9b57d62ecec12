"""The officers' phones of a drill: each a thread with the reference client and a disk of its own.

They are switched off and on again at any moment, send in no order, send twice at once, take back
what they sent, and try to pass other content under a UUID that is taken.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.drill.work import Work
from tests.field_client.client import API, FieldClient
from tests.field_client.outbox import Item, Outbox
from tests.field_client.wire import Answer, TokenRefusedError, TryLaterError, Wire

HASTE = 20  # a phone waits a twentieth of what it is told: a drill's hours are minutes
PATIENCE = 30.0  # seconds for an answer
BATTERY_DEAD = 0.03  # of all answers
BATCHES = (1, 7, 40, 200, 500)


class ShuffledOutbox(Outbox):
    """Sends in no order at all, sometimes one and sometimes many."""

    chance: random.Random

    def waiting(self, limit: int, max_bytes: int) -> list[Item]:
        found = super().waiting(500, max_bytes)
        self.chance.shuffle(found)
        return found[: min(limit, self.chance.choice(BATCHES))]


class BatteryDeadError(Exception):
    """The phone is off: the answer is there, and nobody has read it."""


class PhoneWire(Wire):
    chance: random.Random

    def ask(self, *args: Any, **more: Any) -> Answer:
        answer = super().ask(*args, **more)
        if self.chance.random() < BATTERY_DEAD:
            raise BatteryDeadError
        return answer


@dataclass
class Orders:
    """What holds for all phones: where to, how much is wanted by now, and when it is over."""

    url: str
    wanted: Callable[[], bool]
    over: threading.Event  # offer no more: deliver what there is, and end
    give_up: threading.Event


class Phone(threading.Thread):
    def __init__(self, disk: Path, token: str, work: Work, orders: Orders, seed: int) -> None:
        super().__init__(name=disk.stem, daemon=True)
        self.disk, self.token, self.work, self.orders = disk, token, work, orders
        self.chance = random.Random(seed)
        self.failure: BaseException | None = None
        self.to_withdraw: set[str] = set()
        self.trouble = ""
        self.deaths = 0

    def run(self) -> None:
        try:
            while not self.orders.give_up.is_set():
                if self._one_day():
                    return
        except BaseException as failure:
            self.failure = failure

    def _one_day(self) -> bool:
        """Switched on, some rounds, off again or dead in the midst. True: all is delivered."""
        outbox = ShuffledOutbox(self.disk)
        outbox.chance = self.chance
        client = FieldClient(self.orders.url, self.token, outbox)
        client.wire = PhoneWire(self.orders.url, self.token, PATIENCE, self.work.ahead)
        client.wire.chance = self.chance
        try:
            for _ in range(self.chance.randrange(1, 6)):
                if not self.orders.over.is_set() and self.orders.wanted():
                    outbox.add_all(self.work.some(self.chance.randrange(20, 120)))
                wait = client.round()
                with suppress(TryLaterError):
                    self._misbehave(client)
                if self.orders.over.is_set() and outbox.is_empty() and not self.to_withdraw:
                    return True
                self.trouble = client.trouble
                time.sleep(min(wait / HASTE, 1))
        except BatteryDeadError:
            self.deaths += 1
        finally:
            client.close()
        return False

    def _misbehave(self, client: FieldClient) -> None:
        if self.to_withdraw:
            self._withdraw(client)
        if self.orders.over.is_set():
            return
        chance = self.chance.random()
        if chance < 0.25:
            self._send_twice_at_once(client)
        elif chance < 0.4:
            self._send_other_content(client)
        elif chance < 0.5:
            self._choose_to_withdraw(client)
        elif chance < 0.6:
            client.sync()

    def _send_twice_at_once(self, client: FieldClient) -> None:
        """One item by two connections at the same moment; its result is asked for later."""
        waiting = client.outbox.waiting(1, 1_000_000)
        if not waiting:
            waiting = self._something_new(client)
        barrier = threading.Barrier(2)

        def post() -> None:
            twin = Wire(self.orders.url, self.token, PATIENCE, self.work.ahead)
            barrier.wait()
            with suppress(TryLaterError, TokenRefusedError):
                twin.ask("POST", f"{API}/submissions", waiting[0].text.encode())
            twin.close()

        twins = [threading.Thread(target=post) for _ in range(2)]
        for thread in twins:
            thread.start()
        for thread in twins:
            thread.join()

    def _something_new(self, client: FieldClient) -> list[Item]:
        client.outbox.add_all(self.work.some(2))
        return client.outbox.waiting(1, 1_000_000)

    def _send_other_content(self, client: FieldClient) -> None:
        """Under a UUID that has an answer: nothing of it may stick."""
        known = [key for key in client.outbox.results() if key in self.work.book.offers]
        if known:
            item = self.work.book.offers[self.chance.choice(known)].item
            forged = item | {"accuracy": 1.5, "observed_at": "2020-01-01T00:00:00+08:00"}
            client.wire.ask("POST", f"{API}/submissions", json.dumps(forged).encode())

    def _choose_to_withdraw(self, client: FieldClient) -> None:
        if key := self.work.a_whole_report(set(client.outbox.results())):
            self.to_withdraw.add(key)

    def _withdraw(self, client: FieldClient) -> None:
        """Asked again until it is answered."""
        key = next(iter(self.to_withdraw))
        if client.withdraw(key):
            self.work.book.withdrawn.add(key)
        self.to_withdraw.discard(key)
