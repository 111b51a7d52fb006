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

READY_SECONDS = 180  # a slow machine that also fills the demo


def wait_until_ready(ports: Ports, environ: Mapping[str, str], group: Group) -> None:
    """Return once the web server is ready, the mailbox answers and the worker replied to a ping."""
    print("Starting web, worker, beat and mailbox ...", flush=True)
    for url in (f"http://{LOOPBACK}:{ports.mailbox}/", f"http://{LOOPBACK}:{ports.web}/readyz"):
        _wait(url, group)
    ping = [sys.executable, "-m", "celery", "--quiet", "-A", "tasks", "inspect", "ping", "--timeout", "0.5"]
    limit = time.monotonic() + READY_SECONDS
    while subprocess.run(ping, cwd=ROOT, env=dict(environ), capture_output=True, check=False).returncode:
        _keep_waiting(group, "The worker", limit)


def _wait(url: str, group: Group) -> None:
    limit = time.monotonic() + READY_SECONDS
    while reply := trouble(url):
        _keep_waiting(group, f"{url} ({reply})", limit)
        time.sleep(0.1)


def _keep_waiting(group: Group, what: str, limit: float) -> None:
    group.check()
    if time.monotonic() > limit:
        raise LocalError(f"{what} did not answer well within {READY_SECONDS} seconds.")


def trouble(url: str) -> str:
    """Ask one of our own addresses; return what is wrong with the reply, empty on success."""
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310  only our own http addresses
            return ""
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.code}: {error.read(300).decode(errors='replace').strip()}"
    except OSError as error:
        return str(error)
