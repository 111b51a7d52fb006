"""One raw connection per server thread, bound to the clinic once."""

import os
import threading
from typing import Any

import psycopg

_own = threading.local()


def connection() -> psycopg.Connection[Any]:
    """Return this thread's connection in autocommit, as the application role under row-level security."""
    if not hasattr(_own, "connection"):
        _own.connection = psycopg.connect(os.environ["FLOOR_DATABASE_URL"], autocommit=True)
        _own.connection.execute("SELECT set_config('backstory.clinic', %s, false)", (os.environ["FLOOR_CLINIC"],))
    opened: psycopg.Connection[Any] = _own.connection
    return opened
