"""Log lines: JSON objects or text, with the request's id; never an address, a token or a person.

A trace names places in the source and the type of the error. Its message stays out: a database's words quote values.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from uuid import uuid4

from flask import Flask, Response, g, request

request_id: ContextVar[str] = ContextVar("request_id", default="")
GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
EXTRA = ("endpoint", "method", "status", "milliseconds")
access = logging.getLogger("surveys.access_log")


def one_line(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a line says, in order."""
    line: dict[str, Any] = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "process": record.process,
        "message": record.getMessage(),
    }
    if at := request_id.get():
        line["request"] = at
    line.update({name: getattr(record, name) for name in EXTRA if hasattr(record, name)})
    if record.exc_info and record.exc_info[0]:
        line["error"] = record.exc_info[0].__name__
        line["trace"] = places(record.exc_info[2])
    return line


def places(trace: TracebackType | None) -> list[str]:
    """Return ``file:line function`` of each frame, outermost first."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return json.dumps(one_line(record), ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """The same for people to read."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the trace's places under it."""
        line = one_line(record)
        shown = " ".join(f"{name}={line[name]}" for name in (*EXTRA, "request", "error") if name in line)
        head = f"{line['at']} {line['level'].upper()} {line['logger']} {line['message']} {shown}".rstrip()
        return "\n  ".join([head, *line.get("trace", [])])


def chosen_formatter(**_named: Any) -> logging.Formatter:
    """Return what LOG_FORMAT asks for; granian's configuration names this before there are settings."""
    return JsonFormatter() if os.environ.get("LOG_FORMAT") == "json" else TextFormatter()


def configure(form: str, level: int | str = logging.INFO) -> None:
    """Send every logger's lines to standard error in one form: ``json`` or ``text``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def install(app: Flask, form: str) -> None:
    """Give each request an id, in its reply and on each of its lines; under JSON also one line per request."""
    app.before_request(_begin)
    app.after_request(_end if form == "json" else _name)
    app.teardown_request(_forget)


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.began = time.perf_counter()
    request_id.set(given if GIVEN_ID.fullmatch(given) else uuid4().hex)


def _forget(_error: BaseException | None) -> None:
    request_id.set("")


def _name(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id.get()
    return response


def _end(response: Response) -> Response:
    """Name the page and never the address: a patient's address is a key."""
    spent = round((time.perf_counter() - g.began) * 1000, 1) if "began" in g else None
    facts = {"endpoint": request.endpoint, "method": request.method, "status": response.status_code}
    access.info("request", extra={**facts, "milliseconds": spent})
    return _name(response)


@contextmanager
def task_id(name: str) -> Iterator[None]:
    """Put the id of a task on its lines."""
    token = request_id.set(name)
    try:
        yield
    finally:
        request_id.reset(token)
