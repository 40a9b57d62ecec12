import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from geo_portal.localdb import Cluster
from geo_portal.postmaster import LocalDbError


class Command(BaseCommand):
    help = "The embedded PostGIS: start it and leave it running, stop it, look, or begin anew."
    requires_system_checks = []  # the database comes first

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["start", "stop", "status", "reset"])
        parser.add_argument("--yes", action="store_true", help="reset without asking")

    def handle(self, *, act: str, yes: bool, **options: Any) -> None:
        if not settings.LOCALDB:
            raise CommandError("DATABASE_URL is given, so no local database is used.")
        cluster = Cluster(settings.LOCALDB, settings.BASE_DIR)
        try:
            if act == "start":
                cluster.start()
            elif act == "stop":
                cluster.stop()
            elif act == "reset":
                self.confirm(cluster, yes)
                cluster.reset()
            state = "running" if cluster.server.answers() else "stopped"
            self.stdout.write(
                f"{state}: {cluster.server.data}, socket in {cluster.server.socket_folder}"
            )
        except LocalDbError as error:
            raise CommandError(str(error)) from error

    def confirm(self, cluster: Cluster, yes: bool) -> None:
        if yes:
            return
        if not sys.stdin.isatty():
            raise CommandError("reset deletes every row: say --yes.")
        if input(f"Delete everything in {cluster.server.data}? Type yes: ") != "yes":
            raise CommandError("Nothing was deleted.")
