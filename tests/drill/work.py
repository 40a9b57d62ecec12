"""What the phones send in a drill, and the drill's own book of it.

The book is kept apart from the portal: what was offered, and each answer that the server gave,
whether or not the network let it through to a phone. Only the audit compares it with the database.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

from PIL import Image

Values = dict[str, Any]
MOST_VERSIONS = 3
# The forms that are handed in, each with the column that is no two times the same.
MARKS = {"trash-reports": "description", "price-readings": "price"}


@dataclass
class Offer:
    """One item as it was offered. `root` is the first of its chain, `version` its place in it."""

    item: Values
    root: str
    version: int = 1
    poison: bool = False
    seen_at: datetime = field(default_factory=lambda: datetime.now(UTC))  # by a clock that is right
    photos: dict[str, str] = field(default_factory=dict)  # file name -> SHA-256

    @property
    def key(self) -> str:
        return str(self.item["instance_id"])


@dataclass(frozen=True)
class Said:
    """What the server once said about an item, to whomever."""

    state: str
    feature_id: int | None


class Book:
    def __init__(self) -> None:
        self.offers: dict[str, Offer] = {}
        self.said: dict[str, set[Said]] = {}
        self.uploaded: dict[str, int] = {}  # address of an upload -> the furthest acknowledged byte
        self.photographed: set[tuple[str, str]] = set()  # files that OpenRosa said it has
        self.withdrawn: set[str] = set()
        self.statuses: Counter[int] = Counter()
        self.answered = 0
        self._lock = threading.Lock()

    def offer(self, offer: Offer) -> None:
        with self._lock:
            self.offers[offer.key] = offer

    def offered(self) -> int:
        return len(self.offers)

    def hear(self, request: bytes, answer: bytes) -> None:
        """The witness of the proxy."""
        status = int(answer[9:12])
        with self._lock:
            self.statuses[status] += 1
            self.answered += status < 500
            if request.startswith(b"PATCH ") and status == 204:
                self._hear_offset(request, answer)
            elif request.startswith(b"POST /api/v1/submissions"):
                for key, said in _acknowledgements(answer):
                    self.said.setdefault(key, set()).add(said)
            elif request.startswith(b"POST /openrosa/") and status in (201, 202):
                self._hear_openrosa(request, answer, status)

    def _hear_openrosa(self, request: bytes, answer: bytes, status: int) -> None:
        """One submission, and the files of this one post: all of it is kept."""
        found = _INSTANCE.search(request)
        assert found is not None
        key = found[1].decode()
        kept = "refused" if b"submit_refused" in answer else "received"
        self.said.setdefault(key, set()).add(Said("accepted" if status == 201 else kept, None))
        names = [name.decode() for name in _FILE.findall(request)]
        self.photographed |= {(key, name) for name in names}

    def _hear_offset(self, request: bytes, answer: bytes) -> None:
        address = request.split(b" ", 2)[1].decode()
        if found := re.search(rb"upload-offset: *(\d+)", answer, re.IGNORECASE):
            self.uploaded[address] = max(self.uploaded.get(address, 0), int(found[1]))


_INSTANCE = re.compile(rb"instanceID>uuid:([0-9a-f-]{36})<")
_FILE = re.compile(rb'filename="([^"]+)"\r\nContent-Type: image/')


def _acknowledgements(answer: bytes) -> Iterator[tuple[str, Said]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    try:
        told = json.loads(gzip.decompress(body) if b"gzip" in head else body)
    except (ValueError, OSError):
        return
    one = {"instance_id": told.get("id")} | told.get("properties", told)
    for result in told.get("results", [one]):
        key, state = result.get("instance_id"), result.get("state")
        if key and state and result.get("outcome") != "conflict":
            yield key, Said(state, result.get("feature_id"))


@dataclass
class Work:
    """What one officer sees in a day, by a seed: prices, trash, photos, corrections, nonsense."""

    town: Mapping[str, Any]
    book: Book
    chance: random.Random
    numbers: Iterator[int]
    photo_share: float = 0.01
    ahead: timedelta = timedelta(0)  # the phone's clock is wrong by so much

    # What is asked for a photo, and what the file is called; and what a camera adds to a picture.
    questions: ClassVar[Mapping[str, str]] = {"photo": "bak sampah.jpg"}
    trailer: ClassVar[int] = 0

    def __post_init__(self) -> None:
        self._tips: list[Offer] = []

    def some(self, count: int) -> list[tuple[Values, dict[str, bytes]]]:
        """So many items, one of which is nonsense; corrections may stand before their original."""
        made = [self._one() for _ in range(count - 1)] + [(self._nonsense(), {})]
        self.chance.shuffle(made)
        for offer, _ in made:
            self.book.offer(offer)
        return [(offer.item, photos) for offer, photos in made]

    def _one(self) -> tuple[Offer, dict[str, bytes]]:
        if self._tips and self.chance.random() < 0.08:
            return self._correction(), {}
        photos: dict[str, bytes] = {}
        if self.chance.random() < 0.75:
            item = self._item("price-readings", self._price())
        else:
            item = self._item("trash-reports", self._trash())
            if self.chance.random() < self.photo_share * 4:
                photos = {name: self._photo() for name in self.questions.values()}
                item["values"] |= self.questions
        item = self._dressed(item)
        offer = Offer(item, root=item["instance_id"])
        offer.photos = {name: hashlib.sha256(data).hexdigest() for name, data in photos.items()}
        if not photos:
            self._tips = [*self._tips[-200:], offer]
        return offer, photos

    def a_whole_report(self, settled: set[str]) -> str | None:
        """A report of one's own that arrived, and that nobody will correct any more."""
        for at, tip in enumerate(self._tips):
            if tip.version == 1 and tip.item["form"] == "trash-reports" and tip.key in settled:
                return self._tips.pop(at).key
        return None

    def _correction(self) -> Offer:
        at = self.chance.randrange(len(self._tips))
        last = self._tips.pop(at)
        form = last.item["form"]
        values = self._price() if form == "price-readings" else self._trash()
        item = self._dressed(self._item(form, values) | {"revises": last.key})
        offer = Offer(item, root=last.root, version=last.version + 1)
        if offer.version < MOST_VERSIONS:
            self._tips.append(offer)
        return offer

    def _dressed(self, item: Values) -> Values:
        """As it is sent, and as it is kept."""
        return item

    def _item(self, form: str, values: Values) -> Values:
        longitude, latitude = self.town["centre"]
        return {
            "instance_id": str(uuid4()),
            "form": form,
            "form_version": "1",
            "observed_at": (datetime.now(UTC) + self.ahead).isoformat(),
            "geometry": {
                "type": "Point",
                "coordinates": [
                    longitude + self.chance.uniform(-0.01, 0.01),
                    latitude + self.chance.uniform(-0.01, 0.01),
                ],
            },
            "accuracy": round(self.chance.uniform(2, 40), 1),
            "values": values,
        }

    def _price(self) -> Values:
        """No two alike, so that one that is there twice is seen."""
        commodity = self.chance.choice(self.town["commodities"])
        return {
            "market": self.town["market"],
            "commodity": commodity,
            "price": next(self.numbers),
        }

    def _trash(self) -> Values:
        return {"category": "overflow", "description": f"Uji {next(self.numbers)}"}

    def _photo(self) -> bytes:
        """Noise does not compress: a small picture of some hundred kilobytes."""
        side = self.chance.randrange(160, 400)
        noise = Image.frombytes("RGB", (side, side), self.chance.randbytes(side * side * 3))
        file = io.BytesIO()
        noise.save(file, "JPEG", quality=90)
        return file.getvalue() + self.chance.randbytes(self.trailer)

    def _nonsense(self) -> Offer:
        """What no server may accept, and what may hold up nobody else."""
        wrong: Values = self.chance.choice(
            (
                {"values": {}},
                {"values": "teks"},
                {"values": {"category": "\x00", "description": "x" * 5000}},
                {"values": self._price() | {"price": 10**400}, "form": "price-readings"},
                {"values": self._price() | {"price": -1}, "form": "price-readings"},
                {"values": self._price() | {"market": "tidak-ada"}, "form": "price-readings"},
                {"geometry": {"type": "Point", "coordinates": [float("nan"), float("inf")]}},
                {"geometry": {"type": "Point", "coordinates": ["x", None]}},
                {"geometry": [[[[[]]]]]},
                {"form": "tidak-ada"},
                {"form": {"id": 1}},
                {"observed_at": "kemarin"},
            )
        )
        item = self._item("trash-reports", self._trash()) | wrong
        return Offer(item, root=item["instance_id"], poison=True)
