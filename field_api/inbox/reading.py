"""A submission in the words of its form, for people. Nothing that was sent is trusted to be of the
shape that the form asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _

from field_api import records
from field_api.envelope import moment
from field_api.merge import Content, flat
from field_api.models import Submission
from field_api.trust import span
from layers.base import Layer, User
from layers.forms import Form, FormField
from layers.registry import LAYERS

A_MINUTE = 60.0
State = Submission.State

Names = Mapping[str, Mapping[str, str]]  # code list id -> code -> name


@dataclass(frozen=True)
class Answer:
    """A member of what was sent: `name` as faults and conflicts call it, `text` as people write
    it."""

    name: str
    title: str
    text: str
    fault: str = ""


class Reader:
    """Reads submissions for one official: the names behind codes are those that they may see."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._names: dict[str, dict[str, dict[str, str]]] = {}

    def names(self, form: Form) -> Names:
        key = str(id(form))
        if key not in self._names:
            asked = {question.codes for question in form.fields}
            self._names[key] = {
                one.id: {str(row["code"]): str(row["name"]) for row in one.rows(self._user)}
                for one in form.lists
                if one.id in asked
            }
        return self._names[key]

    def read(self, submission: Submission) -> Reading:
        layer = LAYERS.get(submission.layer_id)
        form = layer.accepts if layer else None
        return Reading(submission, layer, form, self.names(form) if form else {})


@dataclass(frozen=True)
class Reading:
    """A submission, and what it says in the words of its form."""

    submission: Submission
    layer: Layer | None
    form: Form | None
    names: Names = field(repr=False)

    @property
    def title(self) -> str:
        return str(self.form.title) if self.form else _("Tanpa formulir")

    @cached_property
    def item(self) -> dict[str, Any]:
        return _object(self.submission.payload)

    @property
    def values(self) -> dict[str, Any]:
        values = self.item.get("values")
        return values if isinstance(values, dict) else {}

    @cached_property
    def sent(self) -> Content:
        """What it asks for, flat."""
        if self.layer is None or self.form is None or not self.item:
            return flat(self.item, self.values)
        return records.asked(self.submission, self.layer, self.item)

    @cached_property
    def stands(self) -> Content:
        """What the record said after it: with what others had changed."""
        if self.layer is None or self.form is None or not self.item:
            return self.sent
        return records.content(self.submission, self.layer, self.item)

    @property
    def overtaken(self) -> bool:
        """Whether a later version was accepted. Only of rows that were read with the answer."""
        return bool(self.submission.overtaken)  # type: ignore[attr-defined]

    @property
    def waits(self) -> bool:
        """Whether it revises what has not come."""
        return self.submission.state == State.RECEIVED and "revises" in self.submission.reasons

    @cached_property
    def questions(self) -> dict[str, FormField]:
        """The questions of the form and of its earlier versions, by name."""
        if self.form is None:
            return {}
        earlier = [one.fields for one in reversed(self.form.earlier)]
        return {question.name: question for one in (*earlier, self.form.fields) for question in one}

    @property
    def answers(self) -> list[Answer]:
        """Every question of the form, then what was sent beyond it."""
        asked = [one.name for one in self.form.fields] if self.form else []
        names = list(dict.fromkeys([*asked, *self.values]))
        return [self.told(f"values.{name}", self.values.get(name)) for name in names]

    @property
    def summary(self) -> str:
        """The answers that tell one submission from the next."""
        told = [self.told(f"values.{name}", self.values.get(name)) for name in self.main]
        return " · ".join(answer.text for answer in told if answer.text)

    @property
    def main(self) -> list[str]:
        """What it is about: the answers out of a code list, else the first choice."""
        if self.form is None:
            return []
        chosen = [one.name for one in self.form.fields if one.choices]
        return [one.name for one in self.form.fields if one.codes] or chosen[:1]

    @property
    def coded(self) -> bool:
        """Whether the main answers name a thing that the portal keeps."""
        return any(question.codes for question in self.questions.values())

    @property
    def faults(self) -> list[Answer]:
        """Why it was refused, each by the question it is about."""
        return [
            Answer(name, self.title_of(name), "", str(reason))
            for name, reason in self.submission.reasons.items()
        ]

    @property
    def unasked(self) -> bool:
        """Whether it answers what no version of its form asks."""
        return any(name not in self.questions for name in self.values)

    @property
    def observed_at(self) -> datetime | None:
        """When, by the device's own clock."""
        return local(self.item.get("observed_at"))

    @property
    def placed(self) -> bool:
        return self.submission.geom is not None or point_of(self.item) is not None

    @property
    def clock(self) -> str:
        """How far the device's clock was off."""
        behind = self.submission.clock_skew
        if behind is None:
            return _("tidak diketahui")
        if abs(behind) < A_MINUTE:
            return _("tepat")
        number, unit = span(behind)
        off = _(f"%d {unit}") % number
        return (_("terlambat %s") if behind > 0 else _("terlalu cepat %s")) % off

    @property
    def attached(self) -> list[tuple[str, str]]:
        """The files that it speaks of: (question, name)."""
        asked = [one.name for one in self.questions.values() if one.kind == "photo"]
        return [(name, value) for name in asked if isinstance(value := self.values.get(name), str)]

    def title_of(self, name: str) -> str:
        short = name.removeprefix("values.")
        if name != short and short in self.questions:
            return str(self.questions[short].title)
        return str(_(_ENVELOPE[name])) if name in _ENVELOPE else short

    def told(self, name: str, value: Any) -> Answer:
        """A member of the content with its title, as people write it."""
        question = self.questions.get(name.removeprefix("values."))
        text = _place(value) if name == "position" else self._written(value, question)
        fault = self.submission.reasons.get(name, "")
        return Answer(name, self.title_of(name), text, str(fault))

    def _written(self, value: Any, question: FormField | None) -> str:
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return _("Ya") if value else _("Tidak")
        if isinstance(value, int | float):
            return str(localize(value))
        if not isinstance(value, str):
            return json.dumps(value, ensure_ascii=False)
        if question is None:
            return _moment(value)
        if question.codes:
            return self.names.get(question.codes, {}).get(value, value)
        if question.choices:
            return str(question.choices.get(value, value))
        return _day(value) if question.kind == "date" else value


_ENVELOPE = {
    "instance_id": "UUID",
    "form": "Formulir",
    "form_version": "Versi formulir",
    "observed_at": "Waktu dilihat",
    "geometry": "Titik lokasi",
    "position": "Titik lokasi",
    "accuracy": "Ketelitian",
    "altitude": "Ketinggian",
    "values": "Isian",
    "body": "Isi kiriman",
    "revises": "Kiriman yang diperbaiki",
    "sequence": "Nomor urut gawai",
}


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def pretty(text: str) -> str:
    """The payload as it came, indented where it is JSON."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text


def point_of(item: Mapping[str, Any]) -> tuple[float, float] | None:
    """(lon, lat) of what was sent, where it is a place on earth."""
    geometry = item.get("geometry")
    numbers = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if not isinstance(numbers, list) or len(numbers) not in (2, 3):
        return None
    if not all(type(number) in (int, float) for number in numbers):
        return None
    lon, lat = numbers[:2]
    return (float(lon), float(lat)) if abs(lon) <= 180 and abs(lat) <= 90 else None


def _place(value: Any) -> str:
    point = point_of(value) if isinstance(value, dict) else None
    if point is None:
        return json.dumps(value, ensure_ascii=False) if value else ""
    told = f"{point[1]:.6f}, {point[0]:.6f}"
    accuracy = value.get("accuracy")
    known = type(accuracy) in (int, float)
    return f"{told} (± {localize(round(accuracy, 1))} m)" if known else told


def local(text: Any) -> datetime | None:
    """A moment in the city's own time, where it has one there."""
    found = moment(text)
    try:
        return timezone.localtime(found) if found else None
    except OverflowError:
        return None


def _moment(value: str) -> str:
    found = local(value)
    return date_format(found, "j M Y H.i.s T") if found else value


def _day(value: str) -> str:
    try:
        return date_format(date.fromisoformat(value), "j M Y")
    except ValueError:
        return value
