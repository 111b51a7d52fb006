"""What hands messages over, as processes that a test may kill, stop and let go on: workers, beats, the button."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tasks import reminders
from tests.faults.service import Service
from tests.servers.processes import ROOT, celery_worker, process, wait_until

TICK = 1  # seconds between the wake-ups of quick_beat


@dataclass(frozen=True)
class Worker:
    """A Celery worker: the main process and the child it forked, which does the work."""

    main: subprocess.Popen[bytes]
    log: Path

    def child(self) -> int:
        """Return the process id of the child that works now."""
        path = Path(f"/proc/{self.main.pid}/task/{self.main.pid}/children")
        wait_until(lambda: bool(path.read_text().split()), f"the worker's child, see {self.log}")
        return int(path.read_text().split()[0])

    def kill_child(self) -> None:
        """Kill -9 the one that works; the main process notices and forks another."""
        with suppress(ProcessLookupError):
            os.kill(self.child(), signal.SIGKILL)

    def kill(self) -> None:
        """Kill -9 all of it."""
        with suppress(ProcessLookupError):
            os.killpg(self.main.pid, signal.SIGKILL)
        self.main.wait()

    def stop(self) -> None:
        """Freeze all of it."""
        os.killpg(self.main.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on where it was."""
        with suppress(ProcessLookupError):
            os.killpg(self.main.pid, signal.SIGCONT)


@contextmanager
def worker(service: Service, name: str = "worker") -> Iterator[Worker]:
    """Yield a worker that is ready."""
    log = service.folder / f"{name}.log"
    with celery_worker(service.settings, log) as main:
        started = Worker(main, log)
        try:
            yield started
        finally:
            started.kill()  # a frozen one, or one with a message in hand, would be waited for


class Crew:
    """One worker at a time, and another after it was killed."""

    def __init__(self, service: Service, stack: ExitStack) -> None:
        self.service, self.stack, self.number = service, stack, 0
        self.start()

    def start(self) -> None:
        """Start the next one."""
        self.number += 1
        self.now = self.stack.enter_context(worker(self.service, f"worker-{self.number}"))

    def kill(self, *, whole: bool) -> None:
        """Kill the child that works, which is forked anew, or the whole worker, which is not."""
        if whole:
            self.now.kill()
        else:
            self.now.kill_child()

    def keep_up(self) -> None:
        """Start one where there is none."""
        if self.now.main.poll() is not None:
            self.start()


@contextmanager
def crew(service: Service) -> Iterator[Crew]:
    """Yield a worker with a beat."""
    with ExitStack() as stack:
        stack.enter_context(beat(service))
        yield Crew(service, stack)


@contextmanager
def beat(service: Service, name: str = "beat") -> Iterator[subprocess.Popen[bytes]]:
    """Yield a beat that ticks each second."""
    schedule = service.folder / f"{name}-schedule"
    arguments = ["celery", "-A", "tests.faults.quick_beat", "beat", "--schedule", str(schedule), "--pidfile="]
    with process([*arguments, "--loglevel=INFO"], service.settings, service.folder / f"{name}.log") as child:
        yield child


@contextmanager
def button(service: Service, name: str = "button") -> Iterator[subprocess.Popen[bytes]]:
    """Yield ``flask messages dispatch``, running."""
    arguments = ["flask", "--app", "wsgi", "messages", "dispatch"]
    with process(arguments, service.settings, service.folder / f"{name}.log") as child:
        yield child


def drain_here(service: Service, url: str) -> None:
    """Hand over what is due inside this process, to the relay at ``url``: for faults that end no process."""
    known = service.app.extensions["backstory"]
    service.app.extensions["backstory"] = replace(known, smtp_url=url)
    try:
        reminders.tick_now()
    finally:
        service.app.extensions["backstory"] = known


def press(service: Service, seconds: float = 120) -> str:
    """Dispatch by hand to the end; return what the command said."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "messages", "dispatch"],
        cwd=ROOT,
        env={**os.environ, **service.settings},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
