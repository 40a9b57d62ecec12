from typing import Any

from django.core.management.base import BaseCommand

from field_api import chores


class Command(BaseCommand):
    help = (
        "Judge what was stored and not judged, draw what was received and not drawn, erase what "
        "has been kept long enough: once and by hand. `manage.py work` does it by the clock."
    )
    requires_system_checks = []  # the web server beside it has made them

    def handle(self, **options: Any) -> None:
        chores.each_minute()
        chores.each_day()
