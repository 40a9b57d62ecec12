import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich import progress as bars
from rich.console import Console

from layers.ingest import straight
from layers.ingest.load import LoadError, Options, load
from layers.ingest.report import Report
from layers.ingest.vector_file import Progress
from layers.registry import LAYERS


class Command(BaseCommand):
    help = "Load a vector file into a layer: any format, any coordinate system, in one transaction."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("layer", help="id of the layer, such as kelurahan or zones")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--field",
            action="append",
            default=[],
            metavar="NAME=COLUMN",
            help="which column holds a field of the layer; without COLUMN, none does",
        )
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="one value for every row, such as plan=RDTR-2011",
        )
        parser.add_argument("--crs", default="", metavar="EPSG:32751")
        parser.add_argument("--from-layer", default="", metavar="NAME", help="of several in a file")
        parser.add_argument(
            "--complete",
            action="store_true",
            help="remove rows that the file no longer holds (for zones: of the same plan)",
        )
        parser.add_argument(
            "--all-real",
            action="store_true",
            help="no row of the layer is invented any longer: take the banner away",
        )
        parser.add_argument("--dry-run", action="store_true", help="report, and write nothing")
        parser.add_argument("--report", type=Path, metavar="FILE.json", help="every row of it")

    def handle(self, *, layer: str, file: Path, report: Path | None, **given: Any) -> None:
        if layer not in LAYERS or LAYERS[layer].ingest is None:
            told = "takes no files" if layer in LAYERS else "does not exist"
            taking = ", ".join(one.id for one in LAYERS.values() if one.ingest)
            raise CommandError(f"The layer {layer!r} {told}; those that take files: {taking}.")
        options = Options(
            columns=pairs("--field", given["field"]),
            constants=pairs("--set", given["set"]),
            crs=given["crs"],
            from_layer=given["from_layer"],
            complete=given["complete"],
            all_real=given["all_real"],
            dry_run=given["dry_run"],
        )
        try:
            with shown_progress() as progress:
                done = straight.load(LAYERS[layer], file, options) or load(
                    LAYERS[layer], file, options, progress
                )
        except LoadError as error:
            self.tell(error.report, report)
            raise CommandError(str(error)) from error
        self.tell(done, report)

    def tell(self, told: Report | None, path: Path | None) -> None:
        if told is None:
            return
        if path:
            path.write_text(json.dumps(told.as_json(most=None), indent=1, ensure_ascii=False))
        for line in told.lines():
            self.stdout.write(line)


def pairs(option: str, given: list[str]) -> dict[str, str]:
    if wrong := [one for one in given if "=" not in one]:
        raise CommandError(f"{option} {wrong[0]}: write NAME=VALUE.")
    return {name.strip(): value.strip() for name, _, value in (one.partition("=") for one in given)}


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """A bar a stage for people; one line a stage where no one watches."""
    console = Console(stderr=True)
    watched = console.is_terminal
    columns = (
        bars.TextColumn("{task.description:>10}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeElapsedColumn(),
    )
    with bars.Progress(*columns, console=console, disable=not watched) as shown:
        tasks: dict[str, bars.TaskID] = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = shown.add_task(stage, total=total)
            shown.update(tasks[stage], completed=done)
            if done == total and not watched:
                console.print(f"{stage}: {total}")

        yield progress
