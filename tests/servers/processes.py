"""Real processes of the application, ended by the tests that started them."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from redis import Redis

from local.ports import LOOPBACK, is_busy

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90  # on a machine that has other work to do
END_SECONDS = 15


@contextmanager
def process(arguments: Sequence[str], environ: Mapping[str, str], log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """Run ``python -m ARGUMENTS`` in a group of its own; its output goes to ``log``."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env={**os.environ, **environ},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        end_group(child)


def end_group(child: "subprocess.Popen[bytes]") -> None:
    """Ask the process to end, then end what is left of its group."""
    if child.poll() is None:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(END_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def wait_until(condition: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Return once the condition holds; fail with ``what`` was awaited."""
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


@contextmanager
def web_process(environ: Mapping[str, str], log: Path, *, workers: int = 2) -> "Iterator[subprocess.Popen[bytes]]":
    """Yield granian as in production, once it answers at PUBLIC_BASE_URL of the settings."""
    url = environ["PUBLIC_BASE_URL"]
    port = urlsplit(url).port
    # granian would share a port in silence with the server that is there
    wait_until(lambda: not is_busy(port or 0), f"{url} is another server's", END_SECONDS)
    arguments = [
        *("granian", "--interface", "wsgi", "wsgi:app", "--host", LOOPBACK, "--port", str(port)),
        *("--workers", str(workers), "--blocking-threads", "4", "--respawn-failed-workers", "--no-ws"),
    ]
    with process(arguments, environ, log) as child:
        wait_until(lambda: child.poll() is not None or _answers(f"{url}/healthz"), f"granian, see {log}")
        if child.poll() is not None:
            raise AssertionError(f"granian ended:\n{log.read_text()}")
        yield child


@contextmanager
def web_server(environ: Mapping[str, str], log: Path) -> Iterator[str]:
    """Yield PUBLIC_BASE_URL of the settings, served by granian."""
    with web_process(environ, log):
        yield environ["PUBLIC_BASE_URL"]


@contextmanager
def celery_worker(environ: Mapping[str, str], log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """Yield a Celery worker that has said it is ready."""
    arguments = ["celery", "-A", "tasks", "worker", "--loglevel=INFO", "--concurrency=1", "--without-mingle"]
    with process(arguments, environ, log) as child:
        wait_until(lambda: child.poll() is not None or b"ready." in log.read_bytes(), f"worker, see {log}")
        if child.poll() is not None:
            raise AssertionError(f"the worker ended:\n{log.read_text()}")
        yield child


def empty_queue(redis_url: str) -> None:
    """Forget what waits for a worker: the next one on this Redis has another test's database."""
    with Redis.from_url(redis_url) as client:
        client.delete("celery")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310  our own loopback address
            return True
    except (urllib.error.URLError, OSError):
        return False
