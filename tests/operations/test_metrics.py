"""/metrics: who may read it, what it counts over several processes, and that it names nobody."""

from __future__ import annotations

import re
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from local.ports import free_port
from tests.patients import Invited, invite
from tests.servers.processes import web_process

TOKEN = secrets.token_urlsafe(32)
REQUESTS = 40


@pytest.fixture(scope="module")
def invited(app: Flask) -> Invited:
    """A patient whose message is planned."""
    return invite(app)


@pytest.fixture(scope="module")
def served(environment: dict[str, str], invited: Invited, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a granian with two workers that count together.

    They know the patient from the start: figures of the database are kept for some seconds.
    """
    assert invited.token
    url = f"http://localhost:{free_port()}"
    folder = tmp_path_factory.mktemp("metrics")
    shared = {"PUBLIC_BASE_URL": url, "METRICS_TOKEN": TOKEN, "PROMETHEUS_MULTIPROC_DIR": str(folder / "counts")}
    with web_process({**environment, **shared}, folder / "web.log"):
        yield url


def ask(url: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  our own loopback address
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    found = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in found}


def test_requests_of_all_processes_are_counted_once(served: str) -> None:
    for _ in range(REQUESTS):
        assert ask(f"{served}/login")[0] == 200
    read = [samples(ask(f"{served}/metrics", Authorization=f"Bearer {TOKEN}")[1]) for _ in range(4)]
    label = (("endpoint", "auth.login"), ("method", "GET"), ("status", "200"))
    assert {each["backstory_requests_total", label] for each in read} == {REQUESTS}
    assert all(each["backstory_request_seconds_count", (("endpoint", "auth.login"),)] == REQUESTS for each in read)


def test_the_whole_service_is_told_and_nobody_is_named(invited: Invited, served: str) -> None:
    ask(f"{served}/q/{invited.token}")
    _status, text = ask(f"{served}/metrics", Authorization=f"Bearer {TOKEN}")
    figures = samples(text)
    assert figures["backstory_database_up", ()] == 1
    assert figures["backstory_messages", (("state", "planned"),)] > 0
    assert ("backstory_oldest_due_message_seconds", ()) in figures
    assert ("backstory_open_staff_tasks", ()) in figures
    for private in (invited.token, "Riverside", str(invited.clinic_id), str(invited.visit_id), "/q/"):
        assert private not in text
    labels = {name for _sample, pairs in figures for name, _value in pairs}
    assert labels <= {"endpoint", "method", "status", "state", "le"}


def test_strangers_are_turned_away(served: str) -> None:
    assert ask(f"{served}/metrics")[0] == 401
    assert ask(f"{served}/metrics", Authorization="Bearer guess")[0] == 401


def test_without_a_token_only_this_machine_reads_and_in_production_nobody(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = app.test_client()
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={"X-Forwarded-For": "198.51.100.1"}).status_code == 404
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "198.51.100.1"}).status_code == 404
    production = replace(app.extensions["backstory"], environment="production")
    monkeypatch.setitem(app.extensions, "backstory", production)
    assert client.get("/metrics").status_code == 404


def test_no_metric_is_labelled_by_a_path(app: Flask) -> None:
    client = app.test_client()
    client.get("/nowhere/private-thing")
    text = client.get("/metrics").text
    assert "private-thing" not in text
    assert re.search(r'backstory_requests_total\{endpoint="none",method="GET",status="404"\}', text)


def test_a_made_up_method_makes_no_series_of_its_own(app: Flask) -> None:
    client = app.test_client()
    for number in range(3):
        client.open("/login", method=f"MADEUP{number}")
    text = client.get("/metrics").text
    assert "MADEUP" not in text
    assert 'method="other"' in text
