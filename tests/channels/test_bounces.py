"""Reading returned mail, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.channels.bounces import NoReport, Report, read_returned
from tests.channels import reports

ID, ANA = "<0123456789abcdef@riverside.example>", "ana@patients.example"


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822", "message/global-headers"])
def test_a_report_names_message_recipient_and_status(returned: str) -> None:
    assert read_returned(reports.postfix(ID, ANA, returned=returned)) == Report("failed", ID, (ANA,), "5.1.1")


@pytest.mark.parametrize("write", [reports.exim, reports.qmail])
def test_a_plain_letter_of_an_older_server_is_read_too(write: Callable[[str, str], bytes]) -> None:
    found = read_returned(write(ID, ANA))
    assert isinstance(found, Report)
    assert (found.kind, found.message_id, found.status) == ("failed", ID, "5.1.1")
    assert ANA in found.recipients


@pytest.mark.parametrize(
    ("action", "status"), [("delayed", "4.4.1"), ("failed", "4.4.7"), ("failed", "5.2.2"), ("delayed", "5.0.0")]
)
def test_a_delay_and_a_full_mailbox_are_no_failure(action: str, status: str) -> None:
    found = read_returned(reports.postfix(ID, ANA, action=action, status=status))
    assert isinstance(found, Report)
    assert found.kind == "delayed"


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_news_of_a_success_is_no_report(action: str) -> None:
    assert read_returned(reports.postfix(ID, ANA, action=action, status="2.0.0")) == NoReport("automatic")


def test_a_complaint_is_one_unless_it_says_the_opposite() -> None:
    assert read_returned(reports.complaint(ID, ANA)) == Report("complaint", ID, (ANA,), "")
    assert read_returned(reports.complaint(ID, ANA, kind="not-spam")) == NoReport("automatic")


def test_what_people_and_their_machines_answer_is_no_report() -> None:
    assert read_returned(reports.out_of_office(ID, ANA)) == NoReport("automatic")
    assert read_returned(reports.letter(ID, ANA)) == NoReport("letter")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\xff\xfe",
        b"Content-Type: multipart/report; boundary=x\n\n" + b"--x\n" * 2000,
        b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 300,
        b"Content-Type: message/delivery-status\n\nAction: failed",
        b"X-Failed-Recipients: " + b"a@b.org, " * 20000,
        b"From: postmaster@x.org\nContent-Type: text/plain; charset=no-such\n\n550 5.1.1 Message-ID: <a@b>",
        b"From: =?utf-8?b?////?=\nAuto-Submitted: \xff\n\n",
        reports.postfix(ID, ANA)[:700],
    ],
)
def test_hostile_mail_is_no_report(raw: bytes) -> None:
    assert isinstance(read_returned(raw), NoReport)


@given(st.binary(max_size=300), st.integers(0, 900))
def test_nothing_that_is_inserted_makes_it_raise(noise: bytes, at: int) -> None:
    raw = reports.postfix(ID, ANA)
    assert isinstance(read_returned(raw[:at] + noise + raw[at:]), Report | NoReport)
