"""A submission on its way to a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC
from functools import cached_property
from typing import Any

from field_api import envelope
from field_api.answers import reader
from field_api.merge import Content, flat
from field_api.models import Submission, chain_of
from layers.base import Layer, Refused
from layers.bulk import point
from layers.forms import Entry, Form, Observation
from layers.permissions import can_review, can_submit
from layers.registry import LAYERS

State = Submission.State


def layer_for(layer_id: str, submission: Submission) -> Layer | None:
    """The layer, or None both where it takes no form and where this sender may not fill it in."""
    layer = LAYERS.get(layer_id)
    if layer is None or layer.accepts is None:
        return None
    office = submission.channel == Submission.Channel.OFFICE
    allowed = can_review if office else can_submit
    return layer if allowed(layer, submission.user) else None


class Case:
    """One submission, what it says, and what comes of it. It is `readable` as long as nothing
    speaks against it."""

    def __init__(self, submission: Submission, item: Mapping[str, Any] | None = None) -> None:
        self.submission = submission
        self.item: Mapping[str, Any] = item or submission.item
        self.layer: Layer | None = None
        self.envelope: envelope.Envelope | None = None
        self.position: tuple[float, float] | None = None
        self.kelurahan: int | None = None
        self.values: dict[str, Any] = {}
        self.answers: dict[str, Any] = {}  # as sent, in the words of the present form
        self.still_waiting = False

    @property
    def order(self) -> tuple[int, float]:
        """Each sender's by the device's own count; what has none comes last, as it arrived."""
        sequence = self.submission.sequence
        return self.submission.user_id, math.inf if sequence is None else sequence

    @property
    def kind(self) -> tuple[int, str, str, bool]:
        """Those of one kind are written together."""
        row = self.submission
        return row.user_id, row.channel, row.layer_id, row.revises is not None

    @property
    def readable(self) -> bool:
        return self.envelope is not None and self.submission.state == State.RECEIVED

    @property
    def placed(self) -> tuple[float, float]:
        assert self.position is not None
        return self.position

    def read(self, layer: Layer | None) -> None:
        """Read the item by the layer's form: refused with every fault at once. Without a layer
        (unknown and not permitted are told alike) it is unpermitted."""
        self.layer = layer
        if layer is None or layer.accepts is None:
            self.submission.state = State.UNPERMITTED
            told = f"Tidak ada formulir «{self.submission.layer_id}» bagi Anda."
            self.submission.reasons = {"form": told}
            return
        self.answers, faults = present_answers(layer.accepts, self.item)
        skew = self.submission.clock_skew
        self.take(self.item, self.answers, layer.accepts, clock_skew=skew, faults=faults)

    def take(
        self,
        item: Mapping[str, Any],
        answers: Mapping[str, Any],
        form: Form,
        *,
        clock_skew: float | None,
        faults: Mapping[str, str] | None = None,
    ) -> None:
        """Take an item and answers in the words of the present form as what this case says."""
        submission = self.submission
        self.envelope, wrong = envelope.read(
            item, received_at=submission.received_at, clock_skew=clock_skew
        )
        self.position = self.envelope.position if self.envelope else None
        wrong |= faults or {}
        if not faults:
            self.values, unfit = reader(form)(answers)
            wrong |= {f"values.{name}": why for name, why in unfit.items()}
        if self.envelope:
            self.note(self.envelope)
            if form.point == "required" and self.envelope.position is None:
                wrong["geometry"] = "Sertakan titik lokasi."
        if wrong:
            self.refuse(wrong)

    def note(self, seen: envelope.Envelope) -> None:
        submission = self.submission
        submission.observed_at, submission.accuracy = seen.observed_at, seen.accuracy
        submission.geom = point(seen.position)  # type: ignore[assignment]

    def entry(self, **more: Any) -> Entry:
        assert self.envelope is not None
        seen = Observation(
            instance_id=chain_of(self.submission),
            observed_at=self.envelope.observed_at,
            position=self.envelope.position,
            accuracy=self.envelope.accuracy,
            kelurahan=self.kelurahan,
        )
        return Entry(self.values, seen, **more)

    def accept(self, feature_id: int) -> None:
        self.submission.state, self.submission.feature_id = State.ACCEPTED, feature_id
        self.submission.reasons = {}

    def refuse(self, reasons: Mapping[str, str]) -> None:
        self.submission.state = State.REFUSED
        self.submission.reasons = {
            envelope.storable(name): envelope.storable(why) for name, why in reasons.items()
        }

    @cached_property
    def content(self) -> Content:
        """What it says, flat, for a merge."""
        seen = self.submission.observed_at
        item = dict(self.item)
        if seen is not None:
            item["observed_at"] = seen.astimezone(UTC).isoformat()
        return flat(item, self.answers)


def present_answers(form: Form, item: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The answers of an item in the words of the present version, and what is wrong with them
    where they follow an earlier one."""
    given = item.get("values")
    answers = dict(given) if isinstance(given, dict) else {}
    version = item.get("form_version")
    if version == form.version or not isinstance(version, str):
        return answers, {}
    known = [earlier.version for earlier in form.earlier]
    if version not in known:
        return answers, {"form_version": f"Versi formulir ini {form.version}; perbarui aplikasi."}
    since = form.earlier[: known.index(version) + 1]
    _, faults = reader(since[-1])(answers)
    if faults:
        return answers, {f"values.{name}": why for name, why in faults.items()}
    try:
        for earlier in reversed(since):
            answers = earlier.upgrade(answers)
    except Refused as refusal:
        return answers, refusal.reasons
    return answers, {}
