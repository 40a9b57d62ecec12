"""What the work on permits rests on: holidays, time limits, offices to be asked, conditions."""

from __future__ import annotations

from datetime import date
from functools import cache

from layers.catalog.permits.clock.limits import Holiday, StepLimit
from layers.catalog.permits.clock.working_days import Calendar
from layers.catalog.permits.consultations import Consultee
from layers.catalog.permits.letters.legal_basis import LegalBasis
from layers.catalog.permits.workflow.decisions import ConditionTemplate
from layers.catalog.zoning.overlays import OverlayKind
from layers.demo import fixtures


@cache
def calendar() -> Calendar:
    return Calendar(date.fromisoformat(row["day"]) for row in fixtures.rows("holidays"))


@cache
def limits() -> dict[str, int]:
    """Working days a step, by the newest row of each."""
    rows = sorted(fixtures.rows("step-limits"), key=lambda row: row["valid_from"])
    return {row["step"]: int(row["working_days"]) for row in rows}


def load() -> None:
    """What is there already stays: it may be the city's own."""
    kinds = {kind.code: kind for kind in OverlayKind.objects.all()}
    Holiday.objects.bulk_create(
        (Holiday(**row) for row in fixtures.rows("holidays")), ignore_conflicts=True
    )
    StepLimit.objects.bulk_create(
        (
            StepLimit(**{**row, "deemed": row["deemed"] == "true"})
            for row in fixtures.rows("step-limits")
        ),
        ignore_conflicts=True,
    )
    Consultee.objects.bulk_create(
        (
            Consultee(**{**row, "overlay": kinds.get(row["overlay"])})
            for row in fixtures.rows("consultees")
        ),
        ignore_conflicts=True,
    )
    ConditionTemplate.objects.bulk_create(
        (ConditionTemplate(**row) for row in fixtures.rows("condition-templates")),
        ignore_conflicts=True,
    )
    if not LegalBasis.objects.exists():
        LegalBasis.objects.bulk_create(
            LegalBasis(**{**row, "valid_until": row["valid_until"] or None})
            for row in fixtures.rows("legal-basis")
        )


def remove() -> None:
    """The rows that are as the fixtures say; the city's own stay."""
    for row in fixtures.rows("holidays"):
        Holiday.objects.filter(day=row["day"], source=row["source"]).delete()
    for row in fixtures.rows("step-limits"):
        told = {name: row[name] for name in ("step", "valid_from", "source")}
        StepLimit.objects.filter(**told).delete()
    codes = [row["code"] for row in fixtures.rows("consultees")]
    Consultee.objects.filter(code__in=codes).delete()
    for row in fixtures.rows("condition-templates"):
        ConditionTemplate.objects.filter(code=row["code"], source=row["source"]).delete()
    for row in fixtures.rows("legal-basis"):
        LegalBasis.objects.filter(title=row["title"], source=row["source"]).delete()
