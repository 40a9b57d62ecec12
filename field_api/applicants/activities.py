"""The activities to choose from: those that the rules in force know."""

from __future__ import annotations

from typing import Any

from layers.catalog.zoning.plans import Standing
from layers.catalog.zoning.rules import Activity

MOST = 3000


def activities() -> list[dict[str, Any]]:
    """By name, each with the KBLI codes it stands for; a short code stands for all that begin with
    it."""
    rows = Activity.objects.filter(rule_set__status=Standing.ACTIVE).order_by("name", "code")
    return [
        {"code": code, "name": name, "kbli": sorted(kbli)}
        for code, name, kbli in rows.values_list("code", "name", "kbli")[:MOST]
    ]
