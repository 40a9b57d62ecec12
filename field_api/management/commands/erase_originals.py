from typing import Any

from django.core.management.base import BaseCommand

from field_api.attachments.retention import erase_originals, forget_unfinished


class Command(BaseCommand):
    help = "Remove original files whose retention has ended, and uploads never finished. Run daily."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{erase_originals()} originals erased, their hashes stay.")
        self.stdout.write(f"{forget_unfinished()} unfinished uploads forgotten.")
