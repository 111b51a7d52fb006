"""What carries messages: Redis, beat and worker, the queue, the mail relay."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import current_app

from surveys.config import Config
from tasks import TICK_SECONDS, celery_app, mail
from tasks.broker import GOOD_POLICY, ask_broker
from tasks.channels import RelayUnreachableError
from tasks.doctor.database import NEAR
from tasks.doctor.finding import Finding, bad, graded, ok, warn
from tasks.figures import Figures

LAG = (600.0, 3600.0)  # seconds that the oldest due message may wait
TICK = (TICK_SECONDS * 4.0, TICK_SECONDS * 40.0)


def check_redis() -> Iterator[Finding]:
    """Look at Redis and, through it, for a worker."""
    broker = ask_broker(settings().redis_url)
    if broker is None:
        yield warn("redis", "does not answer: no mail goes out", "Start Redis, or correct REDIS_URL.")
        return
    if broker.policy != GOOD_POLICY:
        yield bad("redis", f"evicts ({broker.policy})", "Set maxmemory-policy noeviction.")
    elif not broker.appends:
        yield warn("redis", f"{broker.version} keeps nothing on disk", "Set appendonly yes.")
    else:
        yield ok("redis", f"{broker.version}, {GOOD_POLICY}, append-only file")
    there = len(celery_app.control.ping(timeout=1.0) or ())
    remedy = "Start one: celery -A tasks worker"
    yield ok("worker", f"{there} answer") if there else bad("worker", "none answers", remedy)


def check_queue(figures: Figures) -> Iterator[Finding]:
    """Look at the tick and at the oldest due message."""
    tick = figures.ages.get("tick")
    remedy = "Start one of each: celery -A tasks beat, celery -A tasks worker. Their logs say why they ended."
    if tick is None:
        yield warn("tick", "beat and worker never ran on this database", remedy)
    else:
        yield graded("tick", f"beat and worker ticked {tick:.0f} s ago", tick, TICK, remedy)
    lag = figures.oldest_due or 0.0
    words = f"the oldest due message waits for {lag:.0f} s" if figures.oldest_due else "nothing due is waiting"
    yield graded("queue", words, lag, LAG, "Look at worker, Redis and relay; docs/runbook.md, Mail does not go out.")
    if held := figures.messages.get("held"):
        yield warn("held", f"{held} messages are held back after a restore", "Staff release or cancel them at /held.")


def check_relay() -> Iterator[Finding]:
    """Connect to the mail relay as a worker does; no mail is sent."""
    address = urlsplit(settings().smtp_url)
    door = mail.Relay(mail.relay_address(settings()))
    try:
        encrypted = door.greet()
    except RelayUnreachableError as error:
        yield bad("relay", f"cannot be reached or refuses us ({error})", "Correct SMTP_URL, or ask who runs the relay.")
        return
    finally:
        door.close()
    if encrypted or address.hostname in NEAR:
        yield ok("relay", "answers" + (", encrypted" if encrypted else ", on this machine"))
    else:
        yield warn("relay", "answers, not encrypted", "Use smtps:// or smtp+starttls:// in SMTP_URL.")


def settings() -> Config:
    """Return the application's settings."""
    config: Config = current_app.extensions["backstory"]
    return config
