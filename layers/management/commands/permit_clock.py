from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from layers.catalog.permits.clock.timing import Escalation, escalations


class Command(BaseCommand):
    help = "Print the open applications that are past a time limit, and who holds them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--today", type=date.fromisoformat, metavar="YYYY-MM-DD")

    def handle(self, *, today: date | None, **options: Any) -> None:
        today = today or timezone.localdate()
        late = escalations(today)
        if not late:
            self.stdout.write("Tidak ada berkas yang lewat batas waktu.")
        for one in late:
            self.stdout.write(line(one, today))


def line(one: Escalation, today: date) -> str:
    file, clock = one.application, one.timing
    told = [
        f"{file.number}",
        f"{file.get_status_display()}",
        clock.office or "belum ada pemegang",
        file.officer.get_username() if file.officer else "belum ada petugas",
    ]
    for name, left, days in (
        ("tahap", clock.step_left, clock.step_days),
        ("seluruhnya", clock.total_left, clock.total_days),
    ):
        if left is not None and left < 0:
            told.append(f"{name} lewat {-left} dari {days} hari kerja")
    if clock.deemed_on and clock.deemed_on <= today:
        told.append(f"dianggap disetujui sejak {clock.deemed_on:%d-%m-%Y}")
    return " · ".join(told)
