"""All open applications over a plan and its rules at once: what would change for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from layers.base import Refused
from layers.catalog.permits.check.checks import Check
from layers.catalog.permits.check.differences import Difference, compare
from layers.catalog.permits.check.evidence import check
from layers.catalog.permits.check.judgement import judged
from layers.catalog.permits.check.rulebook import Rulebook
from layers.catalog.permits.check.surroundings import around
from layers.catalog.permits.parcels import Parcel
from layers.catalog.permits.roles import OPEN
from layers.catalog.zoning.measures import one as overlay
from layers.catalog.zoning.measures.many import WholePlan
from layers.catalog.zoning.plans import Plan, Standing
from layers.catalog.zoning.rules import RuleSet

BATCH = 1_000
ASKED = (
    "plan/code",
    "plan/title",
    "rules/code",
    "rules/title",
)  # these differ because others were asked for


@dataclass(frozen=True)
class Recheck:
    """`before` is the last check, None where there is none."""

    parcel: Parcel
    at: datetime
    evidence: dict[str, Any]
    before: Check | None

    @property
    def differences(self) -> list[Difference]:
        """What is answered differently, not what was asked differently."""
        if self.before is None:
            return []
        found = compare(self.before.evidence, self.evidence)
        return [one for one in found if one.path not in ASKED]

    @property
    def changes(self) -> bool:
        return self.before is None or bool(self.differences)


def recheck(*, plan: Plan, rule_set: RuleSet) -> Iterator[Recheck]:
    """The open applications in the order of their numbers; nothing is stored."""
    at = timezone.now()
    book, whole = Rulebook(rule_set, plan), WholePlan(plan.pk)
    standing = Parcel.objects.filter(stood_until=None, application__status__in=OPEN)
    parcels = list(standing.select_related("application").order_by("application__number"))
    for start in range(0, len(parcels), BATCH):
        some = parcels[start : start + BATCH]
        shapes = [overlay.measurable(parcel.geom) for parcel in some]
        last = _last_checks(some)
        for parcel, shape, measured in zip(some, shapes, whole.measure(shapes), strict=True):
            application, revision = parcel.application, parcel.revision
            evidence = judged(
                shape=shape,
                measured=measured,
                surroundings=around(shape, at=at, application=application, revision=revision),
                kbli=application.kbli,
                book=book,
                at=at,
                number=application.number,
                revision=revision,
            )
            yield Recheck(parcel, at, evidence, last.get(application.pk))


def store(one: Recheck, *, plan: Plan, rule_set: RuleSet, by: Any = None) -> Check:
    """Check the application as the page would, in the database, and keep that. Raises Refused where
    plan or rules are not in force: the last check is the one on which a decision rests."""
    if {plan.status, rule_set.status} != {Standing.ACTIVE}:
        told = "Hanya pemeriksaan atas rencana dan aturan yang berlaku yang disimpan."
        raise Refused({"plan": told})
    return check(application=one.parcel.application, by=by, plan=plan, rule_set=rule_set)


def _last_checks(parcels: list[Parcel]) -> dict[int, Check]:
    """By application."""
    keys = [parcel.application_id for parcel in parcels]
    newest = Check.objects.filter(application__in=keys).order_by("application", "-pk")
    return {one.application_id: one for one in newest.distinct("application")}
