"""A protocol with a flagged value set says so beside every figure of the index."""

from __future__ import annotations

from html import unescape

from flask import Flask
from sqlalchemy.orm import Session

from scoring.value_sets import find_value_set
from surveys.db import app_now, clinic_scope, db
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols, parse_protocol
from tests.factories import make_clinic
from tests.outcomes.study import Study, life
from tests.views.test_dashboard import read, signed_in

GERMAN = bundled_protocols()["trial"].source.replace("UK_TTO", "Germany_TTO").replace("version = 2", "version = 3")


def dashboard(app: Flask, source: str) -> str:
    """The page of a clinic with one patient under this protocol."""
    with app.app_context():
        made = make_clinic()
        with clinic_scope(made.id), Session(db.engine) as session:
            study = Study(session, made.id)
            study.protocol = parse_protocol(source, "trial.toml")
            study.row = protocol_store.load(session, made.id, source, "trial.toml", now=app_now(session))
            study.add(life(1))
            session.commit()
    return unescape(read(signed_in(app, made, "analyst"), "/dashboard/more/measures?protocol=trial"))


def test_a_flagged_set_is_named_beside_the_figures_of_the_index(app: Flask) -> None:
    caution = find_value_set("Germany_TTO").caution
    assert f"Value set Germany_TTO: {caution}" in dashboard(app, GERMAN)


def test_a_set_that_packages_agree_on_needs_no_word(app: Flask) -> None:
    assert "Value set" not in dashboard(app, bundled_protocols()["trial"].source)
