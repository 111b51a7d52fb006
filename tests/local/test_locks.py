"""Locks that end with their holder."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.group import Group
from local.locks import end_leftovers, only_launcher
from local.trouble import LocalError
from tests.servers.processes import wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
HOLD = """
import sys, time
from pathlib import Path
from local.locks import only_launcher
with only_launcher(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
ABANDON = """
import os, sys
from pathlib import Path
from local.group import Group
folder = Path(sys.argv[1])
Group(folder, folder).start("part", [sys.executable, "-c", "import time; time.sleep(60)"], os.environ)
os._exit(9)
"""


def test_a_second_launcher_is_told_who_runs(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        first.stdout.readline()
        with pytest.raises(LocalError, match=f"already running .process {first.pid}"), only_launcher(tmp_path):
            pass
        first.kill()
        first.wait()
        with only_launcher(tmp_path):
            assert (tmp_path / "launcher.lock").read_text() == str(os.getpid())


def test_what_a_killed_launcher_left_is_ended(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", ABANDON, tmp_path], check=False)
    left = int((tmp_path / "part.lock").read_text())
    assert is_alive(left)
    assert end_leftovers(tmp_path) == ["part"]
    wait_until(lambda: not is_alive(left), "the end of the leftover")
    assert end_leftovers(tmp_path) == []


def test_a_part_that_ends_by_itself_is_named(tmp_path: Path) -> None:
    group = Group(tmp_path, tmp_path)
    group.start("worker", SLEEP, os.environ)
    group.check()
    os.kill(int((tmp_path / "worker.lock").read_text()), signal.SIGKILL)
    wait_until(lambda: not end_leftovers(tmp_path), "the end of the worker")
    with pytest.raises(LocalError, match="worker ended by itself with status -9"):
        group.check()
    group.stop()


def test_stopping_ends_every_part(tmp_path: Path) -> None:
    group = Group(tmp_path, tmp_path)
    for name in ("web", "worker"):
        group.start(name, SLEEP, os.environ)
    group.stop()
    assert end_leftovers(tmp_path) == []


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended but was not collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
