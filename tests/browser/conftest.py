"""What the browser tests of pages with figures stand on."""

from __future__ import annotations

import pytest
from flask import Flask

from surveys.db import db
from tests.factories import MadeClinic, make_clinic
from tests.outcomes.study import lay, life


@pytest.fixture(scope="module")
def small_trial(app: Flask) -> MadeClinic:
    """A clinic with two treated patients and one who was not."""
    with app.app_context():
        made = make_clinic()
        lay(db.engine, made.id, [life(1), life(2), life(3, arm="conventional")])
    return made
