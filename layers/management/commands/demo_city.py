"""`manage.py demo_city`: an invented life on the real names and points of Kota Kupang."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from layers.demo import city, people
from layers.demo.sizes import FULL, SMALL, last_day

Watch = Callable[[city.Stage, float], None]


class Command(BaseCommand):
    help = "Load the demo city: invented, the same each time, and only into an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--until", type=date.fromisoformat, metavar="YYYY-MM-DD",
            help="the last day that is told; today by default",
        )  # fmt: skip
        parser.add_argument("--small", action="store_true", help="fewer rows, for tests")
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where there are rows already"
        )
        parser.add_argument(
            "--replace", action="store_true", help="remove the demo city that is there first"
        )
        parser.add_argument(
            "--accounts", action="store_true", help="print the demo accounts; load nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["accounts"]:
            self.print_accounts()
            return
        if options["if_empty"] and not city.is_empty():
            return
        until = options["until"] or last_day()
        if until > last_day():
            raise CommandError(f"--until {until} is not over yet: the newest day is {last_day()}.")
        self.load(until, options)

    def load(self, until: date, options: dict[str, Any]) -> None:
        started = time.perf_counter()
        sizes = SMALL if options["small"] else FULL
        try:
            with self.progress(options["verbosity"]) as watch:
                counts = city.load(until, sizes, replace=options["replace"], watch=watch)
        except (city.NotEmpty, IntegrityError) as error:
            # Another process may have loaded it between the question and the first row.
            if options["if_empty"] and not city.is_empty():
                return
            if isinstance(error, IntegrityError):
                raise
            raise CommandError(
                "The database holds rows already; nothing was changed. "
                "--replace puts a new demo city in place of an old one."
            ) from error
        except city.RealData as error:
            raise CommandError(
                f"Nothing was removed: {error}. A new demo city needs an empty database."
            ) from error
        except people.NameTaken as error:
            raise CommandError(
                f"Nothing was loaded: the account “{error}” is somebody's own."
            ) from error
        if options["verbosity"]:
            self.stdout.write(
                f"Demo city until {until}: {sum(counts.values()):,} rows in {len(counts)} layers, "
                f"{time.perf_counter() - started:.0f} s. Accounts: manage.py demo_city --accounts"
            )

    @contextmanager
    def progress(self, verbosity: int) -> Iterator[Watch]:
        if not verbosity:
            yield lambda stage, done: None
        elif self.stdout.isatty():
            with self.bar() as watch:
                yield watch
        else:
            yield self.line_each()

    @contextmanager
    def bar(self) -> Iterator[Watch]:
        columns = TextColumn("{task.description:14}"), BarColumn(), TimeElapsedColumn()
        with Progress(*columns) as progress:
            total = sum(stage.weight for stage in city.STAGES)
            task = progress.add_task("demo city", total=total)
            before = dict(zip(city.STAGES, self.sums(), strict=True))

            def watch(stage: city.Stage, done: float) -> None:
                at = before[stage] + stage.weight * done
                progress.update(task, completed=at, description=stage.title)

            yield watch

    @staticmethod
    def sums() -> Iterator[float]:
        """What is behind each stage when it begins."""
        total = 0.0
        for stage in city.STAGES:
            yield total
            total += stage.weight

    def line_each(self) -> Watch:
        began = time.perf_counter()

        def watch(stage: city.Stage, done: float) -> None:
            nonlocal began
            if done == 0:
                began = time.perf_counter()
            elif done == 1:
                self.stdout.write(f"{stage.title}: {time.perf_counter() - began:.1f} s")
                began = time.perf_counter()

        return watch

    def print_accounts(self) -> None:
        shown = people.shown()
        if not shown:
            raise CommandError("There are no demo accounts yet: run manage.py demo_city first.")
        for account, password in shown:
            self.stdout.write(
                f"{account.username:17} {password or '(changed since)':21} "
                f"{account.role.label}: {account.sees}"
            )
