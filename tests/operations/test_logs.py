"""Log lines of real processes: one JSON object each, with the request's id, without addresses and tokens."""

from __future__ import annotations

import json
import logging
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from local.ports import free_port
from surveys.logs import JsonFormatter, TextFormatter
from tests.patients import invite
from tests.servers.processes import process, wait_until, web_process

ID = "d2f1c0aa-request-of-a-proxy"


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.strip()]


def test_each_line_of_the_web_is_a_json_object_that_names_no_address(
    app: Flask, environment: dict[str, str], tmp_path: Path
) -> None:
    invited, log = invite(app), tmp_path / "web.log"
    config = str(Path(__file__).parents[2] / "surveys" / "granian_log.json")
    settings = {
        **environment,
        "LOG_FORMAT": "json",
        "GRANIAN_LOG_CONFIG": config,
        "PUBLIC_BASE_URL": f"http://localhost:{free_port()}",
    }
    with web_process(settings, log, workers=1):
        request = urllib.request.Request(  # noqa: S310  our own loopback address
            f"{settings['PUBLIC_BASE_URL']}/q/{invited.token}", headers={"X-Request-ID": ID}
        )
        with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310
            assert reply.headers["X-Request-ID"] == ID
    told = lines(log)
    mine = [line for line in told if line.get("request") == ID]
    assert [(line["endpoint"], line["method"], line["status"]) for line in mine] == [("landing.landing", "GET", 200)]
    assert mine[0]["milliseconds"] > 0
    assert invited.token not in log.read_text()
    assert any(line["logger"] == "_granian" for line in told)


def test_each_line_of_a_worker_is_a_json_object(environment: dict[str, str], database_url: str, tmp_path: Path) -> None:
    assert environment["DATABASE_URL"] == database_url
    log = tmp_path / "worker.log"
    settings = {**environment, "LOG_FORMAT": "json", "PYTHONWARNINGS": "ignore:You're running the worker"}
    arguments = ["celery", "--quiet", "-A", "tasks", "worker", "--loglevel=INFO", "--concurrency=1", "--without-mingle"]
    with process(arguments, settings, log):
        wait_until(lambda: log.exists() and b"ready." in log.read_bytes(), "the worker's word", 60)
        assert any("ready" in line["message"] for line in lines(log))  # its word at the end is Celery's own, in text


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_an_error_shows_where_and_never_what_it_said(formatter: logging.Formatter) -> None:
    try:
        int("Ana Ruiz, born 1970")
    except ValueError as error:
        trouble = (type(error), error, error.__traceback__)
    record = logging.LogRecord("surveys", logging.ERROR, __file__, 1, "Exception in %s", ("desk.today",), trouble)
    text = formatter.format(record)
    assert "ValueError" in text
    assert "test_logs.py" in text
    assert "Ruiz" not in text


def test_a_made_up_request_id_is_not_taken_over(app: Flask) -> None:
    client = app.test_client()
    for given in ("x" * 65, 'a"b\\c-----', "short"):
        named = client.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"]
        assert named != given
        assert len(named) == 32
