"""Who is told: the owner, then the deputy, then the admins; once each, and never with content."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from sqlalchemy import Interval, literal, select, update

from surveys.access.chain.audit import SYSTEM
from surveys.access.signin.staff import disable
from surveys.db import real_now
from surveys.models import Alert, AuditEvent, Staff, StaffMail
from tasks import draining, reminders
from tasks.alerts import escalate_all, escalate_in
from tests.alerts.ward import Ward
from tests.answering.sheet import at_once
from tests.servers.postbox import Postbox

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ROLES = ("clinician", "coordinator", "admin")  # owner, deputy, who comes last
UNSYNCED = {"synchronize_session": False}


@pytest.fixture
def addresses(ward: Ward) -> dict[str, str]:
    """Everybody who may be written to has an address, and alerts are on."""
    found = {role: ward.address(role) for role in ROLES}
    ward.turn(within=2)
    return found


def earlier(ward: Ward, hours: int) -> None:
    """Let so much time have gone by since everything that happened to alerts."""
    by = literal(timedelta(hours=hours), Interval)
    moved = {"raised_at": Alert.raised_at - by, "due_at": Alert.due_at - by, "escalated_at": Alert.escalated_at - by}
    ward.act(lambda session: session.execute(update(Alert).values(**moved), execution_options=UNSYNCED))


def escalate(ward: Ward) -> int:
    with ward.app.app_context():
        return escalate_in(ward.clinic.id)


def close(ward: Ward, role: str) -> None:
    def work(session: Session) -> None:
        person = session.scalars(select(Staff).where(Staff.login == ward.clinic.logins[role])).one()
        disable(session, person, actor=SYSTEM, now=real_now(session))

    ward.act(work)


def people(ward: Ward, *roles: str) -> list[object]:
    return [ward.person(role) for role in roles]


def test_the_owner_then_the_deputy_then_the_admins_each_once(ward: Ward, addresses: dict[str, str]) -> None:
    assert addresses
    ward.worse()
    assert ward.mailed() == people(ward, "clinician")
    assert escalate(ward) == 0
    earlier(ward, 3)
    assert (escalate(ward), escalate(ward)) == (1, 0)
    assert ward.mailed() == people(ward, "clinician", "coordinator")
    earlier(ward, 3)
    assert (escalate(ward), escalate(ward)) == (0, 0)
    assert ward.mailed() == people(ward, *ROLES)


def test_two_workers_at_once_escalate_once(ward: Ward, addresses: dict[str, str]) -> None:
    assert addresses
    for _ in range(3):
        ward.worse()
    earlier(ward, 3)
    assert sum(at_once(lambda: escalate(ward), 2)) == 3
    audited = select(AuditEvent.id).where(AuditEvent.action == "alert_escalated")
    assert ward.act(lambda session: len(session.scalars(audited).all())) == 3
    assert ward.mailed().count(ward.person("coordinator")) in (1, 2)  # a worker's batch is one mail


def test_what_somebody_has_looked_at_is_not_escalated(ward: Ward, addresses: dict[str, str]) -> None:
    assert addresses
    ward.worse()
    ward.acknowledge(ward.alerts()[0], role="coordinator")
    earlier(ward, 30)
    assert escalate(ward) == 0
    assert ward.mailed() == people(ward, "clinician")


@pytest.mark.parametrize(
    ("closed", "first", "second"),
    [
        (["clinician"], ["coordinator"], ["admin"]),
        (["coordinator"], ["clinician"], ["admin"]),
        (["clinician", "coordinator"], ["admin"], []),
    ],
)
def test_a_closed_account_is_passed_over(
    ward: Ward, addresses: dict[str, str], closed: list[str], first: list[str], second: list[str]
) -> None:
    assert addresses
    for role in closed:
        close(ward, role)
    ward.worse()
    assert ward.mailed() == people(ward, *first)
    earlier(ward, 3)
    assert escalate(ward) == 1
    assert ward.mailed() == people(ward, *first, *second)


def test_the_task_goes_through_every_clinic(app: Flask, ward: Ward, addresses: dict[str, str]) -> None:
    assert addresses
    ward.worse()
    earlier(ward, 3)
    with app.app_context():
        escalate_all()
    assert ward.alerts()[0].escalated_at is not None


def test_the_mail_says_that_there_is_one_and_nothing_else(
    ward: Ward, addresses: dict[str, str], postbox: Postbox
) -> None:
    ward.worse()
    with ward.app.app_context():
        assert ward.clinic.id in draining.due_clinics()
        reminders.drain_clinic(ward.clinic.id)
    (mail,) = postbox.messages_to(addresses["clinician"])
    assert mail["Subject"] == "There is an alert to look at"
    bodies = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    assert all("/alerts" in body for body in bodies)
    canaries = ("Maria", "Lopez", "maria@example.org", "nrs", "pain", "worse", "baseline", "ODI", "score")
    heard = " ".join([*bodies, *map(str, mail.values())])
    assert [word for word in canaries if re.search(rf"\b{word}", heard, re.IGNORECASE)] == []
    assert not re.search(r"\b9\b", re.sub(r"<[^>]*>", " ", " ".join(bodies)))


def test_a_mail_that_waited_until_somebody_had_looked_is_not_sent(
    ward: Ward, addresses: dict[str, str], postbox: Postbox
) -> None:
    ward.worse()
    ward.acknowledge(ward.alerts()[0])
    with ward.app.app_context():
        reminders.drain_clinic(ward.clinic.id)
    assert postbox.messages_to(addresses["clinician"]) == []
    assert ward.act(lambda session: session.scalars(select(StaffMail.state)).all()) == ["cancelled"]
