"""Wait until every part answers."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping

from local.group import Group
from local.ports import LOOPBACK
from local.settings import ROOT, Ports
from local.trouble import LocalError

READY_SECONDS = 60


def wait_until_ready(ports: Ports, environ: Mapping[str, str], group: Group) -> None:
    """Return once the web server is ready, the mailbox answers and the worker replied to a ping."""
    print("Starting web, worker, beat and mailbox ...", flush=True)
    for url in (f"http://{LOOPBACK}:{ports.mailbox}/", f"http://{LOOPBACK}:{ports.web}/readyz"):
        _wait(url, group)
    ping = [sys.executable, "-m", "celery", "--quiet", "-A", "tasks", "inspect", "ping", "--timeout", "2"]
    limit = time.monotonic() + READY_SECONDS
    while subprocess.run(ping, cwd=ROOT, env=dict(environ), capture_output=True, check=False).returncode:
        _keep_waiting(group, "The worker", limit)


def _wait(url: str, group: Group) -> None:
    limit = time.monotonic() + READY_SECONDS
    while not answers(url):
        _keep_waiting(group, url, limit)
        time.sleep(0.1)


def _keep_waiting(group: Group, what: str, limit: float) -> None:
    group.check()
    if time.monotonic() > limit:
        raise LocalError(f"{what} did not answer within {READY_SECONDS} seconds.")


def answers(url: str) -> bool:
    """Whether the address, one of ours, replies with success."""
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:  # noqa: S310  only our own http addresses
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False
