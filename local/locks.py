"""Who is running: a lock ends with the process that holds it, so none is ever stale."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from local.trouble import LocalError

END_SECONDS = 20


@contextmanager
def only_launcher(folder: Path) -> Iterator[None]:
    """Hold the launcher's lock. It is not inherited: it ends with this process, whatever it started."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "launcher.lock").open("a+", encoding="ascii") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = (folder / "launcher.lock").read_text(encoding="ascii") or "unknown"
            message = f"The demo is already running (process {holder}). Stop it there with Ctrl-C first."
            raise LocalError(message) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def take(path: Path) -> int:
    """Return a locked descriptor; the lock lasts as long as any process that inherits it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def write_holder(path: Path, pid: int) -> None:
    """Write down which process group holds the lock."""
    path.write_text(str(pid), encoding="ascii")


def end_leftovers(folder: Path) -> list[str]:
    """End what a launcher that was killed has left running; return the names."""
    left = [path for path in sorted(folder.glob("*.lock")) if path.stem != "launcher" and _is_held(path)]
    for path in left:
        _end(path)
    return [path.stem for path in left]


def _end(path: Path) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, ValueError):
            os.killpg(int(path.read_text(encoding="ascii")), sign)
        limit = time.monotonic() + END_SECONDS
        while _is_held(path) and time.monotonic() < limit:
            time.sleep(0.1)
        if not _is_held(path):
            return
    raise LocalError(f"A process of the last run still holds {path} and could not be ended.")


def _is_held(path: Path) -> bool:
    with path.open("r+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
