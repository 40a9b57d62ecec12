import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from layers.base import Refused
from layers.catalog.permits.check.rechecks import Recheck, recheck, store
from layers.catalog.permits.check.verdicts import TOLD
from layers.catalog.zoning.in_force import plan_named, rules_named


class Command(BaseCommand):
    help = (
        "Check all open applications once more, and tell what would change since their last check: "
        "then it ends with 1, unless that is stored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--plan", default="", metavar="CODE", help="else the one in force")
        parser.add_argument("--rules", default="", metavar="CODE", help="else those in force")
        parser.add_argument(
            "--store", action="store_true", help="keep what changes, of the plan in force"
        )

    def handle(self, *, plan: str, rules: str, **given: Any) -> None:
        try:
            changed = self.recheck(plan, rules, keep=given["store"])
        except Refused as refused:
            raise CommandError(" ".join(refused.reasons.values())) from refused
        if changed and not given["store"]:
            sys.exit(1)

    def recheck(self, plan_code: str, rules_code: str, *, keep: bool) -> int:
        plan, rules = plan_named(plan_code), rules_named(rules_code)
        checked = changed = 0
        for one in recheck(plan=plan, rule_set=rules):
            checked += 1
            if one.changes:
                changed += 1
                self.tell(one)
                if keep:
                    store(one, plan=plan, rule_set=rules)
        told = "berubah dan disimpan" if keep else "akan berubah"
        self.stdout.write(f"{checked} permohonan diperiksa, {changed} {told}.")
        return changed

    def tell(self, one: Recheck) -> None:
        number = one.parcel.application.number
        if one.before is None:
            verdict = TOLD[one.evidence["verdict"]]
            self.stdout.write(f"{number}: belum pernah diperiksa; {verdict}")
            return
        self.stdout.write(f"{number}:")
        for found in one.differences:
            self.stdout.write(f"  {found.title}: {found.before} → {found.after}")
