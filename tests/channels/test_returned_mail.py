"""``flask messages bounces`` over a real pipe and a real mailbox: what happens to patients, and what does not."""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest
from click.testing import Result
from flask import Flask, current_app
from sqlalchemy import func, select

from surveys.db import clinic_session
from surveys.models import AuditEvent, Suppression
from tasks.reminders import drain_clinic
from tasks.returned_mail import BEGINNING, bounces, take
from tests.channels import reports
from tests.channels.texted import change
from tests.servers import warm
from tests.servers.imap import Mailbox, imap_server
from tests.servers.postbox import Postbox
from tests.tasks.enrolled import Enrolled, enrol
from tests.tasks.test_reminders import make_due


@pytest.fixture
def sent(inside: None) -> Enrolled:
    """A patient whose invitation went out by e-mail."""
    assert inside is None
    patient = enrol()
    drain_clinic(patient.clinic_id)
    assert patient.states()[0] == ("invitation", "sent")
    return patient


@pytest.fixture
def mailbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mailbox that the settings name."""
    with imap_server() as served:
        settings = replace(app.extensions["backstory"], bounce_imap_url=served.url)
        monkeypatch.setitem(app.extensions, "backstory", settings)
        yield served


def suppressed(patient: Enrolled) -> list[str]:
    with clinic_session(patient.clinic_id) as session:
        return list(session.scalars(select(Suppression.reason)))


def run(app: Flask, *words: str, typed: bytes = b"") -> Result:
    return app.test_cli_runner().invoke(args=["messages", "bounces", *words], input=typed)


def test_a_bounce_stops_mail_to_the_address_and_a_person_is_told(sent: Enrolled, postbox: Postbox) -> None:
    raw = reports.postfix(sent.messages()[0].message_id, sent.address)
    assert [take(raw), take(raw)] == ["suppressed", "known"]
    assert (suppressed(sent), sent.tasks()) == (["bounced"], ["bounced"])
    assert sent.messages()[0].reply == "returned 5.1.1"
    with clinic_session(sent.clinic_id) as session:
        noted = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "address_suppressed")
        assert session.scalar(noted) == 1
    make_due(sent, "reminder_1")
    drain_clinic(sent.clinic_id)
    assert [message.refusal for message in sent.messages()[:2]] == [None, "suppressed"]
    assert len(postbox.messages_to(sent.address)) == 1


def test_a_complaint_stops_mail_too(sent: Enrolled) -> None:
    assert take(reports.complaint(sent.messages()[0].message_id, sent.address)) == "suppressed"
    assert suppressed(sent) == ["complaint"]


def test_a_complaint_may_hide_whose_it_is(sent: Enrolled) -> None:
    assert take(reports.complaint(sent.messages()[0].message_id, "redacted")) == "suppressed"


@pytest.mark.parametrize("status", ["4.4.1", "5.2.2"])
def test_a_delay_is_noted_and_stops_nothing(sent: Enrolled, status: str) -> None:
    assert take(reports.postfix(sent.messages()[0].message_id, sent.address, status=status)) == "noted"
    assert (suppressed(sent), sent.tasks()) == ([], [])
    assert sent.messages()[0].reply == f"returned {status}"


def test_a_late_bounce_of_a_former_address_leaves_the_new_one_alone(sent: Enrolled) -> None:
    with clinic_session(sent.clinic_id) as session:
        change(session, email="new@patients.example")
        session.commit()
    assert take(reports.postfix(sent.messages()[0].message_id, sent.address)) == "changed"
    assert (suppressed(sent), sent.tasks()) == ([], [])


def test_a_forged_report_changes_nothing(sent: Enrolled) -> None:
    later = sent.messages()[1].message_id  # planned, so nobody outside has seen it
    for message_id in ("<0@riverside.example>", later, sent.messages()[0].message_id.upper()):
        assert take(reports.postfix(message_id, sent.address)) == "unknown"
    assert take(reports.postfix(sent.messages()[0].message_id, "eve@patients.example")) == "changed"
    assert suppressed(sent) == []


def test_a_mailbox_is_read_once_and_what_is_for_people_stays_unseen(
    app: Flask, sent: Enrolled, mailbox: Mailbox
) -> None:
    message_id = sent.messages()[0].message_id
    mailbox.mails += [
        reports.letter(message_id, sent.address),
        reports.postfix(message_id, sent.address),
        reports.out_of_office(message_id, sent.address),
        reports.exim("<0@riverside.example>", sent.address),
        b"X-Large: yes\n\n" + b"x" * 2_000_000,
    ]
    first = run(app, "--mailbox")
    assert first.exit_code == 0
    assert first.output == "1 automatic, 2 letter, 1 suppressed, 1 unknown\n"
    assert mailbox.seen == {2, 3, 4}
    assert run(app, "--mailbox").output == "2 letter\n"
    assert suppressed(sent) == ["bounced"]


def test_however_many_letters_lie_on_top_what_came_before_is_read(app: Flask, sent: Enrolled, mailbox: Mailbox) -> None:
    mailbox.mails += [reports.postfix(sent.messages()[0].message_id, sent.address), *[b"Subject: hello\n\nHi\n"] * 501]
    run_once = run(app, "--mailbox")
    assert run_once.stdout == "501 letter, 1 suppressed\n"
    assert "200 read so far: 200 letter\n" in run_once.stderr
    assert suppressed(sent) == ["bounced"]


def test_of_a_large_mail_only_the_beginning_is_fetched_which_holds_the_report(
    app: Flask, sent: Enrolled, mailbox: Mailbox
) -> None:
    report = reports.postfix(sent.messages()[0].message_id, sent.address)
    end = report.rindex(b"--", 0, report.rindex(b"--"))
    mailbox.mails.append(report[:end] + b"x" * 5_000_000 + report[end:])
    assert run(app, "--mailbox").output == "1 suppressed\n"
    assert mailbox.fetched == {1: BEGINNING}


def test_a_report_about_an_id_that_no_database_takes_keeps_no_other_back(
    app: Flask, sent: Enrolled, mailbox: Mailbox
) -> None:
    mailbox.mails += [
        reports.postfix(sent.messages()[0].message_id, sent.address),
        reports.postfix("<0\0@riverside.example>", sent.address),
        reports.exim("<0\0@riverside.example>", sent.address),
    ]
    assert run(app, "--mailbox").exit_code == 0
    assert suppressed(sent) == ["bounced"]


def test_the_beat_reads_the_mailbox_too_and_logs_no_address(
    app: Flask, sent: Enrolled, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox.mails.append(reports.postfix(sent.messages()[0].message_id, sent.address))
    with caplog.at_level(logging.DEBUG):
        bounces()
        assert suppressed(sent) == ["bounced"]
        mailbox.refuse = "LOGIN"
        bounces()
    told = [record.getMessage() for record in caplog.records if record.name == "tasks.returned_mail"]
    assert told == ["returned mail: 1 suppressed", "the mailbox of returned mail cannot be read: sign in: error"]
    assert sent.address not in caplog.text
    assert current_app == app


@pytest.mark.parametrize("refused", ["LOGIN", "SELECT", "SEARCH"])
def test_a_mailbox_that_refuses_is_a_sentence(app: Flask, mailbox: Mailbox, refused: str) -> None:
    mailbox.refuse = refused
    reply = run(app, "--mailbox")
    assert reply.exit_code == 1
    assert "Correct BOUNCE_IMAP_URL" in reply.output


def test_a_mailbox_that_breaks_off_leaves_the_rest_for_the_next_run(
    app: Flask, sent: Enrolled, mailbox: Mailbox
) -> None:
    mailbox.mails.append(reports.postfix(sent.messages()[0].message_id, sent.address))
    mailbox.refuse = "STORE"
    assert run(app, "--mailbox").exit_code == 1
    assert suppressed(sent) == ["bounced"]
    mailbox.refuse = ""
    assert run(app, "--mailbox").output == "1 known\n"


def test_without_a_mailbox_the_command_says_what_to_set(app: Flask) -> None:
    assert "BOUNCE_IMAP_URL is not set" in run(app, "--mailbox").output
    assert run(app).exit_code == 2
    assert run(app, "--pipe", "--mailbox").exit_code == 2


def test_a_mail_servers_alias_pipes_a_bounce_in(sent: Enrolled, environment: dict[str, str]) -> None:
    raw = reports.qmail(sent.messages()[0].message_id, sent.address)
    done = piped(raw, environment)
    assert (done.returncode, done.stdout) == (0, "1 suppressed\n"), done.stderr
    assert sent.address not in done.stdout + done.stderr
    assert suppressed(sent) == ["bounced"]
    away = {**environment, "DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none"}
    assert piped(raw, away).returncode == 75


def piped(raw: bytes, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    arguments = ["-m", "flask", "--app", "wsgi", "messages", "bounces", "--pipe"]
    return warm.run(arguments, {**os.environ, **environ}, given=raw.decode("ascii"))
