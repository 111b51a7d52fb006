"""What the security tests share."""

import pytest
from flask import Flask

from tests.security.world import World, build


@pytest.fixture(scope="session")
def world(app: Flask) -> World:
    """Two clinics for tests that change nothing in them; one that does builds its own."""
    return build(app)


@pytest.fixture(scope="session")
def used_world(app: Flask) -> World:
    """Two clinics for tests that send anything to every form, and expect no more of them than that they stand."""
    return build(app)
