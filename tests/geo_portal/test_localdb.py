"""Real servers in folders of their own: each trouble ends in a database or in one sentence."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from geo_portal.localdb import Cluster
from geo_portal.postmaster import LocalDbError

PROJECT = Path(__file__).resolve().parents[2]


def fresh(name: str = "test") -> Iterator[Cluster]:
    # Under pytest's own folders the server's user could not go: those are root's alone.
    project = Path(tempfile.mkdtemp(prefix="geo portal ", dir="/var/tmp"))
    project.chmod(0o755)
    cluster = Cluster(name, project)
    yield cluster
    cluster.server.delete()
    shutil.rmtree(project)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One that has been through the troubles of the other tests too."""
    yield from fresh()


@pytest.fixture
def new_cluster() -> Iterator[Cluster]:
    yield from fresh()


def ask(cluster: Cluster, query: str) -> object:
    address = cluster.address()
    with psycopg.connect(
        host=address["HOST"],
        port=address["PORT"],
        user=address["USER"],
        dbname=address["NAME"],
        autocommit=True,
    ) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def leave_a_row(cluster: Cluster) -> None:
    ask(cluster, "WITH made AS (SELECT lo_create(7)) SELECT count(*) FROM made")


ROWS_LEFT = "SELECT count(*) FROM pg_largeobject_metadata"


def pid_of(cluster: Cluster) -> int:
    return int((cluster.server.data / "postmaster.pid").read_text().splitlines()[0])


@contextmanager
def holder(cluster: Cluster) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the server until it is told to end."""
    program = (
        "import sys, time; from pathlib import Path; from geo_portal.localdb import Cluster\n"
        "with Cluster(sys.argv[1], Path(sys.argv[2])).running():\n"
        "    print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, cluster.name, str(cluster.project)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process
        process.terminate()


def test_it_has_postgis_and_is_gone_afterwards(cluster: Cluster) -> None:
    with cluster.running():
        assert ask(cluster, "SELECT ST_AsText(ST_Point(123.6, -10.2, 4326))")
        assert ask(cluster, "SELECT current_setting('listen_addresses')") == ""
        assert ask(cluster, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert not cluster.server.answers()
    assert not cluster.server.socket_folder.exists()


def test_the_last_holder_stops_it(cluster: Cluster) -> None:
    with holder(cluster) as other, cluster.running():
        pid = pid_of(cluster)
        other.terminate()
        other.wait(30)
        assert pid_of(cluster) == pid
        assert ask(cluster, "SELECT 1") == 1
    assert not cluster.server.answers()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_when_the_only_holder_is_ended(
    cluster: Cluster, ending: signal.Signals
) -> None:
    with holder(cluster) as other:
        other.send_signal(ending)
    assert not cluster.server.answers()


def test_a_killed_holder_leaves_a_server_that_the_next_one_takes_over(cluster: Cluster) -> None:
    with holder(cluster) as other:
        other.kill()
    assert cluster.server.answers()
    with cluster.running():
        assert ask(cluster, "SELECT 1") == 1
    assert not cluster.server.answers()


def test_started_it_outlives_its_holders_until_stopped(cluster: Cluster) -> None:
    cluster.start()
    with cluster.running(), pytest.raises(LocalDbError, match="in use"):
        cluster.stop()
    assert cluster.server.answers()
    cluster.stop()
    assert not cluster.server.answers()


DURABILITY = """
    SELECT string_agg(setting, ' ') FROM pg_settings
    WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')
"""


def test_a_killed_server_comes_back_with_its_rows() -> None:
    for cluster in fresh("run"):
        with cluster.running():
            assert ask(cluster, DURABILITY) == "on on on"
            leave_a_row(cluster)
            os.kill(pid_of(cluster), signal.SIGKILL)
            with cluster.running():
                assert ask(cluster, ROWS_LEFT) == 1


def test_only_what_is_thrown_away_forgoes_durability(cluster: Cluster) -> None:
    with cluster.running():
        assert ask(cluster, DURABILITY) == "off off off"


def test_a_pid_file_whose_pid_belongs_to_another_program(cluster: Cluster) -> None:
    with cluster.running():
        lines = (cluster.server.data / "postmaster.pid").read_text().splitlines()
    stale = "\n".join([str(os.getpid()), *lines[1:], ""])
    pid_file = cluster.server.data / "postmaster.pid"
    cluster.server.socket_folder.mkdir(mode=0o700)
    lock_file = cluster.server.socket_folder / ".s.PGSQL.54329.lock"
    for file in (pid_file, lock_file):
        file.write_text(stale)
        os.chown(file, cluster.server.owner.pw_uid, cluster.server.owner.pw_gid)
    with cluster.running():
        assert ask(cluster, "SELECT 1") == 1


def test_a_socket_folder_swept_away_under_a_running_server(cluster: Cluster) -> None:
    with holder(cluster):
        shutil.rmtree(cluster.server.socket_folder)
        with cluster.running():
            assert ask(cluster, "SELECT 1") == 1


def test_a_socket_folder_that_someone_else_made(cluster: Cluster, tmp_path: Path) -> None:
    cluster.server.socket_folder.symlink_to(tmp_path)
    try:
        with pytest.raises(LocalDbError, match="must be a folder of the user"), cluster.running():
            pass
    finally:
        cluster.server.socket_folder.unlink()


def test_an_initdb_that_was_interrupted(new_cluster: Cluster) -> None:
    partial = Path(f"{new_cluster.server.data}.partial")
    (partial / "base").mkdir(parents=True)
    (partial / "PG_VERSION").write_text("15\n")
    with new_cluster.running():
        assert ask(new_cluster, "SELECT 1") == 1
    assert not partial.exists()


def test_a_folder_that_is_no_database(new_cluster: Cluster) -> None:
    new_cluster.project.joinpath(".local").mkdir(mode=0o755)
    new_cluster.server.data.mkdir()
    with pytest.raises(LocalDbError, match="localdb reset"), new_cluster.running():
        pass


def test_reset_forgets_everything(new_cluster: Cluster) -> None:
    with new_cluster.running():
        leave_a_row(new_cluster)
        with pytest.raises(LocalDbError, match="in use"):
            new_cluster.reset()
    new_cluster.reset()
    with new_cluster.running():
        assert ask(new_cluster, ROWS_LEFT) == 0


def test_postgis_is_not_installed(tmp_path: Path) -> None:
    cluster = Cluster("test", tmp_path, prefix=tmp_path / "usr")
    with pytest.raises(LocalDbError, match=r"apt-get install .*postgis"), cluster.running():
        pass


def test_data_of_a_version_that_is_gone(new_cluster: Cluster) -> None:
    new_cluster.project.joinpath(".local").mkdir(mode=0o755)
    new_cluster.server.data.mkdir()
    (new_cluster.server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(LocalDbError, match=r"PostgreSQL 9 .* made"), new_cluster.running():
        pass


def test_what_the_server_said_when_it_does_not_start(new_cluster: Cluster) -> None:
    with new_cluster.running():
        pass
    (new_cluster.server.data / "postgresql.conf").write_text("nonsense = on\n")
    with pytest.raises(LocalDbError, match="nonsense"), new_cluster.running():
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hides folders from its own server")
def test_a_checkout_that_the_server_cannot_enter(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    cluster = Cluster("test", tmp_path)
    try:
        with cluster.running():
            assert ask(cluster, "SELECT 1") == 1
            assert cluster.server.data.parent == Path("/var/tmp")
    finally:
        cluster.server.delete()
