"""Every test here runs inside the application."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.tasks.enrolled import Enrolled, enrol


@pytest.fixture(autouse=True)
def inside(app: Flask) -> Iterator[None]:
    """The application's context."""
    with app.app_context():
        yield


@pytest.fixture
def patient() -> Enrolled:
    """A patient whose baseline is open, with nothing sent yet."""
    return enrol()
