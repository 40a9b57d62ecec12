import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from layers.base import Layer
from layers.tile_changes import public_layers
from maps.tiles import seeding
from maps.tiles.public import Outdated


def chosen(names: list[str]) -> list[Layer]:
    """These public layers, or all that stand on the map. Raises CommandError for an unknown one."""
    public = {layer.id: layer for layer in public_layers()}
    if unknown := [name for name in names if name not in public]:
        told = f"No public layer: {', '.join(unknown)}. There are: {', '.join(public)}."
        raise CommandError(told)
    return [public[name] for name in names] or [one for one in public.values() if one.on_map]


class Command(BaseCommand):
    help = (
        "Make the stored tiles of public layers before anybody asks. Stopped and started again, it "
        "goes on where it was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("layers", nargs="*", metavar="LAYER", help="all on the map, if none")
        parser.add_argument("--zooms", default="10-14", help="first-last (10-14)")
        parser.add_argument("--anew", action="store_true", help="also what is stored already")
        parser.add_argument("--workers", type=int, default=os.cpu_count(), help="threads")

    def handle(
        self, *, layers: list[str], zooms: str, anew: bool, workers: int, **options: Any
    ) -> None:
        if not settings.TILE_STORE:
            raise CommandError("There is no tile store: TILE_STORE is empty.")
        within = asked_zooms(zooms)
        bar = Progress(
            TextColumn("{task.description:22}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        with bar:
            for layer in chosen(layers):
                self.seed(layer, within, bar, anew=anew, workers=workers)

    def seed(self, layer: Layer, zooms: range, bar: Progress, *, anew: bool, workers: int) -> None:
        task = bar.add_task(layer.id, total=None)
        count = 0
        try:
            for _zoom, _holds in seeding.seed(layer, zooms, workers=workers, anew=anew):
                count += 1
                bar.update(task, completed=count)
        except Outdated:
            bar.console.print(f"{layer.id} changed meanwhile; seed it again.")
        bar.update(task, total=count, completed=count)


def asked_zooms(text: str) -> range:
    first, _, last = text.partition("-")
    try:
        zooms = range(int(first), int(last or first) + 1)
    except ValueError:
        zooms = range(0)
    if not zooms or zooms[0] < 0:
        raise CommandError(f"--zooms is a number or first-last, such as 10-14, not {text!r}.")
    return zooms
