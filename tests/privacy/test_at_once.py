"""Two acts on one record at the same moment: the record itself is locked first, whoever comes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask

from surveys.access.chain.audit import SYSTEM
from surveys.db import app_now
from surveys.enrolment.contact_change import change_contact
from surveys.enrolment.preferences import choose_language
from surveys.models import Clinic, Patient
from surveys.people.holding import ClosedRecordError
from surveys.people.patients import contact
from surveys.privacy.merging import merge
from tests.patients import Invited, invite, seen_by
from tests.servers.processes import wait_until
from tests.servers.waiting import is_waited_for


def corrected(app: Flask, whose: Invited) -> None:
    with seen_by(app, whose.clinic_id) as session:
        clinic, patient = session.get_one(Clinic, whose.clinic_id), session.get_one(Patient, whose.patient_id)
        details = replace(contact(app.extensions["vault"], patient), first_name="Marie")
        now, vault = app_now(session), app.extensions["vault"]
        change_contact(session, vault, clinic, patient, details, frozenset(), actor=SYSTEM, now=now)
        session.commit()


def another_language(app: Flask, whose: Invited) -> None:
    with seen_by(app, whose.clinic_id) as session:
        clinic, patient = session.get_one(Clinic, whose.clinic_id), session.get_one(Patient, whose.patient_id)
        choose_language(session, app.extensions["vault"], clinic, patient, "es", actor=SYSTEM, now=app_now(session))
        session.commit()


@pytest.mark.parametrize("change", [corrected, another_language])
def test_a_change_beside_a_merge_waits_for_it_and_leaves_the_closed_record_alone(
    app: Flask, change: Callable[[Flask, Invited], None]
) -> None:
    kept = invite(app)
    duplicate = invite(app, clinic_id=kept.clinic_id)
    with ThreadPoolExecutor(1) as pool, seen_by(app, kept.clinic_id) as session:
        clinic, now = session.get_one(Clinic, kept.clinic_id), app_now(session)
        both = (session.get_one(Patient, kept.patient_id), session.get_one(Patient, duplicate.patient_id))
        session.refresh(both[1], with_for_update=True)  # as merging and erasing begin
        changing = pool.submit(change, app, duplicate)
        wait_until(lambda: changing.done() or is_waited_for(session), "the change waits")
        merge(session, clinic, *both, reason="The same person", actor=SYSTEM, now=now)
        session.commit()
        with pytest.raises(ClosedRecordError):
            changing.result(10)
