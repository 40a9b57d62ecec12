"""Applications for spatial-use approval with their parcels, their history and site visits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from shapely import Point, Polygon

from layers.catalog.permits.applications import DECIDED, Application, ApplicationMove
from layers.catalog.permits.parcels import Parcel
from layers.catalog.permits.site_visits import SiteVisit
from layers.demo import fixtures, journeys, names
from layers.demo.boundaries import kelurahan_ids
from layers.demo.journeys import Step
from layers.demo.parcels import Cadastre
from layers.demo.people import user_ids
from layers.demo.seed import identity, stream
from layers.demo.shapes import geos, multi
from layers.demo.sizes import BATCH, Sizes, local

S = Application.Status
# Of a hundred applications, about so many stand in each status.
SHARES = {
    S.GRANTED: 36, S.GRANTED_IN_PART: 9, S.REFUSED: 7, S.WITHDRAWN: 3, S.LAPSED: 3,
    S.REGISTERED: 5, S.COMPLETENESS: 8, S.RETURNED: 6, S.LAND_CONSIDERATION: 8,
    S.ASSESSMENT: 8, S.FORUM: 3, S.RECOMMENDATION: 4,
}  # fmt: skip
SPINE = (S.REGISTERED, S.COMPLETENESS, S.LAND_CONSIDERATION, S.ASSESSMENT)
LONGEST = 12  # days in one office

REASONS = {
    S.RETURNED: (
        "Peta bidang belum memakai koordinat yang diminta.",
        "Bukti penguasaan tanah belum lengkap.",
        "Luas pada formulir berbeda dari gambar bidang.",
    ),
    S.LAND_CONSIDERATION: ("Diteruskan ke kantor pertanahan.",),
    S.FORUM: ("Dibahas di Forum Penataan Ruang karena berbatasan dengan sempadan.",),
    S.RECOMMENDATION: ("Kajian selesai; direkomendasikan untuk diputus.",),
    S.GRANTED: ("Sesuai rencana tata ruang.", "Sesuai, dengan ketentuan KDB dan RTH."),
    S.GRANTED_IN_PART: ("Disetujui di luar bagian sempadan.", "Luas disetujui sebagian."),
    S.REFUSED: (
        "Kegiatan tidak diperbolehkan pada subzona ini.",
        "Bidang berada di sempadan pantai.",
    ),
    S.WITHDRAWN: ("Dicabut atas permintaan pemohon.",),
    S.LAPSED: ("Perbaikan tidak diterima dalam batas waktu.",),
}  # fmt: skip
VISIT_NOTES = {
    SiteVisit.Finding.MATCHES: "Batas bidang dan penggunaan sesuai gambar.",
    SiteVisit.Finding.DIFFERS: "Patok di lapangan bergeser dari gambar; perlu diukur ulang.",
    SiteVisit.Finding.BUILT: "Fondasi sudah berdiri saat ditinjau.",
}


@dataclass(frozen=True)
class Visit:
    instance_id: UUID
    finding: str
    at: datetime
    point: Point


@dataclass(frozen=True)
class Draft:
    """An application before it is a row; `kelurahan` is a code."""

    number: str
    applicant: str
    kbli: str
    activity: str
    kelurahan: str
    parcel: Polygon
    steps: tuple[Step, ...]
    visit: Visit | None

    @property
    def status(self) -> str:
        return self.steps[-1].status

    @property
    def decided_on(self) -> date | None:
        return self.steps[-1].at.date() if self.status in DECIDED else None


def drafts(count: int, until: date) -> list[Draft]:
    """`count` applications, every status among them, in the order of their submission."""
    random = stream("permits")
    cadastre = Cadastre(random)
    activities = fixtures.rows("permit-parcels")
    weights = [float(row["weight"]) for row in activities]
    statuses = list(SHARES) + random.choices(
        list(SHARES), list(SHARES.values()), k=max(0, count - len(SHARES))
    )
    made = []
    for status in statuses[:count]:
        kind = random.choices(activities, weights)[0]
        kelurahan, parcel = cadastre.parcel(
            kind["zones"].split(), float(kind["min_m2"]), float(kind["max_m2"])
        )
        made.append(
            Draft(
                number="",
                applicant=names.firm(random)
                if kind["applicant"] == "company"
                else names.grown_up(random),
                kbli=kind["kbli"],
                activity=kind["activity"],
                kelurahan=kelurahan,
                parcel=parcel,
                steps=_steps(status, until, random),
                visit=None,
            )
        )
    made.sort(key=lambda draft: draft.steps[0].at)
    return [_visited(draft, until, random) for draft in _numbered(made)]


def _numbered(made: list[Draft]) -> Iterator[Draft]:
    running: Counter[int] = Counter()
    for draft in made:
        year = draft.steps[0].at.year
        running[year] += 1
        yield replace(draft, number=f"KKPR-{year}-{running[year]:04}")


def _route(end: S, random: Random) -> list[S]:
    """Statuses from the first to `end`, by moves that the theme allows."""
    route = list(SPINE)
    if random.random() < 0.25:
        route[2:2] = [S.RETURNED, S.COMPLETENESS]
    if end == S.FORUM or random.random() < 0.35:
        route.append(S.FORUM)
    route.append(S.RECOMMENDATION)
    if end in DECIDED:
        return [*route, end]
    if end in (S.WITHDRAWN, S.LAPSED):
        return [*route[: random.randint(1, len(route))], end]
    if end == S.RETURNED:
        turn = random.choice((S.COMPLETENESS, S.COMPLETENESS, S.ASSESSMENT))
        return [*route[: route.index(turn) + 1], end]
    last = len(route) - route[::-1].index(end)
    return route[:last]


def _steps(end: S, until: date, random: Random) -> tuple[Step, ...]:
    route = _route(end, random)
    closed = end in (*DECIDED, S.WITHDRAWN, S.LAPSED)
    ago = random.randint(2, 680) if closed else random.randint(1, 20)
    moments = journeys.office_hours_before(
        until - timedelta(days=ago), len(route), random, longest=LONGEST
    )
    return tuple(
        Step(status.value, at, _signer(status), _reason(status, random))
        for status, at in zip(route, moments, strict=True)
    )


def _signer(status: S) -> str | None:
    if status in (S.REGISTERED, S.WITHDRAWN):
        return None  # the applicant
    return "pejabat" if status in DECIDED else "perencana"


def _reason(status: S, random: Random) -> str:
    return random.choice(REASONS[status]) if status in REASONS else ""


def _visited(draft: Draft, until: date, random: Random) -> Draft:
    """A visit soon after the assessment began, to some of the parcels."""
    begun = [step.at for step in draft.steps if step.status == S.ASSESSMENT]
    if not begun or random.random() < 0.4:
        return draft
    day = journeys.working_day(begun[0].date() + timedelta(days=3))
    if not begun[0].date() < day < until:
        return draft
    findings = list(SiteVisit.Finding)
    weights = (3, 4, 4) if draft.status == S.REFUSED else (16, 3, 1)
    visit = Visit(
        instance_id=identity("site-visit", draft.number),
        finding=random.choices(findings, weights)[0].value,
        at=local(day, random.randint(9, 14), random.randint(0, 59)),
        point=draft.parcel.representative_point(),
    )
    return replace(draft, visit=visit)


def load(sizes: Sizes, until: date) -> dict[str, int]:
    made = drafts(sizes.permits, until)
    kelurahan, users = kelurahan_ids(), user_ids()
    rows = Application.objects.bulk_create(
        (
            Application(
                number=draft.number,
                applicant=draft.applicant,
                kbli=draft.kbli,
                activity=draft.activity,
                status=draft.status,
                submitted_at=draft.steps[0].at,
                decided_on=draft.decided_on,
                kelurahan_id=kelurahan[draft.kelurahan],
                geom=geos(multi(draft.parcel)),
            )
            for draft in made
        ),
        batch_size=BATCH,
    )
    pairs = list(zip(rows, made, strict=True))
    Parcel.objects.bulk_create(
        (
            Parcel(application=row, revision=1, geom=row.geom, stood_from=row.submitted_at)
            for row in rows
        ),
        batch_size=BATCH,
    )
    histories = ((row, draft.steps) for row, draft in pairs)
    ApplicationMove.objects.bulk_create(
        journeys.rows(ApplicationMove, histories, users), batch_size=BATCH
    )
    visits = SiteVisit.objects.bulk_create(
        SiteVisit(
            instance_id=draft.visit.instance_id,
            application=row,
            finding=draft.visit.finding,
            note=VISIT_NOTES[SiteVisit.Finding(draft.visit.finding)],
            observed_at=draft.visit.at,
            by_id=users["perencana"],
            geom=geos(draft.visit.point),
        )
        for row, draft in pairs
        if draft.visit
    )
    return {"permit-parcels": len(rows), "site-visits": len(visits)}
