from typing import Any

from django.core.management.base import BaseCommand

from field_api.models import Submission
from field_api.receive import judge

CHUNK = 500


class Command(BaseCommand):
    help = "Judge the submissions that were stored but not judged, for example after a crash."

    def handle(self, **options: Any) -> None:
        waiting = Submission.objects.filter(state=Submission.State.RECEIVED)
        rows = list(waiting.select_related("user").order_by("received_at"))
        left = 0
        for start in range(0, len(rows), CHUNK):
            judged = judge(rows[start : start + CHUNK])
            left += sum(row.state == Submission.State.RECEIVED for row in judged)
        self.stdout.write(f"{len(rows) - left} judged, {left} left.")
