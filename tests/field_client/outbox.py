"""What a phone keeps: the durable queue of the reference client, in one SQLite file.

Three rules make it safe to pull the battery at any moment:

- An item is on disk, under its own UUID and with its number in the device's own counter, before
  anyone tries to send it.
- From then on its text is frozen: a resend is the same bytes. SQLite itself refuses a change.
- The text goes only together with the city's own result for that very item, in one transaction.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

SCHEMA = """
CREATE TABLE IF NOT EXISTS item (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice, even after a deletion
    instance_id TEXT NOT NULL UNIQUE,
    text        TEXT,     -- exactly what is sent; NULL once the city has it
    outcome     TEXT,     -- NULL while it waits
    told        TEXT,     -- the whole result, as JSON
    setbacks    INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS photo (
    instance_id TEXT NOT NULL,
    name        TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    content     BLOB,     -- NULL once the city has it
    location    TEXT,     -- where the upload goes on
    outcome     TEXT,
    setbacks    INTEGER NOT NULL DEFAULT 0,
    UNIQUE (instance_id, name, sha256)
);
CREATE TABLE IF NOT EXISTS known (kind TEXT, id TEXT, value TEXT, PRIMARY KEY (kind, id));
CREATE INDEX IF NOT EXISTS waiting ON item (setbacks, sequence) WHERE outcome IS NULL;
CREATE TRIGGER IF NOT EXISTS frozen BEFORE UPDATE OF text, instance_id, sequence ON item
    WHEN NEW.instance_id <> OLD.instance_id OR NEW.sequence <> OLD.sequence
        OR NEW.text IS NOT NULL AND NEW.text IS NOT OLD.text
    BEGIN SELECT RAISE(ABORT, 'what is queued is never changed'); END;
CREATE TRIGGER IF NOT EXISTS kept BEFORE DELETE ON item WHEN OLD.outcome IS NULL
    BEGIN SELECT RAISE(ABORT, 'what waits is never deleted'); END;
"""

# After these the city has the item, and the phone's copy may go. What was refused or is in
# conflict stays on the phone: the officer must see it and may put it right under a new UUID.
KEPT_BY_THE_CITY = frozenset({"accepted", "duplicate", "received", "gone"})
NOT_KEPT = frozenset({"refused", "conflict", "unsendable"})
OUTCOMES = KEPT_BY_THE_CITY | NOT_KEPT


@dataclass(frozen=True)
class Item:
    instance_id: str
    text: str


@dataclass(frozen=True)
class Result:
    """What the city says about one item: `told` is all of it."""

    instance_id: str
    outcome: str
    told: Mapping[str, Any]


@dataclass(frozen=True)
class Picture:
    instance_id: str
    name: str
    sha256: str
    content: bytes
    location: str | None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.instance_id, self.name, self.sha256


class Outbox:
    """One phone's disk. Opened again after a crash, it goes on where it was."""

    def __init__(self, path: Path | str) -> None:
        self.db = sqlite3.connect(path, isolation_level=None, timeout=30)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")  # a commit is on the disk, not on its way
        self.db.executescript(SCHEMA)

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def add(self, item: Mapping[str, Any], photos: Mapping[str, bytes] | None = None) -> str:
        """Queue one item and its photos; gives the UUID, minted here and only once."""
        with self.all_or_nothing():
            return self._add(item, photos or {})

    def add_all(self, items: Iterable[tuple[Mapping[str, Any], Mapping[str, bytes]]]) -> None:
        with self.all_or_nothing():
            for item, photos in items:
                self._add(item, photos)

    def _add(self, item: Mapping[str, Any], photos: Mapping[str, bytes]) -> str:
        (last,) = self.db.execute(
            "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'item'"
        ).fetchone()
        whole = {"instance_id": str(uuid4())} | dict(item) | {"sequence": last + 1}
        key = whole["instance_id"]
        self.db.execute(
            "INSERT INTO item (sequence, instance_id, text) VALUES (?, ?, ?)",
            (last + 1, key, json.dumps(whole, ensure_ascii=False)),
        )
        for name, content in photos.items():
            self.db.execute(
                "INSERT INTO photo (instance_id, name, sha256, content) VALUES (?, ?, ?, ?)",
                (key, name, hashlib.sha256(content).hexdigest(), content),
            )
        return str(key)

    def waiting(self, limit: int, max_bytes: int) -> list[Item]:
        """The oldest that wait, as many as fit; one that troubled the server goes behind."""
        found = self.db.execute(
            "SELECT instance_id, text FROM item WHERE outcome IS NULL"
            " ORDER BY setbacks, sequence LIMIT ?",
            (limit,),
        )
        fit: list[Item] = []
        for item in (Item(*row) for row in found):
            max_bytes -= len(item.text.encode()) + 1
            if fit and max_bytes < 0:
                break
            fit.append(item)
        return fit

    def settle(self, results: Iterable[Result]) -> None:
        """Each item's own result, and only with it the end of the phone's copy."""
        with self.all_or_nothing():
            for result in results:
                self.db.execute(
                    "UPDATE item SET outcome = ?, told = ?, text = iif(?, NULL, text)"
                    " WHERE instance_id = ?",
                    (
                        result.outcome,
                        json.dumps(result.told),
                        result.outcome in KEPT_BY_THE_CITY,
                        result.instance_id,
                    ),
                )

    def set_back(self, item: Item) -> None:
        self.db.execute(
            "UPDATE item SET setbacks = setbacks + 1 WHERE instance_id = ?", (item.instance_id,)
        )

    def results(self) -> dict[str, Result]:
        """What became of everything that was ever queued here and has a result."""
        rows = self.db.execute(
            "SELECT instance_id, outcome, told FROM item WHERE outcome IS NOT NULL"
        )
        return {key: Result(key, outcome, json.loads(told)) for key, outcome, told in rows}

    def pictures(self) -> list[tuple[str, str, str]]:
        return self.db.execute(
            "SELECT instance_id, name, sha256 FROM photo WHERE outcome IS NULL"
            " ORDER BY setbacks, rowid"
        ).fetchall()

    def picture(self, key: tuple[str, str, str]) -> Picture:
        content, location = self.db.execute(
            f"SELECT content, location FROM photo WHERE {_THIS_PHOTO}", key
        ).fetchone()
        return Picture(*key, content, location)

    def locate(self, picture: Picture, location: str | None) -> None:
        self.db.execute(
            f"UPDATE photo SET location = ? WHERE {_THIS_PHOTO}", (location, *picture.key)
        )

    def set_back_picture(self, picture: Picture) -> None:
        self.db.execute(
            f"UPDATE photo SET setbacks = setbacks + 1 WHERE {_THIS_PHOTO}", picture.key
        )

    def settle_picture(self, picture: Picture, outcome: str) -> None:
        self.db.execute(
            f"UPDATE photo SET outcome = ?, content = iif(?, NULL, content) WHERE {_THIS_PHOTO}",
            (outcome, outcome in PICTURE_KEPT, *picture.key),
        )

    def is_empty(self) -> bool:
        (left,) = self.db.execute(
            "SELECT (SELECT count(*) FROM item WHERE outcome IS NULL)"
            " + (SELECT count(*) FROM photo WHERE outcome IS NULL)"
        ).fetchone()
        return bool(left == 0)

    def known(self, kind: str, key: str = "") -> Any:
        found = self.db.execute(
            "SELECT value FROM known WHERE kind = ? AND id = ?", (kind, key)
        ).fetchone()
        return json.loads(found[0]) if found else None

    def all_known(self, kind: str) -> Iterator[tuple[str, Any]]:
        for key, value in self.db.execute("SELECT id, value FROM known WHERE kind = ?", (kind,)):
            yield key, json.loads(value)

    def learn(self, page: Mapping[str, Any], etag: str | None) -> None:
        """A page of synchronisation and its cursor, together: half a page is never the whole."""
        with self.all_or_nothing():
            for form in page.get("forms") or ():
                self._note("form", form["form"], form)
            for name, rows in (page.get("lists") or {}).items():
                self._note("list", name, rows)
            for item in page.get("items") or ():
                self._note("item", item["instance_id"], item)
            for attachment in page.get("attachments") or ():
                self._note("attachment", attachment["id"], attachment)
            self._note("cursor", "", page["cursor"])
            self._note("etag", "", etag)

    def forget_cursor(self) -> None:
        self.db.execute("DELETE FROM known WHERE kind IN ('cursor', 'etag')")

    def _note(self, kind: str, key: str, value: Any) -> None:
        self.db.execute("REPLACE INTO known VALUES (?, ?, ?)", (kind, key, json.dumps(value)))


PICTURE_KEPT = frozenset({"complete", "shown", "refused"})  # refused: whole, but no picture
_THIS_PHOTO = "instance_id = ? AND name = ? AND sha256 = ?"
