"""Settings of an application that has a database and nothing else."""

from __future__ import annotations

import secrets

from local import roles
from local.ports import LOOPBACK, free_port
from local.postgres import Postgres


def database_only(server: Postgres) -> dict[str, str]:
    """Return them, with secrets of their own. Nothing listens for Redis or mail: no page asked for needs them."""
    return {
        "BACKSTORY_ENV": "test",
        "WARM_CHARTS": "0",
        "DATABASE_URL": server.alchemy_url(roles.APP),
        "REDIS_URL": f"redis://{LOOPBACK}:{free_port()}/0",
        "SMTP_URL": f"smtp://{LOOPBACK}:{free_port()}",
        "SECRET_KEY": secrets.token_hex(32),
        "MASTER_KEY": secrets.token_hex(32),
        "PUBLIC_BASE_URL": f"http://localhost:{free_port()}",
    }
