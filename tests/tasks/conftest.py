"""Every test here runs inside the application and sends to a real SMTP server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.servers.postbox import Postbox
from tests.tasks.enrolled import Enrolled, enrol


@pytest.fixture(autouse=True)
def inside(app: Flask, postbox: Postbox) -> Iterator[None]:
    """The application's context, and an empty postbox."""
    assert postbox.messages == []
    with app.app_context():
        yield


@pytest.fixture
def patient() -> Enrolled:
    """A patient whose baseline is open, with nothing sent yet."""
    return enrol()
