"""S23 and S24: what the audit keeps of a person opens under that person's key, until it is destroyed."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from surveys.access.keys import patient_keys
from surveys.access.keys.encryption import DecryptionError
from surveys.access.keys.patient_keys import KeyDestroyedError
from surveys.db import app_now
from surveys.models import PatientKey
from tests.patients import invite, seen_by


def test_s23_a_value_opens_under_its_patients_key_and_at_its_place_only(app: Flask) -> None:
    made, vault = invite(app), app.extensions["vault"]
    other = invite(app, clinic_id=made.clinic_id)
    with seen_by(app, made.clinic_id) as session:
        now = app_now(session)
        sealed = patient_keys.seal_for(session, vault, made.patient_id, "López", place="surname", now=now)
        patient_keys.seal_for(session, vault, other.patient_id, "Silva", place="surname", now=now)
        assert "López".encode() not in sealed
        assert patient_keys.open_for(session, vault, made.patient_id, sealed, place="surname") == "López"
        for patient_id, place in ((other.patient_id, "surname"), (made.patient_id, "email")):
            with pytest.raises(DecryptionError):
                patient_keys.open_for(session, vault, patient_id, sealed, place=place)


def test_s23_a_destroyed_key_opens_and_seals_nothing_any_more(app: Flask) -> None:
    made, vault = invite(app), app.extensions["vault"]
    with seen_by(app, made.clinic_id) as session:
        now = app_now(session)
        sealed = patient_keys.seal_for(session, vault, made.patient_id, "López", place="surname", now=now)
        patient_keys.destroy(session, made.patient_id, now=now)
        session.commit()
        assert session.scalars(select(PatientKey.wrapped).where(PatientKey.patient_id == made.patient_id)).one() is None
        with pytest.raises(KeyDestroyedError):
            patient_keys.open_for(session, vault, made.patient_id, sealed, place="surname")
        with pytest.raises(KeyDestroyedError):
            patient_keys.seal_for(session, vault, made.patient_id, "López", place="surname", now=now)


def test_s23_an_erased_patient_who_had_no_key_gets_none(app: Flask) -> None:
    made, vault = invite(app), app.extensions["vault"]
    with seen_by(app, made.clinic_id) as session:
        now = app_now(session)
        patient_keys.destroy(session, made.patient_id, now=now)
        with pytest.raises(KeyDestroyedError):
            patient_keys.seal_for(session, vault, made.patient_id, "López", place="surname", now=now)
