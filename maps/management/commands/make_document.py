"""`manage.py make_document kota --out FILE`: a map document as a file, for e-mail and WhatsApp."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from maps.documents import DOCUMENTS, make
from maps.formats import size


class Command(BaseCommand):
    help = "Write a map document to a file: one HTML page that opens without a network."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", choices=list(DOCUMENTS))
        parser.add_argument("--out", type=Path, required=True, help="the file to write")

    def handle(self, *args: Any, name: str, out: Path, **options: Any) -> None:
        started = time.perf_counter()
        made = make(DOCUMENTS[name])
        try:
            out.write_bytes(made.html)
        except OSError as error:
            raise CommandError(f"Berkas {out} tidak dapat ditulis: {error.strerror}.") from error
        seconds = time.perf_counter() - started
        self.stdout.write(f"{out}: {size(len(made.html))}, dibuat dalam {seconds:.1f} detik.")
