from typing import Any

from django.core.management.base import BaseCommand

from layers.freshness import remind


class Command(BaseCommand):
    help = "Write to the offices whose layers are late; at most once a week for each layer."

    def handle(self, **options: Any) -> None:
        for one in remind():
            self.stdout.write(f"{one.layer_id}: {one.email}")
