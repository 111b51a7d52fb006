"""The demo after an update of the program: what was filled goes on."""

from __future__ import annotations

from surveys.access.keys.encryption import Vault
from surveys.application import create_app
from surveys.config import read_config
from surveys.db import clinic_session, db
from surveys.demo.clinics import CLINICS, add_clinic
from surveys.demo.fill import begin
from surveys.protocols.loading import bundled_protocols
from surveys.protocols.store import load
from tests.factories import BEGINNING


def test_a_clinic_keeps_the_protocol_texts_it_was_filled_with(own_database: dict[str, str]) -> None:
    settings = read_config(own_database)
    app, demo, vault = create_app(settings), CLINICS[1], Vault(settings.keys)
    older = bundled_protocols()["spine"].source + "# as it was\n"
    with app.app_context(), clinic_session(demo.id) as session:
        clinic = add_clinic(session, demo, now=BEGINNING)
        known = load(session, clinic.id, older, "spine.toml", now=BEGINNING)
        stages = begin(session, vault, demo, now=BEGINNING)
        assert stages["spine"].protocol_row.id == known.id
        assert set(stages) == set(bundled_protocols())
        session.rollback()
    with app.app_context():
        db.engine.dispose()
