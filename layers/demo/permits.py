"""Applications for spatial-use approval: who asks for what where, and how far it has come."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from shapely import Point, Polygon

from layers.catalog.permits.applications import DECIDED, Application, ApplicationMove
from layers.catalog.permits.numbering import RunningNumber
from layers.catalog.permits.partition import partition
from layers.catalog.permits.registration import SERIES, numbered
from layers.catalog.permits.site_visits import SiteVisit
from layers.demo import (
    fixtures,
    journeys,
    names,
    permit_decisions,
    permit_files,
    permit_rules,
    showpiece,
)
from layers.demo.boundaries import kelurahan_ids
from layers.demo.journeys import Step
from layers.demo.mosaic import neighbourhoods
from layers.demo.parcels import Cadastre
from layers.demo.people import user_ids
from layers.demo.permit_files import Users
from layers.demo.permit_ways import steps, working_day
from layers.demo.seed import identity, stream
from layers.demo.shapes import multi
from layers.demo.sizes import BATCH, Sizes, local
from layers.geometry import to_geos

S = Application.Status
# Of a hundred applications, about so many stand in each status.
SHARES = {
    S.GRANTED: 36, S.GRANTED_IN_PART: 9, S.REFUSED: 7, S.WITHDRAWN: 3, S.LAPSED: 3,
    S.REGISTERED: 5, S.COMPLETENESS: 8, S.RETURNED: 6, S.LAND_CONSIDERATION: 8,
    S.ASSESSMENT: 8, S.FORUM: 3, S.RECOMMENDATION: 4,
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
    company: bool
    online: bool
    steps: tuple[Step, ...]
    visit: Visit | None
    whole: bool = False  # everything that a file may hold is in it

    @property
    def status(self) -> str:
        return self.steps[-1].status

    @property
    def decided_on(self) -> date | None:
        return self.steps[-1].at.date() if self.status in DECIDED else None


def drafts(count: int, until: date) -> list[Draft]:
    """`count` applications, every status among them, in the order of their submission."""
    random = stream("permits")
    cadastre = Cadastre(random, built=(showpiece.HOTEL, showpiece.RESTAURANT))
    activities = fixtures.rows("permit-parcels")
    weights = [float(row["weight"]) for row in activities]
    statuses = list(SHARES) + random.choices(
        list(SHARES), list(SHARES.values()), k=max(0, count - len(SHARES))
    )
    made = []
    for status in statuses[:count]:
        kind = random.choices(activities, weights)[0]
        company = kind["applicant"] == "company"
        kelurahan, parcel = cadastre.parcel(
            kind["zones"].split(), float(kind["min_m2"]), float(kind["max_m2"])
        )
        made.append(
            Draft(
                number="",
                applicant=names.firm(random) if company else names.grown_up(random),
                kbli=kind["kbli"],
                activity=kind["activity"],
                kelurahan=kelurahan,
                parcel=parcel,
                company=company,
                online=random.random() < 0.4,
                steps=steps(status, until, random),
                visit=None,
            )
        )
    codes = {place.name: code for code, place in neighbourhoods().items()}
    made = showpiece.put_into(made, until, codes)
    made.sort(key=lambda draft: draft.steps[0].at)
    return [_visited(draft, until, random) for draft in _numbered(made)]


def _numbered(made: list[Draft]) -> Iterator[Draft]:
    running: Counter[int] = Counter()
    for draft in made:
        year = draft.steps[0].at.year
        running[year] += 1
        yield replace(draft, number=numbered(running[year], year))


def _visited(draft: Draft, until: date, random: Random) -> Draft:
    """A visit soon after the assessment began, to some of the parcels."""
    if draft.whole:
        return showpiece.seen(draft, until, Visit)
    begun = [number for number, step in enumerate(draft.steps) if step.status == S.ASSESSMENT]
    if not begun or random.random() < 0.4:
        return draft
    arrived = draft.steps[begun[0]].at.date()
    left = draft.steps[begun[0] + 1].at.date() if begun[0] + 1 < len(draft.steps) else until
    day = working_day(arrived + timedelta(days=3))
    if not arrived < day < left:
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
    permit_rules.load()
    made = drafts(sizes.permits, until)
    kelurahan, users = kelurahan_ids(), user_ids()
    rows = Application.objects.bulk_create(
        (_row(draft, kelurahan, users) for draft in made), batch_size=BATCH
    )
    pairs = list(zip(rows, made, strict=True))
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
            geom=to_geos(draft.visit.point),
        )
        for row, draft in pairs
        if draft.visit
    )
    files = [
        permit_files.File(row, draft.steps, draft.company, draft.whole) for row, draft in pairs
    ]
    permit_files.load(files, users)
    permit_decisions.load(files, users)
    permit_files.keep_acts(files)
    _count_on(made)
    return {
        "permit-parcels": len(rows),
        "permit-register": len(rows),
        "site-visits": len(visits),
    }


def _row(draft: Draft, kelurahan: Users, users: Users) -> Application:
    parcel, instance_id = to_geos(multi(draft.parcel)), identity("application", draft.number)
    in_part = draft.status == S.GRANTED_IN_PART
    cut = permit_decisions.refused_strip(draft.parcel, draft.number) if in_part else None
    assigned = len(draft.steps) > 1 and draft.status not in (S.WITHDRAWN, S.LAPSED)
    return Application(
        instance_id=instance_id,
        tracking_code=tracking_code(instance_id),
        channel="applicant" if draft.online else "counter",
        number=draft.number,
        applicant=draft.applicant,
        kbli=draft.kbli,
        activity=draft.activity,
        status=draft.status,
        submitted_at=draft.steps[0].at,
        decided_on=draft.decided_on,
        kelurahan_id=kelurahan[draft.kelurahan],
        officer_id=users["perencana"] if assigned else None,
        geom=parcel,
        granted=partition(parcel, cut)[0] if cut else None,
    )


def _count_on(made: list[Draft]) -> None:
    """New applications are numbered after these."""
    years = Counter(draft.steps[0].at.year for draft in made)
    RunningNumber.objects.bulk_create(
        RunningNumber(series=SERIES, year=year, last=last) for year, last in years.items()
    )


def remove() -> None:
    SiteVisit.objects.all().delete()
    Application.objects.all().delete()
    RunningNumber.objects.all().delete()
    permit_rules.remove()


def tracking_code(instance_id: UUID) -> str:
    """Of an invented application: anybody may know it, and it is the same each time."""
    return urlsafe_b64encode(identity("track", instance_id).bytes).decode().rstrip("=")
