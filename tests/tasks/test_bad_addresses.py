"""What somebody got past every form still adds no header and no recipient, and each message has a named end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from surveys.db import clinic_session
from surveys.models import Clinic, Message, Patient
from tasks.reminders import drain_clinic
from tests.servers.postbox import Postbox
from tests.servers.scripted_relay import SILENCE, Script, scripted_relay
from tests.tasks.enrolled import Enrolled, enrol, enrol_beside


def give_address(app: Flask, patient: Enrolled, address: str) -> None:
    """Write an address straight into the row, as no form would."""
    with clinic_session(patient.clinic_id) as session:
        person = session.scalars(select(Patient).order_by(Patient.number)).first()
        assert person is not None
        person.email_enc = app.extensions["vault"].seal(address, "patient", "email_enc", person.id)
        session.commit()


def invitations(patient: Enrolled) -> dict[bool, Message]:
    """The invitation of the patient, and that of whoever was enrolled beside."""
    return {each.visit_id == patient.visit_id: each for each in patient.messages() if each.step == "invitation"}


@pytest.mark.parametrize(
    "address",
    [
        "ana@patients.example,eve@evil.example",
        "ana@patients.example eve@evil.example",
        "ana@patients.example\r\nRCPT TO:<eve@evil.example>",
        "ana@patients.example>\r\nDATA",
        "Ana <ana@patients.example>",
    ],
)
def test_two_addresses_in_one_field_are_sent_to_neither_and_hold_up_nobody(
    app: Flask, patient: Enrolled, postbox: Postbox, address: str
) -> None:
    """Named outcome: not taken, five times, then refused with a task (T19)."""
    beside = enrol_beside(patient, 2)
    give_address(app, patient, address)
    drain_clinic(patient.clinic_id)
    assert postbox.recipients() == [[beside.address]]
    found = invitations(patient)
    assert (found[True].state, found[True].attempts, found[True].reply) == ("planned", 1, None)
    assert found[False].state == "sent"


def test_a_name_with_a_header_in_it_is_one_line_of_text(postbox: Postbox) -> None:
    patient = enrol(first_name="Ana\r\nBcc: eve@evil.example\r\n\r\nHello")
    drain_clinic(patient.clinic_id)
    (mail,) = postbox.messages
    assert postbox.recipients() == [[patient.address]]
    assert mail["Bcc"] is None
    assert "Dear Ana Bcc: eve@evil.example Hello," in str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]


def test_a_clinics_name_with_a_header_in_it_sends_nothing(patient: Enrolled, postbox: Postbox) -> None:
    with clinic_session(patient.clinic_id) as session:
        session.get_one(Clinic, patient.clinic_id).sender_name = "Clinic\r\nBcc: eve@evil.example"
        session.commit()
    drain_clinic(patient.clinic_id)
    assert postbox.messages == []
    assert (patient.messages()[0].state, patient.messages()[0].attempts) == ("planned", 1)


@pytest.mark.parametrize(
    ("answers", "state", "reply"),
    [({"DATA": "250 OK"}, "planned", "250"), ({"DATA": SILENCE}, "planned", None), ({".": SILENCE}, "unknown", None)],
    ids=["250 to everything", "hangs after DATA", "hangs after the text"],
)
def test_a_relay_that_lies_or_hangs_gives_the_message_a_named_end(
    app: Flask,
    patient: Enrolled,
    monkeypatch: pytest.MonkeyPatch,
    answers: dict[str, str],
    state: str,
    reply: str | None,
) -> None:
    with scripted_relay(Script(answers)) as server:
        settings = replace(app.extensions["backstory"], smtp_url=f"smtp://127.0.0.1:{server.port}/?timeout=0.4")
        monkeypatch.setitem(app.extensions, "backstory", settings)
        drain_clinic(patient.clinic_id)
        assert len(server.taken) == (1 if state == "unknown" else 0)
    message = patient.messages()[0]
    assert (message.state, message.reply) == (state, reply)
    assert patient.tasks() == (["unknown_handover"] if state == "unknown" else [])
