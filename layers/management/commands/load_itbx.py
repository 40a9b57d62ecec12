from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from layers.base import Refused
from layers.catalog.zoning.rule_files import About, Faulty, load_rules, write_rules
from layers.catalog.zoning.rules import RuleSet
from layers.ingest.spreadsheet import Unreadable

SHOWN = 50


class Command(BaseCommand):
    help = "Load the rules of a plan (ITBX matrix) from a spreadsheet into a draft, or write them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="XLSX, or CSV with its further sheets beside")
        parser.add_argument("--rules", required=True, metavar="CODE")
        parser.add_argument("--title", default="")
        parser.add_argument("--source", default="", help="the regulation and its annex")
        parser.add_argument("--vocabulary", default="", metavar="CODE", help="of the sub-zones")
        parser.add_argument("--valid-from", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--dry-run", action="store_true", help="look for faults, write nothing")
        parser.add_argument(
            "--write", action="store_true", help="write the rules there are into FILE instead"
        )

    def handle(self, *, file: Path, rules: str, write: bool, **given: Any) -> None:
        if write:
            self.export(file, rules)
            return
        names = ("title", "source", "vocabulary", "valid_from")
        about = About(**{name: given[name] for name in names})
        try:
            made, notes = load_rules(file, code=rules, about=about, dry_run=given["dry_run"])
        except (Refused, Unreadable) as error:
            reasons = error.reasons.values() if isinstance(error, Refused) else [str(error)]
            raise CommandError(" ".join(reasons)) from error
        except Faulty as faulty:
            for fault in faulty.faults[:SHOWN]:
                self.stderr.write(str(fault))
            if len(faulty.faults) > SHOWN:
                self.stderr.write(f"… dan {len(faulty.faults) - SHOWN} lagi.")
            raise CommandError(f"Nothing was written: {faulty}") from faulty
        for note in notes:
            self.stdout.write(note)
        done = "could be loaded; nothing was written" if given["dry_run"] else "loaded, a draft"
        self.stdout.write(f"{made.code}: {done}.")

    def export(self, file: Path, rules: str) -> None:
        found = RuleSet.objects.filter(code=rules).first()
        if found is None:
            raise CommandError(f"There are no rules {rules!r}.")
        if file.suffix.lower() != ".xlsx":
            raise CommandError(f"{file.name}: rules are written as .xlsx.")
        write_rules(found, file)
        self.stdout.write(f"{file}: {found.title}.")
