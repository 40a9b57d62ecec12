"""How the invented files were judged: checks, recommendations, decisions and their letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from shapely import Polygon

from layers.catalog.permits.applications import DECIDED, Application
from layers.catalog.permits.check.checks import Check
from layers.catalog.permits.check.evidence import digest
from layers.catalog.permits.check.judgement import judged
from layers.catalog.permits.check.rulebook import Rulebook
from layers.catalog.permits.check.surroundings import around
from layers.catalog.permits.letters.content import content_of
from layers.catalog.permits.letters.letters import SERIES, Letter, numbered
from layers.catalog.permits.numbering import RunningNumber
from layers.catalog.permits.parcels import Parcel
from layers.catalog.permits.partition import partition
from layers.catalog.permits.workflow.decisions import (
    ConditionTemplate,
    Decision,
    Outcome,
    Recommendation,
)
from layers.catalog.zoning.measures import one as overlay
from layers.catalog.zoning.plans import Plan, Standing
from layers.catalog.zoning.rules import RuleSet
from layers.demo.permit_files import File, S, Users
from layers.demo.seed import identity, stream
from layers.demo.sizes import BATCH

CHECKED_AFTER = timedelta(minutes=40)
ISSUED_AFTER = timedelta(hours=1)
REASON = {
    Outcome.GRANTED: "Kegiatan sesuai dengan ketentuan subzona.",
    Outcome.GRANTED_IN_PART: "Sesuai, kecuali bagian yang digambar sebagai ditolak.",
    Outcome.REFUSED: "Kegiatan belum memenuhi ketentuan.",
}
EXCEPTED = "Dikecualikan: bangunan sudah ada sebelum rencana tata ruang berlaku."


def load(files: Sequence[File], users: Users) -> None:
    checks = dict(_checks(files, users))
    Check.objects.bulk_create(checks.values(), batch_size=BATCH)
    templates = {one.code: one.text for one in ConditionTemplate.objects.order_by("code")}
    proposals = [
        row
        for file in files
        if file.row.pk in checks
        for row in _recommendations(file, checks[file.row.pk], templates, users)
    ]
    Recommendation.objects.bulk_create(proposals, batch_size=BATCH)
    standing = {row.application_id: row for row in proposals if row.challenged_at is None}
    decisions = [_decision(file, standing, users) for file in files if file.row.status in DECIDED]
    Decision.objects.bulk_create(decisions, batch_size=BATCH)
    _issue_letters({file.row.pk: file for file in files}, users)


def refused_strip(parcel: Polygon, number: str) -> Any:
    """A strip along the first side of a quadrangle, a little beyond it, as one draws."""
    share = stream(f"refused/{number}").uniform(0.12, 0.35)
    first, second, third, fourth = (parcel.exterior.coords[one] for one in range(4))

    def towards(start: Any, end: Any, part: float) -> tuple[float, float]:
        return (start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part)

    return Polygon(
        (
            towards(first, fourth, -0.1),
            towards(second, third, -0.1),
            towards(second, third, share),
            towards(first, fourth, share),
        )
    )


# -- checks


def _checks(files: Sequence[File], users: Users) -> Iterator[tuple[int, Check]]:
    plan = Plan.objects.get(status=Standing.ACTIVE)
    rules = RuleSet.objects.get(status=Standing.ACTIVE)
    standing = {row.application_id: row for row in Parcel.objects.filter(stood_until=None)}
    book = Rulebook(rules, plan)
    for file in files:
        assessed = file.first(S.ASSESSMENT)
        if assessed is None:
            continue
        at, parcel = assessed[0].at + CHECKED_AFTER, standing[file.row.pk]
        shape = overlay.measurable(parcel.geom)
        evidence = judged(
            shape=shape, measured=overlay.measure(shape, plan=plan.pk), book=book, at=at,
            surroundings=around(shape, at=at, application=file.row, revision=parcel.revision),
            kbli=file.row.kbli, number=file.row.number, revision=parcel.revision,
        )  # fmt: skip
        made = Check(
            application=file.row, parcel=parcel, plan=plan, rule_set=rules, kbli=file.row.kbli,
            at=at, by_id=users["perencana"], evidence=evidence, sha256=digest(evidence),
        )  # fmt: skip
        told = {"verdict": evidence["verdict"], "sha256": made.sha256}
        file.tell("check", at, users["perencana"], **told)
        yield file.row.pk, made


# -- recommendations and decisions


def _recommendations(
    file: File, basis: Check, templates: dict[str, str], users: Users
) -> Iterator[Recommendation]:
    for step, after in file.arrivals(S.RECOMMENDATION):
        challenged = after is not None and after.status == S.ASSESSMENT
        outcome = _outcome(file, basis, challenged)
        approved, refused_part = _shapes(file.row, outcome)
        row = Recommendation(
            application=file.row, basis=basis, outcome=outcome, reason=_reason(outcome, basis),
            conditions=[] if outcome == Outcome.REFUSED else _conditions(file, templates),
            approved=approved, refused_part=refused_part, at=step.at, by_id=users["perencana"],
        )  # fmt: skip
        if challenged and after:
            row.challenged_at, row.challenge = after.at, after.reason
            row.challenged_by_id = users["pejabat"]
        yield row


def _outcome(file: File, basis: Check, challenged: bool) -> Outcome:
    if file.row.status in DECIDED and not challenged:
        return Outcome(file.row.status)
    return Outcome.REFUSED if basis.evidence["verdict"] == "X" else Outcome.GRANTED


def _reason(outcome: Outcome, basis: Check) -> str:
    against = basis.evidence["verdict"] == "X" and outcome != Outcome.REFUSED
    return EXCEPTED if against else REASON[outcome]


def _shapes(row: Application, outcome: Outcome) -> tuple[Any, Any]:
    """(approved, refused part)."""
    if outcome == Outcome.GRANTED_IN_PART:
        ring = Polygon(row.geom[0][0].coords)
        return partition(row.geom, refused_strip(ring, row.number))
    return (None if outcome == Outcome.REFUSED else row.geom), None


def _conditions(file: File, templates: dict[str, str]) -> list[dict[str, str]]:
    random = file.chance("conditions")
    codes = sorted(random.sample(sorted(templates), min(len(templates), random.randint(1, 4))))
    return [{"code": code, "text": templates[code]} for code in codes]


def _decision(file: File, standing: dict[int, Recommendation], users: Users) -> Decision:
    proposal, step = standing[file.row.pk], file.steps[-1]
    return Decision(
        application=file.row, recommendation=proposal, outcome=proposal.outcome,
        reason=step.reason, approved=proposal.approved, at=step.at, by_id=users["pejabat"],
        recommended_by_id=proposal.by_id,
    )  # fmt: skip


# -- letters


def _issue_letters(files: dict[int, File], users: Users) -> None:
    """In the order of the decisions, numbered by the year; what they say is frozen, the page is
    drawn when somebody asks for it."""
    running: Counter[int] = Counter()
    rows = []
    decided = Decision.objects.select_related(
        "application__kelurahan__parent", "application__identity", "by", "recommendation__by",
        "recommendation__basis__parcel", "recommendation__basis__plan",
    )  # fmt: skip
    approver = User.objects.get(pk=users["pejabat"])
    for decision in decided.order_by("at", "application__number"):
        at: datetime = decision.at + ISSUED_AFTER
        year = timezone.localtime(at).year
        running[year] += 1
        letter = Letter(
            decision=decision, version=1, number=numbered(running[year], year),
            code=identity("letter", decision.application.number).hex[:30], issued_at=at,
            by=approver,
        )  # fmt: skip
        letter.content = {**content_of(letter, replaced=None), "demo": True}
        rows.append(letter)
        file = files[decision.application_id]
        file.tell("letter", at, approver.pk, number=letter.number, version=1)
    Letter.objects.bulk_create(rows, batch_size=BATCH)
    RunningNumber.objects.bulk_create(
        RunningNumber(series=SERIES, year=year, last=last) for year, last in running.items()
    )
