from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from field_api.judge import judge
from field_api.models import Submission
from field_api.revisions import PATIENCE

CHUNK = 500
State = Submission.State


class Command(BaseCommand):
    help = "Judge the submissions that were stored but not judged, for example after a crash."

    def handle(self, **options: Any) -> None:
        known = Submission.objects.filter(pk=OuterRef("revises")).exclude(state=State.RECEIVED)
        given_up = Q(received_at__lt=timezone.now() - PATIENCE - timedelta(minutes=1))
        waiting = Submission.objects.filter(
            Q(revises__isnull=True) | Exists(known) | given_up, state=State.RECEIVED
        )
        keys = list(waiting.order_by("received_at").values_list("pk", flat=True))
        left = 0
        for start in range(0, len(keys), CHUNK):
            some = Submission.objects.filter(pk__in=keys[start : start + CHUNK])
            judged = judge(list(some.select_related("user").order_by("received_at")))
            left += sum(row.state == State.RECEIVED for row in judged)
        self.stdout.write(f"{len(keys) - left} judged, {left} left.")
