from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from layers.base import Refused
from layers.catalog.zoning.activation import activate
from layers.catalog.zoning.in_force import plan_named, rules_named


class Command(BaseCommand):
    help = "Put a plan in force, and with it a set of rules; what they replace stays readable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("plan", help="code of the plan")
        parser.add_argument("--rules", default="", metavar="CODE")
        parser.add_argument("--by", required=True, help="the walidata's account")
        parser.add_argument(
            "--accept-flaws", default="", metavar="REASON",
            help="why gaps and overlaps of the plan are taken as they are",
        )  # fmt: skip

    def handle(self, *, plan: str, rules: str, by: str, accept_flaws: str, **options: Any) -> None:
        walidata = User.objects.filter(username=by).first()
        if walidata is None:
            raise CommandError(f"There is no account {by!r}.")
        try:
            rule_set = rules_named(rules) if rules else None
            activate(plan=plan_named(plan), rule_set=rule_set, by=walidata, reason=accept_flaws)
        except Refused as refused:
            raise CommandError(" ".join(refused.reasons.values())) from refused
        self.stdout.write(f"{plan} is in force{f', with {rules}' if rules else ''}.")
