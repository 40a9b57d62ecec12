"""The way of an application is exactly its table: for every status, every person and every step."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
import shapely
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import GEOSGeometry, Point
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from layers.base import Refused
from layers.catalog.permits import acts, parcels, requests
from layers.catalog.permits.acts import Act
from layers.catalog.permits.applicants import Applicant
from layers.catalog.permits.applications import CLOSED, DECIDED, Application
from layers.catalog.permits.clock import limits
from layers.catalog.permits.clock.limits import StepLimit
from layers.catalog.permits.consultations import Consultation, Consultee
from layers.catalog.permits.partition import partition
from layers.catalog.permits.requests import Request
from layers.catalog.permits.roles import OPEN, roles_of
from layers.catalog.permits.workflow import guards, steps
from layers.catalog.permits.workflow.decisions import Decision, Recommendation
from layers.catalog.permits.workflow.steps import STEPS, offers, take
from layers.catalog.zoning.plans import Plan
from layers.catalog.zoning.rules import RuleSet
from layers.history import advance
from layers.permissions import Role
from tests.conftest import person
from tests.factories import application, around, box, checked, identified, moved, recommended

pytestmark = pytest.mark.django_db
S = Application.Status
BY_ID = {step.id: step for step in STEPS}
WHO = ("applicant", "planner", "approver", "both", "idle_official", "officer", "walidata",
       "administrator", "citizen", "of_trash", "who_left")  # fmt: skip
ROLES = {
    "applicant": {"applicant"},
    "planner": {"planner"},
    "approver": {"approver"},
    "both": {"planner", "approver"},
}


@pytest.fixture
def people(cast: Any) -> SimpleNamespace:
    """The cast, and who holds both roles, a duty elsewhere, or none any more."""
    cast.both = person("both", Role.PLANNER, Role.APPROVER)
    cast.of_trash = person("of_trash", Role.PLANNER, themes=["trash"])
    cast.who_left = person("who_left", Role.PLANNER, Role.APPROVER)
    cast.who_left.is_active = False
    cast.applicant = None
    cast.area = cast.town.kelurahan["Tenggara"]
    return cast


def file_in(people: Any, status: str, number: str = "KKPR-2026-0900") -> Application:
    """A file of which every guard that does not depend on the person is satisfied, for a step
    that grants."""
    if status == S.RECOMMENDATION:
        file = application(people.area, number, "assessment")
        recommended(file, people.planner)
    else:
        file = application(people.area, number, status)
        checked(file)
    identified(file)
    return file


def asked(file: Any, by: Any, days: int = 7) -> Request:
    return Request.objects.create(
        application=file, kind="document", text="KTP", asked_by=by,
        due_on=timezone.localdate() + timedelta(days=days),
    )  # fmt: skip


def expectation(step: Any, status: str, roles: set[str]) -> tuple[bool, bool]:
    """What the table says: whether the step leads on from here, and whether it is theirs."""
    return status in step.origins, bool(roles & step.actors)


# -- the table


@pytest.mark.parametrize(("status", "who"), list(product(S.values, WHO)))
def test_offers_and_steps_are_what_the_table_says(people: Any, status: str, who: str) -> None:
    """Every status × every person × every step: offered, or refused with the reason; what is not
    offered is not done, and what is offered is, with its move and its act."""
    by, roles = getattr(people, who), ROLES.get(who, set())
    assert roles_of(by) & {"planner", "approver", "applicant"} == roles
    file = file_in(people, status)
    offered = {offer.step.id: offer for offer in offers(file, by)}
    assert set(offered) == {step.id for step in STEPS if status in step.origins}
    for step in STEPS:
        leads_on, theirs = expectation(step, status, roles)
        before = (Act.objects.count(), file.moves.count())
        offer = offered.get(step.id)
        if leads_on:
            assert offer.mine == theirs
            assert bool(offer.why_not) >= (not theirs)
        with transaction.atomic():
            at_hand = Application.objects.get(pk=file.pk)
            try:
                move = take(
                    application=at_hand, step=step.id, by=by, reason="Uji", **particulars(step.id)
                )
            except Refused:
                assert not leads_on or offer.why_not
                assert (Act.objects.count(), file.moves.count()) == before
            else:
                assert leads_on
                assert theirs
                assert not offer.why_not
                assert (move.from_status, move.to_status, move.by) == (status, step.to, by)
                assert Application.objects.get(pk=file.pk).status == step.to
                act = Act.objects.filter(application=file).last()
                assert (act.kind, act.by, act.why) == (step.id, by, "Uji")
            transaction.set_rollback(True)


def particulars(step: str) -> dict[str, Any]:
    return {"outcome": "granted"} if step == "recommend" else {}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
def test_every_step_is_taken_by_each_of_its_actors_once_its_guards_hold(
    people: Any, step: Any
) -> None:
    """No line of the table is dead: each can be taken from each of its origins by each actor."""
    for number, (origin, actor) in enumerate(product(sorted(step.origins), sorted(step.actors))):
        file = ready_for(people, step.id, origin, f"KKPR-2026-1{number:03}")
        by = getattr(people, actor)
        take(application=file, step=step.id, by=by, reason="Uji", **particulars(step.id))
        file.refresh_from_db()
        assert file.status == step.to


def ready_for(people: Any, step: str, origin: str, number: str) -> Application:
    outcomes = {"grant-in-part": "granted-in-part", "refuse": "refused"}
    if origin == S.RECOMMENDATION:
        file = application(people.area, number, "assessment")
        recommended(file, people.planner, outcomes.get(step, "granted"))
    else:
        file = application(people.area, number, origin)
        checked(file)
    identified(file)
    if step == "return":
        asked(file, people.planner)
    if step == "lapse":
        asked(file, people.planner, days=-1)
    return file


def test_a_closed_file_has_no_step_left() -> None:
    for step in STEPS:
        assert not step.origins & frozenset(CLOSED), step.id


def test_every_status_but_the_first_is_arrived_at() -> None:
    assert {step.to for step in STEPS} == frozenset(S) - {S.REGISTERED}


def test_only_a_step_of_the_table_is_a_step(people: Any) -> None:
    file = file_in(people, "assessment")
    with pytest.raises(Refused, match="Tidak ada langkah"):
        take(application=file, step="fly", by=people.planner, reason="x")


@pytest.mark.parametrize("step", [s for s in STEPS if s.reason], ids=lambda step: step.id)
def test_who_must_say_why_says_why(people: Any, step: Any) -> None:
    origin = sorted(step.origins)[0]
    file = ready_for(people, step.id, origin, "KKPR-2026-0901")
    by = getattr(people, next(one for one in sorted(step.actors) if one != "applicant"))
    for silence in ("", "  \n", "\x00"):
        with pytest.raises(Refused, match="Tuliskan alasannya"):
            take(application=file, step=step.id, by=by, reason=silence, **particulars(step.id))
    assert not file.moves.exists()


def test_a_challenge_and_a_refusal_say_why() -> None:
    needing = {step.id for step in STEPS if step.reason}
    assert {"challenge", "refuse", "grant-in-part", "recommend", "return", "withdraw"} <= needing


# -- the guards: each holds, and gives way


Prepare = Callable[[Any, Application], None]


def _answered(people: Any, file: Application) -> None:
    Request.objects.filter(application=file).update(state="answered", answered_at=timezone.now())


def _heard(people: Any, file: Application) -> None:
    Consultation.objects.filter(application=file).update(
        answer="agrees", answered_on=timezone.localdate()
    )


def _consult(people: Any, file: Application) -> None:
    office, _ = Consultee.objects.get_or_create(code="x", defaults={"name": "Kantor X"})
    Consultation.objects.create(
        application=file, consultee=office, asked_by=people.planner, due_on=timezone.localdate()
    )


def _office_of_the_step(people: Any, file: Application) -> None:
    Consultee.objects.create(code="bpn", name="Kantor Pertanahan", for_step="land-consideration")


def _office_heard(people: Any, file: Application) -> None:
    Consultation.objects.create(
        application=file, consultee=Consultee.objects.get(code="bpn"), asked_by=people.planner,
        due_on=timezone.localdate(), answer="agrees", answered_on=timezone.localdate(),
    )  # fmt: skip


def _no_identity(people: Any, file: Application) -> None:
    Applicant.objects.filter(application=file).delete()


def _blank_identity(people: Any, file: Application) -> None:
    Applicant.objects.update(nik="", nib="")


def _identity(people: Any, file: Application) -> None:
    Applicant.objects.filter(application=file).delete()
    identified(file)


def _no_check(people: Any, file: Application) -> None:
    file.checks.all().delete()


def _check(people: Any, file: Application) -> None:
    checked(file)


def _red_line_moved(people: Any, file: Application) -> None:
    parcels.revise(
        application=file, geom=around(file.geom.centroid, 0.002), by=None, reason="x",
        notation="drawn",
    )  # fmt: skip


def _other_activity(people: Any, file: Application) -> None:
    Application.objects.filter(pk=file.pk).update(kbli="56101")
    file.refresh_from_db()


def _other_plan(people: Any, file: Application) -> None:
    Plan.objects.filter(status="active").update(status="replaced")
    Plan.objects.filter(code="konsep").update(status="active")


def _other_rules(people: Any, file: Application) -> None:
    rules = RuleSet.objects.get(status="active")
    RuleSet.objects.update(status="replaced")
    RuleSet.objects.create(code="baru", title="Baru", source="uji", vocabulary=rules.vocabulary,
                           valid_from=rules.valid_from, status="active")  # fmt: skip


def _rules_again(people: Any, file: Application) -> None:
    RuleSet.objects.filter(code="baru").delete()
    RuleSet.objects.update(status="active")


def _plan_again(people: Any, file: Application) -> None:
    Plan.objects.filter(code="konsep").update(status="draft")
    Plan.objects.filter(code="uji").update(status="active")


def _ask(people: Any, file: Application) -> None:
    asked(file, people.planner)


def _ask_long_ago(people: Any, file: Application) -> None:
    Request.objects.all().delete()
    asked(file, people.planner, days=-1)


def _long_ago(people: Any, file: Application) -> None:
    StepLimit.objects.create(step="total", working_days=20, office="x", deemed=True,
                             valid_from=timezone.localdate() - timedelta(days=900),
                             source="uji")  # fmt: skip
    moved(file, ("land-consideration", timezone.now() - timedelta(days=80)))


def _held_since(people: Any, file: Application) -> None:
    file.pauses.create(since=timezone.now() - timedelta(days=79), reason="x", by=people.planner)


HOLDS: tuple[tuple[str, str, Prepare, str, Prepare], ...] = (
    ("return", "completeness", lambda *_: None, "apa yang harus", _ask),
    ("resubmit", "returned", _ask, "belum dijawab", _answered),
    ("accept", "completeness", _no_identity, "NIK atau NIB", _identity),
    ("accept", "completeness", _blank_identity, "NIK atau NIB", _identity),
    ("accept", "completeness", _ask, "belum dijawab", _answered),
    ("assess", "land-consideration", _office_of_the_step, "Kantor Pertanahan", _office_heard),
    ("to-forum", "assessment", _no_check, "belum dibuat", _check),
    ("recommend", "assessment", _no_check, "belum dibuat", _check),
    ("recommend", "forum", _ask, "belum dijawab", _answered),
    ("recommend", "assessment", _consult, "Kantor X", _heard),
    ("recommend", "assessment", _red_line_moved, "periksa kembali", _check),
    ("recommend", "assessment", _other_activity, "periksa kembali", _check),
    ("recommend", "assessment", _other_plan, "periksa kembali", _check),
    ("recommend", "assessment", _other_rules, "periksa kembali", _rules_again),
    ("grant", "recommendation", _other_plan, "kembalikan rekomendasi", _plan_again),
    ("grant", "recommendation", _other_rules, "kembalikan rekomendasi", _rules_again),
    ("refuse", "recommendation", _other_plan, "kembalikan rekomendasi", _plan_again),
    ("refuse", "recommendation", _long_ago, "dianggap disetujui", _held_since),
    ("grant-in-part", "recommendation", _long_ago, "dianggap disetujui", _held_since),
    ("lapse", "returned", _ask, "lewat batas", _ask_long_ago),
    ("lapse", "assessment", lambda *_: None, "lewat batas", _ask_long_ago),
)


@pytest.mark.parametrize(("step", "origin", "prepare", "says", "mend"), HOLDS)
def test_a_guard_holds_and_gives_way(
    people: Any, step: str, origin: str, prepare: Prepare, says: str, mend: Prepare
) -> None:
    by = getattr(people, "approver" if origin == "recommendation" else "planner")
    outcomes = {"grant-in-part": "granted-in-part", "refuse": "refused"}
    if origin == "recommendation":
        file = application(people.area, "KKPR-2026-0902", "assessment")
        recommended(file, people.planner, outcomes.get(step, "granted"))
        identified(file)
    else:
        file = file_in(people, origin, "KKPR-2026-0902")
    prepare(people, file)
    with pytest.raises(Refused, match=says):
        take(application=file, step=step, by=by, reason="Uji", **particulars(step))
    assert says in next(one.why_not for one in offers(file, by) if one.step.id == step)
    mend(people, file)
    file = Application.objects.get(pk=file.pk)
    take(application=file, step=step, by=by, reason="Uji", **particulars(step))


def test_what_was_deemed_approved_neither_lapses_nor_is_refused_but_granted(people: Any) -> None:
    file = file_in(people, "recommendation")
    _long_ago(people, file)
    asked(file, people.planner, days=-1)
    blocked = {one.step.id for one in offers(file, people.both) if "dianggap" in one.why_not}
    assert blocked == {"grant-in-part", "refuse", "lapse"}
    take(application=file, step="grant", by=people.approver)
    assert file.status == S.GRANTED


def test_a_new_check_does_not_mend_a_recommendation_that_rests_on_an_old_one(people: Any) -> None:
    file = file_in(people, "recommendation")
    _other_plan(people, file)
    checked(file)
    assert guards.check_is_current(file, people.approver) == ""
    with pytest.raises(Refused, match="kembalikan rekomendasi"):
        take(application=file, step="grant", by=people.approver)


@pytest.mark.parametrize("outcome", ["granted", "granted-in-part", "refused"])
def test_only_what_was_recommended_is_decided(people: Any, outcome: str) -> None:
    file = application(people.area, "KKPR-2026-0903", "assessment")
    recommended(file, people.planner, outcome)
    decisions = {"grant": "granted", "grant-in-part": "granted-in-part", "refuse": "refused"}
    for step, result in decisions.items():
        offer = next(one for one in offers(file, people.approver) if one.step.id == step)
        assert (offer.why_not == "") == (result == outcome)


# -- two people


def test_nobody_decides_alone_by_any_way_through_the_table(people: Any) -> None:
    """Every sequence of steps that one person (and the applicant, who has no office) can take from
    every status: no decision is reached. Statuses are reached anew by whoever recommended."""
    for who in ("both", "planner", "approver"):
        alone = getattr(people, who)
        reached, waiting = set(), [S.REGISTERED]
        while waiting:
            status = waiting.pop()
            if status in reached:
                continue
            reached.add(status)
            waiting += [
                step.to
                for step in STEPS
                if status in step.origins and possible(people, step, status, alone)
            ]
        assert not reached & frozenset(DECIDED), who
        if who == "both":
            assert reached == frozenset(S) - frozenset(DECIDED)


def possible(people: Any, step: Any, status: S, alone: Any) -> bool:
    """Whether this person, or the applicant, can take the step when all else is as it should be;
    what was recommended was recommended by the same person."""
    outcomes = {"grant-in-part": "granted-in-part", "refuse": "refused"}
    with transaction.atomic():
        number = f"KKPR-2026-{Application.objects.count():04}-x"
        if status == S.RECOMMENDATION:
            file = application(people.area, number, "assessment")
            recommended(file, alone, outcomes.get(step.id, "granted"))
        else:
            file = application(people.area, number, status)
            checked(file)
        identified(file)
        if step.id in ("return", "lapse"):
            asked(file, people.planner, days=-1)
        done = False
        for by in (alone, None):
            try:
                with transaction.atomic():
                    at_hand = Application.objects.get(pk=file.pk)
                    take(application=at_hand, step=step.id, by=by, reason="x",
                         **particulars(step.id))  # fmt: skip
                    done = True
                    transaction.set_rollback(True)
            except Refused:
                continue
        transaction.set_rollback(True)
    return done


PLAYS = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.sampled_from(["both", "both", "planner", "approver", "applicant"]),
        st.sampled_from(["granted", "granted", "granted-in-part", "refused"]),
    ),
    min_size=4,
    max_size=16,
)
ENDS = {"withdraw", "lapse"}  # seldom: nothing comes after them
BESIDES = ["ask", "answer", "check", "hold"]


def deeds(status: str) -> list[str]:
    """What is played in a status: mostly what leads on, now and then anything at all."""
    onward = [step.id for step in STEPS if status in step.origins and step.id not in ENDS]
    return onward * 6 + BESIDES * 2 + [step.id for step in STEPS]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    plays=PLAYS,
    few=st.sampled_from([("both",), ("both", "planner"), ("both", "approver")]),
    start=st.sampled_from(["assessment", "recommended", "recommended", "recommended"]),
)
def test_whatever_is_played_a_decision_has_two_people_and_every_step_its_act(
    people: Any, plays: list[tuple[int, str, str]], few: tuple[str, ...], start: str
) -> None:
    """`few` officials are at work; where it starts recommended, the last of them that may has."""
    with transaction.atomic():
        number = f"KKPR-2026-{Application.objects.count():04}-h"
        file = application(people.area, number, "assessment")
        identified(file)
        if start == "recommended":
            by = people.planner if "planner" in few else people.both
            recommended(file, by, plays[0][2])
        else:
            checked(file)
        steps = [play(people, file.pk, play_, few) for play_ in plays]
        file = Application.objects.get(pk=file.pk)
        taken = [one for one in steps if one]
        moves = list(file.moves.values_list("from_status", "to_status"))
        assert moves == [(before, BY_ID[step].to) for step, before in taken]
        kinds = [act.kind for act in file.acts.all() if act.kind in BY_ID]
        assert kinds == [step for step, _ in taken]
        decision = Decision.objects.filter(application=file).first()
        assert (decision is not None) == (file.status in DECIDED)
        event(f"{len(few)} people: {file.status if decision else 'open or gone'}")
        if decision:
            assert decision.by != decision.recommended_by
            assert decision.recommended_by == decision.recommendation.by
            assert len(few) > 1, "one person alone"
        transaction.set_rollback(True)


def play(people: Any, pk: int, one: tuple[int, str, str], few: tuple[str, ...]) -> Any:
    """(step, status before) where a step was taken. Only `few` officials are at work."""
    number, who, outcome = one
    by = getattr(people, who if who in (*few, "applicant") else few[0])
    file = Application.objects.get(pk=pk)
    before = file.status
    deed = deeds(before)[number % len(deeds(before))]
    try:
        with transaction.atomic():
            if deed == "check":
                checked(file)
            elif deed == "ask":
                requests.ask(application=file, kind="document", text="x", by=by,
                             due_on=timezone.localdate() + timedelta(days=3))  # fmt: skip
            elif deed == "answer":
                for request in file.requests.filter(state="open"):
                    requests.answer(request=request, answer="x", by=by)
            elif deed == "hold":
                limits.pause(application=file, by=by, reason="x")
            else:
                more = drawn(file, outcome) if deed == "recommend" else {}
                take(application=file, step=deed, by=by, reason="x", **more)
                return deed, before
    except Refused:
        pass
    return None


def drawn(file: Application, outcome: str) -> dict[str, Any]:
    if outcome != "granted-in-part":
        return {"outcome": outcome}
    west, south, _, north = file.geom.extent
    return {"outcome": outcome, "refused_part": box(west - 1e-4, south, west + 3e-4, north)}


def test_the_database_takes_no_decision_by_one_person(people: Any) -> None:
    file = application(people.area, "KKPR-2026-0904", "assessment")
    proposal = recommended(file, people.both)

    def decide(**changed: Any) -> None:
        row = {"application": file, "recommendation": proposal, "outcome": "granted",
               "approved": file.geom, "by": people.approver,
               "recommended_by": people.both}  # fmt: skip
        with transaction.atomic():
            Decision.objects.create(**{**row, **changed})

    other = application(people.area, "KKPR-2026-0905", "assessment")
    for wrong in (
        {"by": people.both},
        {"recommended_by": people.planner},
        {"by": people.both, "recommended_by": people.planner},
        {"outcome": "refused", "approved": None},
        {"approved": None},
        {"application": other},
    ):
        with pytest.raises(IntegrityError):
            decide(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Recommendation.objects.filter(pk=proposal.pk).update(by=people.planner)
    with pytest.raises(IntegrityError), transaction.atomic():
        Recommendation.objects.filter(pk=proposal.pk).update(outcome="refused", approved=None)
    proposal.challenged_at, proposal.challenged_by = timezone.now(), people.approver
    proposal.challenge = "Belum."
    proposal.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        decide()
    with pytest.raises(IntegrityError), transaction.atomic():
        Recommendation.objects.filter(pk=proposal.pk).update(challenged_at=None)


def test_a_challenged_recommendation_stays_and_the_next_one_stands(people: Any) -> None:
    file = file_in(people, "recommendation")
    take(application=file, step="challenge", by=people.approver, reason="Sempadan?")
    first = file.recommendations.get()
    assert (first.challenge, first.challenged_by) == ("Sempadan?", people.approver)
    take(application=file, step="recommend", by=people.planner, reason="Sudah.", outcome="refused")
    take(application=file, step="refuse", by=people.approver, reason="Sempadan.")
    assert file.recommendations.count() == 2
    assert file.decision.recommendation == file.recommendations.last()
    assert file.decision.approved is None


def test_who_challenged_his_own_recommendation_decides_the_next_one_no_more(people: Any) -> None:
    file = application(people.area, "KKPR-2026-0906", "assessment")
    checked(file)
    for _ in range(2):
        take(application=file, step="recommend", by=people.both, reason="x", outcome="granted")
        with pytest.raises(Refused, match="pejabat lain"):
            take(application=file, step="grant", by=people.both)
        take(application=file, step="challenge", by=people.both, reason="x")


# -- at once


def presses(cast: Any, file: Application, *deeds: tuple[str, Any, dict[str, Any]]) -> list[str]:
    """What each of some tabs that press at once is told, "" where it was done."""

    def press(deed: tuple[str, Any, dict[str, Any]]) -> str:
        step, by, more = deed
        try:
            at_hand = seen[deed[0], by.pk]
            take(application=at_hand, step=step, by=by, reason="Uji", **more)
        except Refused as refused:
            return str(refused)
        finally:
            connection.close()
        return ""

    seen = {(step, by.pk): Application.objects.get(pk=file.pk) for step, by, _ in deeds}
    with ThreadPoolExecutor(len(deeds)) as workers:
        return list(workers.map(press, deeds))


@pytest.mark.django_db(transaction=True)
def test_of_two_tabs_that_press_at_once_one_wins_and_the_other_is_told(cast: Any) -> None:
    area = cast.town.kelurahan["Tenggara"]
    file = application(area, "KKPR-2026-0910", "assessment")
    recommended(file, cast.planner)
    second = person("second", Role.APPROVER)
    told = presses(cast, file, ("grant", cast.approver, {}), ("challenge", second, {}),
                   ("grant", second, {}))  # fmt: skip
    assert sorted(told)[0] == ""
    assert all("muat ulang" in one for one in sorted(told)[1:])
    assert file.moves.count() == 1
    assert Act.objects.filter(application=file).count() == 1
    assert Decision.objects.filter(application=file).count() <= 1


def test_a_page_that_was_overtaken_is_told_even_where_the_step_would_be_allowed(
    people: Any,
) -> None:
    """Withdrawn from completeness and from assessment alike: but not from what one did not see."""
    file = file_in(people, "completeness")
    stale = Application.objects.get(pk=file.pk)
    take(application=file, step="accept", by=people.planner)
    with pytest.raises(Refused, match="muat ulang"):
        take(application=stale, step="withdraw", by=None, reason="x")


# -- what is left behind


def test_the_acts_tell_the_whole_way_and_do_not_change(people: Any) -> None:
    file = application(people.area, "KKPR-2026-0920", "registered")
    identified(file)
    way = [
        ("begin", people.planner, {}),
        ("accept", people.planner, {}),
        ("assess", people.planner, {}),
        ("check", people.planner, {}),
        ("to-forum", people.planner, {}),
        ("from-forum", people.planner, {}),
        ("recommend", people.planner, {"outcome": "granted"}),
        ("grant", people.approver, {}),
    ]
    for step, by, more in way:
        if step == "check":
            checked(file)
        else:
            take(application=file, step=step, by=by, reason="Uji", **more)
    kinds = [act.kind for act in file.acts.all()]
    assert kinds == [step for step, _, _ in way if step != "check"]
    assert [str(steps.act_title(kind)) for kind in kinds][-1] == "Setujui"
    act = file.acts.last()
    act.why = "Lain."
    for change in (act.save, lambda: Act.objects.update(why="Lain.")):
        with pytest.raises(IntegrityError, match="only appended"), transaction.atomic():
            change()
    assert file.decided_on == timezone.localdate()
    assert file.granted is None


def test_every_kind_of_act_has_a_name_in_two_languages() -> None:
    for kind in [step.id for step in STEPS] + list(acts.DEEDS):
        title = steps.act_title(kind)
        assert kind not in (title.id, title.en)
    assert steps.act_title("unknown").id == "unknown"


def test_steps_ask_the_table_even_from_below(people: Any) -> None:
    """`advance` with the table of moves refuses what no line says."""
    for status in OPEN:
        for to in S:
            allowed = any(status in step.origins and step.to == to for step in STEPS)
            assert (to in steps.MOVES.get(status, ())) == allowed
    file = file_in(people, "assessment")
    with pytest.raises(Refused):
        advance(file, S.GRANTED, allowed=steps.MOVES, by=people.approver)


# -- approval in part


def ring(shape: Any) -> float:
    area, _ = Geod(ellps="WGS84").geometry_area_perimeter(
        shapely.orient_polygons(shapely.from_wkb(bytes(shape.wkb)))
    )
    return abs(area)


def in_part(people: Any, refused_part: Any, file: Application | None = None) -> Application:
    file = file or file_in(people, "assessment", "KKPR-2026-0930")
    take(application=file, step="recommend", by=people.planner, reason="Sempadan.",
         outcome="granted-in-part", refused_part=refused_part)  # fmt: skip
    take(application=file, step="grant-in-part", by=people.approver, reason="Sempadan.")
    file.refresh_from_db()
    return file


def test_what_is_granted_in_part_is_the_parcel_without_what_is_refused(people: Any) -> None:
    file = file_in(people, "assessment", "KKPR-2026-0930")
    west, south, east, north = file.geom.extent
    quarter = west + (east - west) / 4
    file = in_part(people, box(west - 0.01, south - 0.01, quarter, north + 0.01), file)
    proposal = file.decision.recommendation
    assert file.granted.extent == pytest.approx((quarter, south, east, north), abs=1e-10)
    assert file.granted.wkb == file.decision.approved.wkb
    assert proposal.refused_part.extent == pytest.approx((west, south, quarter, north), abs=1e-10)
    whole = ring(file.geom)
    assert ring(file.granted) + ring(proposal.refused_part) == pytest.approx(whole, rel=1e-6)
    assert file.decision.approved_m2 == pytest.approx(ring(file.granted), rel=1e-6)
    assert file.shown.equals_exact(file.granted)
    assert len(file.granted[0][0]) == 5


@pytest.mark.parametrize(
    ("west", "east", "says"),
    [(0.002, 0.003, "tidak mengenai"), (-0.01, 0.01, "seluruh bidang"),
     (0.001, 0.002, "tidak mengenai"), (-0.01, 0.001 - 1e-9, "seluruh bidang"),
     (0.001 - 1e-9, 0.01, "tidak mengenai")],
)  # fmt: skip
def test_a_refused_part_that_takes_nothing_or_all_is_refused(
    people: Any, west: float, east: float, says: str
) -> None:
    file = file_in(people, "assessment")
    left, south, _, north = file.geom.extent
    part = box(left + west, south - 0.01, left + east, north + 0.01)
    with pytest.raises(Refused, match=says):
        take(application=file, step="recommend", by=people.planner, reason="x",
             outcome="granted-in-part", refused_part=part)  # fmt: skip
    assert not file.recommendations.exists()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({}, "outcome"),
        ({"outcome": "perhaps"}, "outcome"),
        ({"outcome": "granted-in-part"}, "refused_part"),
        ({"outcome": "granted", "refused_part": box(123.6, -10.3, 123.7, -10.1)}, "refused_part"),
        ({"outcome": "granted-in-part", "refused_part": Point(123.6, -10.2)}, "refused_part"),
        ({"outcome": "granted", "conditions": [{"code": "x", "text": " "}]}, "conditions"),
        ({"outcome": "granted", "conditions": [{"code": "", "text": "x"}] * 51}, "conditions"),
    ],
)
def test_a_recommendation_that_does_not_hold_together_is_refused(
    people: Any, more: dict[str, Any], field: str
) -> None:
    file = file_in(people, "assessment")
    with pytest.raises(Refused) as refused:
        take(application=file, step="recommend", by=people.planner, reason="x", **more)
    assert set(refused.value.reasons) == {field}
    assert Application.objects.get(pk=file.pk).status == "assessment"


def test_a_refusal_has_no_conditions_and_a_grant_keeps_their_order(people: Any) -> None:
    conditions = [{"code": "K2", "text": "Sumur resapan."}, {"code": "K1", "text": "RTH 30 %."}]
    for number, outcome in enumerate(("refused", "granted")):
        file = file_in(people, "assessment", f"KKPR-2026-094{number}")
        take(application=file, step="recommend", by=people.planner, reason="x",
             outcome=outcome, conditions=conditions)  # fmt: skip
        assert file.recommendations.get().conditions == ([] if outcome == "refused" else conditions)


WHOLE = shapely.box(123.6, -10.2, 123.602, -10.198)
HOLED = WHOLE.difference(shapely.box(123.6005, -10.1995, 123.601, -10.199))
TWO = shapely.MultiPolygon([WHOLE, shapely.box(123.603, -10.2, 123.604, -10.199)])
NEARLY = st.sampled_from([0.0, 1e-14, -1e-14, 1e-12, -1e-12, 1e-9, -1e-9, 5e-8, -5e-8, 3e-7])
CORNERS = st.builds(
    lambda x, y, dx, dy: (123.6 + x / 4000 + dx, -10.2 + y / 4000 + dy),
    st.integers(-2, 18), st.integers(-2, 10), NEARLY, NEARLY,
)  # fmt: skip


@given(
    st.sampled_from([WHOLE, HOLED, TWO]),
    st.lists(CORNERS, min_size=3, max_size=7, unique=True),
)
def test_parts_are_valid_without_strips_and_add_up(
    parcel: Any, corners: list[tuple[float, float]]
) -> None:
    """Whatever is drawn, its corners on the parcel's or nearly so: both parts are valid polygons,
    none a strip, apart from each other, and together the parcel."""
    cutter = shapely.convex_hull(shapely.multipoints(corners))
    whole = shapely.MultiPolygon([parcel]) if parcel.geom_type == "Polygon" else parcel
    try:
        approved, refused = partition(GEOSGeometry(whole.wkt, srid=4326), cutter)  # type: ignore[arg-type]
    except Refused:
        return
    both = [shapely.from_wkb(bytes(part.wkb)) for part in (approved, refused)]
    for part in both:
        assert part.is_valid
        for polygon in part.geoms:
            assert not polygon.buffer(-4e-8).is_empty, "a strip without width"
    assert shapely.intersection(*both).area < 1e-16
    assert both[0].area + both[1].area == pytest.approx(whole.area, rel=1e-6)
    outside = shapely.difference(shapely.union_all(both), whole.buffer(1e-10))
    assert outside.is_empty


def test_the_citizen_at_the_door_is_no_applicant(people: Any) -> None:
    assert roles_of(AnonymousUser()) == frozenset()
