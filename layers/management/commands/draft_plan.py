from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from layers.base import Refused
from layers.catalog.zoning.provisions import declare_mapped, know_kinds
from layers.catalog.zoning.versions import draft
from layers.management.commands.load_layer import pairs


class Command(BaseCommand):
    help = "Begin a version of the spatial plan, or complete what is told of a draft."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("plan", help="code of the plan")
        parser.add_argument("--title", default="")
        parser.add_argument("--regulation", default="")
        parser.add_argument("--vocabulary", default="", metavar="CODE", help="of its sub-zones")
        parser.add_argument("--valid-from", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--valid-until", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument(
            "--mapped", action="append", default=[], metavar="KIND=SOURCE",
            help="a special provision that was mapped for it, though nothing of it was found",
        )  # fmt: skip

    @transaction.atomic
    def handle(self, *, plan: str, mapped: list[str], **given: Any) -> None:
        names = ("title", "regulation", "vocabulary", "valid_from", "valid_until")
        told = {name: given[name] for name in names if given[name]}
        try:
            made = draft(code=plan, **told)
            know_kinds()
            for kind, source in pairs("--mapped", mapped).items():
                declare_mapped(plan=made, kind=kind, source=source)
        except Refused as refused:
            raise CommandError(" ".join(refused.reasons.values())) from refused
        self.stdout.write(f"{made.code}: {made.title}, from {made.valid_from}, a draft.")
