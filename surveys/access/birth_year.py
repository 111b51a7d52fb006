"""The optional check that the person who opened a link knows the year of birth on file."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.links import revoke_links
from surveys.db import uuid7
from surveys.models import Clinic, Patient, PatientLink, PatientSession, StaffTask, Visit
from surveys.outbox.suppressing import wait_for_hand_overs

TRIES = 5  # wrong years, over all live links of the visit: each reminder carries a link of its own
TASK = "birth_year"
BY_PATIENT = Actor("patient")


def asks_year(session: Session, patient: Patient) -> bool:
    """Return whether the clinic checks and has a year to check against."""
    clinic = session.get_one(Clinic, patient.clinic_id)
    return clinic.birth_year_check and patient.birth_year is not None


def try_year(session: Session, session_id: UUID, patient: Patient, given: int, *, now: datetime) -> int:
    """Compare a year; return how many tries are left, ``TRIES`` where it fits and the browser may go on.

    The links are locked, so that tries sent together count one by one. The last wrong one closes every link of
    the visit and opens a task for staff.
    """
    browser = session.get_one(PatientSession, session_id)
    if given != patient.birth_year:
        wait_for_hand_overs(session, [patient.id])  # a link about to go is closed with the others
    live = (PatientLink.visit_id == browser.visit_id) & PatientLink.revoked_at.is_(None)
    links = session.scalars(select(PatientLink).where(live).order_by(PatientLink.id).with_for_update())
    rows = {link.id: link for link in links.all()}
    mine = rows.get(browser.link_id)
    if mine is None:
        return 0
    for row in rows.values():
        session.refresh(row)
    if given == patient.birth_year:
        browser.year_pending = False
        mine.year_tries = 0
        return TRIES
    mine.year_tries += 1
    left = max(0, TRIES - sum(row.year_tries for row in rows.values()))
    session.flush()
    if left == 0:
        _close(session, browser, now)
    return left


def _close(session: Session, browser: PatientSession, now: datetime) -> None:
    revoke_links(session, browser.visit_id, now)
    row = {"id": uuid7(), "clinic_id": browser.clinic_id, "visit_id": browser.visit_id, "kind": TASK, "opened_at": now}
    opened = insert(StaffTask).values(**row)
    again = {"opened_at": now, "closed_at": None, "closed_by": None, "outcome": None, "next_try_on": None}
    session.execute(opened.on_conflict_do_update(index_elements=["clinic_id", "visit_id", "kind"], set_=again))
    subject = ("visit", browser.visit_id)
    record(session, browser.clinic_id, BY_PATIENT, "link_closed", subject, now=now, new={"wrong_years": TRIES})


def closed_for_guesses(session: Session, visit_id: UUID) -> bool:
    """Return whether wrong years closed the visit's links and nobody has dealt with it yet."""
    waiting = (StaffTask.visit_id == visit_id, StaffTask.kind == TASK, StaffTask.closed_at.is_(None))
    return bool(session.scalar(select(func.count()).select_from(StaffTask).where(*waiting)))


def settle_guesses(session: Session, visit: Visit, *, actor: Actor, now: datetime) -> None:
    """Close the task: a person gave the patient a new link."""
    waiting = (StaffTask.visit_id == visit.id, StaffTask.kind == TASK, StaffTask.closed_at.is_(None))
    done = {"closed_at": now, "closed_by": actor.staff_id, "outcome": "link_reissued"}
    session.execute(update(StaffTask).where(*waiting).values(**done))
