"""Whether the service is alive and ready, for a load balancer and for the launcher."""

from __future__ import annotations

from typing import Any

import redis
from flask import Blueprint, Flask, current_app, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from surveys.config import Config
from surveys.db import db

bp = Blueprint("probes", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """Say that the process answers; touches nothing else."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Report database, Redis and the age in seconds of the oldest due, unsent message.

    503 only without the database: patients and clinicians do without Redis.
    """
    report: dict[str, Any] = {"database": "ok", "redis": _redis_state(), "oldest_due_message_seconds": None}
    try:
        report["oldest_due_message_seconds"] = db.session.scalar(
            text("SELECT extract(epoch FROM app_now() - min(oldest_due))::float8 FROM clinics_due(app_now())")
        )
    except SQLAlchemyError:
        report["database"] = "unavailable"
    return jsonify(report), 200 if report["database"] == "ok" else 503


def _redis_state() -> str:
    settings: Config = current_app.extensions["backstory"]
    client = redis.Redis.from_url(settings.redis_url, socket_connect_timeout=1, socket_timeout=1)
    try:
        return "ok" if client.ping() else "unavailable"
    except redis.RedisError:
        return "unavailable"
    finally:
        client.close()


def register(app: Flask) -> None:
    """Put the probes on the application."""
    app.register_blueprint(bp)
    app.extensions["redis_state"] = _redis_state  # for the page about messages, which knows no Redis
