"""Trash reports: black spots that come back, scatter between them, and what was done about each."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from random import Random
from uuid import UUID

from shapely import Point

from layers.catalog.trash.reports import TrashReport, TrashReportMove
from layers.demo import fixtures, homes, journeys, markets
from layers.demo.boundaries import kelurahan_ids
from layers.demo.journeys import Step
from layers.demo.mosaic import kelurahan_at, mosaic, neighbourhoods
from layers.demo.people import user_ids
from layers.demo.seed import identity, stream
from layers.demo.shapes import moved
from layers.demo.sizes import BATCH, Sizes, end_of, local
from layers.geometry import to_geos

S = TrashReport.Status
C = TrashReport.Category
DAYS = 120
SCATTER = 0.35  # of the reports lie at no black spot
PORT = Point(123.52150, -10.20525)  # Tenau: the quay lies outside every kelurahan
KOTA_LAMA = "53.71.06"

# Weights of the categories at each kind of place.
MIX = {
    "market": {C.SCATTERED: 5, C.OVERFLOW: 6, C.MISSED_PICKUP: 2, C.ILLEGAL_DUMP: 1},
    "coast": {C.SCATTERED: 5, C.ILLEGAL_DUMP: 4, C.BURNING: 1},
    "dump": {C.BURNING: 4, C.ILLEGAL_DUMP: 4, C.OVERFLOW: 1},
    "street": {
        C.ILLEGAL_DUMP: 4, C.OVERFLOW: 3, C.MISSED_PICKUP: 3, C.SCATTERED: 2, C.BURNING: 2,
    },
}  # fmt: skip
# Where a report stands by its age in days: weights of these.
STANDS = (S.RECEIVED, S.VERIFIED, S.IN_PROGRESS, S.RESOLVED, S.REJECTED)
STANDING = (
    (1.5, (75, 18, 2, 0, 5)),
    (7, (20, 28, 28, 18, 6)),
    (30, (4, 11, 17, 60, 8)),
    (1000, (1, 3, 4, 84, 8)),
)
HOURS = (1, 3, 6, 6, 5, 4, 3, 3, 3, 4, 6, 6, 4, 2, 1)  # weights from six in the morning on
HOURS_TO = {S.VERIFIED: 14, S.IN_PROGRESS: 22, S.RESOLVED: 30, S.REJECTED: 10}
REJECTED = (
    "Laporan ganda dari tempat yang sama.",
    "Foto tidak memperlihatkan sampah.",
    "Lahan pribadi; pemilik sudah dihubungi.",
)
DONE = ("Sudah diangkut.", "Dibersihkan bersama warga.", "Kontainer diganti dan area disapu.")
REOPENED = "Warga melapor sampah muncul lagi."
SENT_BACK = "Armada tidak dapat masuk; perlu dijadwalkan ulang."


@dataclass(frozen=True)
class Spot:
    """A place where trash comes back. `spread` is in metres."""

    name: str
    kind: str
    point: Point
    spread: float
    weight: float


@dataclass(frozen=True)
class Draft:
    """A report before it is a row; `kelurahan` is a code, `by` a username."""

    instance_id: UUID
    category: str
    description: str
    observed_at: datetime
    accuracy: float | None
    by: str | None
    kelurahan: str | None
    point: Point
    steps: tuple[Step, ...]
    proven: bool

    @property
    def status(self) -> str:
        return self.steps[-1].status


def drafts(count: int, until: date) -> list[Draft]:
    """`count` reports in the order in which they were received."""
    random = stream("trash")
    places = [_place(random) for _ in range(count)]
    around = kelurahan_at([point for point, _ in places])
    made = [
        _draft(number, point, spot, code, until, random)
        for number, ((point, spot), code) in enumerate(zip(places, around, strict=True))
    ]
    return sorted(made, key=lambda draft: (draft.steps[0].at, draft.instance_id))


@cache
def _spots() -> tuple[Spot, ...]:
    random = stream("trash spots")
    coast = mosaic().coast
    found = [
        Spot(row["name"], "market", point, 70, 3 if approximate else 5)
        for row, point, approximate in markets.places()
    ]
    for step in range(14):
        point = coast.interpolate((step + random.random()) / 14, normalized=True)
        found.append(Spot("", "coast", point, 60, 2))
    alak = neighbourhoods()["53.71.01.1008"].point
    found.append(Spot("jalan masuk TPA Alak", "dump", alak, 250, 7))
    found.append(Spot("dermaga Tenau", "coast", PORT, 40, 0.6))
    for code, share in homes.crowd().items():
        for home in homes.homes(code, 1 + round(share * 30), random):
            found.append(Spot("", "street", home, 35, random.uniform(0.3, 2.0)))
    return tuple(found)


def _place(random: Random) -> tuple[Point, Spot]:
    if random.random() < SCATTER:
        crowd = homes.crowd()
        code = random.choices(list(crowd), list(crowd.values()))[0]
        point = homes.homes(code, 1, random)[0]
        return point, Spot("", "street", point, 0, 0)
    spots = _spots()
    spot = random.choices(spots, [spot.weight for spot in spots])[0]
    while True:
        point = moved(spot.point, random.gauss(0, spot.spread), random.gauss(0, spot.spread))
        if spot.point is PORT or mosaic().outline.contains(point):
            return point, spot


def _draft(
    number: int, point: Point, spot: Spot, kelurahan: str | None, until: date, random: Random
) -> Draft:
    weights = MIX[spot.kind]
    category = random.choices(list(weights), list(weights.values()))[0].value
    observed_at = _observed(until, random)
    received_at = min(observed_at + _delay(random), end_of(until))
    steps = tuple(_steps(received_at, end_of(until), random))
    by = _reporter(kelurahan, random)
    return Draft(
        instance_id=identity("trash-report", number),
        category=category,
        description=_sentence(category, spot, kelurahan, random),
        observed_at=observed_at,
        accuracy=_accuracy(random),
        by=by,
        kelurahan=kelurahan,
        point=point,
        steps=(Step(S.RECEIVED.value, received_at, by), *steps),
        proven=any(step.status == S.RESOLVED for step in steps) and random.random() < 0.45,
    )


def _observed(until: date, random: Random) -> datetime:
    day = until - timedelta(days=int(random.triangular(0, DAYS, DAYS / 15)))
    hour = random.choices(range(6, 6 + len(HOURS)), HOURS)[0]
    moment = local(day, hour, random.randint(0, 59), random.randint(0, 59))
    return moment if moment < end_of(until) else moment - timedelta(days=1)


def _delay(random: Random) -> timedelta:
    """Most phones send at once, some from out of reach hours later."""
    seconds = random.choices(((3, 90), (300, 9_000), (9_000, 60_000)), (80, 15, 5))[0]
    return timedelta(seconds=random.randint(*seconds))


def _accuracy(random: Random) -> float | None:
    """Null where the phone did not say, 0 where the point was placed by hand."""
    drawn = random.random()
    if drawn < 0.12:
        return None if drawn < 0.08 else 0.0
    return round(min(150.0, random.lognormvariate(2.4, 0.6)), 1)


def _reporter(kelurahan: str | None, random: Random) -> str | None:
    if random.random() > 0.35:
        return None
    return "petugas-kotalama" if (kelurahan or "").startswith(KOTA_LAMA) else "petugas"


@cache
def _sentences() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in fixtures.rows("trash-reports"):
        found.setdefault(row["category"], []).append(row["description"])
    return found


def _sentence(category: str, spot: Spot, kelurahan: str | None, random: Random) -> str:
    if random.random() < 0.08:
        return ""
    name = neighbourhoods()[kelurahan].name if kelurahan else "luar batas kelurahan"
    where = spot.name or (
        f"pantai {name}"
        if spot.kind == "coast"
        else f"RT {random.randint(1, 28):02} Kelurahan {name}"
    )
    return random.choice(_sentences()[category]).format(place=where)


def _route(status: S, random: Random) -> list[S]:
    """The statuses after the first, by moves that the theme allows."""
    if status == S.REJECTED:
        return random.choice(([S.REJECTED], [S.VERIFIED, S.REJECTED]))
    spine = [S.VERIFIED, S.IN_PROGRESS, S.RESOLVED]
    if status == S.RECEIVED:
        return []
    route = spine[: spine.index(status) + 1]
    if status == S.RESOLVED and random.random() < 0.05:
        route += spine  # reopened, and done again
    elif status != S.VERIFIED and random.random() < 0.04:
        route[2:2] = [S.VERIFIED, S.IN_PROGRESS]
    return route


def _steps(received_at: datetime, end: datetime, random: Random) -> Iterator[Step]:
    age = (end - received_at) / timedelta(days=1)
    weights = next(weights for limit, weights in STANDING if age < limit)
    route = _route(random.choices(STANDS, weights)[0], random)
    gaps = [random.expovariate(1 / HOURS_TO[status]) + 0.3 for status in route]
    room = 0.95 * age * 24
    squeeze = min(1.0, room / sum(gaps)) if gaps else 1.0
    at, before = received_at, S.RECEIVED
    for status, gap in zip(route, gaps, strict=True):
        at += timedelta(seconds=round(gap * squeeze * 3600))
        yield Step(status.value, at, "petugas", _reason(before, status, random))
        before = status


def _reason(before: S, status: S, random: Random) -> str:
    if status == S.VERIFIED and before in (S.RESOLVED, S.IN_PROGRESS):
        return REOPENED if before == S.RESOLVED else SENT_BACK
    if status in (S.REJECTED, S.RESOLVED):
        return random.choice(REJECTED if status == S.REJECTED else DONE)
    return ""


def load(sizes: Sizes, until: date) -> dict[str, int]:
    made = drafts(sizes.trash_reports, until)
    kelurahan, users = kelurahan_ids(), user_ids()
    reports = TrashReport.objects.bulk_create(
        (_row(draft, kelurahan[draft.kelurahan], users[draft.by]) for draft in made),
        batch_size=BATCH,
    )
    histories = ((report, draft.steps) for report, draft in zip(reports, made, strict=True))
    TrashReportMove.objects.bulk_create(
        journeys.rows(TrashReportMove, histories, users), batch_size=BATCH
    )
    return {"trash-reports": len(reports)}


def _row(draft: Draft, kelurahan_id: int | None, by_id: int | None) -> TrashReport:
    return TrashReport(
        instance_id=draft.instance_id,
        tracking_code=_tracking_code(draft.instance_id),
        category=draft.category,
        description=draft.description,
        status=draft.status,
        observed_at=draft.observed_at,
        received_at=draft.steps[0].at,
        accuracy=draft.accuracy,
        by_id=by_id,
        kelurahan_id=kelurahan_id,
        geom=to_geos(draft.point),
    )


def _tracking_code(instance_id: UUID) -> str:
    """Of the usual shape, but guessable: an invented report has nothing to hide."""
    return urlsafe_b64encode(identity("track", instance_id).bytes).decode().rstrip("=")
