"""No patient meets questions in another language than their own: protocols and enrolment refuse it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from surveys.db import clinic_session
from surveys.models import Clinic
from surveys.protocols.loading import bundled_protocols
from tests.views.test_enrolment import PERSON, sign_in

BUNDLED = bundled_protocols()


@pytest.mark.parametrize("code", sorted(BUNDLED))
def test_every_protocol_that_comes_along_speaks_its_languages(app: Flask, tmp_path: Path, code: str) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(BUNDLED[code].source, encoding="utf-8")
    assert app.test_cli_runner().invoke(args=["protocol", "check", str(file)]).output == "ok\n"


def test_a_protocol_in_a_language_without_wording_is_refused_with_what_is_missing(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(BUNDLED["spine"].source.replace('["en", "es", "de", "ar"]', '["en", "fr"]'), encoding="utf-8")
    told = app.test_cli_runner().invoke(args=["protocol", "check", str(file)])
    assert told.exit_code == 1
    assert "ours.toml, languages: 'fr' has no wording of odi, nrs11" in told.output
    assert "the consent" in told.output


def test_a_patient_is_not_enrolled_into_questions_of_another_language(app: Flask) -> None:
    with app.app_context():
        desk = sign_in(app)
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        session.get_one(Clinic, desk.clinic.id).languages = ["en", "es", "fr"]
        session.commit()
    reply = desk.post("/patients/new", **PERSON | {"language": "fr"})
    assert reply.status_code == 422
    assert "asks in en, es, de, ar, not in fr. Choose another language or protocol." in reply.text
    enrolled = desk.enrol(language="es")
    changed = desk.post(f"{enrolled}/details", **PERSON | {"language": "fr"})
    assert changed.status_code == 422
    assert "asks in en, es, de, ar, not in fr" in changed.text
    assert desk.post(f"{enrolled}/details", **PERSON | {"language": "en"}).status_code == 303
