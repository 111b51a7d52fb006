"""The demo's statements: planned or not, signed by two, by one and by nobody, and made once."""

from __future__ import annotations

import json

from flask import Flask
from sqlalchemy.orm import Session

from surveys.db import clinic_scope, db, real_now
from surveys.demo.statements import state
from surveys.outcomes.claims import store
from tests.factories import make_clinic
from tests.outcomes.study import LATER, lay, life


def test_it_shows_each_standing_once(app: Flask) -> None:
    with app.app_context():
        clinic = make_clinic()
        lay(db.engine, clinic.id, [life(1), life(2, arm="conventional")])
        with clinic_scope(clinic.id), Session(db.engine) as session:
            for _twice in range(2):
                state(session, clinic.id, now=LATER, checked_at=real_now(session))
            claims, signed = store.listing(session), store.signed_counts(session)
            assert [signed.get(claim.id, 0) for claim in reversed(claims)] == [2, 1, 0]
            planned = [json.loads(claim.result)["planned"] for claim in reversed(claims)]
    assert planned[0].startswith("as planned (plan of ")
    assert planned[2] == "post hoc"
