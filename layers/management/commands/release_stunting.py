from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from layers.catalog.stunting.prevalence import compile_month, release_month
from layers.permissions import Role, duties


class Command(BaseCommand):
    help = "Compile the stunting figures of a month and release them to the public, as a walidata."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", help="2026-08")
        parser.add_argument("--by", required=True, help="the walidata's account")

    def handle(self, *, month: str, by: str, **options: Any) -> None:
        walidata = User.objects.filter(username=by).first()
        if not walidata or not any(duty.role == Role.WALIDATA for duty in duties(walidata)):
            raise CommandError(f"{by!r} is no walidata, and only a walidata releases figures.")
        try:
            first = date.fromisoformat(f"{month}-01")
        except ValueError as error:
            raise CommandError("The month is written 2026-08.") from error
        compile_month(month=first)
        count = release_month(month=first, by=walidata, at=timezone.now())
        self.stdout.write(f"{count} kelurahan released for {month}.")
