"""The bucket of a relay: never more than its limit within a minute, whatever number of hosts asks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveys.config import ConfigError, read_config
from surveys.db import clinic_scope, db
from surveys.models import RelayBucket
from surveys.outbox import bucket
from tasks.reminders import drain_clinic
from tests.servers.postbox import Postbox
from tests.tasks.enrolled import Enrolled, enrol_beside


@pytest.fixture
def relay() -> str:
    """A relay that nobody has used."""
    return f"relay-{uuid4().hex}.example:25"


def take(relay: str, wanted: int, per_minute: int) -> int:
    with clinic_scope(None), Session(db.engine) as session:
        taken = bucket.take(session, relay, wanted, per_minute)
        session.commit()
    return taken


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 600), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 200)), max_size=12))
def test_no_minute_has_more_than_its_limit(per_minute: int, asked: list[tuple[int, int]]) -> None:
    tokens, at, taken = bucket.refilled(1e9, timedelta(), per_minute), 0, list[tuple[int, int]]()
    for seconds, wanted in asked:
        at += seconds
        tokens = bucket.refilled(tokens, timedelta(seconds=seconds), per_minute)
        given_now = min(wanted, int(tokens))
        tokens -= given_now
        taken.append((at, given_now))
    for begin, _count in taken:
        assert sum(count for moment, count in taken if begin <= moment < begin + 60) <= per_minute


def test_a_clock_that_went_back_adds_and_takes_nothing() -> None:
    assert bucket.refilled(3.0, timedelta(days=-1), 60) == 3.0


def test_hosts_that_ask_at_once_get_the_bucket_once(app: Flask, relay: str) -> None:
    together = threading.Barrier(6)

    def ask(_: int) -> int:
        with app.app_context():
            together.wait(30)
            return take(relay, 3, per_minute=50)

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(ask, range(6))) == 10  # a fifth of the minute's; the refill of some milliseconds is none


def test_what_was_not_used_goes_back_and_no_more_than_fits(relay: str) -> None:
    assert take(relay, 8, per_minute=50) == 8
    with clinic_scope(None), Session(db.engine) as session:
        bucket.put_back(session, relay, 500, 50)
        session.commit()
        assert session.scalar(select(RelayBucket.tokens).where(RelayBucket.relay == relay)) == 10.0


@pytest.fixture
def limited(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The application, whose relay takes ten messages a minute, two of them at once."""
    limited_to_ten = replace(app.extensions["backstory"], relay_per_minute=10)
    monkeypatch.setitem(app.extensions, "backstory", limited_to_ten)
    with app.app_context(), clinic_scope(None), Session(db.engine) as session:
        session.execute(update(RelayBucket).values(tokens=2.0, refilled_at=func.clock_timestamp()))
        session.commit()


@pytest.mark.usefixtures("limited")
def test_two_drains_at_once_hand_over_what_the_bucket_gives_and_count_no_try(
    app: Flask, patient: Enrolled, postbox: Postbox
) -> None:
    for number in range(5):
        enrol_beside(patient, number)

    def run(_: int) -> None:
        with app.app_context():
            drain_clinic(patient.clinic_id)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(2)))
    first = [message for message in patient.messages() if message.step == "invitation"]
    assert len(postbox.messages) == 2
    assert sorted((message.state, message.attempts) for message in first) == [("planned", 0)] * 4 + [("sent", 1)] * 2
    with clinic_scope(None), Session(db.engine) as session:
        earlier = func.clock_timestamp() - timedelta(seconds=15)
        session.execute(update(RelayBucket).values(refilled_at=earlier))
        session.commit()
    drain_clinic(patient.clinic_id)
    assert len(postbox.messages) == 4


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", " 5", "1000000"])
@pytest.mark.parametrize("name", ["RELAY_PER_MINUTE", "SMS_PER_MINUTE"])
def test_a_limit_that_is_no_number_is_refused_with_a_sentence(
    environment: dict[str, str], name: str, value: str
) -> None:
    with pytest.raises(ConfigError, match=f"{name} is .*whole number from 1 to 999999"):
        read_config({**environment, name: value})
    assert read_config({**environment, name: ""}).relay_per_minute is None
    assert read_config({**environment, "RELAY_PER_MINUTE": "120"}).relay_per_minute == 120
