"""Who is counted where: the clinic's own figures, those outside it, and nobody who wanted out."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select

from surveys.access.chain.audit import SYSTEM
from surveys.db import app_now
from surveys.models import Episode, Patient
from surveys.people.counted import counted
from surveys.people.participation import OPTIONAL, give_consent, optional_text
from surveys.people.patients import current_consents, withdraw
from tests.patients import Invited, invite, seen_by


def number(app: Flask, invited: Invited, permission: str | None = None) -> int:
    with seen_by(app, invited.clinic_id) as session:
        return session.scalar(select(func.count()).select_from(Episode).where(counted(permission))) or 0


def test_each_permission_opens_its_own_figures_and_closes_them_again(app: Flask) -> None:
    invited = invite(app)
    assert [number(app, invited, kind) for kind in (None, *OPTIONAL)] == [1, 0, 0]
    for kind, seen in zip(OPTIONAL, ([1, 1, 0], [1, 1, 1]), strict=True):
        with seen_by(app, invited.clinic_id) as session:
            patient = session.get_one(Patient, invited.patient_id)
            give_consent(session, patient, optional_text(kind, "en"), now=app_now(session))
            session.commit()
        assert [number(app, invited, each) for each in (None, *OPTIONAL)] == seen
    with seen_by(app, invited.clinic_id) as session:
        for consent in current_consents(session, invited.patient_id):
            if consent.kind == "research":
                withdraw(session, consent, actor=SYSTEM, now=app_now(session))
        session.commit()
    assert [number(app, invited, each) for each in (None, *OPTIONAL)] == [1, 0, 1]


def test_who_wanted_out_is_counted_nowhere(app: Flask) -> None:
    invited = invite(app)
    with seen_by(app, invited.clinic_id) as session:
        patient = session.get_one(Patient, invited.patient_id)
        for kind in OPTIONAL:
            give_consent(session, patient, optional_text(kind, "en"), now=app_now(session))
        patient.withheld_at = app_now(session)
        session.commit()
    assert [number(app, invited, each) for each in (None, *OPTIONAL)] == [0, 0, 0]


def test_every_permission_has_a_text_in_every_language_of_the_patients_side() -> None:
    for kind in OPTIONAL:
        texts = {language: optional_text(kind, language) for language in ("en", "es", "de", "ar")}
        assert {text.language for text in texts.values()} == set(texts)
        assert len({text.hash for text in texts.values()}) == len(texts)
        assert optional_text(kind, "fr").language == "en"
