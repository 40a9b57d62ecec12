"""A plan and its rules are put in force, and what they replace is kept as it was."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from layers.base import Refused
from layers.catalog.zoning.plans import ZONES
from layers.catalog.zoning.rules import RuleSet
from layers.catalog.zoning.survey import blocking, standing_survey
from layers.catalog.zoning.versions import MOVES, Plan, Standing
from layers.history import advance
from layers.permissions import Role, duties


@transaction.atomic
def activate(*, plan: Plan, rule_set: RuleSet | None, by: Any, reason: str = "") -> None:
    """Put a plan in force, with rules to it or with those that are in force already; either may
    be in force before. `reason` says why flaws of the plan are accepted. Raises Refused."""
    if not any(duty.role == Role.WALIDATA and duty.covers(ZONES) for duty in duties(by)):
        raise Refused({"by": "Hanya walidata yang memberlakukan rencana dan aturannya."})
    for model in (Plan, RuleSet):  # one after the other, whoever presses at once
        list(model._default_manager.select_for_update().order_by("pk"))
    plan = Plan.objects.get(pk=plan.pk)
    rule_set = rule_set and RuleSet.objects.get(pk=rule_set.pk)
    waiting = [one for one in (plan, rule_set) if one and one.status == Standing.DRAFT]
    if not waiting:
        raise Refused({"plan": "Rencana dan aturan ini sudah berlaku atau sudah diganti."})
    for one in (plan, rule_set):
        if one is not None:
            _may_be_in_force(one)
    if plan in waiting:
        _is_whole(plan, reason)
    if rule_set is not None and rule_set in waiting and not rule_set.uses.exists():
        raise Refused({"rule_set": f"Aturan {rule_set.code} belum berisi matriks ITBX."})
    for one in waiting:
        _put_in_force(one, by, reason)


def _may_be_in_force(one: Plan | RuleSet) -> None:
    what = "plan" if isinstance(one, Plan) else "rule_set"
    if one.status == Standing.REPLACED:
        raise Refused({what: f"{one.code} sudah diganti dan tidak berlaku lagi: buat versi baru."})
    if one.valid_from > timezone.localdate():
        raise Refused({what: f"{one.code} baru berlaku sejak {one.valid_from:%d-%m-%Y}."})


def _is_whole(plan: Plan, reason: str) -> None:
    """Surveyed as it stands, and without flaws that nobody answers for."""
    if not plan.zones.exists():
        raise Refused({"plan": f"Rencana {plan.code} belum berisi zona."})
    report = standing_survey(plan)
    if report is None:
        told = "belum diperiksa" if plan.report is None else "berubah sejak diperiksa"
        raise Refused({"plan": f"Zona {plan.code} {told}: jalankan manage.py plan_report."})
    flaws = blocking(report)
    if flaws and not reason.strip():
        raise Refused({
            "plan": f"{plan.code} punya {'; '.join(flaws)}: perbaiki zonanya, atau tuliskan alasan "
            "mengapa diterima."
        })  # fmt: skip


def _put_in_force(one: Any, by: Any, reason: str) -> None:
    """In the place of what was in force: at most one of a kind may be."""
    today = timezone.localdate()
    before = type(one).objects.filter(status=Standing.ACTIVE).first()
    if before is not None:
        until: date = max(today, before.valid_from + timedelta(days=1))
        advance(
            before,
            Standing.REPLACED,
            allowed=MOVES,
            by=by,
            reason=f"Diganti oleh {one.code}.",
            changes={"valid_until": until},
        )
    advance(one, Standing.ACTIVE, allowed=MOVES, by=by, reason=reason.strip())
