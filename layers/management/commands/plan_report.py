import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from layers.base import Refused
from layers.catalog.zoning.in_force import rules_in_force, rules_named
from layers.catalog.zoning.survey import lines, survey
from layers.catalog.zoning.versions import Plan


class Command(BaseCommand):
    help = "Look for gaps, overlaps and slivers in a plan; the report is kept with the plan."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("plan", help="code of the plan")
        parser.add_argument("--rules", default="", metavar="CODE", help="else those in force")
        parser.add_argument("--json", type=Path, metavar="FILE.json", help="every place of it")

    def handle(self, *, plan: str, rules: str, json: Path | None, **options: Any) -> None:
        found = Plan.objects.filter(code=plan).first()
        if found is None:
            known = ", ".join(Plan.objects.values_list("code", flat=True))
            raise CommandError(f"There is no plan {plan!r}; there are: {known}.")
        try:
            rule_set = rules_named(rules) if rules else rules_in_force()
        except Refused as refused:
            raise CommandError(" ".join(refused.reasons.values())) from refused
        report = survey(plan=found, rule_set=rule_set)
        if json:
            write(json, report)
        for line in lines(report):
            self.stdout.write(line)


def write(path: Path, report: dict[str, Any]) -> None:
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
