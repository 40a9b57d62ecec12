from typing import Any

from django.core.management.base import BaseCommand

from field_api.models import Submission
from field_api.receive import judge


class Command(BaseCommand):
    help = "Judge the submissions that were stored but not judged, for example after a crash."

    def handle(self, **options: Any) -> None:
        waiting = Submission.objects.filter(state=Submission.State.RECEIVED)
        keys = list(waiting.order_by("received_at").values_list("pk", flat=True))
        left = sum(judge(key).state == Submission.State.RECEIVED for key in keys)
        self.stdout.write(f"{len(keys) - left} judged, {left} left.")
