"""One file in which everything can be seen: a hotel by the sea whose parcel lies in three zones,
touches a fourth with a sliver, and reaches over the border of a neighbour's permit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from shapely import Polygon

from layers.catalog.permits.applications import Application
from layers.catalog.permits.site_visits import SiteVisit
from layers.demo.journeys import Step
from layers.demo.permit_ways import working_day
from layers.demo.seed import identity
from layers.demo.sizes import local

if TYPE_CHECKING:
    from layers.demo.permits import Draft, Visit

S = Application.Status
KELURAHAN = "Kelapa Lima"
HOTEL = Polygon(
    [(123.6161934, -10.1454621), (123.6164252, -10.1453753), (123.6166573, -10.145228),
     (123.6165381, -10.1449135), (123.6162949, -10.1449454), (123.6160422, -10.1451026)]
)  # fmt: skip
RESTAURANT = Polygon(
    [(123.6166353, -10.1452548), (123.6168466, -10.1451364), (123.6167524, -10.1449838),
     (123.6165875, -10.1450797)]
)  # fmt: skip
# Where it went, days before the end of the story, and at what hour; hours rise, so that steps on
# one working day keep their order.
WAY = (
    (S.REGISTERED, 17, 8, None, ""),
    (S.COMPLETENESS, 16, 9, "perencana", ""),
    (S.RETURNED, 16, 11, "perencana", "Bukti penguasaan tanah belum lengkap."),
    (S.COMPLETENESS, 13, 13, None, ""),
    (S.LAND_CONSIDERATION, 12, 14, "perencana", ""),
    (S.ASSESSMENT, 5, 15, "perencana", ""),
)
VISITED = (2, 16)  # days before the end, and the hour


def put_into(made: list[Draft], until: date, codes: dict[str, str]) -> list[Draft]:
    """The same applications, of which one under assessment is the hotel now and the one that was
    granted first is the restaurant beside it. `codes` are those of the kelurahan by name."""
    open_one = next(draft for draft in made if draft.status == S.ASSESSMENT)
    granted = min(
        (draft for draft in made if draft.status == S.GRANTED), key=lambda one: one.steps[-1].at
    )
    hotel = replace(
        open_one, applicant="PT Contoh Teluk Kupang", kbli="55120",
        activity="Hotel melati tiga lantai", kelurahan=codes[KELURAHAN], parcel=HOTEL, company=True,
        online=True, steps=_steps(until), whole=True,
    )  # fmt: skip
    restaurant = replace(
        granted, kbli="56102", activity="Rumah makan", kelurahan=codes[KELURAHAN],
        parcel=RESTAURANT,
    )  # fmt: skip
    instead = {id(open_one): hotel, id(granted): restaurant}
    return [instead.get(id(draft), draft) for draft in made]


def _steps(until: date) -> tuple[Step, ...]:
    return tuple(
        Step(status.value, local(working_day(until - timedelta(days=days)), hour), by, reason)
        for status, days, hour, by, reason in WAY
    )


def seen(draft: Draft, until: date, visit: type[Visit]) -> Draft:
    """With the visit that fell to it."""
    days, hour = VISITED
    return replace(
        draft,
        visit=visit(
            instance_id=identity("site-visit", draft.number),
            finding=SiteVisit.Finding.MATCHES.value,
            at=local(working_day(until - timedelta(days=days)), hour),
            point=draft.parcel.representative_point(),
        ),
    )
