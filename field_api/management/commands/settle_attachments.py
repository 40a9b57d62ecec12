from typing import Any

from django.core.management.base import BaseCommand

from field_api.attachments.settling import settle_left


class Command(BaseCommand):
    help = "Draw the photos that were received but not drawn, for example after a crash."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{settle_left()} records settled.")
