"""The retention timer: warned 90 and 30 days ahead, erased on its day by a person's yes or the clinic's choice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from surveys.access.chain.audit import SYSTEM, Actor
from surveys.db import app_now
from surveys.models import Clinic, Consent, Erasure, Message, Patient, RetentionDecision, Staff, Visit
from surveys.privacy import retention
from surveys.privacy.retention import Due, agree, due_list, due_on, erase_ripe, ripe
from surveys.schedule import add_months
from tasks.retention import retain_clinic
from tests.patients import Invited, invite, seen_by
from tests.privacy.person import leave, vault_of

YEARS = 2


def quiet(app: Flask, days_left: int, **details: str) -> Invited:
    """A person whose last contact was so long ago that the record falls due in that many days."""
    invited = invite(app, **details)  # type: ignore[arg-type]
    with seen_by(app, invited.clinic_id) as session:
        leave(session, invited)
        clinic, now = session.get_one(Clinic, invited.clinic_id), app_now(session)
        clinic.retention_years = YEARS
        last = add_months((now + timedelta(days=days_left)).date(), -12 * YEARS)
        at = now - (now.date() - last)
        theirs = Patient.id == invited.patient_id
        session.execute(update(Patient).where(theirs).values(created_at=at))
        session.execute(update(Visit).values(opens_at=at - timedelta(days=3), closes_at=at, closed_at=at))
        session.execute(update(Consent).values(given_at=at, withdrawn_at=at))
        session.execute(update(Message).values(settled_at=None))
        session.commit()
    return invited


def dues(app: Flask, invited: Invited) -> list[Due]:
    with seen_by(app, invited.clinic_id) as session:
        return due_list(session, session.get_one(Clinic, invited.clinic_id), now=app_now(session))


def erased(app: Flask, invited: Invited) -> bool:
    with app.app_context():
        retain_clinic(str(invited.clinic_id))
    with seen_by(app, invited.clinic_id) as session:
        return session.get_one(Patient, invited.patient_id).erased_at is not None


@pytest.mark.parametrize(
    ("days_left", "stage"), [(-400, "due"), (0, "due"), (1, "soon"), (30, "soon"), (31, "later"), (90, "later")]
)
def test_the_list_warns_of_whoever_falls_due(app: Flask, days_left: int, stage: str) -> None:
    invited = quiet(app, days_left)
    assert [(due.patient.id, due.stage) for due in dues(app, invited)] == [(invited.patient_id, stage)]


def test_nobody_is_listed_before_nor_where_the_clinic_set_no_time(app: Flask) -> None:
    assert dues(app, quiet(app, 91)) == []
    invited = quiet(app, 0)
    with seen_by(app, invited.clinic_id) as session:
        session.get_one(Clinic, invited.clinic_id).retention_years = None
        session.commit()
    assert dues(app, invited) == []
    assert not erased(app, invited)


def test_a_due_record_waits_for_a_persons_yes(app: Flask) -> None:
    invited = quiet(app, 0)
    assert not erased(app, invited)
    say_yes(app, invited)
    assert erased(app, invited)
    with seen_by(app, invited.clinic_id) as session:
        row = session.scalars(select(Erasure)).one()
        assert (row.cause, row.erased_by, row.proof["complete"]) == ("retention", None, True)


def say_yes(app: Flask, invited: Invited) -> None:
    due = dues(app, invited)[0]
    with seen_by(app, invited.clinic_id) as session:
        person = session.scalars(select(Staff).where(Staff.role == "coordinator")).one()
        clinic, actor = session.get_one(Clinic, invited.clinic_id), Actor("staff", person.id)
        for _ in range(2):
            agree(session, clinic, due, actor=actor, now=app_now(session))
        session.commit()
        assert len(session.scalars(select(RetentionDecision)).all()) == 1


def test_a_yes_given_early_does_not_erase_early_and_a_new_contact_voids_it(app: Flask) -> None:
    invited = quiet(app, 20)
    say_yes(app, invited)
    assert not erased(app, invited)
    with seen_by(app, invited.clinic_id) as session:
        now = app_now(session)
        session.execute(update(Patient).values(created_at=now - timedelta(days=365 * YEARS + 30)))
        clinic = session.get_one(Clinic, invited.clinic_id)
        assert ripe(clinic, due_list(session, clinic, now=now)) == []


def test_where_the_clinic_chose_so_a_due_record_goes_by_itself(app: Flask) -> None:
    invited = quiet(app, 0)
    with seen_by(app, invited.clinic_id) as session:
        session.get_one(Clinic, invited.clinic_id).retention_automatic = True
        session.commit()
    assert erased(app, invited)


def test_a_visit_to_come_holds_the_record_back(app: Flask) -> None:
    invited = quiet(app, 0)
    with seen_by(app, invited.clinic_id) as session:
        now = app_now(session)
        later = {"opens_at": now + timedelta(days=300), "closes_at": now + timedelta(days=320)}
        session.execute(update(Visit).where(Visit.id == invited.visit_id).values(**later, cancelled_at=None))
        session.commit()
    assert dues(app, invited) == []
    with seen_by(app, invited.clinic_id) as session:
        clinic, patient = session.get_one(Clinic, invited.clinic_id), session.get_one(Patient, invited.patient_id)
        day = due_on(session, clinic, patient)
        assert day is not None
        assert day > (app_now(session) + timedelta(days=600)).date()
    assert vault_of(app) is not None


@pytest.mark.parametrize("first_name", ["Tim", "Over", "Ret"])
def test_a_name_that_is_part_of_our_own_words_holds_nobody_back(app: Flask, first_name: str) -> None:
    invited = quiet(app, 0, first_name=first_name)
    say_yes(app, invited)
    assert erased(app, invited)
    with seen_by(app, invited.clinic_id) as session:
        assert session.scalars(select(Erasure)).one().proof["left"] == {}


def test_a_nights_work_is_committed_in_batches_until_nobody_is_left(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 1)
    first = quiet(app, 0)
    invite(app, clinic_id=first.clinic_id)
    with seen_by(app, first.clinic_id) as session:
        old = app_now(session) - timedelta(days=366 * YEARS)
        session.get_one(Clinic, first.clinic_id).retention_automatic = True
        session.execute(update(Patient).values(created_at=old))
        session.execute(update(Visit).values(opens_at=old - timedelta(days=3), closes_at=old, closed_at=old))
        session.execute(update(Consent).values(given_at=old))
        session.commit()
    with app.app_context():
        assert retain_clinic(str(first.clinic_id)) == 2
        assert retain_clinic(str(first.clinic_id)) == 0


def test_a_contact_that_comes_while_the_list_is_worked_off_saves_the_record(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is as it was read; the consent comes after it."""
    invited = quiet(app, 0)
    say_yes(app, invited)
    with seen_by(app, invited.clinic_id) as session:
        clinic, now = session.get_one(Clinic, invited.clinic_id), app_now(session)
        listed = due_list(session, clinic, now=now)
        session.execute(update(Consent).values(withdrawn_at=now))
        monkeypatch.setattr(retention, "due_list", lambda *_args, **_named: listed)
        assert erase_ripe(session, vault_of(app), clinic, actor=SYSTEM, now=now) == []
