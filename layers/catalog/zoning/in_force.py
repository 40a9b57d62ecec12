"""Which plan and which rules are meant: those of a code, or those in force."""

from __future__ import annotations

from typing import Any

from layers.base import Refused
from layers.catalog.zoning.plans import Plan, Standing
from layers.catalog.zoning.rules import Activity, RuleSet

NO_PLAN = "Belum ada rencana tata ruang yang berlaku."
NO_RULES = "Belum ada aturan pemanfaatan ruang yang berlaku."
MOST_ACTIVITIES = 3000


def plan_named(code: str = "") -> Plan:
    """The plan with this code; without one, the plan in force. Raises Refused."""
    found = Plan.objects.filter(**_asked(code)).first()
    if found is None:
        raise Refused({"plan": f"Tidak ada rencana tata ruang {code}." if code else NO_PLAN})
    return found


def rules_named(code: str = "") -> RuleSet:
    """The same of rules."""
    found = RuleSet.objects.filter(**_asked(code)).first()
    if found is None:
        raise Refused({"rules": f"Tidak ada aturan pemanfaatan {code}." if code else NO_RULES})
    return found


def rules_in_force() -> RuleSet | None:
    return RuleSet.objects.filter(**_asked("")).first()


def plans() -> list[Plan]:
    """Every plan, the one in force first, then the newest."""
    return sorted(
        Plan.objects.defer("report"),
        key=lambda plan: (plan.status != Standing.ACTIVE, -plan.valid_from.toordinal()),
    )


def activities() -> list[dict[str, Any]]:
    """Of the rules in force, by name, each with the KBLI codes it stands for; a short code stands
    for all that begin with it."""
    rows = Activity.objects.filter(rule_set__status=Standing.ACTIVE).order_by("name", "code")
    return [
        {"code": code, "name": name, "kbli": sorted(kbli)}
        for code, name, kbli in rows.values_list("code", "name", "kbli")[:MOST_ACTIVITIES]
    ]


def _asked(code: str) -> dict[str, str]:
    return {"code": code} if code else {"status": Standing.ACTIVE}
