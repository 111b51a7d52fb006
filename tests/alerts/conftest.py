"""One ward for each test."""

import pytest
from flask import Flask

from tests.alerts.ward import Ward


@pytest.fixture
def ward(app: Flask) -> Ward:
    """A clinic whose alerts are off."""
    with app.app_context():
        return Ward(app)
