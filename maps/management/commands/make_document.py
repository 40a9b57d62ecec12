"""`manage.py make_document harga --period 2026-11-22`: a document as a file, for e-mail and
WhatsApp. It holds what everybody may see."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from maps.documents import DOCUMENTS, Missing, Unreadable, shelf
from maps.formats import size


class Command(BaseCommand):
    help = "Write a document to a file: one HTML page that opens without a network."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", choices=list(DOCUMENTS))
        parser.add_argument(
            "--period", default="", help="2026-11-22, 2026-W47, 2026-08 or a number; the newest"
        )
        parser.add_argument(
            "--language", choices=[c for c, _name in settings.LANGUAGES], default="id"
        )
        parser.add_argument("--out", type=Path, help="the file to write; its own name, here")

    def handle(
        self, *, name: str, period: str, language: str, out: Path | None, **options: Any
    ) -> None:
        started = time.perf_counter()
        try:
            made = shelf.make(DOCUMENTS[name], period, language)
        except (Missing, Unreadable) as trouble:
            raise CommandError(str(trouble)) from trouble
        file = out or Path(made.name)
        try:
            file.write_bytes(made.html)
        except OSError as error:
            raise CommandError(f"Berkas {file} tidak dapat ditulis: {error.strerror}.") from error
        seconds = time.perf_counter() - started
        self.stdout.write(f"{file}: {size(len(made.html))}, dibuat dalam {seconds:.1f} detik.")
