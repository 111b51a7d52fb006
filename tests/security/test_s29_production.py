"""S29: what production does not start with. Each case starts a real process, which ends with 2 and says the remedy."""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from local import roles
from local.ports import free_port
from local.postgres import Postgres
from local.redis import RedisServer
from tests.servers import warm
from tests.servers.processes import web_process

CANNOT_START = 2


@pytest.fixture
def production(environment: dict[str, str], postgres: Postgres) -> dict[str, str]:
    """Settings that production starts with."""
    return {
        **environment,
        "BACKSTORY_ENV": "production",
        "DATABASE_URL": postgres.alchemy_url(roles.APP),
        "PUBLIC_BASE_URL": "https://outcomes.example.org",
        "SMS_URL": "https://gateway.example/messages",
        "ALLOW_WORKING_WORDING": "1",
        "LAN": "",
    }


@pytest.fixture
def evicting() -> Iterator[str]:
    """The address of a Redis that throws away what it likes."""
    with tempfile.TemporaryDirectory(prefix="backstory-test-") as name:
        server = RedisServer(Path(name) / "redis", Path(name) / "secrets")
        server.start()
        try:
            with Redis.from_url(server.url()) as client:
                client.config_set("maxmemory-policy", "allkeys-lru")
            yield server.url()
        finally:
            server.stop()


def start(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a process that must end by itself."""
    return warm.run(arguments, {**os.environ, **environ}, seconds=90)


def refused(environ: dict[str, str]) -> str:
    """Start the web application, and return the one sentence it ends with."""
    done = start(environ, "-c", "import wsgi")
    assert done.returncode == CANNOT_START, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_s29_good_settings_start(production: dict[str, str]) -> None:
    done = start(production, "-c", "import wsgi")
    assert done.returncode == 0, done.stderr


def test_s29_debug_is_refused(production: dict[str, str]) -> None:
    assert "Unset it in production" in refused({**production, "FLASK_DEBUG": "1"})


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("tiny-one", "shorter than 32"),
        ("ab" * 32, "repeats itself"),
        ("a" * 64, "repeats itself"),
        ("0123456789abcdef" * 4, "repeats itself"),
        ("changeme-" + "x7Kq2Lm9Zr4Tn8Vw1Yb6Pd3" + "gh5jf", "everybody would try"),
        ("this-is-a-secret-for-the-clinic-2026", "everybody would try"),
    ],
)
def test_s29_a_weak_secret_is_refused(production: dict[str, str], secret: str, words: str) -> None:
    said = refused({**production, "SECRET_KEY": secret})
    assert "SECRET_KEY" in said
    assert words in said
    assert secret not in said


def test_s29_a_weak_master_key_is_refused(production: dict[str, str]) -> None:
    assert "Key 1 of MASTER_KEYS repeats itself" in refused({**production, "MASTER_KEY": "00" * 32})


def test_s29_a_guessable_metrics_token_is_refused(production: dict[str, str]) -> None:
    assert "METRICS_TOKEN is shorter" in refused({**production, "METRICS_TOKEN": "prometheus"})


def test_s29_an_http_address_is_refused(production: dict[str, str]) -> None:
    assert "must start with https://" in refused({**production, "PUBLIC_BASE_URL": "http://outcomes.example.org"})


def test_s29_working_wording_is_refused(production: dict[str, str]) -> None:
    assert "flask wording install" in refused({**production, "ALLOW_WORKING_WORDING": ""})


@pytest.mark.parametrize("role", ["postgres", roles.OWNER, roles.BACKUP])
def test_s29_a_powerful_database_role_is_refused(production: dict[str, str], postgres: Postgres, role: str) -> None:
    assert "Use the application role" in refused({**production, "DATABASE_URL": postgres.alchemy_url(role)})


def test_s29_an_evicting_redis_is_refused_by_web_worker_and_beat(production: dict[str, str], evicting: str) -> None:
    settings = {**production, "REDIS_URL": evicting}
    assert "maxmemory-policy noeviction" in refused(settings)
    for part in (["worker", "--concurrency=1"], ["beat", "--schedule", "/tmp/beat-refused", "--pidfile="]):  # noqa: S108
        done = start(settings, "-m", "celery", "-A", "tasks", *part)
        assert done.returncode == CANNOT_START, done.stderr
        assert "maxmemory-policy noeviction" in done.stderr


def test_s29_the_web_starts_while_redis_is_away(production: dict[str, str]) -> None:
    settings = {**production, "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    done = start(settings, "-c", "import wsgi")
    assert done.returncode == 0, done.stderr
    assert "Redis does not answer" in done.stderr


def test_s29_granian_itself_does_not_serve_refused_settings(production: dict[str, str]) -> None:
    arguments = ["granian", "--interface", "wsgi", "wsgi:app", "--port", str(free_port()), "--workers", "1"]
    done = start({**production, "FLASK_DEBUG": "1"}, "-m", *arguments)
    assert done.returncode != 0
    assert "Unset it in production" in done.stdout + done.stderr


def test_s29_secrets_come_from_files(production: dict[str, str], tmp_path: Path) -> None:
    names = ("SECRET_KEY", "MASTER_KEY", "DATABASE_URL")
    for name in names:
        (tmp_path / name).touch(mode=0o600)
        (tmp_path / name).write_text(production[name] + "\n")
    from_files = {f"{name}_FILE": str(tmp_path / name) for name in names}
    kept = {name: value for name, value in production.items() if name not in names}
    emptied = dict.fromkeys(names, "")
    port = free_port()
    settings = {**kept, **emptied, **from_files, "BACKSTORY_ENV": "test", "PUBLIC_BASE_URL": f"http://localhost:{port}"}
    with web_process(settings, tmp_path / "web.log", workers=1):
        pass
    assert "both set" in refused({**production, **from_files})
    missing = {**production, "SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "nowhere")}
    assert "cannot be read: No such file" in refused(missing)
    (tmp_path / "SECRET_KEY").chmod(0o644)
    assert "which other accounts can use. Close it: chmod 600" in refused(settings)


def test_a_random_secret_passes(production: dict[str, str]) -> None:
    for _ in range(3):
        done = start({**production, "SECRET_KEY": secrets.token_urlsafe(32)}, "-c", "import wsgi")
        assert done.returncode == 0, done.stderr
