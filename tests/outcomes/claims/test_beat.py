"""Claims compared and worked out again by tasks and commands, which no request stands behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, has_app_context, has_request_context
from sqlalchemy import select

from surveys.db import clinic_session
from surveys.models import AuditEvent, Claim
from tasks.claims import claims_touched, verify_claims
from tests.factories import MadeClinic
from tests.outcomes.claims.making import made
from tests.outcomes.claims.test_responders import amend


@pytest.fixture
def number(app: Flask, trial: MadeClinic) -> Iterator[int]:
    """A claim that is kept, and the answers as they were afterwards."""
    with app.app_context(), clinic_session(trial.id) as session:
        claim = made(session, trial, "responders_two_arms")
        number, rows = claim.number, claim.rows
        session.commit()
    yield number
    with app.app_context(), clinic_session(trial.id) as session:
        claim = session.scalars(select(Claim).where(Claim.number == number)).one()
        claim.rows = rows
        claim.withdrawn_at, claim.withdrawn_by = claim.made_at, claim.made_by
        claim.withdrawal_reason = "the test is over"
        session.commit()


def _stale(app: Flask, trial: MadeClinic, number: int) -> list[dict[str, object]] | None:
    with app.app_context(), clinic_session(trial.id) as session:
        return session.scalars(select(Claim).where(Claim.number == number)).one().stale_changes


def test_beat_marks_what_changed_and_lets_it_stand_again(app: Flask, trial: MadeClinic, number: int) -> None:
    assert not has_app_context()
    assert not has_request_context()
    claims_touched()
    assert _stale(app, trial, number) is None
    with app.app_context(), clinic_session(trial.id) as session:
        was = amend(session, session.scalars(select(Claim).where(Claim.number == number)).one())
        session.commit()
    claims_touched()
    (change,) = _stale(app, trial, number) or []
    assert (change["timepoint"], change["what"], change["after"]) == ("m12", "odi", "98")
    with app.app_context(), clinic_session(trial.id) as session:
        amend(session, session.scalars(select(Claim).where(Claim.number == number)).one(), was)
        session.commit()
    claims_touched()
    assert _stale(app, trial, number) is None
    with app.app_context(), clinic_session(trial.id) as session:
        of_claim = select(Claim.id).where(Claim.number == number).scalar_subquery()
        acts = select(AuditEvent.action).where(AuditEvent.subject_id == of_claim).order_by(AuditEvent.id)
        assert session.scalars(acts).all() == ["claim_made", "claim_stale", "claim_stands_again"]


def test_what_cannot_be_worked_out_is_told_in_a_sentence(
    app: Flask, trial: MadeClinic, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    with app.app_context(), clinic_session(trial.id) as session:
        claim = session.scalars(select(Claim).where(Claim.number == number)).one()
        claim.rows = claim.rows.partition("\n")[0] + "\n"
        session.commit()
    verify_claims(str(trial.id))
    assert "It cannot be worked out again: Nobody is in this choice of patients." in caplog.text
    told = app.test_cli_runner().invoke(args=["claims", "verify", "--clinic", str(trial.id)])
    assert told.exit_code == 1
    assert f"no. {number}: The frozen rows are not those whose hash was kept." in told.output
    assert f"no. {number}: It cannot be worked out again" in told.output
