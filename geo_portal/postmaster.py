"""One PostgreSQL server with PostGIS: where it lies, how it starts, how it ends.

It is reached through a unix socket only, in a folder of its owner alone. Whoever calls
`start`, `stop` or `delete` sees to it that no one else does so at the same moment.
"""

import os
import pwd
import shlex
import shutil
import signal
import stat
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

DATABASE = ROLE = "portal"
PORT = 54329  # only a part of the socket's name: nothing listens on TCP
PATIENCE = 60  # seconds; recovery after a kill replays at most max_wal_size

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    # Containers often have 64 MB of /dev/shm and no huge pages; files always work.
    "dynamic_shared_memory_type": "mmap",
    "huge_pages": "off",
    # The log repeats neither statements nor rows: both hold personal data.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# What is thrown away need not survive a power cut.
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class LocalDbError(Exception):
    """What is wrong and what to do about it, in one sentence."""


@dataclass(frozen=True)
class Server:
    tag: str  # names it in the process list, and its folders outside the project
    home: Path  # where its data lies, if its owner can go there
    durable: bool
    prefix: Path = Path("/usr")

    @cached_property
    def owner(self) -> pwd.struct_passwd:
        """Who runs the server: PostgreSQL refuses to be root."""
        if os.geteuid() != 0:
            return pwd.getpwuid(os.geteuid())
        with suppress(KeyError):
            return pwd.getpwnam("postgres")
        return pwd.getpwnam("nobody")

    @cached_property
    def data(self) -> Path:
        if self._as_owner("test", "-x", str(self.home.parent)).returncode == 0:
            return self.home
        # A checkout in a private folder of root is out of reach for the server's user.
        return Path("/var/tmp", self.tag)

    @property
    def socket_folder(self) -> Path:
        # Not in the project: the path of a socket has 107 characters at most.
        # Not in $TMPDIR: two shells must agree on it.
        return Path("/tmp", self.tag)

    @cached_property
    def binaries(self) -> Path:
        """The newest PostgreSQL that has PostGIS, or the one that made the data."""
        found = {
            int(control.parts[-3])
            for control in self.prefix.glob("share/postgresql/*/extension/postgis.control")
        }
        made_by = self.data / "PG_VERSION"
        wanted = int(made_by.read_text()) if made_by.exists() else max(found, default=15)
        folder = self.prefix / "lib/postgresql" / str(wanted) / "bin"
        if wanted in found and (folder / "initdb").exists():
            return folder
        made = f" (it made {self.data})" if made_by.exists() else ""
        raise LocalDbError(
            f"PostgreSQL {wanted} with PostGIS is not installed{made}: as root, "
            f"`apt-get install postgresql-{wanted}-postgis-3`."
        )

    def start(self) -> None:
        binaries = self.binaries
        if self._processes() and not self._survives():
            self.stop()
        if not self.data.exists():
            self._initdb()
        self._claim(self.data)
        if not (self.data / "PG_VERSION").exists():
            raise LocalDbError(
                f"{self.data} is not a database: look at it, then `manage.py localdb reset`."
            )
        if not self._processes():
            self._launch(binaries)
        self._furnish()

    def answers(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def birth(self) -> str:
        """The server's pid, folder and time of start: a mark that no later server bears."""
        with suppress(FileNotFoundError):
            return "\n".join((self.data / "postmaster.pid").read_text().splitlines()[:3])
        return ""

    def delete(self) -> None:
        self.stop()
        for folder in (self.data, self._partial):
            if folder.exists():
                shutil.rmtree(folder)
        self.__dict__.pop("binaries", None)  # the deleted data may have asked for older ones

    def _survives(self) -> bool:
        """Whether the processes found are a whole server that can still be reached."""
        deadline = time.monotonic() + PATIENCE
        while self._postmasters() and time.monotonic() < deadline:
            if self.answers():
                return True
            if not (self.data.exists() and self._socket.exists()):
                return False
            time.sleep(0.1)
        return False

    def _initdb(self) -> None:
        # Made aside and renamed when whole: one that was interrupted is never taken for data.
        if self._partial.exists():
            shutil.rmtree(self._partial)
        self._claim(self._partial)
        made = self._as_owner(
            str(self.binaries / "initdb"),
            *("-D", str(self._partial), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"),
            # Whoever can open the socket may be anyone: its folder is its owner's alone.
            "--auth=trust",
            *([] if self.durable else ["--no-sync"]),
        )
        if made.returncode != 0:
            raise LocalDbError(f"initdb failed in {self._partial}: {_last_lines(made.stderr)}")
        self._partial.rename(self.data)

    def _launch(self, binaries: Path) -> None:
        self._claim(self.socket_folder)
        self._drop_if_recycled(self.data / "postmaster.pid")
        self._drop_if_recycled(self._socket.with_name(f"{self._socket.name}.lock"))
        settings = SETTINGS | ({} if self.durable else THROW_AWAY)
        settings |= {"cluster_name": self.tag, "port": str(PORT)}
        settings["unix_socket_directories"] = str(self.socket_folder)
        options = " ".join(f"-c {shlex.quote(f'{k}={v}')}" for k, v in settings.items())
        log = self.data / "server.log"
        started = self._as_owner(
            str(binaries / "pg_ctl"),
            *("start", "-s", "-w", "-t", str(PATIENCE)),
            *("-D", str(self.data), "-l", str(log), "-o", options),
        )
        if started.returncode != 0:
            told = log.read_text(errors="replace") if log.exists() else started.stderr
            raise LocalDbError(f"PostgreSQL did not start, see {log}: {_last_lines(told)}")

    def _drop_if_recycled(self, pid_file: Path) -> None:
        """A stale pid file may name a pid that another program has by now, or a zombie.

        PostgreSQL itself copes with one whose process is gone.
        """
        with suppress(FileNotFoundError, ValueError, IndexError):
            process = Path("/proc", str(int(pid_file.read_text().splitlines()[0])))
            try:
                stale = process.exists() and (process / "cwd").readlink() != self.data.resolve()
            except FileNotFoundError:
                stale = True  # a zombie is nowhere
            except PermissionError:
                stale = not _command_line(int(process.name)).split("\0")[0].endswith("postgres")
            if stale:
                pid_file.unlink()

    def _furnish(self) -> None:
        """The role, PostGIS in every new database, and the portal's own; each if missing."""
        with self.connect("template1") as template:
            if not template.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                # No superuser: a hole in the portal stays in its own database.
                template.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
            template.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        with self.connect("postgres") as server:
            known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not known.fetchone():
                server.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")

    def stop(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while self._processes():
            late = time.monotonic() > deadline
            for pid in self._postmasters() or self._processes():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGQUIT if late else signal.SIGINT)
            if time.monotonic() > deadline + 10:
                raise LocalDbError(
                    f"PostgreSQL of {self.data} does not stop: end the processes "
                    f"{', '.join(map(str, self._processes()))} by hand."
                )
            time.sleep(0.05)
        with suppress(OSError):
            self.socket_folder.rmdir()

    @property
    def _partial(self) -> Path:
        return self.data.with_name(f"{self.data.name}.partial")

    @property
    def _socket(self) -> Path:
        return self.socket_folder / f".s.PGSQL.{PORT}"

    def connect(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=str(self.socket_folder),
            port=PORT,
            user="postgres",
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def _as_owner(self, *command: str) -> subprocess.CompletedProcess[str]:
        drop: dict[str, Any] = {}
        if os.geteuid() == 0:
            drop = {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}
        # PGDATA, PGPORT and their like belong to other servers.
        env = {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C"}
        return subprocess.run(
            command,
            env=env,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **drop,
        )

    def _claim(self, folder: Path) -> None:
        """Makes a folder that only the server's user may enter; refuses anyone else's."""
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {
            self.owner.pw_uid,
            os.geteuid(),
        }:
            raise LocalDbError(
                f"{folder} must be a folder of the user {self.owner.pw_name}, but is not: "
                "remove it, or run as the user who made it."
            )
        os.chown(folder, self.owner.pw_uid, self.owner.pw_gid)
        folder.chmod(0o700)

    def _processes(self) -> list[int]:
        """The pids of this server, its orphans included. Anyone may read a command line."""
        lines = {int(p.name): _command_line(int(p.name)) for p in Path("/proc").glob("[0-9]*")}
        return [
            pid
            for pid, line in lines.items()
            if self._is_postmaster(line) or line.startswith(f"postgres: {self.tag}:")
        ]

    def _postmasters(self) -> list[int]:
        return [pid for pid in self._processes() if self._is_postmaster(_command_line(pid))]

    def _is_postmaster(self, line: str) -> bool:
        program, *arguments = line.split("\0")
        return program.endswith("/postgres") and f"cluster_name={self.tag}" in arguments


def _command_line(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    return ""


def _last_lines(text: str) -> str:
    return " | ".join(line.strip() for line in text.strip().splitlines()[-3:])
