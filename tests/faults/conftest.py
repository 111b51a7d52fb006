"""Servers that may be crashed, starved and filled, apart from those other tests share; what was done is counted."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local import roles
from local.ports import free_port
from local.postgres import Postgres
from tests.faults import service as services
from tests.faults.counting import Fault, code_of
from tests.faults.service import Service
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


@pytest.fixture(scope="module")
def module_service(postgres: Postgres, environment: dict[str, str]) -> Iterator[Service]:
    """A database, a Redis and a mail relay of the module's own, inside the application."""
    with services.serving(postgres, environment) as service:
        yield service


@pytest.fixture
def service(module_service: Service) -> Iterator[Service]:
    """The module's service, with a relay that behaves and has taken nothing; what is left waiting never goes."""
    module_service.sink.clear()
    yield module_service
    module_service.sink.clear()
    module_service.quieten()


@pytest.fixture
def record_fault(
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Fault]:
    """What the test injects and counts, printed with its seed and kept with its result, failed or not."""
    fault = Fault(code_of(str(request.path)))
    yield fault
    injected, counted = fault.words()
    for name, value in (("injected", injected), ("counted", counted), ("seed", fault.seed)):
        record_property(name, value)
    with capsys.disabled():
        sys.stdout.write(f"\n{fault.code}: {injected}; {counted}; FAULTS_SEED={fault.seed}\n")
