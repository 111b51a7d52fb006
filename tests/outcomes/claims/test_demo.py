"""The demo's statements: planned or not, signed by two, by one and by nobody, and made once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from surveys.db import clinic_scope, db, real_now
from surveys.demo.levels import odi_levels
from surveys.demo.lives import Reply
from surveys.demo.statements import state
from surveys.outcomes.claims import store
from tests.factories import make_clinic
from tests.outcomes.study import LATER, lay, life, nrs

ENROLLED = date(2025, 4, 20)  # the demo's plan is of that May, before anybody's twelve months
DICE = Random(1)  # noqa: S311 - answers, no secrets
BEFORE = Reply({**nrs(7).levels, "odi": odi_levels(46, DICE)})
AFTER = Reply({**nrs(3).levels, "odi": odi_levels(20, DICE)})
GIVEN: Mapping[str, Any] = {
    "replies": {"baseline": BEFORE, "m6": AFTER, "m12": AFTER},
    "enrolled_on": ENROLLED,
    "treatments": ((ENROLLED + timedelta(days=10), "bone_marrow_concentrate"),),
}


def test_it_shows_each_standing_once(app: Flask) -> None:
    with app.app_context():
        clinic = make_clinic()
        lay(db.engine, clinic.id, [life(1, **GIVEN), life(2, arm="conventional", **GIVEN)])
        with clinic_scope(clinic.id), Session(db.engine) as session:
            for _twice in range(2):
                state(session, clinic.id, now=LATER, checked_at=real_now(session))
            claims, signed = store.listing(session), store.signed_counts(session)
            assert [signed.get(claim.id, 0) for claim in reversed(claims)] == [2, 1, 0]
            planned = [json.loads(claim.result)["planned"] for claim in reversed(claims)]
    assert planned[0].startswith("as planned (plan of ")
    assert planned[2] == "post hoc"
