"""The verdict of a drill. It asks neither the portal nor Django: it holds what the phones and the
network saw against the rows of PostgreSQL and the files on the disk.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import namedtuple_row

from tests.drill.work import MARKS, Book, Offer, Said
from tests.field_client.outbox import Result

LOST, TWICE, HALF = "acknowledged lost", "duplicates", "half-written"
STUCK, WRONG, UNTOLD = "not delivered", "wrongly judged", "not synchronised"
BROKEN = "server errors"  # anything from 500 on that does not say when to come again
ZEROES = (LOST, TWICE, HALF, STUCK, WRONG, UNTOLD, BROKEN)

CLOCKS_AGREE = timedelta(minutes=2)  # a request may be long on its way
ORIGINALS = "originals"  # where the private files lie
Tables = Mapping[str, str]  # where the features of each form lie


class Feature(NamedTuple):
    id: int
    instance_id: str
    mark: Any = None
    observed_at: datetime | None = None


def features_there(
    database: psycopg.Connection[Any], tables: Tables
) -> Mapping[str, frozenset[int]]:
    """Before a drill begins."""
    return {
        form: frozenset(row.id for row in _features(database, form, table))
        for form, table in tables.items()
    }


def _features(database: psycopg.Connection[Any], form: str, table: str) -> list[Feature]:
    columns = ["id", "instance_id", *([MARKS[form], "observed_at"] if form in MARKS else [])]
    query = sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
    )
    return [Feature(row[0], str(row[1]), *row[2:]) for row in database.execute(query)]


@dataclass
class Audit:
    database: psycopg.Connection[Any]
    files: Path
    tables: Tables
    before: Mapping[str, frozenset[int]]  # the features that the town had
    faults: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        # Every row as it lies in its table: a broken index hides nothing.
        for way in ("indexscan", "indexonlyscan", "bitmapscan"):
            self.database.execute(f"SET enable_{way} = off")

    def judge(self, book: Book, results: Mapping[str, Result]) -> Mapping[str, list[str]]:
        """Every fault by its kind. `results` are those that the phones hold."""
        self._delivered(book, results)
        self._acknowledged(book, results)
        self._content(book)
        self._only_once()
        self._whole(book)
        self._photos(book)
        for status, times in book.statuses.items():
            if status >= 500 and status != 503:
                self._fault(BROKEN, f"{times} answers of {status}")
        return self.faults

    def synchronised(self, states: Mapping[str, str]) -> None:
        """What phones that synchronised now and then know of their items in the end."""
        for key, row in self.ledger.items():
            if states.get(key) != row.state:
                self._fault(UNTOLD, f"{key}: {row.state}, but its phone knows {states.get(key)}")

    # -- what there is

    def rows(self, query: str, *values: Any) -> list[Any]:
        with self.database.cursor(row_factory=namedtuple_row) as cursor:
            return cursor.execute(query, values).fetchall()

    @cached_property
    def ledger(self) -> dict[str, Any]:
        return {
            row.key: row
            for row in self.rows(
                "SELECT instance_id::text AS key, layer_id, state, feature_id, payload, sequence,"
                " revises::text, root::text, version FROM field_api_submission"
            )
        }

    @cached_property
    def attachments(self) -> list[Any]:
        return self.rows(
            'SELECT id::text, instance_id::text AS key, name, sha256, size, "offset", original,'
            " state FROM field_api_attachment"
        )

    @cached_property
    def features(self) -> dict[str, list[Feature]]:
        """Those that came with the drill."""
        return {
            form: [row for row in _features(self.database, form, table) if row.id not in before]
            for (form, table), before in zip(self.tables.items(), self.before.values(), strict=True)
        }

    def _fault(self, kind: str, what: str) -> None:
        self.faults[kind].append(what)

    # -- what must hold

    def _delivered(self, book: Book, results: Mapping[str, Result]) -> None:
        for key, offer in book.offers.items():
            result = results.get(key)
            if result is None:
                self._fault(STUCK, f"{key}: still on its phone")
            elif result.outcome == "unsendable":
                self._fault(STUCK, f"{key}: no answer of its own: {result.told}")
            elif key in self.ledger:
                state = self.ledger[key].state
                if (state not in ("accepted", "withdrawn")) != offer.poison:
                    self._fault(WRONG, f"{key}: {state}: {result.told}: {str(offer.item)[:300]}")

    def _acknowledged(self, book: Book, results: Mapping[str, Result]) -> None:
        for key in results.keys() - self.ledger.keys():
            if results[key].outcome != "unsendable":
                self._fault(LOST, f"{key}: the phone was told {results[key].outcome}")
        for key, answers in book.said.items():
            row = self.ledger.get(key)
            if row is None:
                self._fault(LOST, f"{key}: the server said {answers}")
                continue
            for said in answers:
                if not _still_holds(said, row):
                    self._fault(LOST, f"{key}: was {said}, is {row.state} {row.feature_id}")
            if len({said.feature_id for said in answers} - {None}) > 1:
                self._fault(TWICE, f"{key}: was said to be {answers}")
        for key in book.withdrawn:
            if (row := self.ledger.get(key)) is None or row.state != "withdrawn":
                self._fault(LOST, f"{key}: taken back, but is {row and row.state}")

    def _content(self, book: Book) -> None:
        """What was sent is what is kept, and the newest version is what is seen."""
        there = {(form, one.id): one for form, rows in self.features.items() for one in rows}
        newest: dict[str, Offer] = {}
        for key, offer in book.offers.items():
            row = self.ledger.get(key)
            if row is None:
                continue
            sent = offer.item | ({} if row.sequence is None else {"sequence": row.sequence})
            if not offer.poison and _canonical(sent) != _canonical(json.loads(row.payload)):
                self._fault(LOST, f"{key}: other content: {row.payload}")
            if not offer.poison and offer.version >= newest.get(offer.root, offer).version:
                newest[offer.root] = offer
        for root, offer in newest.items():
            row = self.ledger[offer.key]
            if row.state != "accepted":
                continue
            form = offer.item["form"]
            seen = there.get((form, row.feature_id))
            if seen is None or str(seen.mark) != str(offer.item["values"][MARKS[form]]):
                self._fault(LOST, f"{offer.key}: version {offer.version} of {root} is not seen")
            elif not seen.observed_at or abs(seen.observed_at - offer.seen_at) > CLOCKS_AGREE:
                self._fault(WRONG, f"{offer.key}: at {offer.seen_at}, is told {seen.observed_at}")

    def _only_once(self) -> None:
        self._no_two("field_api_submission", "instance_id")
        self._no_two("field_api_attachment", "user_id, instance_id, name, sha256")
        self._no_two("layers_photo", "layer_id, feature_id, question, sha256")
        self._no_two("layers_trashreportmove", "record_id, to_status")
        for form, table in self.tables.items():
            self._no_two(table, "instance_id")
            marks = [one.mark for one in self.features[form] if form in MARKS]
            for mark, times in _repeated(marks):
                self._fault(TWICE, f"{form}: {times} features say {mark}")
        roots = {
            (row.layer_id, row.feature_id, row.root or row.key)
            for row in self.ledger.values()
            if row.feature_id is not None
        }
        for feature, times in _repeated(where[:2] for where in roots):
            self._fault(TWICE, f"{feature} belongs to {times} chains of submissions")

    def _no_two(self, table: str, key: str) -> None:
        grouped = f"SELECT {key}, count(*) FROM {table} GROUP BY {key} HAVING count(*) > 1"
        for row in self.rows(grouped):
            self._fault(TWICE, f"{table}: {tuple(row)}")

    def _whole(self, book: Book) -> None:
        of: dict[tuple[str, int], str] = {}
        for key, row in self.ledger.items():
            if key not in book.offers:
                self._fault(HALF, f"{key}: nobody offered this: {row.state} {row.payload[:300]}")
            if row.state == "received":
                self._fault(HALF, f"{key}: kept, and never judged")
            if row.state in ("accepted", "withdrawn"):
                of[row.layer_id, row.feature_id] = row.root or key
        there = {(form, one.id): one for form, rows in self.features.items() for one in rows}
        for where, root in of.items():
            if where not in there and self.ledger[root].state != "withdrawn":
                self._fault(HALF, f"{root}: accepted, but there is no {where}")
        for where, feature in there.items():
            if of.get(where) != feature.instance_id:
                self._fault(HALF, f"{where}: a feature without its submission, {of.get(where)}")
        for row in self.rows(
            "SELECT r.id, r.status FROM layers_trashreport r LEFT JOIN layers_trashreportmove m"
            " ON m.record_id = r.id AND m.to_status = r.status"
            " WHERE m.id IS NULL AND r.id <> ALL(%s)",
            list(self.before["trash-reports"]),
        ):
            self._fault(HALF, f"{row}: a report without the move that made it so")

    def _photos(self, book: Book) -> None:
        kept = {(one.key, one.name, one.sha256): one for one in self.attachments}
        shown = Counter(
            (row.layer_id, row.feature_id, row.sha256)
            for row in self.rows("SELECT layer_id, feature_id, sha256 FROM layers_photo")
        )
        for key, offer in book.offers.items():
            for name, sha256 in offer.photos.items():
                one = kept.get((key, name, sha256))
                if one is None or one.state not in ("complete", "shown"):
                    kind = LOST if (key, name) in book.photographed else STUCK
                    self._fault(kind, f"{key}/{name}: {one and one.state}")
                    continue
                row = self.ledger.get(key)
                if row is not None and row.state == "accepted":
                    times = shown[row.layer_id, row.feature_id, sha256]
                    if times != 1:
                        self._fault(HALF, f"{key}/{name}: its feature shows it {times} times")
        for one in self.attachments:
            self._file_of(one, book.uploaded.get(f"/api/v1/attachments/{one.id}", 0))
        self._no_file_without_row()

    def _file_of(self, one: Any, acknowledged: int) -> None:
        if one.offset < acknowledged:
            self._fault(LOST, f"{one}: {acknowledged} bytes were acknowledged")
        path = self.files / ORIGINALS / one.original
        held = path.read_bytes() if one.original and path.is_file() else b""
        if len(held) < one.offset:
            self._fault(HALF, f"{one}: its file has {len(held)} bytes")
        elif one.state != "partial" and hashlib.sha256(held).hexdigest() != one.sha256:
            self._fault(HALF, f"{one}: its file is another")

    def _no_file_without_row(self) -> None:
        drawn = self.rows("SELECT image, thumbnail FROM layers_photo")
        known = {f"{ORIGINALS}/{one.original}" for one in self.attachments}
        known |= {name for row in drawn for name in row}
        on_disk = {
            str(path.relative_to(self.files)) for path in self.files.rglob("*") if path.is_file()
        }
        for name in sorted(on_disk - known):
            # A crash may leave a document without its row, for a day; but a whole one.
            whole = name.startswith("documents/") and name.endswith(".html")
            if whole and (self.files / name).read_bytes().rstrip().endswith(b"</html>"):
                continue
            self._fault(HALF, f"{name}: a file without a row")
        for name in sorted({name for row in drawn for name in row} - on_disk):
            self._fault(HALF, f"{name}: a photo without its file")

    def check_indexes(self) -> None:
        """Each recovery left every B-tree whole, and each row in it. For a superuser."""
        self.database.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
        for row in self.rows(
            "SELECT c.oid, c.relname FROM pg_class c JOIN pg_am a ON a.oid = c.relam"
            " WHERE a.amname = 'btree' AND c.relnamespace = 'public'::regnamespace"
            " AND c.relkind = 'i'"
        ):
            try:
                self.rows("SELECT bt_index_check(%s::oid, true)", row.oid)
            except psycopg.Error as error:
                self._fault(HALF, f"index {row.relname}: {error}")


def _still_holds(said: Said, row: Any) -> bool:
    """Whether the ledger is where that answer could lead to."""
    if said.state == "received":
        return True
    if said.state == "accepted":
        same = said.feature_id in (None, row.feature_id)  # OpenRosa does not tell it
        return row.state in ("accepted", "withdrawn") and same
    return bool(row.state == said.state)


def _repeated(values: Iterable[Any]) -> list[tuple[Any, int]]:
    return [(value, times) for value, times in Counter(values).items() if times > 1]


def _canonical(item: Any) -> str:
    return json.dumps(item, sort_keys=True, ensure_ascii=False)
