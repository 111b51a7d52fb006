"""The database's disk is full while patients post: 503 with the values kept, nothing acknowledged missing (T6)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select

from surveys.answering.item_token import read_item
from surveys.application import create_app
from surveys.config import read_config
from surveys.db import db
from surveys.models import Answer, Response
from tests.factories import MadeClinic, make_clinic
from tests.faults.conftest import Durable
from tests.faults.full_disk import disk_full, fill_up, shrink_log_segments
from tests.faults.patient_over_http import ITEMS, Answered, StubbornPatient
from tests.page_forms import PageForm, form_to
from tests.patients import Invited, invite, seen_by
from tests.servers import processes
from tests.staff_browser import SITE, signed_in

pytestmark = pytest.mark.faults
ENOUGH = 40  # answers refused in a row
MOST = 5_000  # answers until the disk must be full


class Patient(StubbornPatient):
    """Sends once, and keeps the form of what was refused."""

    def __init__(self, port: int, link: str, key: str) -> None:
        super().__init__(port, link, key, Random(1))  # noqa: S311 - to be repeatable
        self.unsaved: list[tuple[Answered, str, PageForm]] = []

    def send_once(self, place: int) -> bool:
        """Answer an item; return whether it was acknowledged."""
        path = f"/s/odi/{place + 1}"
        form = form_to(self._until_answered("GET", path, {}), path)
        token, level = read_item(form.value("token"), self.key), self.chance.randint(0, 5)
        assert token is not None
        status, body = self._ask("POST", path, {"token": form.value("token"), "answer": str(level), "action": "save"})
        answered = (ITEMS[place].code, level, token.nonce)
        if status == 303:
            self.acknowledged.append(answered)
            return True
        assert status == 503, (status, body[:500])
        self.unsaved.append((answered, path, form_to(body, path)))
        return False

    def send_the_rest(self) -> None:
        """Press the button of every page that came back."""
        for answered, path, form in self.unsaved:
            assert form.value("answer") == str(answered[1])
            fields = {"token": form.value("token"), "answer": form.value("answer"), "action": "save"}
            assert self._ask("POST", path, fields)[0] == 303
            self.acknowledged.append(answered)


def fill_disk(patient: Patient) -> None:
    """Answer until the database refuses time after time."""
    refused = 0
    for number in range(MOST):
        refused = 0 if patient.send_once(number % len(ITEMS)) else refused + 1
        if refused == ENOUGH:
            return
    raise AssertionError(f"the disk took {MOST} answers")


def stored(app: Flask, invited: Invited) -> list[Answered]:
    wanted = select(Answer.item, Answer.level, Answer.nonce).join(Response, Response.id == Answer.response_id)
    with seen_by(app, invited.clinic_id) as session:
        rows = session.execute(wanted.where(Response.visit_id == invited.visit_id).order_by(Answer.id))
        return [(item, level, nonce) for item, level, nonce in rows]


def sheet_form(
    app: Flask, clinic: MadeClinic, invited: Invited
) -> tuple[Callable[[PageForm], tuple[int, str]], PageForm]:
    """Fill in a paper sheet as a coordinator; return how to send a form, and the form."""
    browser, path = signed_in(app, clinic, "coordinator"), f"/visits/{invited.visit_id}/answers/odi"
    form = form_to(browser.get(path, base_url=SITE).text, path)
    codes = {item.code for item in ITEMS}
    kept = [(name, value) for name, value in form.fields if name not in codes and name != "signed_on"]
    form.fields = [*kept, ("signed_on", "2026-01-04"), *((code, "2") for code in sorted(codes))]

    def send(each: PageForm) -> tuple[int, str]:
        reply = browser.post(each.action, data=each.sent(), base_url=SITE)
        return reply.status_code, reply.text

    return send, form


def test_t06_a_full_disk_loses_nothing_and_acknowledges_nothing(
    durable: Durable, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    shrink_log_segments(durable.server)
    app = create_app(read_config(durable.settings))
    with app.app_context():
        clinic = make_clinic()
    filler, invited, on_paper = (invite(app, clinic_id=clinic.id) for _ in range(3))
    port, key = urlsplit(durable.settings["PUBLIC_BASE_URL"]).port or 0, durable.settings["SECRET_KEY"]
    first, patient = Patient(port, filler.token, key), Patient(port, invited.token, key)
    send, sheet = sheet_form(app, clinic, on_paper)
    with ExitStack() as stack:
        stack.enter_context(processes.web_process(durable.settings, tmp_path / "web.log"))
        first.start()
        patient.start()
        assert first.send_once(0)
        fill_up(durable.server)
        with disk_full(durable.server):
            fill_disk(patient)
            before = len(patient.acknowledged)
            assert stored(app, invited) == patient.acknowledged, "refused, but kept; or acknowledged, but not kept"
            status, page = send(sheet)
            assert status == 503
        patient.send_the_rest()
        again = form_to(page, sheet.action)
        assert sorted(again.fields) == sorted(sheet.fields)
        assert send(again)[0] == 303
        assert patient.send_once(0), "the service does not go on"
    assert stored(app, invited) == patient.acknowledged
    assert {level for _item, level, _nonce in stored(app, on_paper)} == {2}
    record_property("counts", f"acknowledged {before}, then {len(patient.unsaved)} times 503, all saved afterwards")
    with app.app_context():
        db.engine.dispose()


def test_t06_the_limit_is_what_a_full_disk_is_to_the_database(durable: Durable) -> None:
    """The fault is real: the server itself says that it cannot write."""
    shrink_log_segments(durable.server)
    with (
        psycopg.connect(durable.server.url("postgres"), autocommit=True) as connection,
        disk_full(durable.server),
        pytest.raises(psycopg.Error, match="could not extend file"),
    ):
        connection.execute("CREATE TABLE filling AS SELECT repeat('x', 1000) FROM generate_series(1, 5000)")
