"""What lies around a parcel, as it stood at a moment: applications, permits, earlier red lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import cos, radians

from django.contrib.gis.geos import GEOSGeometry, Polygon
from django.db.models import Case, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from shapely.geometry.base import BaseGeometry

from layers.catalog.permits.applications import Application, ApplicationMove
from layers.catalog.permits.parcels import Parcel
from layers.catalog.zoning.measures.one import Metres, SharedArea
from layers.geometry import to_geos

NEAR = 10.0  # metres
_DEGREE = 110_500  # metres of latitude, rather less than there are

S = Application.Status
GONE = (S.WITHDRAWN, S.LAPSED)
RELATIONS = {S.GRANTED: "permit", S.GRANTED_IN_PART: "permit", S.REFUSED: "refused"}
OWN = "own-earlier"


@dataclass(frozen=True)
class Around:
    """A red line at or over the parcel: m² in common, and metres away."""

    number: str
    revision: int
    status: str
    relation: str
    m2: float
    metres: float
    line: GEOSGeometry


def around(
    shape: BaseGeometry,
    *,
    at: datetime,
    application: Application | None = None,
    revision: int | None = None,
) -> list[Around]:
    """Within `NEAR` of the parcel, the largest overlap first. Of the application itself, only red
    lines that were drawn before `revision`."""
    given = to_geos(shape)
    stood = Q(stood_until=None) | Q(stood_until__gt=at)
    if application is not None:
        before = Q(revision__lt=revision) if revision else Q()
        stood = (stood & ~Q(application=application)) | (Q(application=application) & before)
    later = ApplicationMove.objects.filter(record=OuterRef("application"), at__gt=at)
    rows = (
        Parcel.objects.filter(stood, stood_from__lte=at, geom__bboverlaps=_reach(shape))
        .annotate(
            # What the next move left, else what stands now.
            then=Coalesce(
                Subquery(later.order_by("at", "pk").values("from_status")[:1]),
                F("application__status"),
            ),
            line=Case(
                When(Q(then=S.GRANTED_IN_PART), then=Coalesce("application__granted", "geom")),
                default=F("geom"),
            ),
        )
        .annotate(m2=SharedArea("line", given), metres=Metres("line", given))
        .exclude(then__in=GONE)
        .filter(metres__lte=NEAR)
        .order_by("-m2", "application__number", "revision")
    )
    own = application.pk if application else None
    return [
        Around(
            number=number,
            revision=drawn,
            status=status or S.REGISTERED.value,
            relation=OWN if key == own else RELATIONS.get(S(status or S.REGISTERED), "application"),
            m2=m2,
            metres=metres,
            line=line,
        )
        for number, drawn, status, key, m2, metres, line in rows.values_list(
            "application__number", "revision", "then", "application", "m2", "metres", "line"
        )
    ]


def _reach(shape: BaseGeometry) -> Polygon:
    west, south, east, north = shape.bounds
    up = NEAR / _DEGREE
    aside = up / max(cos(radians(max(abs(south), abs(north)))), 0.1)
    return Polygon.from_bbox((west - aside, south - up, east + aside, north + up))
