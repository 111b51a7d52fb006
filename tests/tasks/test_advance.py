"""Three months through the real tick: exactly the mails that the plan asks for, and none that somebody stopped.

Everyone is enrolled and treated on 2 March 2026 under the registry's protocol, in UTC. Its windows open at once for the
baseline, 3 days before week 2, 7 before month 1 and 14 before month 3; reminders follow on days 3, 7 and 14 while the
window is open. The dates below are worked out from that by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from uuid import UUID

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select

from surveys.access.chain.audit import SYSTEM
from surveys.application import create_app
from surveys.db import clinic_session, db
from surveys.models import Clinic, Episode, Message, StaffTask
from surveys.pathway import episodes
from surveys.pathway.episodes import EpisodeDetails, TreatmentDetails
from surveys.people.patients import PatientDetails, add_patient
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from tasks.commands import advance
from tests.clock import domain_clock
from tests.factories import make_clinic
from tests.servers.postbox import Postbox

BEGIN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
BASELINE = [date(2026, 3, 2)]
WEEK_2 = [date(2026, 3, 13), date(2026, 3, 16), date(2026, 3, 20)]
MONTH_1 = [date(2026, 3, 26), date(2026, 3, 29), date(2026, 4, 2), date(2026, 4, 9)]
MONTH_3 = [date(2026, 5, 19), date(2026, 5, 22), date(2026, 5, 26), date(2026, 6, 2)]
SITE = "https://localhost"
WHO = ("silent", "answers", "withdraws", "opts-out")


@pytest.fixture
def alone(own_database: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application on a database of its own, at the beginning: a tick there meets no other test's clinics."""
    monkeypatch.setenv("DATABASE_URL", own_database["DATABASE_URL"])
    app = create_app()
    with app.app_context(), domain_clock() as set_clock:
        set_clock(BEGIN)
        yield app
        db.session.remove()
        db.engine.dispose()


def address(who: str) -> str:
    return f"{who}@patients.example"


def enrol() -> tuple[UUID, dict[str, UUID]]:
    """Return the clinic, and the episode of everyone by name."""
    made = make_clinic(time_zone="UTC", now=BEGIN)
    with clinic_session(made.id) as session:
        clinic = session.get_one(Clinic, made.id)
        row = protocol_store.load(session, made.id, bundled_protocols()["spine"].source, "spine.toml", now=BEGIN)
        enrolled = {}
        for who in WHO:
            details = PatientDetails(who, "Demo", "Patient", address(who))
            vault, allowed = current_app.extensions["vault"], frozenset({"contact_email", "contact_phone"})
            patient = add_patient(session, vault, clinic, details, allowed, actor=SYSTEM, now=BEGIN)
            opened = EpisodeDetails("treated", "facet", BEGIN.date())
            episode = episodes.open_episode(session, clinic, patient, row, opened, actor=SYSTEM, now=BEGIN)
            given = TreatmentDetails(BEGIN.date(), "prp")
            treatment = episodes.plan_treatment(session, clinic, episode, given, actor=SYSTEM, now=BEGIN)
            episodes.settle_treatment(session, clinic, treatment, "done", actor=SYSTEM, now=BEGIN)
            enrolled[who] = episode.id
        session.commit()
    return made.id, enrolled


def days_of_mail(postbox: Postbox, who: str) -> list[date]:
    """The day each mail was written, by the domain clock."""
    return [parsedate_to_datetime(str(mail["Date"])).date() for mail in postbox.messages_to(address(who))]


def newest(postbox: Postbox, who: str, pattern: str) -> str:
    found = re.search(pattern, postbox.messages_to(address(who))[-1].as_string().replace("=\n", ""))
    assert found
    return found.group()


def answer(app: Flask, postbox: Postbox) -> None:
    """Follow the newest mail's link, answer one question and send."""
    browser = app.test_client()
    browser.post(
        newest(postbox, "answers", r"/q/[\w-]{43}"), data={"respondent": "self", "consent": "1"}, base_url=SITE
    )
    for page, typed in (("/s/nrs11/1", {"answer": "3"}), ("/s/review", {})):
        token = re.search(r'name="token" value="([^"]+)"', browser.get(page, base_url=SITE).text)
        assert token
        path = page if typed else "/s/send"
        assert browser.post(path, data={"token": token[1], **typed}, base_url=SITE).status_code == 303


def withdraw(clinic_id: UUID, episode_id: UUID, now: datetime) -> None:
    with clinic_session(clinic_id) as session:
        clinic, episode = session.get_one(Clinic, clinic_id), session.get_one(Episode, episode_id)
        kind, day = "consent_withdrawn", now.date()
        episodes.record_ending(session, clinic, episode, kind, day, reason=None, actor=SYSTEM, now=now)
        session.commit()


def opt_out(app: Flask, postbox: Postbox) -> None:
    path = newest(postbox, "opts-out", r"/u/[\w.-]+")
    reply = app.test_client().post(path, data={"List-Unsubscribe": "One-Click"}, base_url=SITE)
    assert reply.status_code == 200


def live(acts: dict[datetime, Callable[[], None]]) -> datetime:
    """Let three months pass, acting on the way; return the last moment."""
    moment = BEGIN
    for at, _settled in advance(3, 0):
        moment = at.replace(microsecond=0, second=0)
        act = acts.pop(moment, None)
        if act:
            act()
    assert not acts
    return moment


def test_three_months_bring_the_planned_mails_and_none_after_a_stop(alone: Flask, postbox: Postbox) -> None:
    clinic_id, enrolled = enrol()
    withdrawal = datetime(2026, 3, 27, 10, tzinfo=UTC)
    end = live(
        {
            withdrawal: lambda: withdraw(clinic_id, enrolled["withdraws"], withdrawal),
            datetime(2026, 3, 30, 10, tzinfo=UTC): lambda: answer(alone, postbox),
            datetime(2026, 4, 3, 10, tzinfo=UTC): lambda: opt_out(alone, postbox),
            datetime(2026, 5, 19, 10, tzinfo=UTC): lambda: answer(alone, postbox),
        }
    )
    assert end.date() == date(2026, 6, 2)
    assert days_of_mail(postbox, "silent") == [*BASELINE, *WEEK_2, *MONTH_1, *MONTH_3]
    assert days_of_mail(postbox, "answers") == [*BASELINE, *WEEK_2, *MONTH_1[:2], MONTH_3[0]]
    assert days_of_mail(postbox, "withdraws") == [*BASELINE, *WEEK_2, MONTH_1[0]]
    assert days_of_mail(postbox, "opts-out") == [*BASELINE, *WEEK_2, *MONTH_1[:3]]
    every_message_is_explained(clinic_id, postbox, end)


def every_message_is_explained(clinic_id: UUID, postbox: Postbox, now: datetime) -> None:
    """Sent as mail or task, cancelled or expired; what waits is not due. No two mails are the same message."""
    ids = postbox.message_ids()
    assert len(ids) == len(set(ids))
    with clinic_session(clinic_id) as session:
        states = set(session.scalars(select(Message.state).distinct()))
        mailed = set(
            session.scalars(select(Message.message_id).where(Message.channel == "email", Message.state == "sent"))
        )
        overdue = select(func.count()).where(Message.state == "planned", Message.due_at <= now)
        assert session.scalar(overdue) == 0
        assert list(session.scalars(select(StaffTask.kind).distinct())) == ["phone"]
    assert mailed == set(ids)
    assert states <= {"sent", "cancelled", "planned", "expired"}
