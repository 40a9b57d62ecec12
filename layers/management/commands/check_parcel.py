import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from layers.base import Refused
from layers.catalog.permits.applications import Application
from layers.catalog.permits.check.evidence import (
    evidence_for,
    standing_parcel,
)
from layers.catalog.permits.check.summaries import summary
from layers.catalog.zoning.in_force import plan_named, rules_named
from layers.outline.files import read_file


class Command(BaseCommand):
    help = "Check a parcel against a plan and its rules. Stores nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", nargs="?", help="of an application, such as KKPR-2026-0001")
        parser.add_argument("--file", type=Path, help="a parcel in a file, instead")
        parser.add_argument("--kbli", default="", help="of the activity, five digits")
        parser.add_argument("--crs", default="", metavar="EPSG:32751", help="of the file")
        parser.add_argument("--plan", default="", metavar="CODE", help="else the one in force")
        parser.add_argument("--rules", default="", metavar="CODE", help="else those in force")
        parser.add_argument("--json", action="store_true", help="the evidence itself")

    def handle(self, **given: Any) -> None:
        if bool(given["number"]) == bool(given["file"]):
            raise CommandError("Name an application or a --file.")
        if given["file"] and not given["kbli"]:
            raise CommandError("Name the activity of the --file: --kbli 47111.")
        try:
            evidence = self.evidence(**given)
        except Refused as refused:
            raise CommandError(" ".join(refused.reasons.values())) from refused
        if given["json"]:
            self.stdout.write(json.dumps(evidence, indent=1, ensure_ascii=False))
            return
        for line in summary(evidence):
            self.stdout.write(line)

    def evidence(
        self, *, number: str, file: Path, kbli: str, crs: str, plan: str, rules: str, **_: Any
    ) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "plan": plan_named(plan),
            "rule_set": rules_named(rules),
            "at": timezone.now(),
        }
        if file:
            return evidence_for(shape=read_file(file, crs=crs).shape, kbli=kbli, **asked)
        application = Application.objects.filter(number=number).first()
        if application is None:
            raise CommandError(f"There is no application {number}.")
        parcel = standing_parcel(application)
        return evidence_for(
            shape=parcel.geom,
            kbli=kbli or application.kbli,
            application=application,
            revision=parcel.revision,
            **asked,
        )
