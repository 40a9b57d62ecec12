import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from geo_portal.localdb import Cluster, deaf, exit_on_signals
from geo_portal.postmaster import LocalDbError

WITH_US = ("setpriv", "--pdeathsig=TERM")  # it ends with us, even if we are killed
WORK = [*WITH_US, sys.executable, "manage.py", "work"]
PATIENCE = 12  # seconds that a task in the middle has to end; another worker takes it up
GUNICORN = [
    *(*WITH_US, sys.executable, "-m", "gunicorn", "geo_portal.wsgi"),
    *("--worker-class=gthread", "--workers=2", "--threads=32", "--graceful-timeout=10"),
    "--no-control-socket",  # it would lie in the home folder
]


class Command(BaseCommand):
    help = "What `make run` does: database, migrations, demo city, web server, until Ctrl-C."
    requires_system_checks = []  # they may ask a database that is not up yet

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="leave an empty city empty")

    def handle(self, *, no_demo: bool, **options: Any) -> None:
        try:
            with ExitStack() as held:
                held.enter_context(exit_on_signals())
                listener = held.enter_context(open_port())
                if settings.LOCALDB:
                    held.enter_context(Cluster(settings.LOCALDB, settings.BASE_DIR).running())
                call_command("check", databases=["default"])
                with one_at_a_time():
                    call_command("migrate", verbosity=options["verbosity"])
                    self.load_demo(no_demo)
                self.serve(listener)
        except LocalDbError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")

    def load_demo(self, no_demo: bool) -> None:
        if "demo_city" in get_commands() and not no_demo:
            call_command("demo_city", if_empty=True)
            call_command("demo_city", accounts=True)

    def serve(self, listener: socket.socket) -> None:
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # the web workers open their own
        host, port = listener.getsockname()[:2]
        self.stdout.write(self.style.SUCCESS(f"\nGeo Portal: http://{host}:{port}/  (Ctrl-C ends)"))
        self.stdout.flush()  # into a file or a pipe too, the address goes before the log
        server = subprocess.Popen(
            [*GUNICORN, f"--bind=fd://{listener.fileno()}"],
            cwd=settings.BASE_DIR,
            pass_fds=[listener.fileno()],
        )
        working = subprocess.Popen(WORK, cwd=settings.BASE_DIR)
        try:
            code = server.wait()
        finally:
            with deaf():
                for process in (server, working):
                    process.terminate()
                for process in (server, working):
                    end(process)
        if code == 0:  # it was asked to, by a signal that passed this process by
            raise KeyboardInterrupt
        raise CommandError(f"The web server ended by itself with code {code}.")


def end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two that start together on an empty database must not fill it together."""
    guard = connection.copy()
    with guard.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('geo_portal serve'))")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('geo_portal serve'))")
    guard.close()


def open_port() -> socket.socket:
    """The listening socket itself goes to the web server: no one can take the port between."""
    host = os.environ.get("HOST", "127.0.0.1")
    wanted = os.environ.get("PORT")
    for port in [wanted] if wanted else range(8000, 8100):
        try:
            return socket.create_server((host, int(port)))
        except (OSError, ValueError, OverflowError) as error:
            reason = error
    raise CommandError(f"No port to listen on at {host} ({wanted or '8000 to 8099'}): {reason}.")
