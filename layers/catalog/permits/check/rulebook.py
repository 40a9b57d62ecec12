"""What a set of rules says of an activity in the sub-zones of a plan: read once, asked often."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from layers.catalog.permits.check.verdicts import UNKNOWN, strictest
from layers.catalog.zoning.overlays import MappedKind, OverlayKind
from layers.catalog.zoning.plans import Plan, SubZone
from layers.catalog.zoning.rules import (
    Activity,
    Equivalent,
    Intensity,
    OverlayRule,
    RuleSet,
    UseCondition,
    UseRule,
)


@dataclass(frozen=True)
class Answer:
    """For a sub-zone. `via` is the meaning that decided, and all meanings, where the plan's code is
    a word of another vocabulary."""

    verdict: str
    conditions: list[dict[str, str]] = field(default_factory=list)
    via: dict[str, Any] | None = None
    intensity: dict[str, Any] | None = None


@dataclass(frozen=True)
class Provision:
    """What the rules say of a kind of special provision and its value; no verdict: nothing."""

    verdict: str | None
    text: str


class Rulebook:
    """Of one set of rules, for one plan. In force or replaced, neither changes any more."""

    def __init__(self, rule_set: RuleSet, plan: Plan) -> None:
        self.rule_set, self.plan = rule_set, plan
        self.activity = cache(self._activity)
        self._uses = cache(self._cells)
        self._sub_zones: dict[int, SubZone] = {}

    def sub_zones(self, keys: Iterable[int]) -> dict[int, SubZone]:
        missing = set(keys) - self._sub_zones.keys()
        if missing:
            self._sub_zones |= SubZone.objects.in_bulk(missing)
        return self._sub_zones

    def answer(self, activity: Activity | None, sub_zone: int) -> Answer:
        """Of the plan's own code where the rules know it, else of what it means in theirs."""
        uses = self._uses(activity.pk) if activity else {}
        crosswalk = self._crosswalk.get(sub_zone, [])
        if sub_zone in uses or not crosswalk:
            known = [uses[sub_zone]] if sub_zone in uses else []
            return Answer(
                verdict=known[0].verdict if known else UNKNOWN,
                conditions=self._told(known),
                intensity=self._intensity([sub_zone]),
            )
        verdicts = {
            line.code_id: uses[line.code_id].verdict if line.code_id in uses else UNKNOWN
            for line in crosswalk
        }
        verdict = strictest(verdicts.values())
        deciding = next(line for line in crosswalk if verdicts[line.code_id] == verdict)
        return Answer(
            verdict=verdict,
            conditions=self._told([uses[key] for key in verdicts if key in uses]),
            via={
                "code": deciding.code.code,
                "name": deciding.code.name,
                "source": deciding.source,
                "meanings": [line.code.code for line in crosswalk],
            },
            intensity=self._intensity([sub_zone]) or self._intensity([*verdicts]),
        )

    def provision(self, kind: OverlayKind, value: str) -> Provision:
        rules = self._provisions
        rule = rules.get((kind.pk, value)) or rules.get((kind.pk, ""))
        if rule is None:
            return Provision(None, "Aturan belum memuat ketentuan untuk ini: mintakan pendapat.")
        return Provision(rule.verdict, rule.text)

    @cached_property
    def kinds(self) -> list[OverlayKind]:
        return list(OverlayKind.objects.all())

    @cached_property
    def mapped(self) -> frozenset[int]:
        """The kinds that were mapped for the plan."""
        mapped = MappedKind.objects.filter(plan=self.plan)
        return frozenset(mapped.values_list("kind_id", flat=True))

    def _activity(self, kbli: str) -> Activity | None:
        """The one with the longest code that begins this KBLI."""
        prefixes = [kbli[:length] for length in range(len(kbli), 0, -1)]
        found = Activity.objects.filter(rule_set=self.rule_set, kbli__overlap=prefixes)
        lengths = {
            one: max(len(code) for code in one.kbli if kbli.startswith(code)) for one in found
        }
        return max(lengths, key=lambda one: (lengths[one], -one.pk), default=None)

    def _cells(self, activity: int) -> dict[int, UseRule]:
        return {one.sub_zone_id: one for one in UseRule.objects.filter(activity=activity)}

    @cached_property
    def _crosswalk(self) -> dict[int, list[Equivalent]]:
        lines = defaultdict(list)
        told = Equivalent.objects.filter(rule_set=self.rule_set).select_related("code")
        for line in told.order_by("code__code"):
            lines[line.word_id].append(line)
        return lines

    @cached_property
    def _texts(self) -> dict[str, str]:
        return dict(
            UseCondition.objects.filter(rule_set=self.rule_set).values_list("number", "text")
        )

    def _told(self, uses: Sequence[UseRule]) -> list[dict[str, str]]:
        numbers = {number for use in uses for number in use.conditions}
        return [
            {"number": number, "text": self._texts.get(number, "")}
            for number in sorted(numbers, key=_natural)
        ]

    @cached_property
    def _intensities(self) -> dict[int, Intensity]:
        rows = Intensity.objects.filter(rule_set=self.rule_set)
        return {row.sub_zone_id: row for row in rows}

    def _intensity(self, sub_zones: Sequence[int]) -> dict[str, Any] | None:
        """The tightest of these."""
        rows = [self._intensities[one] for one in sub_zones if one in self._intensities]
        if not rows:
            return None

        def tightest(name: str, choose: Any) -> float | None:
            said = [value for row in rows if (value := getattr(row, name)) is not None]
            return choose(said) if said else None

        return {
            "kdb": tightest("kdb", min),
            "klb": tightest("klb", min),
            "kdh": tightest("kdh", max),
            "source": "; ".join(dict.fromkeys(row.source for row in rows if row.source)),
        }

    @cached_property
    def _provisions(self) -> dict[tuple[int, str], OverlayRule]:
        rows = OverlayRule.objects.filter(rule_set=self.rule_set)
        return {(row.kind_id, row.value): row for row in rows}


def _natural(number: str) -> list[tuple[int, str]]:
    """B2 before B10."""
    return [
        (int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", number)
    ]
