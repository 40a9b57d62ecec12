"""The way of an application as one table: who may take which step from where to where, and what
must be true first. Whatever moves an application goes through `take`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from layers.base import Refused, Text
from layers.catalog.permits import acts
from layers.catalog.permits.applications import Application, ApplicationMove
from layers.catalog.permits.entries import typed
from layers.catalog.permits.roles import (
    APPLICANT,
    APPROVER,
    OPEN,
    PLANNER,
    S,
    lock,
    only_for,
    roles_of,
)
from layers.catalog.permits.workflow import effects, guards
from layers.history import Moves, advance

Guard = Callable[[Application, Any], str]  # of an application and `by`; what is missing, or ""
Effect = Callable[..., Mapping[str, Any]]  # (application=, by=, reason=, **particulars) -> changes


@dataclass(frozen=True)
class Step:
    """A line of the table. `actors` are roles, or APPLICANT; `reason` says whether one must be
    given; `effect` writes what the step leaves besides, in the same transaction."""

    id: str
    title: Text
    origins: frozenset[S]
    to: S
    actors: frozenset[str]
    guards: tuple[Guard, ...] = ()
    reason: bool = False
    effect: Effect | None = None


def _step(
    id: str, title: Text, origins: str, to: S, actors: set[str], *guards: Guard, **more: Any
) -> Step:
    return Step(
        id,
        title,
        frozenset(S(one) for one in origins.split()),
        to,
        frozenset(actors),
        guards,
        **more,
    )


STEPS: tuple[Step, ...] = (
    _step("begin", Text("Mulai pemeriksaan kelengkapan", "Begin the completeness check"),
          "registered", S.COMPLETENESS, {PLANNER}),
    _step("return", Text("Kembalikan kepada pemohon", "Return to the applicant"),
          "completeness assessment", S.RETURNED, {PLANNER},
          guards.something_is_asked, reason=True),
    _step("resubmit", Text("Ajukan kembali", "Submit again"),
          "returned", S.COMPLETENESS, {APPLICANT, PLANNER}, guards.nothing_is_asked),
    _step("accept", Text("Nyatakan lengkap", "Accept as complete"),
          "completeness", S.LAND_CONSIDERATION, {PLANNER},
          guards.applicant_is_known, guards.nothing_is_asked),
    _step("assess", Text("Mulai penilaian", "Begin the assessment"),
          "land-consideration", S.ASSESSMENT, {PLANNER}, guards.offices_of_the_step_have_answered),
    _step("to-forum", Text("Bawa ke Forum Penataan Ruang", "Take to the forum"),
          "assessment", S.FORUM, {PLANNER}, guards.check_is_current),
    _step("from-forum", Text("Kembali ke penilaian", "Back to the assessment"),
          "forum", S.ASSESSMENT, {PLANNER}, reason=True),
    _step("recommend", Text("Rekomendasikan putusan", "Recommend a decision"),
          "assessment forum", S.RECOMMENDATION, {PLANNER},
          guards.check_is_current, guards.nothing_is_asked, guards.consultees_have_answered,
          reason=True, effect=effects.recommend),
    _step("challenge", Text("Kembalikan rekomendasi", "Challenge the recommendation"),
          "recommendation", S.ASSESSMENT, {APPROVER}, reason=True, effect=effects.challenge),
    _step("grant", Text("Setujui", "Grant"),
          "recommendation", S.GRANTED, {APPROVER},
          guards.recommended(S.GRANTED), guards.another_person_recommended,
          guards.basis_is_current, effect=effects.decide(S.GRANTED)),
    _step("grant-in-part", Text("Setujui sebagian", "Grant in part"),
          "recommendation", S.GRANTED_IN_PART, {APPROVER},
          guards.recommended(S.GRANTED_IN_PART), guards.another_person_recommended,
          guards.basis_is_current, guards.not_deemed_approved, reason=True,
          effect=effects.decide(S.GRANTED_IN_PART)),
    _step("refuse", Text("Tolak", "Refuse"),
          "recommendation", S.REFUSED, {APPROVER},
          guards.recommended(S.REFUSED), guards.another_person_recommended,
          guards.basis_is_current, guards.not_deemed_approved, reason=True,
          effect=effects.decide(S.REFUSED)),
    _step("withdraw", Text("Cabut permohonan", "Withdraw"),
          " ".join(sorted(OPEN)), S.WITHDRAWN, {APPLICANT, PLANNER}, reason=True),
    _step("lapse", Text("Nyatakan gugur", "Declare lapsed"),
          " ".join(sorted(OPEN)), S.LAPSED, {PLANNER},
          guards.request_is_overdue, guards.not_deemed_approved, reason=True),
)  # fmt: skip

MOVES: Moves = {
    status: frozenset(step.to for step in STEPS if status in step.origins)
    for status in S
    if any(status in step.origins for step in STEPS)
}


@dataclass(frozen=True)
class Offer:
    """A step from where the application stands. `why_not` is empty where this person may take it
    now; `mine` says whether it would be theirs at all."""

    step: Step
    mine: bool
    why_not: str = ""


def act_title(kind: str) -> Text:
    """What an act is called: a step of the table, or another deed."""
    titles = {**acts.DEEDS, **{step.id: step.title for step in STEPS}}
    return titles.get(kind, Text(kind, kind))


def offers(application: Application, by: Any) -> list[Offer]:
    """Every step of the table from where the application stands, and what is in its way."""
    roles = roles_of(by)
    return [
        _offer(step, application, by, roles) for step in STEPS if application.status in step.origins
    ]


def _offer(step: Step, application: Application, by: Any, roles: frozenset[str]) -> Offer:
    if not roles & step.actors:
        return Offer(step, mine=False, why_not=only_for(step.actors))
    missing = [why for guard in step.guards if (why := guard(application, by))]
    return Offer(step, mine=True, why_not=" ".join(missing))


@transaction.atomic
def take(
    *, application: Application, step: str, by: Any, reason: str = "", **particulars: Any
) -> ApplicationMove:
    """Take a step of the table: the guards are asked under a lock on the application, the effect,
    the move and the act are one transaction. `particulars` are the effect's. Raises Refused."""
    line = next((one for one in STEPS if one.id == step), None)
    if line is None:
        raise Refused({"step": f"Tidak ada langkah «{step}»."})
    seen = application.status
    lock(application)
    if application.status != seen or application.status not in line.origins:
        raise Refused({"step": "Sementara itu berkas sudah berpindah tahap; muat ulang."})
    reason = typed("reason", reason, missing="Tuliskan alasannya." if line.reason else "")
    offer = _offer(line, application, by, roles_of(by))
    if offer.why_not:
        raise Refused({"step": offer.why_not})
    done = line.effect or effects.nothing
    changes = done(application=application, by=by, reason=reason, **particulars)
    move: ApplicationMove = advance(
        application, line.to, allowed=MOVES, by=by, reason=reason, changes=changes
    )
    acts.record(application=application, kind=line.id, by=by, why=reason)
    return move
