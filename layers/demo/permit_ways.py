"""The way of an invented application through its statuses: where it went, when, and why."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from layers.catalog.permits.applications import DECIDED, Application
from layers.demo.journeys import Step
from layers.demo.permit_rules import calendar, limits
from layers.demo.sizes import local

S = Application.Status
SPINE = (S.REGISTERED, S.COMPLETENESS, S.LAND_CONSIDERATION, S.ASSESSMENT)
CLOSING = (*DECIDED, S.WITHDRAWN, S.LAPSED)
# Days in a status before the next.
STAYS = {
    S.REGISTERED: (0, 1), S.COMPLETENESS: (0, 1), S.RETURNED: (2, 12),
    S.LAND_CONSIDERATION: (5, 13), S.ASSESSMENT: (3, 8), S.FORUM: (2, 4), S.RECOMMENDATION: (0, 2),
}  # fmt: skip
OVERDUE = (17, 30)  # the same of what was returned and never came back
# How an open one stands against its limit, and how often.
PACES = {"fine": 72, "last day": 10, "late": 13, "deemed": 5}

REASONS = {
    S.RETURNED: (
        "Peta bidang belum memakai koordinat yang diminta.",
        "Bukti penguasaan tanah belum lengkap.",
        "Luas pada formulir berbeda dari gambar bidang.",
    ),
    S.FORUM: ("Dibahas di Forum Penataan Ruang karena berbatasan dengan sempadan.",),
    S.RECOMMENDATION: ("Kajian selesai; direkomendasikan untuk diputus.",),
    S.GRANTED: ("Sesuai rekomendasi.", "Sesuai, dengan ketentuan yang dilampirkan."),
    S.GRANTED_IN_PART: ("Disetujui di luar bagian sempadan.", "Luas disetujui sebagian."),
    S.REFUSED: (
        "Keberatan instansi terkait belum dapat dipenuhi pemohon.",
        "Jalan masuk belum memenuhi lebar yang diminta.",
    ),
    S.WITHDRAWN: ("Dicabut atas permintaan pemohon.",),
    S.LAPSED: ("Perbaikan tidak diterima dalam batas waktu.",),
}  # fmt: skip
CHALLENGE = "Lengkapi dahulu pertimbangan lalu lintas dan garis sempadannya."


def _route(end: S, random: Random) -> list[S]:
    """Statuses from the first to `end`, by moves that the theme allows."""
    route = list(SPINE)
    if random.random() < 0.25:
        route[2:2] = [S.RETURNED, S.COMPLETENESS]
    if end == S.FORUM or random.random() < 0.35:
        route.append(S.FORUM)
    if end in DECIDED and random.random() < 0.08:
        route += [S.RECOMMENDATION, S.ASSESSMENT]  # challenged
    route.append(S.RECOMMENDATION)
    if end in DECIDED:
        return [*route, end]
    if end == S.WITHDRAWN:
        return [*route[: random.randint(1, len(route))], end]
    if end in (S.RETURNED, S.LAPSED):
        turn = random.choice((S.COMPLETENESS, S.COMPLETENESS, S.ASSESSMENT))
        returned = [*route[: route.index(turn) + 1], S.RETURNED]
        return returned if end == S.RETURNED else [*returned, end]
    last = len(route) - route[::-1].index(end)
    return route[:last]


def steps(end: S, until: date, random: Random) -> tuple[Step, ...]:
    route = _route(end, random)
    moments = _moments(route, until, random)
    befores = [None, *route]
    return tuple(
        Step(status.value, at, _signer(status, before), _reason(status, before, random))
        for status, before, at in zip(route, befores, moments, strict=False)
    )


def _moments(route: list[S], until: date, random: Random) -> list[datetime]:
    """When each was arrived at: rising, in office hours of working days, the last as the pace of
    the application says."""
    end = route[-1]
    day = until - timedelta(days=random.randint(2, 680) if end in CLOSING else _age(end, random))
    day = working_day(min(day, until - timedelta(days=1)))
    found = [_office_hour(day, random)]
    for status, following in zip(route[-2::-1], route[:0:-1], strict=True):
        stay = random.randint(*OVERDUE if following == S.LAPSED else STAYS[status])
        earlier = working_day(found[0].date() - timedelta(days=stay))
        same = earlier == found[0].date()
        before = found[0] - timedelta(minutes=random.randint(15, 55))
        found.insert(0, before if same else _office_hour(earlier, random))
    return found


def _age(status: S, random: Random) -> int:
    """Days since an open application arrived where it stands, at the start of the next."""
    limit = limits().get(status, 12)
    pace = random.choices(list(PACES), list(PACES.values()))[0]
    if pace == "deemed" and status in (S.LAND_CONSIDERATION, S.ASSESSMENT, S.RECOMMENDATION):
        limit = limits()["total"]
    worked = {"fine": random.randint(1, limit), "last day": limit + 1}.get(
        pace, limit + random.randint(2, 6)
    )
    return worked + 2 * (worked // 5)  # with their week-ends


def working_day(day: date) -> date:
    """The day itself, or the last working day before it."""
    while not calendar().is_working(day):
        day -= timedelta(days=1)
    return day


def _office_hour(day: date, random: Random) -> datetime:
    return local(day, random.randint(12, 15), random.randint(0, 59), random.randint(0, 59))


def _signer(status: S, before: S | None) -> str | None:
    resubmitted = before == S.RETURNED and status == S.COMPLETENESS
    if resubmitted or status in (S.REGISTERED, S.WITHDRAWN):
        return None  # the applicant
    challenged = before == S.RECOMMENDATION and status == S.ASSESSMENT
    return "pejabat" if status in DECIDED or challenged else "perencana"


def _reason(status: S, before: S | None, random: Random) -> str:
    if before == S.RECOMMENDATION and status == S.ASSESSMENT:
        return CHALLENGE
    return random.choice(REASONS[status]) if status in REASONS else ""
