"""A granian that can be hurt: one of its workers, or all of it at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random

from tests.servers import processes

WORKERS = 3
START_TIME = 19  # field of /proc/PID/stat, counted from behind the program's name


class Web:
    """Granian with three workers, started again where it ended, as a supervisor does.

    ``killed``: workers ended with SIGKILL; ``restarted``: how often the whole server was started again.
    """

    def __init__(self, settings: Mapping[str, str], log: Path, stack: ExitStack, chance: Random) -> None:
        self.settings, self.log, self.stack, self.chance = settings, log, stack, chance
        self.killed = self.restarted = 0
        self._start()

    def _start(self) -> None:
        self.main = self.stack.enter_context(processes.web_process(self.settings, self.log, workers=WORKERS))

    def kill_a_worker(self) -> bool:
        """Kill one at random, but never the one that came last, nor while one is missing.

        Granian ends as in a crash loop where the worker it respawned last dies within 5.5 s; no option changes that.
        """
        workers = self._workers()
        if len(workers) < WORKERS:
            return False
        with suppress(ProcessLookupError):
            os.kill(self.chance.choice(workers[:-1]), signal.SIGKILL)
            self.killed += 1
        return True

    def _workers(self) -> list[int]:
        """Return the workers' process ids, the oldest first."""
        with suppress(FileNotFoundError, ProcessLookupError):
            pids = Path(f"/proc/{self.main.pid}/task/{self.main.pid}/children").read_text().split()
            return [int(pid) for pid in sorted(pids, key=_started) if _is_worker(pid)]
        return []

    def keep_up(self) -> None:
        """Start it again where it ended."""
        if self.main.poll() is not None:
            self.restarted += 1
            self._start()

    def kill_all(self) -> None:
        """Kill the server and every worker at once."""
        os.killpg(self.main.pid, signal.SIGKILL)
        self.main.wait()
        self.keep_up()


def _started(pid: str) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[START_TIME])


def _is_worker(pid: str) -> bool:
    return b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()
