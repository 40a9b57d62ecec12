"""An official puts right what was refused, or decides what two people told differently.

What was sent is never touched: the correction is a submission of its own, by the official, that
names the one it revises and says why. It goes the way of all submissions, so it may be refused
itself, or meet what somebody else changed meanwhile.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from field_api.envelope import storable
from field_api.inbox.reading import Reading, local, point_of
from field_api.judge import judge
from field_api.merge import Content
from field_api.models import Submission
from field_api.receive import Receipt, receive_all
from field_api.records import is_waiting
from layers.forms import FormField
from layers.permissions import can_review

State = Submission.State
LONGEST = 500  # letters of a reason
MOST_OPTIONS = 1000  # beyond, a code is typed

Told = Mapping[str, str]  # what a browser sent, by the names of `Input`


@dataclass(frozen=True)
class Input:
    """A question as an HTML control. `name` is that of the content's member."""

    name: str
    title: str
    control: str  # text, area, number, date or select
    value: str
    required: bool = False
    options: list[tuple[str, str]] = field(default_factory=list)
    fault: str = ""
    least: Any = None
    most: Any = None
    longest: int = 2000


@dataclass(frozen=True)
class Location:
    """The position as it stands in the form."""

    lon: str
    lat: str
    required: bool
    fault: str


def correctable(reading: Reading, user: User) -> bool:
    """Whether this official may put it right: what was refused, left a conflict, or waits for what
    it revises."""
    submission = reading.submission
    if reading.layer is None or reading.form is None or not reading.item:
        return False
    contested = submission.state == State.ACCEPTED and bool(submission.conflicts)
    wrong = submission.state == State.REFUSED or contested or reading.waits
    return can_review(reading.layer, user) and wrong


def revised(reading: Reading, steps: Sequence[Reading]) -> UUID:
    """What a correction of it revises: the accepted version that its content was merged with, so
    that what anybody changed since is seen, else the submission itself."""
    submission = reading.submission
    if submission.state == State.ACCEPTED:
        return submission.pk
    before = [
        one.submission
        for one in steps
        if one.submission.state == State.ACCEPTED and one.submission.version < submission.version
    ]
    if submission.merged is None and any(one.pk == submission.revises for one in before):
        assert submission.revises is not None
        return submission.revises
    return before[-1].pk if before else submission.pk


# -- the form


def inputs(reading: Reading, files: Sequence[str], told: Told | None = None) -> list[Input]:
    """The questions of the form, filled with what stands, or with what was just typed. `files` are
    the names of those that came with it."""
    assert reading.form is not None
    asked = [_input(reading, question, files, told) for question in reading.form.fields]
    photos = {f"values.{one.name}" for one in reading.form.fields if one.kind == "photo"}
    # A photo comes from the phone: where none has, there is nothing to choose from.
    return [one for one in asked if one.options or one.required or one.name not in photos]


def _input(reading: Reading, question: FormField, files: Sequence[str], told: Told | None) -> Input:
    name = f"values.{question.name}"
    value = told.get(name, "") if told is not None else _text(reading.stands.get(name))
    options = _options(reading, question, files, value)
    return Input(
        name=name,
        title=str(question.title),
        control="select" if options else _CONTROLS.get(question.kind) or _writing(question),
        value=value,
        required=question.required,
        options=options,
        fault=str(reading.submission.reasons.get(name, "")),
        least=question.minimum,
        most=question.maximum,
        longest=question.max_length,
    )


_CONTROLS = {"integer": "number", "decimal": "number", "date": "date"}


def _writing(question: FormField) -> str:
    return "area" if question.kind == "text" and question.max_length > 200 else "text"


def _options(
    reading: Reading, question: FormField, files: Sequence[str], value: str
) -> list[tuple[str, str]]:
    if question.kind == "photo":
        return [(name, name) for name in dict.fromkeys([*files, value]) if name]
    if question.codes:
        options = dict(reading.names.get(question.codes, {}))
        if len(options) > MOST_OPTIONS:
            return []
    else:
        options = {code: str(name) for code, name in question.choices.items()}
    if options and value and value not in options:
        options[value] = _("%s (tidak dikenal)") % value
    return list(options.items())


def location(reading: Reading, told: Told | None = None) -> Location:
    assert reading.form is not None
    reasons = reading.submission.reasons
    lon, lat = _coordinates(reading)
    return Location(
        lon=told.get("lon", "") if told is not None else lon,
        lat=told.get("lat", "") if told is not None else lat,
        required=reading.form.point == "required",
        fault=str(reasons.get("geometry") or reasons.get("position") or ""),
    )


def seen_at(reading: Reading) -> str:
    """When it was seen, as a browser's control for local time wants it."""
    seen = local(reading.stands.get("observed_at"))
    return seen.strftime("%Y-%m-%dT%H:%M:%S") if seen else ""


def _coordinates(reading: Reading) -> tuple[str, str]:
    position = reading.stands.get("position")
    point = point_of(position) if isinstance(position, dict) else None
    return (str(round(point[0], 6)), str(round(point[1], 6))) if point else ("", "")


# -- what comes back


def correct(
    reading: Reading, told: Told, *, key: UUID, revises: UUID, reason: str, by: User
) -> Receipt:
    """Hand in what the official typed. The same key twice is the same correction. What waits for
    what it revises is taken as whole, and waits no more."""
    assert reading.form is not None
    content = dict(reading.stands)
    for question in reading.form.fields:
        name = f"values.{question.name}"
        content[name] = _value(question, told.get(name, ""), content.get(name))
    content["position"] = _position(reading, told)
    content["observed_at"] = _observed_at(reading, told)
    if not reading.waits:
        return hand_in(reading, content, key=key, revises=revises, reason=reason, by=by)
    _give_up(reading.submission, reason=reason, by=by)
    receipt = hand_in(reading, content, key=key, revises=revises, reason=reason, by=by)
    judge([reading.submission])
    return receipt


def refuse(reading: Reading, *, reason: str, by: User) -> bool:
    """Refuse what waits for what it revises. False where it waits no more: nothing is changed."""
    refused = _give_up(reading.submission, reason=reason, by=by)
    judge([reading.submission])  # and with it what waited for it in turn
    return refused


def _give_up(submission: Submission, *, reason: str, by: User) -> bool:
    who = by.get_full_name() or by.get_username()
    told = storable(f"Kiriman yang diperbaikinya tidak ditunggu lagi. {who}: {reason}")
    waiting = Submission.objects.filter(is_waiting(), pk=submission.pk)
    refused = waiting.update(
        state=State.REFUSED, reasons={"revises": told}, judged_at=timezone.now()
    )
    submission.refresh_from_db(fields=["state", "reasons", "judged_at"])
    return bool(refused)


def resolve(
    reading: Reading, sides: Mapping[str, str], *, key: UUID, reason: str, by: User
) -> Receipt:
    """Hand in what the official decided: for each conflict the side that shall stand."""
    content = dict(reading.stands)
    for name, found in reading.submission.conflicts.items():
        content[name] = found.get("sent" if sides.get(name) == "sent" else "standing")
    return hand_in(reading, content, key=key, revises=reading.submission.pk, reason=reason, by=by)


def hand_in(
    reading: Reading, content: Content, *, key: UUID, revises: UUID, reason: str, by: User
) -> Receipt:
    assert reading.form is not None
    questions = {f"values.{question.name}" for question in reading.form.fields}
    item = {
        "instance_id": str(key),
        "form": reading.submission.layer_id,
        "form_version": reading.form.version,
        "observed_at": content.get("observed_at"),
        **(content.get("position") or {}),
        "revises": str(revises),
        "reason": reason,
        "values": {
            name.removeprefix("values."): content[name]
            for name in sorted(questions)
            if content.get(name) not in (None, "")
        },
    }
    (receipt,) = receive_all([item], by=by, device=None, channel=Submission.Channel.OFFICE)
    return receipt


def _value(question: FormField, text: str, before: Any) -> Any:
    """What was typed as the form wants it. What was not touched stays as it was sent."""
    text = text.strip().replace("\r\n", "\n")
    if text == _text(before).strip().replace("\r\n", "\n"):
        return before
    if question.kind in ("integer", "decimal"):
        return _number(text)
    return text or None


def _number(text: str) -> Any:
    """A number as an Indonesian or a browser writes it; what is none is left to the form."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return text or None
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _position(reading: Reading, told: Told) -> dict[str, Any]:
    """The position as it was measured; one that the official moved is placed by hand."""
    lon, lat = (told.get(name, "").strip() for name in ("lon", "lat"))
    if not lon and not lat:
        return {}
    if (lon, lat) == _coordinates(reading):
        faults = reading.submission.reasons
        measured: dict[str, Any] = reading.stands["position"]
        return {
            name: value
            for name, value in measured.items()
            if name not in faults or name == "geometry"
        }
    return {
        "geometry": {"type": "Point", "coordinates": [_number(lon), _number(lat)]},
        "accuracy": 0,
    }


def _observed_at(reading: Reading, told: Told) -> Any:
    text = told.get("observed_at", "")
    if not text or text == seen_at(reading):
        return reading.stands.get("observed_at")
    try:
        return timezone.make_aware(datetime.fromisoformat(text)).isoformat()
    except (ValueError, OverflowError):
        return text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
