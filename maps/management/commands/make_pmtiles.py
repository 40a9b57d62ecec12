from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from maps.management.commands.seed_tiles import chosen
from maps.tiles import archive


class Command(BaseCommand):
    help = "Write one PMTiles file for each public layer, served at /tiles/<layer>.pmtiles."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("layers", nargs="*", metavar="LAYER", help="all on the map, if none")

    def handle(self, *, layers: list[str], **options: Any) -> None:
        if not settings.TILE_STORE:
            raise CommandError("There is no tile store: TILE_STORE is empty.")
        for layer in chosen(layers):
            path = archive.build(layer)
            told = (
                f"{path} ({path.stat().st_size / 1024:,.0f} kB)"
                if path
                else "no rows, or they changed meanwhile"
            )
            self.stdout.write(f"{layer.id}: {told}")
