"""Floor of the answer POST: no Flask; one durable INSERT into the real table under row-level security."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from bench.floors.connection import connection
from surveys.db import uuid7

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

INSERT = """INSERT INTO answer (clinic_id, id, response_id, item, status, level, nonce, mode, answered_at)
VALUES (%s, %s, %s, %s, 'answered', %s, %s, 'self', now())"""
CLINIC = os.environ.get("FLOOR_CLINIC", "")


def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Store the answer and send the browser on."""
    form = parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
    values = (CLINIC, uuid7(), form["response"][0], form["item"][0], int(form["answer"][0]), uuid7())
    connection().execute(INSERT, values)
    start_response("303 See Other", [("Location", "/"), ("Content-Length", "0")])
    return [b""]
