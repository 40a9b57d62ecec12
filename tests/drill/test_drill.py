"""The short form of `make drill`: the real server on a durable PostgreSQL, killed under load."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DRILL = ["env", "--default-signal=INT", sys.executable, "-m", "tests.drill", "--short"]


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        DRILL,
        cwd=PROJECT,
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def processes(folder: Path) -> list[str]:
    """The command lines of what runs in this folder, and of PostgreSQL that serves it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_text().replace("\0", " ")
            environment = (process / "environ").read_text(errors="replace")
        except OSError:
            continue
        if str(folder) in environment + line:
            found.append(line)
    return found


def test_killed_under_load_it_loses_nothing_and_keeps_nothing_twice(tmp_path: Path) -> None:
    with start(tmp_path) as drill:
        told, complaints = drill.communicate()

    assert drill.returncode == 0, told + complaints
    zeroes = re.findall(
        r"^(acknowledged lost|duplicates|half-written|not delivered) +0$", told, re.M
    )
    assert len(zeroes) == 4, told
    assert re.search(r"^kills +[1-9]\d* web workers, [1-9]\d* databases$", told, re.M), told
    assert re.search(r"answers +200 \d", told), told
    assert re.search(r"by ODK Collect +[1-9]", told), told
    assert list(tmp_path.iterdir()) == []
    assert processes(tmp_path) == []


@pytest.mark.drill
def test_interrupted_it_leaves_nothing(tmp_path: Path) -> None:
    with start(tmp_path) as drill:
        assert drill.stdout is not None
        assert "offered" in drill.stdout.readline()  # the storm has begun
        assert processes(tmp_path)
        drill.send_signal(signal.SIGINT)
        _, told = drill.communicate()
    assert drill.returncode == 1
    assert told == "Stopped: nothing of the drill is left, and it proves nothing.\n"
    assert list(tmp_path.iterdir()) == []
    assert processes(tmp_path) == []
