"""S19: no mail takes a header or a recipient from what somebody typed, or says anything about health."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from surveys.letters import Content, compose
from tasks.mail import Envelope, Sender, UnsafeHeaderError, write
from tasks.reminders import drain_clinic
from tests.letters.lint import EVERY, forbidden_in, letter_of
from tests.security.corpus import INJECTIONS, TEXTS
from tests.security.test_s20_addresses import links_of
from tests.security.world import World
from tests.servers.postbox import Postbox
from tests.staff_browser import SITE
from tests.tasks.enrolled import enrol

ENVELOPE = Envelope(
    sender=Sender("Riverside Clinic", "post@riverside.example", "desk@riverside.example"),
    recipient="ana@patients.example",
    message_id="<1@riverside.example>",
    date=datetime(2026, 1, 5, tzinfo=UTC),
    opt_out_url="https://outcomes.example/u/x",
)
CONTENT = Content("Your questions", "text", "<p>text</p>")
ADDRESSES = (
    "ana@example.org,eve@example.org",
    "ana@example.org\r\nBcc: eve@example.org",
    "ana@example.org\nX: y",
    "ana@example.org\0",
    "ana@example.org; eve@example.org",
    "Ana <ana@example.org>",
    "ana eve@example.org",
    "ana@@example.org",
    "@",
    "",
)


@pytest.mark.parametrize("address", [each for each in ADDRESSES if each != "@"])
def test_s19_an_address_that_is_not_exactly_one_is_never_sent_to(address: str) -> None:
    with pytest.raises(UnsafeHeaderError):
        write(replace(ENVELOPE, recipient=address), CONTENT)


@pytest.mark.parametrize("part", ["name", "address", "reply_to", "message_id", "opt_out_url"])
@pytest.mark.parametrize("broken", ["\r", "\n", "\r\nBcc: eve@example.org", "\0"])
def test_s19_no_header_takes_a_line_break(part: str, broken: str) -> None:
    whose = ENVELOPE if hasattr(ENVELOPE, part) else ENVELOPE.sender
    changed = replace(whose, **{part: getattr(whose, part) + broken})
    with pytest.raises(UnsafeHeaderError):
        write(changed if isinstance(changed, Envelope) else replace(ENVELOPE, sender=changed), CONTENT)
    with pytest.raises(UnsafeHeaderError):
        write(ENVELOPE, replace(CONTENT, subject=f"Your questions{broken}"))


@pytest.mark.parametrize("address", [each for each in ADDRESSES if each])
def test_s19_staff_cannot_enter_such_an_address(world: World, address: str) -> None:
    client = world.browser("coordinator")
    path = f"/patients/{world.own['patient_id']}/details"
    typed = {"csrf_token": world.token(), "email": address, "channel": "email", "contact_email": "y"}
    person = {"chart_number": "C-19", "first_name": "Ana", "surname": "Ruiz", "language": "en"}
    reply = client.post(path, data=typed | person, base_url=SITE, headers={"Referer": f"{SITE}/"})
    assert reply.status_code == 422


def test_s19_no_mail_in_any_language_tells_of_health() -> None:
    for language, step, started, timepoint in dict.fromkeys(EVERY):
        content = compose(letter_of(language, step, started, timepoint))
        assert forbidden_in(content.subject, language) == []
        assert forbidden_in(content.plain, language) == []
    assert len(EVERY) > 100


@pytest.mark.parametrize("name", [text for text in TEXTS if len(text) < 200 and text.isprintable()])
def test_s19_a_hostile_name_is_a_word_in_both_parts_of_the_mail(name: str) -> None:
    content = compose(letter_of("en", "invitation", started=False, timepoint=EVERY[0][3], first_name=name))
    assert name in content.plain
    if name in INJECTIONS and "<" in name:
        assert name not in content.html
        assert "&lt;" in content.html
    assert "49" not in content.plain.replace(name, "")


def test_s19_a_mail_has_one_envelope_recipient_and_only_our_addresses(app: Flask, postbox: Postbox) -> None:
    """S20 too: the links are those of the public base URL, whatever host a request named before."""
    with app.app_context():
        patient = enrol(first_name="Ana %s {7*7} <b>")
        drain_clinic(patient.clinic_id)
        base = app.extensions["backstory"].public_base_url
    assert postbox.recipients() == [[patient.address]]
    (mail,) = postbox.messages
    assert links_of(mail) == {"://".join(urlsplit(base)[:2])}


def test_s20_a_mail_asked_for_under_another_host_still_leads_here(
    app: Flask, client: FlaskClient, postbox: Postbox
) -> None:
    """A link asked for again is sent by the worker, which never saw the request."""
    with app.app_context():
        patient = enrol()
        drain_clinic(patient.clinic_id)
        token = str(postbox.messages[0].get_body(("plain",)).get_content()).partition("/q/")[2].split()[0]  # type: ignore[union-attr]
        postbox.clear()
        forged = {"X-Forwarded-Host": "evil.example", "Origin": "https://evil.example"}
        client.post(f"/q/{token}/fresh", base_url=SITE, headers=forged)
        drain_clinic(patient.clinic_id)
        base = app.extensions["backstory"].public_base_url
    for mail in postbox.messages:
        assert links_of(mail) == {"://".join(urlsplit(base)[:2])}
