"""The published trial's claim: made, signed by two, worked out twice, and stale by one changed answer."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.db import real_now
from surveys.models import AuditEvent, Claim, Response, Score, Visit
from surveys.outcomes.claims import stale, store
from surveys.outcomes.claims.compute import compute
from surveys.outcomes.claims.found import ClaimError
from surveys.outcomes.claims.standing import state_of
from surveys.outcomes.claims.verify import problems
from tests.factories import MadeClinic
from tests.outcomes.claims.making import made, person
from tests.outcomes.study import LATER


def _figures(claim: Claim) -> dict[tuple[str, str], dict[str, object]]:
    return {(each["arm"], each["timepoint"]): each for each in json.loads(claim.result)["figures"]}


def amend(session: Session, claim: Claim, value: float = 98.0) -> float:
    """Change one scored answer at twelve months, as a correction does; returns what it was."""
    at = select(Response.id).join(Visit, Visit.id == Response.visit_id)
    response = session.scalars(
        at.where(Visit.timepoint == "m12", Response.instrument == "odi").order_by(Response.id).limit(1)
    ).one()
    scored = select(Score).where(Score.response_id == response, Score.scale == "odi")
    old = session.scalars(scored.order_by(Score.amendment.desc()).limit(1)).one()
    assert old.value is not None
    new = {"amendment": old.amendment + 1, "value": value, "scored_at": claim.data_as_of}
    common = {name: getattr(old, name) for name in ("clinic_id", "response_id", "scale", "n_answered", "rule_version")}
    session.add(Score(**common, **new))
    session.flush()
    return old.value


def test_the_published_rates_stand_in_it_with_their_intervals(session: Session, trial: MadeClinic) -> None:
    claim = made(session, trial, "responders_two_arms")
    figures = _figures(claim)
    assert figures["bmc", "m12"] == {
        **{"arm": "bmc", "timepoint": "m12", "k": 26, "n": 39},
        **{"rate": "66.7", "low": "51.0", "high": "79.4"},  # Wilson, by hand: (26 + z²/2)/(39 + z²) ± …
    }
    assert (figures["conventional", "m12"]["k"], figures["conventional", "m12"]["n"]) == (3, 39)
    assert {code for _arm, code in figures} == {"m1", "m3", "m6", "m12"}
    result = json.loads(claim.result)
    assert "26/39 (67 %, 95 % interval 51 to 79 %)" in result["statement"]
    assert result["completeness"] == {"bmc": "97.5", "conventional": "97.5"}
    assert result["banner"] == ""
    assert "not randomised" in result["results"]
    assert set(result["items"]) == {"P1b", "P2b", "P6a", "P12a", "P20/21"}


def test_worked_out_twice_it_is_the_same_bytes(session: Session, trial: MadeClinic) -> None:
    claim = made(session, trial, "responders_two_arms")
    assert compute(claim.specification, claim.rows) == compute(claim.specification, claim.rows) == claim.result
    assert not list(problems(claim, []))
    assert not stale.check(session, claim, now=LATER, checked_at=real_now(session))


def test_a_changed_row_or_result_is_found(session: Session, trial: MadeClinic) -> None:
    claim = made(session, trial, "responders_two_arms")
    claim.result = claim.result.replace("26", "27")
    assert len(list(problems(claim, []))) == 2  # its hash, and the computation


def test_one_changed_answer_makes_it_stale_and_says_which(session: Session, trial: MadeClinic) -> None:
    claim = made(session, trial, "responders_two_arms")
    assert claim not in stale.touched(session) or not stale.check(
        session, claim, now=LATER, checked_at=real_now(session)
    )
    amend(session, claim)
    assert claim in stale.touched(session)
    found = stale.check(session, claim, now=LATER, checked_at=real_now(session))
    assert len(found) == 1
    assert (found[0]["timepoint"], found[0]["what"], found[0]["after"]) == ("m12", "odi", "98")
    assert found[0]["patient"].isdigit()
    assert float(found[0]["before"]) < 98
    assert state_of(claim, 2, now=LATER) == "stale"
    with pytest.raises(ClaimError):
        store.sign(session, claim, actor=person(session, trial, "admin"), now=LATER)
    assert not list(problems(claim, []))  # what was computed is still what it was


def test_two_different_people_sign_it(session: Session, trial: MadeClinic) -> None:
    claim = made(session, trial, "responders_two_arms")
    clinician, admin = (person(session, trial, role) for role in ("clinician", "admin"))
    store.sign(session, claim, actor=clinician, now=LATER)
    with pytest.raises(ClaimError, match="Two different people"):
        store.sign(session, claim, actor=clinician, now=LATER)
    assert state_of(claim, len(store.signatures(session, claim)), now=LATER) == "half_signed"
    store.sign(session, claim, actor=admin, now=LATER)
    assert state_of(claim, len(store.signatures(session, claim)), now=LATER) == "signed"
    assert state_of(claim, 2, now=LATER + timedelta(days=366)) == "expired"
    session.flush()
    acts = session.scalars(select(AuditEvent.action).where(AuditEvent.subject_id == claim.id)).all()
    assert sorted(acts) == ["claim_made", "claim_signed", "claim_signed"]


def test_a_withdrawn_one_says_why_and_is_signed_by_nobody(session: Session, trial: MadeClinic) -> None:
    claim = made(session, trial, "responders_two_arms")
    store.withdraw(session, claim, "the rule was wrong", actor=person(session, trial, "admin"), now=LATER)
    assert state_of(claim, 0, now=LATER) == "withdrawn"
    with pytest.raises(ClaimError):
        store.sign(session, claim, actor=person(session, trial, "admin"), now=LATER)
