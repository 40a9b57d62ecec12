"""Phones with ODK Collect on them: downloaded forms, posts of XML with photos, split where the
server wants it, and all of it once more after an answer that did not come."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.client import HTTPException
from typing import Any
from xml.etree.ElementTree import ParseError

from tests.drill.phones import BATTERY_DEAD, HASTE, BatteryDeadError, Phone, ShuffledOutbox
from tests.drill.work import MARKS, Offer, Values, Work
from tests.field_client.outbox import Item, Outbox, Result
from tests.openrosa_client import Answer, Blank, Client

# Or half of one, or a login page.
NO_ANSWER = (OSError, HTTPException, ParseError, AssertionError, ValueError, LookupError)
LARGE = 4  # times the photos of the app: Collect's are what has to be split


class CollectWork(Work):
    """The same day, told in XML. `blanks` are the forms on the phone."""

    blanks: Mapping[str, Blank] = {}
    questions = {"photo": "muka.jpg", "photo_2": "belakang.jpg"}
    trailer = 500_000  # two of them are too large for one post, and cheap to draw anew

    def __post_init__(self) -> None:
        super().__post_init__()
        self.photo_share *= LARGE

    def _dressed(self, item: Values) -> Values:
        lon, lat = item["geometry"]["coordinates"]
        accuracy, seen = item["accuracy"], item["observed_at"]
        values = {name: str(value) for name, value in item["values"].items()}
        blank, before = self.blanks[item["form"]], item.get("revises")
        named, xml = blank.filled(
            {"geometry": f"{lat!r} {lon!r} 12.5 {accuracy}", **values},
            seen=seen,
            replaces=f"uuid:{before}" if before else "",
        )
        return item | {
            "instance_id": named.removeprefix("uuid:"),
            "form_version": blank.version,
            "altitude": 12.5,
            "values": values,
            "xml": xml.decode(),
        }

    def _nonsense(self) -> Offer:
        """What Collect itself would not let pass; another client may."""
        wrong: Values = self.chance.choice(
            (
                {"category": "gunung"},
                {"category": ""},
                {"description": "x" * 5000},
            )
        )
        item = self._dressed(self._item("trash-reports", self._trash() | wrong))
        return Offer(item, root=item["instance_id"], poison=True)


def downloaded(url: str) -> dict[str, Blank]:
    """The blank forms, fetched at the office before the day begins."""
    client = Client(url)
    forms = {listed["formID"]: listed for listed in client.forms()}
    return {form: client.download(forms[form]) for form in MARKS}


class CollectClient(Client):
    """It may lose its battery at any answer, and its clock may be wrong."""

    def __init__(self, server: str, ahead: timedelta, chance: random.Random) -> None:
        super().__init__(server)
        self.ahead, self.chance = ahead, chance

    def request(
        self, method: str, address: str, body: bytes = b"", more: Mapping[str, str] | None = None
    ) -> Answer:
        told = format_datetime(datetime.now(UTC) + self.ahead, usegmt=True)
        answer = super().request(method, address, body, {"Date": told, **(more or {})})
        if self.chance.random() < BATTERY_DEAD:
            raise BatteryDeadError
        return answer

    def hand_in(self, xml: bytes, files: Mapping[str, bytes]) -> str | None:
        """The outcome, where every post of it was answered by the city; None: all of it again."""
        answers = self.submit(xml, files)
        if any("x-openrosa-version" not in answer.headers for answer in answers):
            return None
        last = answers[-1]
        if last.status == 202:
            return "refused" if b"submit_refused" in last.body else "received"
        return {201: "accepted", 404: "refused", 409: "conflict", 410: "gone"}.get(last.status)


class CollectPhone(Phone):
    work: CollectWork

    def _one_day(self) -> bool:
        outbox = ShuffledOutbox(self.disk)
        outbox.chance = self.chance
        server = f"{self.orders.url}/openrosa/key/{self.token}"
        client = CollectClient(server, self.work.ahead, self.chance)
        try:
            for _ in range(self.chance.randrange(1, 6)):
                self.trouble = self._round(client, outbox)
                if self.orders.over.is_set() and outbox.is_empty():
                    return True
                time.sleep(1 / HASTE)
        except BatteryDeadError:
            self.deaths += 1
        finally:
            outbox.close()
        return False

    def _round(self, client: CollectClient, outbox: Outbox) -> str:
        """What went wrong, if anything."""
        try:
            if not self.orders.over.is_set() and self.orders.wanted():
                outbox.add_all(self.work.some(self.chance.randrange(4, 20)))
            for item in outbox.waiting(20, 10**9):
                if not self._send(client, outbox, item):
                    return "no answer"
        except NO_ANSWER as error:
            return f"{type(error).__name__}: {error}"
        return ""

    def _send(self, client: CollectClient, outbox: Outbox, item: Item) -> bool:
        """A whole submission with all its photos, or nothing of it is thought to be there."""
        pictures = [outbox.picture(key) for key in outbox.pictures() if key[0] == item.instance_id]
        files = {one.name: one.content for one in pictures}
        outcome = client.hand_in(json.loads(item.text)["xml"].encode(), files)
        if outcome is None:
            return False
        told: dict[str, Any] = {"instance_id": item.instance_id}
        for picture in pictures:
            outbox.settle_picture(picture, "complete")
        outbox.settle([Result(item.instance_id, outcome, told)])
        return True
