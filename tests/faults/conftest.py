"""A PostgreSQL that may be crashed, starved and filled, apart from the one other tests share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local import roles
from local.ports import free_port
from local.postgres import Postgres
from tests.servers import database


@dataclass(frozen=True)
class Durable:
    """A server that keeps what it acknowledged, and the application's settings for it."""

    server: Postgres
    settings: dict[str, str]

    def crash(self) -> None:
        """Stop it at once, as a power cut does to its processes; ``start`` recovers."""
        self.server.stop("immediate")

    def start(self) -> None:
        """Start it where it listened before."""
        self.server.start()


@pytest.fixture
def durable(environment: dict[str, str]) -> Iterator[Durable]:
    """A migrated PostgreSQL of its own with fsync on."""
    folder = Path(tempfile.mkdtemp(prefix="backstory-test-"))
    server = Postgres(folder / "postgres", folder / "secrets")
    server.start()
    try:
        address = {"PUBLIC_BASE_URL": f"http://localhost:{free_port()}"}
        settings = {**environment, **address, "DATABASE_URL": server.alchemy_url(roles.APP)}
        database.migrate(server, settings)
        yield Durable(server, settings)
    finally:
        server.stop("immediate")
        shutil.rmtree(folder)
