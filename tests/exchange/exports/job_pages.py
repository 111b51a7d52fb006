"""What the pages of exports and of reports have in common: asking for a file, and one of an older filter language."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from surveys.commands.jobs import run_next
from surveys.db import clinic_session
from surveys.models import Job
from tests.factories import MadeClinic
from tests.staff_browser import SITE


def ask_for(browser: FlaskClient, page: str, order: Mapping[str, str]) -> tuple[int, str]:
    """Send the page's form; returns status and text."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(page, base_url=SITE).text)
    assert token is not None
    reply = browser.post(page, base_url=SITE, data={**order, "csrf_token": token[1]})
    return reply.status_code, reply.text


def newest(app: Flask, clinic: MadeClinic) -> Job:
    """The job that was asked for last."""
    with app.app_context(), clinic_session(clinic.id) as session:
        return session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()


def check_unreadable(app: Flask, clinic: MadeClinic, browser: FlaskClient, page: str, order: Mapping[str, str]) -> None:
    """The language of filters has changed since: what was made is still handed out, what was not says why."""
    for ready in (False, True):
        assert ask_for(browser, page, order)[0] == 303
        with app.app_context():
            assert not ready or run_next(clinic.id)
        job = newest(app, clinic)
        with app.app_context(), clinic_session(clinic.id) as session:
            kept = session.get_one(Job, job.id)
            kept.arguments = kept.arguments | {"filters": "shoe=44"}
            session.commit()
        reply = browser.get(f"{page}/{job.id}/file", base_url=SITE)
        assert reply.status_code == (200 if ready else 409)
        if ready:
            assert "patients-" in reply.headers["Content-Disposition"]
        else:
            assert "There is no file here yet" in reply.text
            with app.app_context():
                assert run_next(clinic.id)
            assert "can no longer be read" in browser.get(page, base_url=SITE).text
