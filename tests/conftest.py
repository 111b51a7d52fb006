"""Fixtures that every test may use: real servers, one set per test process, and nothing patched."""

import gc
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from playwright.sync_api import Browser, Page

from local import roles
from local.chromium import find as find_chromium
from local.ports import free_port
from local.postgres import Postgres
from local.redis import RedisServer
from tests.servers import chromium, database, processes
from tests.servers.postbox import Postbox
from tests.servers.sms_gateway import SmsGateway, sms_gateway

pytest_plugins = ["tests.servers.required"]
# no test fails for being slow on a busy machine; at full size the examples are new ones each time
settings.register_profile("ours", deadline=None, derandomize=os.environ.get("FAULTS_FULL") != "1")
settings.load_profile("ours")


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder for the servers' files, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="backstory-test-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def bare_postgres(server_folder: Path) -> Iterator[Postgres]:
    """A PostgreSQL with roles and an empty database ``backstory``."""
    with database.running(server_folder) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(server_folder: Path) -> Iterator[RedisServer]:
    """A Redis as the launcher starts it."""
    server = RedisServer(server_folder / "redis", server_folder / "secrets")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def smtp_server() -> Iterator[Postbox]:
    """The SMTP server behind ``postbox``."""
    server = Postbox()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sms_server() -> Iterator[SmsGateway]:
    """The text gateway behind ``texts``."""
    with sms_gateway() as gateway:
        yield gateway


@pytest.fixture(scope="session")
def environment(
    bare_postgres: Postgres, redis_server: RedisServer, smtp_server: Postbox, sms_server: SmsGateway
) -> Iterator[dict[str, str]]:
    """Every setting of the application, also in ``os.environ``; the database role is the application's."""
    settings = {
        "BACKSTORY_ENV": "test",
        "WARM_CHARTS": "0",  # nobody waits for a first chart
        "DATABASE_URL": bare_postgres.alchemy_url(roles.APP),
        "REDIS_URL": redis_server.url(),
        "SMTP_URL": smtp_server.url,
        **sms_server.settings,
        "SMS_STOP_TOKEN": secrets.token_hex(32),
        "SECRET_KEY": secrets.token_hex(32),
        "MASTER_KEY": secrets.token_hex(32),
        "PUBLIC_BASE_URL": f"http://localhost:{free_port()}",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LAN", raising=False)
        for name, value in settings.items():
            patch.setenv(name, value)
        yield settings


@pytest.fixture(scope="session")
def postgres(bare_postgres: Postgres, environment: dict[str, str]) -> Postgres:
    """The PostgreSQL, migrated as the owner role; ``database.TEMPLATE`` in it is a copy without rows."""
    database.migrate(bare_postgres, environment)
    database.keep_template(bare_postgres)
    return bare_postgres


@pytest.fixture(scope="session")
def database_url(postgres: Postgres) -> str:
    """The migrated database for the application role, as SQLAlchemy wants it."""
    return postgres.alchemy_url(roles.APP)


@pytest.fixture
def own_database(postgres: Postgres, environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """Settings with a migrated database that no other test sees, and an address for a server of its own.

    Two servers would share one port in silence, and a browser would meet now one database, now the other.
    """
    own = {"PUBLIC_BASE_URL": f"http://localhost:{free_port()}"}
    with database.fresh_database(postgres) as name:
        yield {**environment, **own, "DATABASE_URL": postgres.alchemy_url(roles.APP, name)}


@pytest.fixture
def postbox(smtp_server: Postbox) -> Postbox:
    """The SMTP server, emptied."""
    smtp_server.clear()
    return smtp_server


@pytest.fixture
def texts(sms_server: SmsGateway) -> SmsGateway:
    """The text gateway, emptied."""
    sms_server.clear()
    return sms_server


@pytest.fixture(scope="session")
def app(environment: dict[str, str], database_url: str) -> Iterator[Flask]:
    """The whole application on the migrated database; each test makes its own clinic."""
    from surveys.db import db  # noqa: PLC0415  the settings must stand first
    from wsgi import app  # noqa: PLC0415

    assert environment["DATABASE_URL"] == database_url
    app.config["TESTING"] = True
    _keep_what_is_loaded()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def _superuser(postgres: Postgres) -> Iterator[psycopg.Connection]:
    """A connection kept open: to open one for each test would take as long as many tests do."""
    with psycopg.connect(postgres.url("postgres", roles.DATABASE), autocommit=True) as connection:
        yield connection


@pytest.fixture(autouse=True)
def _tries_forgotten(request: pytest.FixtureRequest) -> Iterator[None]:
    """Take back the sign-ins that a test failed on purpose: all tests come from one address, which would be stopped."""
    connection = request.getfixturevalue("_superuser") if "postgres" in request.fixturenames else None
    yield
    if connection:
        connection.execute("DELETE FROM login_attempt")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript, inside the process."""
    return app.test_client()


@pytest.fixture(scope="session")
def web_server(environment: dict[str, str], database_url: str, server_folder: Path) -> Iterator[str]:
    """The base URL of a real granian on the migrated database."""
    assert environment["DATABASE_URL"] == database_url
    with processes.web_server(environment, server_folder / "web.log") as url:
        yield url


@pytest.fixture
def worker(environment: dict[str, str], database_url: str, tmp_path: Path) -> Iterator[int]:
    """The process id of a real Celery worker on the migrated database."""
    assert environment["DATABASE_URL"] == database_url
    with processes.celery_worker(environment, tmp_path / "worker.log") as child:
        yield child.pid


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium: run `make test` as root, or install one")
    with chromium.running(path) as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page 390 by 844 CSS pixels, with cookies and storage of its own."""
    with chromium.phone(browser) as context:
        yield context.new_page()


LONG = (  # files that take longest with few tests: begun last, one of them would run on alone
    "test_run.py",
    "test_screens.py",
    "test_t01_load.py",
    "test_replica_http.py",
    "test_restore.py",
    "test_s24_rotation.py",
    "test_migrating_while_serving.py",
    "test_t06_disk_full.py",
    "test_staff_access.py",
    "test_s22_canaries.py",
    "test_t09_many_hands.py",
    "test_t08_redis.py",
    "test_s28_supply.py",
    "test_mcid_command.py",
    "test_tutorial.py",
    "test_mixture.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """Programs started by tests find each other without the terminal's settings; files keep our order in xdist."""
    os.environ.pop("DATABASE_OWNER_URL", None)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # several processes share the cores; more threads would wait spinning
    config.option.loadscopereorder = False  # it would hand out files of one test last


def pytest_collection_finish() -> None:
    """Look seldom for what is no longer used: among millions of objects that stay it costs a tenth of the run."""
    gc.set_threshold(20_000, 20, 50)
    _keep_what_is_loaded()


def _keep_what_is_loaded() -> None:
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what runs long first, and then what starts servers of its own: several processes end together."""
    order = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: (order.get(item.path.name, len(LONG)), "scoring" in item.path.parts))
