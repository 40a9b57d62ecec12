"""The reference client: how a phone must behave, in the standard library alone.

    outbox = Outbox("phone.db")
    outbox.add({"form": "trash-reports", ...}, photos={"bak.jpg": jpeg})   # with no network at all
    client = FieldClient("https://peta.kota.go.id", token, outbox)
    while True:
        time.sleep(client.round())

What it holds itself to:

- It queues on disk first (`outbox`), and sends what is on the disk, byte for byte.
- Only a result for that very item ends its copy. No answer, half an answer, the 200 of a hotel's
  login page, a redirect, somebody else's JSON: none of these is a result. It sends the same again;
  the city knows the UUID and gives the same answer.
- One item that cannot be handled never holds up the others: a batch that fails as a whole is
  halved until the culprit is alone, and that one goes behind.
- It waits as long as it is told (`Retry-After`), else longer each time, with chance in it, so that
  a thousand phones do not come back in the same second.
- A photo goes in pieces, each with its checksum, and goes on where the city says it stands.
- Each request carries the phone's clock (`Device-Time`), so that a wrong one can be put right.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

from tests.field_client.outbox import (
    KEPT_BY_THE_CITY,
    OUTCOMES,
    PICTURE_KEPT,
    Item,
    Outbox,
    Picture,
    Result,
)
from tests.field_client.wire import (
    Answer,
    TryLaterError,
    WholeRequestFailedError,
    Wire,
    failure,
    later,
)

API = "/api/v1"
BATCH_ITEMS, BATCH_BYTES = 1000, 2 * 1024 * 1024 - 1024
PIECE = 128 * 1024  # what a bad link can carry before it breaks
LONGEST_WAIT = 15 * 60.0
TUS = {"Tus-Resumable": "1.0.0"}
SINGLE = {
    **{201: "accepted", 200: "duplicate", 202: "received"},
    **{404: "refused", 422: "refused", 409: "conflict", 410: "gone"},
}


class FieldClient:
    def __init__(
        self, url: str, token: str, outbox: Outbox, *, timeout: float = 30, batch: int = BATCH_ITEMS
    ) -> None:
        self.outbox, self.batch = outbox, batch
        self.wire = Wire(url, token, timeout)
        self.trouble = ""  # why the last round did not come to its end, for the officer to see
        self._failures = 0

    def close(self) -> None:
        self.wire.close()
        self.outbox.close()

    # -- one round

    def round(self) -> float:
        """Send what waits; gives the seconds until the next round."""
        try:
            self.send()
            self.send_photos()
        except TryLaterError as setback:
            self._failures += 1
            self.trouble = str(setback)
            doubled = min(LONGEST_WAIT, 2.0**self._failures)
            wait = random.uniform(doubled / 2, doubled)
            return wait if setback.seconds is None else min(LONGEST_WAIT, setback.seconds)
        self._failures, self.trouble = 0, ""
        return 0.0 if self.outbox.waiting(1, 0) else LONGEST_WAIT

    # -- items

    def send(self) -> None:
        """Everything that waits, a batch at a time."""
        while batch := self.outbox.waiting(self.batch, BATCH_BYTES):
            self._send(batch)

    def _send(self, batch: Sequence[Item]) -> None:
        try:
            self.outbox.settle(self._results(batch))
        except WholeRequestFailedError as failed:
            if len(batch) > 1:
                middle = len(batch) // 2
                self._send(batch[:middle])
                self._send(batch[middle:])
            elif failed.final:
                (item,) = batch
                self.outbox.settle([Result(item.instance_id, "unsendable", {"why": str(failed)})])
            else:
                self.outbox.set_back(batch[0])
                raise TryLaterError(str(failed)) from failed

    def _results(self, batch: Sequence[Item]) -> list[Result]:
        if len(batch) == 1:
            return [self.send_one(batch[0])]
        body = '{"submissions":[' + ",".join(item.text for item in batch) + "]}"
        answer = self.wire.ask("POST", f"{API}/submissions/batch", body.encode())
        if answer.status != 200:
            raise failure(answer)
        told = answer.json().get("results")
        if not isinstance(told, list) or len(told) != len(batch):
            raise TryLaterError("not one result for each item")
        return [_result(item, one) for item, one in zip(batch, told, strict=True)]

    def send_one(self, item: Item) -> Result:
        """The same by the address for a single item, which speaks in status codes."""
        answer = self.wire.ask("POST", f"{API}/submissions", item.text.encode())
        outcome = SINGLE.get(answer.status)
        if outcome is None:
            raise failure(answer)
        told = answer.json()
        said = told.get("properties") if "properties" in told else told
        named = told.get("id", told.get("instance_id"))
        if answer.status == 409 and told.get("status") == 409:
            named = item.instance_id  # it tells nothing of what it holds under that UUID
        if not isinstance(said, dict) or not _same(named, item.instance_id):
            raise failure(answer) if "status" in told else TryLaterError("of another item")
        return Result(item.instance_id, outcome, said)

    def withdraw(self, instance_id: str) -> bool:
        """Take back what one sent; may be asked again and again."""
        answer = self.wire.ask("DELETE", f"{API}/submissions/{instance_id}")
        if answer.status not in (200, 404, 409):
            raise later(answer)
        answer.json()
        return answer.status == 200

    # -- photos: tus 1.0.0

    def send_photos(self) -> None:
        failed: WholeRequestFailedError | None = None
        for key in self.outbox.pictures():
            picture = self.outbox.picture(key)
            try:
                self._send_photo(picture)
            except WholeRequestFailedError as problem:
                failed = problem
                self.outbox.set_back_picture(picture)
                if problem.final:
                    self.outbox.settle_picture(picture, "unsendable")
        if failed and not failed.final:
            raise TryLaterError(str(failed))

    def _send_photo(self, picture: Picture) -> None:
        """Until the city says that this file is whole, in so many words."""
        location = picture.location or self._begin(picture)
        for _ in range(3):
            if (offset := self._offset(picture, location)) is None:
                self.outbox.locate(picture, None)  # it expired there: begin anew
                raise WholeRequestFailedError("the upload is unknown there", final=False)
            self._send_pieces(picture, location, offset)
            state = self._state(picture, location)
            if state in PICTURE_KEPT:
                self.outbox.settle_picture(picture, state)
                return
        raise WholeRequestFailedError("the upload does not end", final=False)

    def _begin(self, picture: Picture) -> str:
        metadata = {
            "instance_id": picture.instance_id,
            "filename": picture.name,
            "sha256": picture.sha256,
        }
        encoded = ",".join(
            f"{name} {base64.b64encode(value.encode()).decode()}"
            for name, value in metadata.items()
        )
        answer = self.wire.ask(
            "POST",
            f"{API}/attachments",
            b"",
            {"Upload-Length": str(len(picture.content)), "Upload-Metadata": encoded} | TUS,
        )
        location = urlsplit(answer.headers.get("Location", "")).path
        if answer.status not in (200, 201) or not location.startswith(f"{API}/attachments/"):
            raise failure(answer)
        self.outbox.locate(picture, location)
        return location

    def _offset(self, picture: Picture, location: str) -> int | None:
        answer = self.wire.ask("HEAD", location, headers=TUS)
        if answer.status in (404, 410) and "Tus-Resumable" in answer.headers:
            return None
        return _tus_offset(answer, picture)

    def _send_pieces(self, picture: Picture, location: str, offset: int) -> None:
        """From where it stands to its end. What is whole but not ended gets an empty piece."""
        size, first = len(picture.content), True
        while offset < size or first:
            first = False
            piece = picture.content[offset : offset + PIECE]
            digest = base64.b64encode(hashlib.sha256(piece).digest()).decode()
            headers = {
                "Content-Type": "application/offset+octet-stream",
                "Upload-Offset": str(offset),
                "Upload-Checksum": f"sha256 {digest}",
            }
            answer = self.wire.ask("PATCH", location, piece, headers | TUS)
            if answer.status not in (204, 409, 460, 422):
                raise failure(answer)
            if answer.status != 204:
                return  # it says where it stands when asked
            offset = _tus_offset(answer, picture)

    def _state(self, picture: Picture, location: str) -> str:
        told = self.wire.ask("GET", location).json()
        if told.get("sha256") != picture.sha256:
            raise TryLaterError("of another file")
        return str(told["state"])

    # -- what the city knows

    def sync(self) -> None:
        """Forms, code lists and what became of one's own items, since the last time."""
        more = True
        while more:
            since, etag = self.outbox.known("cursor"), self.outbox.known("etag")
            path = f"{API}/sync" + (f"?since={quote(since)}" if since else "")
            answer = self.wire.ask("GET", path, headers={"If-None-Match": etag} if etag else {})
            if answer.status == 304:
                return
            if answer.status in (400, 410) and since:
                self.outbox.forget_cursor()  # too old, or of another city: all of it again
                continue
            if answer.status != 200 or not isinstance(answer.json().get("cursor"), str):
                raise later(answer)
            page = answer.json()
            self.outbox.learn(page, answer.headers.get("ETag"))
            more = page.get("more") is True


def _result(item: Item, told: Any) -> Result:
    if not isinstance(told, dict) or not _same(told.get("instance_id"), item.instance_id):
        raise TryLaterError("a result of another item")
    outcome = told.get("outcome")
    if outcome not in OUTCOMES:
        raise TryLaterError(f"an outcome nobody knows: {outcome}")
    if outcome in KEPT_BY_THE_CITY and told.get("state") in ("refused", "unpermitted"):
        outcome = "refused"  # it was here before, and was refused then
    return Result(item.instance_id, outcome, told)


def _same(told: Any, instance_id: str) -> bool:
    """Whether this is our UUID, however it is written."""
    try:
        return UUID(told) == UUID(instance_id)
    except (ValueError, TypeError, AttributeError):
        return False


def _tus_offset(answer: Answer, picture: Picture) -> int:
    told = answer.headers.get("Upload-Offset", "")
    if answer.status not in (200, 204) or not told.isdecimal() or int(told) > len(picture.content):
        raise later(answer)
    return int(told)
