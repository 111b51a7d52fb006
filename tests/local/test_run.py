"""The whole launcher, as a person uses it: start, start again after a kill, and stop."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.ports import LOOPBACK, free_port
from local.ready import trouble
from tests.servers.processes import ROOT, wait_until

START_SECONDS = 180  # the first start fills small demo clinics
END_SECONDS = 60


@contextmanager
def launcher(folder: Path, port: int) -> "Iterator[subprocess.Popen[bytes]]":
    """Run ``python -m local run`` with its data under the folder, until everything answers."""
    log = folder / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "local", "run"],
            cwd=ROOT,
            env={
                **os.environ,
                "VAR": str(folder / "var"),
                "PORT": str(port),
                "LAN": "",
                "DEMO_PERCENT": "4",
                "WARM_CHARTS": "0",
            },
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as child,
    ):
        try:
            wait_until(lambda: child.poll() is not None or "Stop: Ctrl-C" in log.read_text(), "the demo", START_SECONDS)
            assert child.poll() is None, log.read_text()
            yield child
        finally:
            child.send_signal(signal.SIGINT)
            child.wait(END_SECONDS)


def reset(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "local", "reset"],
        cwd=ROOT,
        env={**os.environ, "VAR": str(folder / "var")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.faults
def test_the_demo_continues_after_a_kill_and_stops_whole(tmp_path: Path) -> None:
    port = free_port()
    with launcher(tmp_path, port) as child:
        child.kill()
        child.wait()
    with launcher(tmp_path, port) as child:
        words = (tmp_path / "log").read_text()
        assert "ended what it had left: beat, mailbox, web, worker" in words
        assert not trouble(f"http://{LOOPBACK}:{port}/readyz")
        assert reset(tmp_path).returncode == 2
    assert child.returncode == 0
    assert trouble(f"http://{LOOPBACK}:{port}/readyz")
    assert reset(tmp_path).returncode == 0
    assert not (tmp_path / "var").exists()


def test_a_busy_port_is_named(tmp_path: Path, web_server: str) -> None:
    port = web_server.rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "local", "run"],
        cwd=ROOT,
        env={**os.environ, "VAR": str(tmp_path / "var"), "PORT": port, "LAN": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f"Port {port} is in use by another program. Choose another: make run PORT=" in done.stderr
