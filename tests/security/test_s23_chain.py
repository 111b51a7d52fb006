"""S23: the audit is sealed in a chain; whatever is done to it afterwards shows, and names where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

import tasks.sealing
import tasks.verifying
from local import roles
from local.postgres import Postgres
from surveys.access.chain import verification
from surveys.access.chain.audit import SYSTEM, record
from surveys.access.chain.audit_watch import Watched, watch
from surveys.access.chain.sealing import seal
from surveys.application import create_app
from surveys.config import read_config
from surveys.db import app_now, clinic_session, db, real_now
from surveys.models import AuditCheck, AuditEvent, AuditLink, AuditSeal
from tasks import celery_app
from tests.factories import make_clinic
from tests.servers import database

EVENTS = 12
MANY = 2_000  # a verification tells after each thousand
TABLES = ("audit_event", "audit_link", "audit_seal", "audit_check")


@dataclass
class Books:
    """A database of its own with one clinic whose audit is sealed in two seals; ``url``: a superuser's."""

    app: Flask
    clinic_id: UUID
    url: str

    def write(self, count: int, *, prefix: str = "act") -> None:
        """Add events, each in a transaction of its own."""
        for number in range(count):
            with clinic_session(self.clinic_id) as session:
                note(session, self.clinic_id, f"{prefix}_{number}")
                session.commit()

    def flask(self, *arguments: str) -> tuple[int, str]:
        outcome = self.app.test_cli_runner().invoke(args=["audit", *arguments])
        return outcome.exit_code, outcome.output

    def tamper(self, *statements: str) -> None:
        """Do what a superuser can who switches the triggers off."""
        with psycopg.connect(self.url) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                told = statement.replace(":fourth", FOURTH).replace(":fifth", FIFTH)
                connection.execute(told.encode())

    def found(self, what: str, position: int | None) -> None:
        """Assert that the verification fails, naming clinic, place and event."""
        status, words = self.flask("verify")
        assert status == 1, words
        place = "" if position is None else f", position {position}"
        assert re.search(rf"Clinic {self.clinic_id}{place}(, event [0-9a-f-]{{36}})?: {what}", words), words


def note(session: Session, clinic_id: UUID, action: str) -> None:
    new = {"note": "ä ½", "share": 0.1, "many": [1, 2.50]}
    record(session, clinic_id, SYSTEM, action, ("clinic", clinic_id), now=app_now(session), new=new, reason="a test")


@pytest.fixture(scope="module")
def sealed(postgres: Postgres, environment: dict[str, str]) -> Iterator[Books]:
    """The books, and a copy of each table that the tests tamper with."""
    with database.fresh_database(postgres) as name:
        settings = {**environment, "DATABASE_URL": postgres.alchemy_url(roles.APP, name)}
        app = create_app(read_config(settings))
        with app.app_context():
            made = Books(app, make_clinic().id, postgres.url("postgres", name))
            for _ in range(2):
                made.write(EVENTS // 2)
                assert made.flask("seal")[0] == 0
            made.tamper(*(f"CREATE TABLE kept_{table} AS TABLE {table}" for table in TABLES))
            yield made
            db.engine.dispose()


@pytest.fixture
def books(sealed: Books) -> Iterator[Books]:
    """The books, brought back afterwards to what they were."""
    yield sealed
    sealed.tamper(f"TRUNCATE {', '.join(TABLES)}")
    sealed.tamper(*(f"INSERT INTO {table} TABLE kept_{table}" for table in TABLES))


FOURTH = "(SELECT event_id FROM audit_link WHERE sequence = 4)"
FIFTH = "(SELECT event_id FROM audit_link WHERE sequence = 5)"
CHANGED = "the event, its link or their order was changed"
TAMPERINGS = {
    "edited": (["UPDATE audit_event SET reason = 'another' WHERE id = :fourth"], CHANGED, 4),
    "edited within": (["UPDATE audit_event SET new = new || '{\"share\": 0.2}' WHERE id = :fourth"], CHANGED, 4),
    "its actor exchanged": (["UPDATE audit_event SET actor_kind = 'patient' WHERE id = :fourth"], CHANGED, 4),
    "moved in time": (["UPDATE audit_event SET at = at - interval '1 day' WHERE id = :fourth"], CHANGED, 4),
    "deleted": (["DELETE FROM audit_event WHERE id = :fourth"], "the event was deleted", 4),
    "deleted with its link": (
        ["DELETE FROM audit_event WHERE id = :fourth", "DELETE FROM audit_link WHERE sequence = 4"],
        "links 4 to 4 are missing",
        4,
    ),
    "reordered": (
        [
            "UPDATE audit_link SET sequence = 1004 WHERE sequence = 4",
            "UPDATE audit_link SET sequence = 4 WHERE sequence = 5",
            "UPDATE audit_link SET sequence = 5 WHERE sequence = 1004",
        ],
        CHANGED,
        4,
    ),
    "exchanged": (
        [
            "CREATE TEMP TABLE pair AS SELECT :fourth AS a, :fifth AS b",
            "UPDATE audit_link SET event_id = '00000000-0000-0000-0000-000000000000' WHERE sequence = 4",
            "UPDATE audit_link SET event_id = (SELECT a FROM pair) WHERE sequence = 5",
            "UPDATE audit_link SET event_id = (SELECT b FROM pair) WHERE sequence = 4",
        ],
        CHANGED,
        4,
    ),
    "inserted": (
        [
            "INSERT INTO audit_event (clinic_id, id, at, actor_kind, action, subject, subject_id, txid)"
            " SELECT clinic_id, gen_random_uuid(), at, 'system', 'forged', subject, subject_id, txid FROM audit_event"
            " WHERE id = :fourth"
        ],
        "the event was inserted after the sealer had passed",
        None,
    ),
    "cut off with its links": (
        [
            "DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_link WHERE sequence > 10)",
            "DELETE FROM audit_link WHERE sequence > 10",
        ],
        "the chain ends at 10 and the last seal at 12",
        10,
    ),
    "a seal removed": (
        ["DELETE FROM audit_seal WHERE position = 2"],
        "the chain ends at 12 and the last seal at 6",
        12,
    ),
    "a seal changed": (["UPDATE audit_seal SET chain_hash = '\\x00' WHERE position = 1"], "seal 1 does not fit", 6),
    "a seal set back": (
        ["UPDATE audit_seal SET sealed_at = sealed_at - interval '3 hours' WHERE position = 1"],
        "seal 1 says an earlier moment than its events",
        6,
    ),
    "cut off with links and seals": (
        [
            "DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_link WHERE sequence > 6)",
            "DELETE FROM audit_link WHERE sequence > 6",
            "DELETE FROM audit_seal WHERE position > 1",
        ],
        "the chain ends at 6; an earlier verification saw 12 events",
        6,
    ),
    "a first seal removed": (["DELETE FROM audit_seal WHERE position = 1"], "seal 1 is missing or was changed", 0),
}


@pytest.mark.parametrize("done", TAMPERINGS)
def test_s23_what_was_done_to_the_audit_is_found_and_named(books: Books, done: str) -> None:
    assert books.flask("verify") == (0, books.flask("verify")[1])
    statements, what, position = TAMPERINGS[done]
    books.tamper(*statements)
    books.found(what, position)
    with clinic_session(books.clinic_id) as session:
        outcomes = session.scalars(select(AuditCheck.problem).order_by(AuditCheck.checked_at)).all()
    assert outcomes[:2] == [None, None]
    assert outcomes[2] is not None


def test_s23_what_is_cut_off_everywhere_shows_against_a_head_kept_elsewhere(books: Books, tmp_path: Path) -> None:
    kept = tmp_path / "heads.json"
    assert books.flask("head", "--out", str(kept))[0] == 0
    assert books.flask("verify", "--head", str(kept))[0] == 0
    books.tamper(
        "DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_link WHERE sequence > 6)",
        "DELETE FROM audit_link WHERE sequence > 6",
        "DELETE FROM audit_seal WHERE position > 1",
        "DELETE FROM audit_check",
    )
    assert books.flask("verify")[0] == 0
    status, words = books.flask("verify", "--head", str(kept))
    assert status == 1
    assert "the chain ends at 6; by the kept head it went to 12: its end was cut off" in words


def test_s23_a_chain_rewritten_to_its_end_is_not_the_one_of_the_kept_head(books: Books, tmp_path: Path) -> None:
    kept = tmp_path / "heads.json"
    books.flask("head", "--out", str(kept))
    books.tamper(
        "UPDATE audit_event SET reason = 'another' WHERE id = :fourth",
        "DELETE FROM audit_link",
        "DELETE FROM audit_seal",
    )
    books.flask("seal")
    assert books.flask("verify")[0] == 0
    status, words = books.flask("verify", "--head", str(kept))
    assert status == 1
    assert "position 12" in words
    assert "the chain is another one than the kept head's" in words


def test_s23_an_event_written_later_under_an_earlier_id_is_found(books: Books) -> None:
    books.tamper(
        "INSERT INTO audit_event (clinic_id, id, at, actor_kind, action, subject, subject_id)"
        " SELECT id, overlay(gen_random_uuid()::text PLACING '01900000' FROM 1 FOR 8)::uuid,"
        " now(), 'system', 'forged', 'clinic', id FROM clinic"
    )
    books.flask("seal")
    books.found("the event was inserted later under an earlier id", EVENTS + 1)


def test_s23_the_sealer_waits_for_a_transaction_that_is_still_open(books: Books) -> None:
    """Ids and commits come in different orders: nothing is passed over, nothing is taken twice."""
    with clinic_session(books.clinic_id) as slow:
        note(slow, books.clinic_id, "slow")
        slow.flush()
        books.write(3, prefix="quick")
        assert books.flask("seal") == (0, "0 events were sealed.\n")
        slow.commit()
    books.write(1, prefix="later")
    assert "5 events were sealed." in books.flask("seal")[1]
    assert books.flask("verify")[0] == 0
    with clinic_session(books.clinic_id) as session:
        rows = session.scalar(select(func.count()).select_from(AuditEvent))
        assert session.scalar(select(func.count()).select_from(AuditLink)) == rows == EVENTS + 5


def test_s23_a_transaction_that_does_nothing_ends_before_it_could_pass_for_a_late_act(books: Books) -> None:
    with clinic_session(books.clinic_id) as session:
        limit = "SELECT setting::int FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'"
        assert 0 < (session.scalar(text(limit)) or 0) < verification.LONGEST_ACT.total_seconds() * 1000


def test_s23_the_task_of_each_minute_seals_every_clinic(books: Books) -> None:
    other = make_clinic().id
    with clinic_session(other) as session:
        note(session, other, "elsewhere")
        session.commit()
    books.write(2)
    tasks.sealing.seal()
    for clinic_id, events in ((books.clinic_id, EVENTS + 2), (other, 1)):
        with clinic_session(clinic_id) as session:
            assert session.scalar(select(func.count()).select_from(AuditLink)) == events
    assert books.flask("verify")[0] == 0


def test_s23_each_night_every_audit_is_verified_and_the_outcome_noted(
    books: Books, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def noted() -> list[str | None]:
        with clinic_session(books.clinic_id) as session:
            return list(session.scalars(select(AuditCheck.problem).order_by(AuditCheck.checked_at)))

    assert celery_app.conf.beat_schedule["verify"]["task"] == "verify"
    tasks.verifying.verify_clinic(str(books.clinic_id))
    books.tamper("UPDATE audit_event SET reason = 'another' WHERE id = :fourth")
    tasks.verifying.verify_clinic(str(books.clinic_id))
    assert noted() == [None, CHANGED]
    assert f"audit of clinic {books.clinic_id} is not as it was sealed" in caplog.text
    monkeypatch.setattr(verification, "PIECE", 5)
    monkeypatch.setattr(tasks.verifying, "VERIFYING", -1.0)
    tasks.verifying.verify_clinic(str(books.clinic_id))
    assert len(noted()) == 2, "what was not gone through to its end is no verification"
    assert "run `flask audit verify` from a timer" in caplog.text


def test_s23_whoever_runs_the_service_sees_how_far_the_sealer_is(books: Books) -> None:
    def seen(later: timedelta = timedelta(0)) -> Watched:
        with clinic_session(books.clinic_id) as session:
            return watch(session, now=real_now(session) + later)

    assert (seen().unsealed, seen().broken) == (0.0, 0)
    books.write(1)
    with clinic_session(books.clinic_id) as slow:
        note(slow, books.clinic_id, "slow")
        slow.flush()
        books.write(1)
        books.flask("seal")
        assert seen(timedelta(hours=2)).unsealed > 7200 - 60, "a transaction left open holds the sealer up"
        slow.commit()
    books.flask("seal")
    assert seen(timedelta(hours=2)).unsealed == 0.0
    assert seen(timedelta(days=3)).unverified > 3 * 86_400 - 3600, "never verified counts from the first seal"
    books.flask("verify")
    assert seen().unverified < 3600
    books.tamper("UPDATE audit_event SET reason = 'another' WHERE id = :fourth")
    books.flask("verify")
    assert seen().broken == 1


def test_s23_an_act_that_is_rolled_back_leaves_no_gap(books: Books) -> None:
    with clinic_session(books.clinic_id) as session:
        note(session, books.clinic_id, "failed")
        session.flush()
        session.rollback()
    books.write(1)
    assert "1 events were sealed." in books.flask("seal")[1]
    assert books.flask("verify")[0] == 0


def test_s23_small_batches_and_a_copy_elsewhere_seal_each_event_once(books: Books) -> None:
    """A restored copy counts its transactions anew: the sealer notices the other cluster and looks at every row."""
    books.write(5)
    with clinic_session(books.clinic_id) as session:
        assert [seal(session, books.clinic_id, limit=2) for _ in range(4)] == [2, 2, 1, 0]
        session.commit()
    books.tamper("UPDATE audit_seal SET cluster = 1, below = 1000000000 WHERE position = 5")
    books.write(3)
    with clinic_session(books.clinic_id) as session:
        assert [seal(session, books.clinic_id, limit=2) for _ in range(3)] == [2, 1, 0]
        session.commit()
    assert books.flask("verify")[0] == 0
    with clinic_session(books.clinic_id) as session:
        assert session.scalar(select(func.sum(AuditSeal.events))) == EVENTS + 8


def test_s23_verifying_tells_how_far_it_is(books: Books) -> None:
    with clinic_session(books.clinic_id) as session:
        for number in range(MANY):
            note(session, books.clinic_id, f"many_{number}")
        session.commit()
    assert f"{MANY} events were sealed" in books.flask("seal")[1]
    status, words = books.flask("verify")
    assert (status, f"{MANY} events so far" in words) == (0, True), words


def test_s23_a_file_that_is_no_head_is_refused_with_a_sentence(books: Books, tmp_path: Path) -> None:
    kept = tmp_path / "heads.json"
    for content in ("", "[]", "{}", '{"format": "other"}', '{"format": "backstory audit heads 1"}', "\x00"):
        kept.write_text(content)
        status, words = books.flask("verify", "--head", str(kept))
        assert status == 2, content
        assert "Make one with `audit head --out FILE`" in words
