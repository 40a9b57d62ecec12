from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from field_api.attachments.check import YOUNG, faults


class Command(BaseCommand):
    help = "Check that every attachment and photo has its file, and every file its row."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--hashes", action="store_true", help="read every original as well")
        parser.add_argument("--mend", action="store_true", help="remove files that no row names")
        parser.add_argument(
            "--older-than", type=float, default=YOUNG, help="seconds; younger files may be in work"
        )

    def handle(self, *, hashes: bool, mend: bool, older_than: float, **options: Any) -> None:
        left = 0
        for fault in faults(hashes=hashes, older_than=older_than):
            if mend and fault.mend:
                fault.mend.unlink(missing_ok=True)
                self.stdout.write(f"{fault.what}: removed")
            else:
                self.stdout.write(fault.what)
                left += 1
        if left:
            raise CommandError(f"{left} faults.")
        self.stdout.write("Files and rows agree.")
