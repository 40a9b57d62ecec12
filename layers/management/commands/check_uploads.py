from typing import Any

from django.core.management.base import BaseCommand

from layers.uploads.check import check_waiting


class Command(BaseCommand):
    help = "Check the files that wait for it: those too large to be looked at while a page waits."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{check_waiting()} files checked.")
