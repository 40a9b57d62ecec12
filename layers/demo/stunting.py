"""Invented children, each growing along a line of its own, and the released shares of stunting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from django.contrib.auth.models import User
from shapely import Point

from layers.catalog.puskesmas import Puskesmas
from layers.catalog.stunting import growth
from layers.catalog.stunting.children import Child, Measurement
from layers.catalog.stunting.prevalence import (
    Prevalence,
    SuppressionRule,
    compile_month,
    release_month,
)
from layers.demo import homes, names
from layers.demo.boundaries import kelurahan_ids
from layers.demo.people import user_ids
from layers.demo.puskesmas import served_by
from layers.demo.seed import identity, stream
from layers.demo.sizes import BATCH, Sizes, local
from layers.geometry import to_geos

ROUNDS, EVERY = 7, 3  # weighing rounds and the months between them: 18 months
WEIGHING_MONTHS = (2, 5, 8, 11)  # February and August are the city's own; two between
FIRST_DAY, LAST_DAY = 5, 20  # of the month
OLDEST, YOUNGEST = 1860, 25  # days of age on the last day
ATTENDANCE = 0.93

# Height for age in z: around 18 % below -2, most of them in Maulafa (53.71.02).
LEVEL, BETTER_A_YEAR = -1.29, 0.12
AWAY = {"53.71.02": -0.2, "53.71.01": -0.08, "53.71.04": 0.1, "53.71.06": 0.12}
BETWEEN_KELURAHAN, BETWEEN_CHILDREN, STEP, ERROR = 0.12, 0.98, 0.1, 0.08
GROWN_INTO = 730  # days until the deficit is full
MISTYPED = 0.003  # measurements that nobody would believe
OTHER_POSITION = 0.03
RULE_SOURCE = (
    "Contoh: UU 27/2022 melindungi data anak; di bidang kesehatan lazim tak terbit di bawah 10"
)


@dataclass(frozen=True)
class Seen:
    """A measurement before it is a row."""

    instance_id: UUID
    day: date
    height_cm: float
    position: growth.Position
    weight_kg: float
    height_z: float


@dataclass(frozen=True)
class Draft:
    """A child before it is a row; `kelurahan` is a code."""

    code: UUID
    name: str
    sex: growth.Sex
    born_on: date
    guardian: str
    kelurahan: str
    home: Point
    seen: tuple[Seen, ...]


def rounds(until: date) -> list[date]:
    """The first days of the months in which children were weighed, the oldest first."""
    month = until.replace(day=1)
    found: list[date] = []
    while len(found) < ROUNDS:
        if month.month in WEIGHING_MONTHS and month.replace(day=LAST_DAY) < until:
            found.append(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return found[::-1]


def drafts(count: int, until: date) -> list[Draft]:
    random = stream("stunting")
    months = rounds(until)
    made: list[Draft] = []
    for kelurahan, children in homes.counts(count).items():
        level = LEVEL + AWAY.get(kelurahan[:8], 0.0) + random.gauss(0, BETWEEN_KELURAHAN)
        posyandu = random.randint(FIRST_DAY, LAST_DAY - 4)
        days = [month.replace(day=posyandu + random.randint(0, 2)) for month in months]
        for home in homes.homes(kelurahan, children, random):
            made.append(_child(len(made), kelurahan, home, level, days, until, random))
    return made


def _child(
    number: int,
    kelurahan: str,
    home: Point,
    level: float,
    days: list[date],
    until: date,
    random: Random,
) -> Draft:
    sex: growth.Sex = random.choice(("female", "male"))
    family = random.choice(names.FAMILIES)
    born_on = until - timedelta(days=random.randint(YOUNGEST, OLDEST))
    return Draft(
        code=identity("child", number),
        name=names.child(sex, family, random),
        sex=sex,
        born_on=born_on,
        guardian=names.grown_up(random, family),
        kelurahan=kelurahan,
        home=home,
        seen=tuple(_seen(number, sex, born_on, level, days, random)),
    )


def _seen(
    number: int,
    sex: growth.Sex,
    born_on: date,
    level: float,
    days: list[date],
    random: Random,
) -> Iterator[Seen]:
    own = random.gauss(0, BETWEEN_CHILDREN)
    for day in days:
        own += random.gauss(0, STEP)
        late = day + timedelta(days=random.choice((0, 0, 0, 0, 1)))
        age = (late - born_on).days
        if not 0 <= age <= growth.LAST_DAY or random.random() > ATTENDANCE:
            continue
        years = (day - days[0]).days / 365.25
        deficit = (level + BETTER_A_YEAR * years) * (0.4 + 0.6 * min(1, age / GROWN_INTO))
        true_z = deficit + own + random.gauss(0, ERROR)
        yield _measured(identity("measurement", number, day), late, sex, age, true_z, random)


def _measured(
    instance_id: UUID, day: date, sex: growth.Sex, age: int, true_z: float, random: Random
) -> Seen:
    """What the officer wrote down: rounded, now and then in the other position or mistyped."""
    height = growth.height_at(sex=sex, age_days=age, z=true_z)
    weight = _weight(height, age, random)
    if random.random() < MISTYPED:
        height = growth.height_at(sex=sex, age_days=age, z=random.choice((-8.5, -7.2, 7.4)))
    expected: growth.Position = "lying" if age < growth.HEIGHT_FROM else "standing"
    position = expected
    if age > 400 and random.random() < OTHER_POSITION:
        position = "standing" if expected == "lying" else "lying"
        height += growth.POSITION_GAP if position == "lying" else -growth.POSITION_GAP
    height = round(height, 1)
    z = growth.height_for_age(sex=sex, age_days=age, height_cm=height, position=position)
    return Seen(instance_id, day, height, position, weight, z)


def _weight(height: float, age: int, random: Random) -> float:
    """Kilograms by a body mass index that rises in the first half year and falls until five."""
    index = 13.4 + 3.6 * min(1, age / 180) - 1.7 * max(0, min(1, (age - 300) / 1200))
    return round(max(1.2, random.gauss(index, 1.0) * (height / 100) ** 2), 2)


def load(sizes: Sizes, until: date) -> dict[str, int]:
    made = drafts(sizes.children, until)
    kelurahan, users = kelurahan_ids(), user_ids()
    puskesmas = dict(Puskesmas.objects.values_list("code", "pk"))
    children = Child.objects.bulk_create(
        (
            Child(
                code=draft.code,
                name=draft.name,
                sex=draft.sex,
                born_on=draft.born_on,
                guardian=draft.guardian,
                puskesmas_id=puskesmas[served_by()[draft.kelurahan]],
                kelurahan_id=kelurahan[draft.kelurahan],
                geom=to_geos(draft.home),
            )
            for draft in made
        ),
        batch_size=BATCH,
    )
    officers = {code: users[f"gizi-{puskesmas}"] for code, puskesmas in served_by().items()}
    measurements = Measurement.objects.bulk_create(
        (
            row
            for child, draft in zip(children, made, strict=True)
            for row in _rows(child, draft, officers[draft.kelurahan])
        ),
        batch_size=BATCH,
    )
    return {
        "children": len(children),
        "measurements": len(measurements),
        "stunting-prevalence": _release(until),
    }


def _rows(child: Child, draft: Draft, officer: int) -> Iterator[Measurement]:
    for seen in draft.seen:
        yield Measurement(
            instance_id=seen.instance_id,
            child=child,
            measured_on=seen.day,
            height_cm=seen.height_cm,
            position=seen.position,
            weight_kg=seen.weight_kg,
            height_z=seen.height_z,
            observed_at=_time_of(seen),
            by_id=officer,
        )


def _time_of(seen: Seen) -> datetime:
    minutes = seen.instance_id.int % 180
    return local(seen.day, 9 + minutes // 60, minutes % 60)


def _release(until: date) -> int:
    """Every round compiled; the newest waits for the walidata."""
    *past, newest = rounds(until)
    SuppressionRule.objects.get_or_create(
        valid_from=min(date(2022, 10, 17), past[0]),
        defaults={"minimum": 10, "source": RULE_SOURCE},
    )
    walidata = User.objects.get(username="walidata")
    for month in past:
        compile_month(month=month)
        following = (month + timedelta(days=32)).replace(day=10)
        release_month(month=month, by=walidata, at=local(following, 10))
    compile_month(month=newest)
    return Prevalence.objects.count()
