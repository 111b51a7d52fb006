"""``make run``: servers, migrations, demo data, then the application until Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType

from local import locks, roles
from local.announce import Question, announce
from local.group import Group
from local.ports import free_port, is_busy, is_forbidden
from local.ready import wait_until_ready
from local.settings import ROOT, SCHEDULE, Home, Ports, choose_ports, remember, settings
from local.trouble import LocalError

QUIET = {"PYTHONWARNINGS": "ignore:You're running the worker"}  # as root: the demo may
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(place: Home) -> None:
    """Run the whole demo; returns when stopped by a signal, raises LocalError when something ended."""
    os.umask(0o077)
    for number in STOPPING:
        signal.signal(number, _interrupt)
    ports = choose_ports()
    with locks.only_launcher(place.run), _normal_end():
        _clear_the_way(place, ports)
        with _servers(place), _processes(place) as group:
            _serve(place, ports, group)


def _serve(place: Home, ports: Ports, group: Group) -> None:
    values = settings(place, ports)
    remember(place, values)
    prepare(place, values)
    environ = {**os.environ, **values, **QUIET}
    for name, command in commands(place, ports).items():
        group.start(name, command, environ)
    ways_in = Question(["demo", "ways-in"], environ)
    wait_until_ready(ports, environ, group)
    announce(ports, *ways_in.answer().split("\n\n"))
    while True:
        group.check()
        time.sleep(0.5)


def prepare(place: Home, values: Mapping[str, str]) -> None:
    """Bring the schema up to date as the owner role, then fill the demo clinics as the application role."""
    owner = {"DATABASE_OWNER_URL": place.postgres.alchemy_url(roles.OWNER)}
    _say("Bringing the database up to date ...")
    flask(["db", "upgrade"], {**values, **owner})
    flask(["demo", "fill"], values)


def flask(arguments: list[str], values: Mapping[str, str]) -> None:
    """Run one command of the application."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    status = subprocess.run(command, cwd=ROOT, env={**os.environ, **values}, check=False).returncode
    if status:
        raise LocalError(f"`flask {' '.join(arguments)}` ended with status {status}; its words are above.")


def commands(place: Home, ports: Ports) -> dict[str, list[str]]:
    """Return what runs beside the servers; Procfile has the same for other hosts."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "tasks"]
    schedule = place.folder / SCHEDULE
    return {
        "mailbox": [
            *(*python, "local.mailbox", "--folder", str(place.folder / "mail"), "--host", ports.host),
            *("--port", str(ports.mailbox), "--smtp-port", str(ports.smtp)),
            *("--sms-port", str(ports.sms)),
        ],
        "web": [
            *(*python, "granian", "--interface", "wsgi", "wsgi:app", "--host", ports.host),
            *("--port", str(ports.web), "--workers", "2", "--blocking-threads", "4"),
            *("--respawn-failed-workers", "--no-ws", "--log-level", "warning"),
        ],
        "worker": [*celery, "--quiet", "worker", "--loglevel=WARNING", "--concurrency=2"],
        "beat": [*celery, "--quiet", "beat", "--loglevel=WARNING", "--schedule", str(schedule), "--pidfile="],
    }


def _clear_the_way(place: Home, ports: Ports) -> None:
    left = locks.end_leftovers(place.run)
    if left:
        _say(f"The last run was cut short; ended what it had left: {', '.join(left)}.")
    refuse_port(ports.web, ports.host)


def refuse_port(port: int, host: str) -> None:
    """Raise LocalError where the web server could not listen, naming a port that is free."""
    if is_forbidden(port, host):
        reason = "may only be used by an administrator"
    elif is_busy(port, host):
        reason = "is in use by another program"
    else:
        return
    another = next((number for number in range(max(port, 1023) + 1, 65536) if not is_busy(number, host)), free_port())
    raise LocalError(f"Port {port} {reason}. Choose another: make run PORT={another}")


@contextmanager
def _servers(place: Home) -> Iterator[None]:
    _say("Starting PostgreSQL and Redis ...")
    try:
        place.postgres.start()
        place.redis.start()
        yield
    finally:
        place.redis.stop()
        place.postgres.stop()
        _say("Stopped. Everything is kept; `make run` continues, `make reset` starts over.")


@contextmanager
def _processes(place: Home) -> Iterator[Group]:
    group = Group(place.run, ROOT)
    try:
        yield group
    finally:
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        _say("\nStopping ...")
        group.stop()


@contextmanager
def _normal_end() -> Iterator[None]:
    """A request to stop is a normal end."""
    with suppress(KeyboardInterrupt):
        yield


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(text, flush=True)
