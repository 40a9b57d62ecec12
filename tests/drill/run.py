"""One drill from beginning to end: a portal, its phones, a bad network, and kills."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from tests.drill.audit import ZEROES, Audit, features_there
from tests.drill.collect import CollectPhone, CollectWork, downloaded
from tests.drill.kills import DATABASE_KILLS, Killer
from tests.drill.phones import Orders, Phone
from tests.drill.portal import Portal, durable_portal
from tests.drill.proxy import CALM, Proxy
from tests.drill.work import Book, Work
from tests.field_client.client import FieldClient
from tests.field_client.outbox import KEPT_BY_THE_CITY, Outbox, Result

CLOCKS = (timedelta(0), timedelta(days=3), timedelta(days=-3), timedelta(hours=7))  # ahead
COLLECT = 2  # of five phones
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    phones: int
    submissions: int
    worker_kills: int
    database_kills: int
    minutes: float
    patience: float  # seconds for what is left to arrive once the storm is over
    photo_share: float = 0.01
    seed: int = 1

    def but(self, **other: Any) -> Plan:
        return replace(self, **other)

    def strikes(self) -> Mapping[str, int]:
        """Most are of one kind; the others come along in proportion."""
        return {
            "web worker": self.worker_kills,
            "PostgreSQL backend": self.database_kills // 2,
            "postmaster": self.database_kills - self.database_kills // 2,
            "web server": self.worker_kills // 20,
            "worker that hangs": self.worker_kills // 20,
            "full disk": self.worker_kills // 20,
            "no connection": self.worker_kills // 20,
        }


FULL = Plan(
    phones=12, submissions=50_000, worker_kills=200, database_kills=50, minutes=60, patience=300
)
SHORT = Plan(
    phones=4, submissions=400, worker_kills=3, database_kills=2, minutes=2, patience=120,
    photo_share=0.03,
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    seed: int
    seconds: float
    struck: Counter[str]
    under_load: Counter[str]
    weather: Counter[str]
    statuses: Counter[int]
    deaths: int
    offered: int
    acknowledged: int
    refused: int
    collected: int
    photos: int
    tidied: list[str]
    complaints: Counter[str]
    faults: Mapping[str, list[str]]

    @property
    def clean(self) -> bool:
        return not any(self.faults.values())

    def told(self) -> str:
        database = sum(self.struck[kind] for kind in DATABASE_KILLS)
        lines = [
            "",
            f"seed                {self.seed}",
            f"kills               {self.struck['web worker']} web workers, {database} databases",
            f"strikes             {_counts(self.struck)}",
            f"  under load        {_counts(self.under_load)}",
            f"network             {_counts(self.weather)}",
            f"phones              died {self.deaths} times with an answer unread",
            f"answers             {_counts(self.statuses)}",
            f"submissions offered {self.offered:,}, with {self.photos:,} photos",
            f"  by ODK Collect    {self.collected:,}",
            f"  acknowledged      {self.acknowledged:,} kept as features, {self.refused:,} refused",
            *(f"{kind:19} {len(self.faults.get(kind, []))}" for kind in ZEROES),
            f"time                {self.seconds:.0f} s",
        ]
        lines += [f"afterwards: {line}" for line in self.tidied[:20]]
        lines += [f"log: {times} x {what}" for what, times in self.complaints.most_common(12)]
        for kind, found in self.faults.items():
            lines += [f"{kind}: {what}" for what in found[:10]]
        return "\n".join(lines)


def _counts(counter: Mapping[Any, int]) -> str:
    return ", ".join(f"{what} {times:,}" for what, times in sorted(counter.items()))


def drill(plan: Plan, say: Say) -> Verdict:
    began = time.monotonic()
    with durable_portal() as portal:
        town = portal.settle_town(plan.phones)
        with portal.ask() as database:
            before = features_there(database, town["tables"])
        portal.serve()
        book = Book()
        with Proxy(portal.address, seed=plan.seed, witness=book.hear).running() as proxy:
            storm = Storm(plan, portal, proxy, book, town, say)
            storm.run()
            tidied = portal.tidy()
            states = storm.synchronise()
        portal.stop_serving()
        results = storm.results()
        with portal.ask() as database:
            audit = Audit(database, portal.files, town["tables"], before)
            audit.check_indexes()
            audit.synchronised(states)
            faults = audit.judge(book, results)
        outcomes = Counter(one.outcome in KEPT_BY_THE_CITY for one in results.values())
        return Verdict(
            seed=plan.seed,
            seconds=time.monotonic() - began,
            struck=storm.killer.struck,
            under_load=storm.killer.under_load,
            weather=proxy.counts,
            statuses=book.statuses,
            deaths=sum(phone.deaths for phone in storm.phones),
            offered=book.offered(),
            acknowledged=outcomes[True],
            refused=outcomes[False],
            collected=sum("xml" in offer.item for offer in book.offers.values()),
            photos=sum(len(offer.photos) for offer in book.offers.values()),
            tidied=tidied,
            complaints=portal.complaints(),
            faults=faults,
        )


class Storm:
    """Phones that send and a killer that strikes, until the plan is done; then a calm in which
    all that is left must arrive.
    """

    def __init__(
        self, plan: Plan, portal: Portal, proxy: Proxy, book: Book, town: Any, say: Say
    ) -> None:
        self.plan, self.proxy, self.book, self.say = plan, proxy, book, say
        self.killer = Killer(portal, proxy, plan.strikes(), lambda: book.answered, seed=plan.seed)
        self.orders = Orders(proxy.url, self._wanted, threading.Event(), threading.Event())
        self.began = time.monotonic()
        numbers = itertools.count(1)
        self.phones = [
            self._phone(n, token, numbers, portal, town) for n, token in enumerate(town["phones"])
        ]

    def _phone(
        self, n: int, token: str, numbers: Iterator[int], portal: Portal, town: Any
    ) -> Phone:
        """Each fifth one has ODK Collect on it instead of the officers' app."""
        plan, collect = self.plan, n % 5 == COLLECT
        work = (CollectWork if collect else Work)(
            town,
            self.book,
            random.Random(f"{plan.seed}/{n}"),
            numbers,
            plan.photo_share,
            ahead=CLOCKS[n % len(CLOCKS)],
        )
        if isinstance(work, CollectWork):
            host, port = portal.address
            work.blanks = downloaded(f"http://{host}:{port}/openrosa/key/{token}")
        disk = portal.folder / f"phone-{n}.db"
        kind = CollectPhone if collect else Phone
        return kind(disk, token, work, self.orders, seed=plan.seed * 1000 + n)

    def _wanted(self) -> bool:
        """Items come as the strikes go on, so that there is load from the first to the last."""
        ahead = 40 * len(self.phones)
        return self.book.offered() < self.plan.submissions * self.killer.share_done() + ahead

    def run(self) -> None:
        try:
            self._rage()
            self._calm()
        finally:
            self.killer.stop.set()
            self.orders.give_up.set()
            for thread in (self.killer, *self.phones):
                if thread.is_alive():
                    thread.join()

    def _rage(self) -> None:
        for thread in (self.killer, *self.phones):
            thread.start()
        self._watch(self.plan.minutes * 60, until=self._all_struck)
        self.killer.stop.set()
        self.killer.join()

    def _all_struck(self) -> bool:
        return not self.killer.is_alive() and self.book.offered() >= self.plan.submissions

    def _calm(self) -> None:
        self.killer.mend()
        self.killer.give_connections()
        self.proxy.weather = CALM
        self.orders.over.set()
        self.say(f"{self._elapsed():6.1f} s  the storm is over: what is left may arrive")
        self._watch(self.plan.patience, until=self._all_sent)
        self.proxy.settle()

    def _all_sent(self) -> bool:
        return not any(phone.is_alive() for phone in self.phones)

    def _watch(self, seconds: float, until: Callable[[], bool]) -> None:
        """Tell now and then how far it is, and fail with whoever failed."""
        end = self._elapsed() + seconds
        next_line = 0.0
        while self._elapsed() < end and not until():
            failures = [self.killer.failure, *(phone.failure for phone in self.phones)]
            for failure in filter(None, failures):
                raise failure
            if self._elapsed() > next_line:
                self._tell()
                next_line = self._elapsed() + 5
            time.sleep(0.05)

    def _elapsed(self) -> float:
        return time.monotonic() - self.began

    def _tell(self) -> None:
        busy = Counter(p.trouble[:40] or "sending" for p in self.phones if p.is_alive())
        self.say(
            f"{self._elapsed():6.1f} s  {self.book.offered():,} offered,"
            f" {len(self.book.said):,} answered; struck: {_counts(self.killer.struck)};"
            f" phones: {_counts(busy)}"
        )

    def synchronise(self) -> dict[str, str]:
        """What each phone knows of its items, once it has asked for what it does not know."""
        known: dict[str, str] = {}
        for phone in self.phones:
            client = FieldClient(self.orders.url, phone.token, Outbox(phone.disk))
            client.sync()
            known |= {key: item["state"] for key, item in client.outbox.all_known("item")}
            client.close()
        return known

    def results(self) -> dict[str, Result]:
        found: dict[str, Result] = {}
        for phone in self.phones:
            outbox = Outbox(phone.disk)
            found |= outbox.results()
            outbox.close()
        return found
