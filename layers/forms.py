"""What a phone may submit to a layer, declared as data beside the layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.contrib.gis.geos import Point
from django.db import transaction
from django.db.models import Model

from layers.base import Format, Refused, Text, User


@dataclass(frozen=True)
class CodeList:
    """Codes that a question offers, kept as data: markets, commodities, the children of a
    Puskesmas.

    `rows(user)` gives what this person may choose from, all JSON: each at least {"code", "name"};
    "note" is said beside the name, "point" is [lon, lat], "group" a heading to stand under. What
    else they carry, no client knows. `assigned` lists are work waiting for this person rather than
    reference data.
    """

    id: str
    title: Text
    rows: Callable[[User], Iterable[Mapping[str, Any]]]
    assigned: bool = False


@dataclass(frozen=True)
class FormField:
    """A question of a form. `choices` are for kind "choice"; bounds are inclusive. The answer to
    a "photo" is the name of a file that is sent apart. `codes` is the id of the form's `CodeList`
    that the answer comes from. `format` is how it is written, where its kind does not say."""

    name: str
    title: Text
    kind: Literal["text", "integer", "decimal", "choice", "date", "uuid", "photo"] = "text"
    required: bool = True
    choices: Mapping[str, Text] = field(default_factory=dict)
    minimum: int | Decimal | None = None
    maximum: int | Decimal | None = None
    max_length: int = 2000
    codes: str = ""
    format: Format | None = None


@dataclass(frozen=True)
class Sheet:
    """A form that is filled in as one screen of many lines: `by` is chosen once, then `answer`, a
    whole number, is given for each row of `line`'s code list. Each line is a submission of its own.

    These three name questions. `last` is the code list of what each answer was last: its rows carry
    the answers by the names of the questions, and "observed_at". An answer that differs by more
    than the share `jump` must be confirmed; from `slip` times on, a nought too many or too few is
    the likelier reason.
    """

    by: str
    line: str
    answer: str
    last: str
    jump: Decimal = Decimal("0.30")
    slip: int = 4


@dataclass(frozen=True)
class Observation:
    """What every submission says of itself. `position` is (lon, lat), EPSG:4326; `accuracy` is in
    metres (68 % radius; null is unknown, 0 is placed by hand); `observed_at` is the device's time,
    corrected where the device said how far its clock is off. `instance_id` names the feature in the
    ledger: a revision bears that of what it revises. `kelurahan` is the primary key of the one that
    covers the position."""

    instance_id: UUID
    observed_at: datetime
    position: tuple[float, float] | None = None
    accuracy: float | None = None
    kelurahan: int | None = None

    @property
    def point(self) -> Point | None:
        return Point(*self.position, srid=4326) if self.position else None


@dataclass(frozen=True, eq=False)
class Entry:
    """One set of answers to write. `feature` is the row to change where they revise one."""

    values: Mapping[str, Any]
    seen: Observation
    feature: Model | None = None


Write = Callable[..., Sequence[Model | Refused]]


def each(write_one: Callable[..., Model]) -> Write:
    """A `Form.write` out of a function that writes one entry:
    `write_one(*, values, seen, feature, by) -> Model`."""

    def write(*, entries: Sequence[Entry], by: User) -> list[Model | Refused]:
        written: list[Model | Refused] = []
        for entry in entries:
            try:
                with transaction.atomic():
                    feature = write_one(
                        values=entry.values, seen=entry.seen, feature=entry.feature, by=by
                    )
                written.append(feature)
            except Refused as refusal:
                written.append(refusal)
        return written

    return write


def delete(*, feature: Model, by: User) -> None:
    """The plain `Form.withdraw`: the feature goes, the ledger keeps what was sent."""
    feature.delete()


@dataclass(frozen=True, eq=False)
class Earlier:
    """A version of a form that old phones still send. `upgrade` turns its answers into answers to
    the next version, or raises `Refused`."""

    version: str
    fields: tuple[FormField, ...]
    upgrade: Callable[[dict[str, Any]], dict[str, Any]] = dict


@dataclass(frozen=True, eq=False)
class Form:
    """What a phone may submit to a layer.

    `write(*, entries, by)` is a function of the theme: it writes a feature for each entry, all of
    one sender, and gives for each the feature or a `Refused` with a reason for each field. It runs
    inside the caller's transaction. `withdraw(*, feature, by)` takes a feature back or raises
    `Refused`. `place` is the ORM path from the feature to the geometry of what it is about, where
    that is not where the officer stood. `lists` are the code lists that a phone needs to fill it
    in. `sheet` says that many are filled in at once. `earlier` are older versions, newest first.
    """

    version: str
    title: Text
    fields: tuple[FormField, ...]
    write: Write
    example: Mapping[str, Any]  # answers that are right, for clients, documentation and tests
    point: Literal["required", "optional"] = "required"
    place: str = ""
    lists: tuple[CodeList, ...] = ()
    sheet: Sheet | None = None
    withdraw: Callable[..., None] = delete
    earlier: tuple[Earlier, ...] = ()

    @property
    def versions(self) -> dict[str, Form | Earlier]:
        """Every version that phones may still have, the present one first."""
        return {self.version: self, **{earlier.version: earlier for earlier in self.earlier}}
