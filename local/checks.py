"""Whether the migrations make exactly the tables that the models describe."""

import tempfile
from pathlib import Path

from local import roles
from local.launcher import flask
from local.postgres import Postgres

THROW_AWAY = {
    "BACKSTORY_ENV": "test",
    "REDIS_URL": "redis://127.0.0.1:1/0",  # not used by migrations
    "SMTP_URL": "smtp://127.0.0.1:1",
    "SECRET_KEY": "0" * 64,
    "MASTER_KEY": "0" * 64,
    "PUBLIC_BASE_URL": "http://localhost",
}


def check_migrations() -> None:
    """Migrate an empty database of its own, then let Alembic compare it with the models."""
    with tempfile.TemporaryDirectory(prefix="backstory-check-") as name:
        server = Postgres(Path(name) / "postgres", Path(name) / "secrets", durable=False)
        server.start()
        try:
            urls = {
                "DATABASE_URL": server.alchemy_url(),
                "DATABASE_OWNER_URL": server.alchemy_url(roles.OWNER),
            }
            flask(["db", "upgrade"], {**THROW_AWAY, **urls})
            flask(["db", "check"], {**THROW_AWAY, **urls})
        finally:
            server.stop("immediate")
