"""What raises an alert, and that it is raised once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from scoring.deterioration import Deterioration
from scoring.individual import Amount
from surveys.access.chain.audit import SYSTEM
from surveys.alerts.rules import RED_FLAGS, Rules, offered, read_rules
from surveys.answering import amending, responses
from surveys.db import app_now
from surveys.models import Response, Visit
from surveys.protocols.loading import bundled_protocols
from tests.alerts.ward import Ward, with_red_flags
from tests.answering.sheet import at_once
from tests.patients import Invited

WORSE = ("deterioration", "nrs_active")


def amended(ward: Ward, invited: Invited, instrument: str, item: str, level: int, timepoint: str = "m1") -> None:
    def work(session: Session) -> None:
        episode = session.get_one(Visit, invited.visit_id).episode_id
        theirs = select(Response).join(Visit, Visit.id == Response.visit_id).where(Visit.episode_id == episode)
        response = session.scalars(theirs.where(Visit.timepoint == timepoint, Response.instrument == instrument)).one()
        now, protocol = app_now(session), with_red_flags()
        amending.amend(session, response, item, level, reason="misread", actor=SYSTEM, protocol=protocol, now=now)

    ward.act(work)


def test_off_means_nothing(ward: Ward) -> None:
    ward.worse()
    ward.turn(on=False)
    ward.worse()
    assert ward.alerts() == []
    assert ward.mailed() == []


def test_a_worsening_beyond_the_amount_is_raised_with_its_rule_and_values(ward: Ward) -> None:
    ward.turn(within=3)
    ward.worse()
    (alert,) = ward.alerts()
    assert (alert.kind, alert.subject, alert.before, alert.after) == (*WORSE, 2, 9)
    assert "3.6" in alert.rule
    assert alert.due_at - alert.raised_at >= timedelta(hours=3)


@pytest.mark.parametrize(("before", "after", "raised"), [(2, 5, 0), (2, 6, 1), (6, 2, 0), (9, 10, 0)])
def test_less_than_the_amount_and_an_improvement_raise_none(ward: Ward, before: int, after: int, raised: int) -> None:
    ward.turn()
    invited = ward.patient(nrs_active=before)
    ward.answer(invited, "nrs11", active=after)
    ward.submit(invited)
    assert len(ward.alerts()) == raised


def test_a_scale_without_an_amount_raises_none(ward: Ward) -> None:
    ward.turn(rules=Rules((Deterioration("odi", Amount(Decimal(10), "ours")),)))
    ward.worse()
    assert ward.alerts() == []


def test_it_is_raised_once_though_sending_is_retried_by_many(ward: Ward) -> None:
    ward.turn()
    invited = ward.patient(nrs_active=2)
    ward.answer(invited, "nrs11", active=9)
    assert sorted(at_once(lambda: ward.submit(invited), 4)) == [False, False, False, True]
    assert ward.kinds() == [WORSE]


def test_an_amendment_raises_no_second_one_and_takes_none_back(ward: Ward) -> None:
    ward.turn()
    invited = ward.worse()
    amended(ward, invited, "nrs11", "active", 10)
    (alert,) = ward.alerts()
    ward.acknowledge(alert)
    amended(ward, invited, "nrs11", "active", 3)
    amended(ward, invited, "nrs11", "active", 8)
    (same,) = ward.alerts()
    assert (same.id, same.after, same.note) == (alert.id, 9, "phoned")


def test_an_amendment_can_raise_the_first(ward: Ward) -> None:
    ward.turn()
    invited = ward.patient(nrs_active=2)
    ward.answer(invited, "nrs11", active=3)
    ward.submit(invited)
    assert ward.alerts() == []
    amended(ward, invited, "nrs11", "active", 8)
    assert ward.kinds() == [WORSE]


def test_a_corrected_baseline_looks_at_the_newest_answers_again(ward: Ward) -> None:
    ward.turn()
    invited = ward.patient(nrs_active=8)
    ward.answer(invited, "nrs11", active=8)
    ward.submit(invited)
    amended(ward, invited, "nrs11", "active", 1, timepoint="baseline")
    assert ward.kinds() == [WORSE]


def test_a_yes_to_a_red_flag_and_extreme_anxiety_are_raised_one_mail_for_both(ward: Ward) -> None:
    ward.address("clinician")
    ward.turn()
    invited = ward.patient()
    ward.answer(invited, RED_FLAGS, bladder_or_bowel=0, seat_numbness=1, fever=1)
    ward.answer(invited, "eq5d3l", anxiety_depression=3)  # the other dimensions are not answered: there is no index
    ward.submit(invited)
    red = [("red_flag", "fever"), ("red_flag", "seat_numbness")]
    assert ward.kinds() == [("anxiety_depression", "anxiety_depression"), *red]
    assert ward.mailed() == [ward.person("clinician")]


def test_each_kind_can_be_left_out(ward: Ward) -> None:
    ward.turn(rules=Rules(offered().deterioration))
    invited = ward.patient()
    ward.answer(invited, RED_FLAGS, fever=1)
    ward.answer(invited, "eq5d3l", anxiety_depression=3)
    ward.submit(invited)
    assert ward.alerts() == []


def closed(ward: Ward, invited: Invited) -> None:
    def work(session: Session) -> None:
        visit = session.get_one(Visit, invited.visit_id)
        responses.finalise_unsent(session, visit, with_red_flags(), now=visit.closes_at)

    ward.act(work)


def test_what_closes_unsent_is_looked_at_and_what_was_imported_is_not(ward: Ward) -> None:
    ward.turn()
    unsent, imported = (ward.patient(nrs_active=2) for _ in range(2))
    for invited in (unsent, imported):
        ward.answer(invited, "nrs11", active=9, resting=1)
    gone = update(Response).where(Response.visit_id == imported.visit_id).values(mode="imported")
    ward.act(lambda session: session.execute(gone, execution_options={"synchronize_session": False}))
    for invited in (unsent, imported):
        closed(ward, invited)
    assert ward.kinds() == [WORSE]


def test_no_bundled_protocol_asks_for_red_flags() -> None:
    asked = {entry.instrument for each in bundled_protocols().values() for t in each.timepoints for entry in t.battery}
    assert RED_FLAGS not in asked


def test_rules_are_read_as_they_were_kept_and_every_amount_offered_has_a_source() -> None:
    assert read_rules(offered().kept()) == offered()
    assert {rule.scale: str(rule.worse.value) for rule in offered().deterioration} == {
        **{"odi": "18", "nrs_active": "3.6", "nrs_resting": "3.6", "nrs_back": "3.6", "nrs_leg": "3.7"},
        "eq5d3l_index": "0.49",
    }
    assert all("Parai" in rule.worse.source for rule in offered().deterioration)
