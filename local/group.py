"""The processes of the application: started together, ended together."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from local import locks
from local.trouble import LocalError

END_SECONDS = 20  # a worker finishes the batch in its hands


class Group:
    """Named processes, each in a session of its own, so that a Ctrl-C reaches them through us only."""

    def __init__(self, folder: Path, cwd: Path) -> None:
        self._folder = folder
        self._cwd = cwd
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], environ: Mapping[str, str]) -> None:
        """Start one; it holds ``name.lock`` for as long as it lives."""
        path = self._folder / f"{name}.lock"
        lock = locks.take(path)
        try:
            child = subprocess.Popen(
                command, env=dict(environ), cwd=self._cwd, start_new_session=True, pass_fds=(lock,)
            )
        finally:
            os.close(lock)
        locks.write_holder(path, child.pid)
        self._children[name] = child

    def check(self) -> None:
        """Raise when one has ended."""
        for name, child in self._children.items():
            if child.poll() is not None:
                raise LocalError(f"{name} ended by itself with status {child.returncode}; its last words are above.")

    def stop(self) -> None:
        """Ask all to end, wait, and end what is left."""
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        limit = time.monotonic() + END_SECONDS
        for child in self._children.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, limit - time.monotonic()))
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        self._children.clear()
