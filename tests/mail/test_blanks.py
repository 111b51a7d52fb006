"""A mail filled into bytes that were rendered once reads exactly like one built for the patient alone."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from surveys.i18n import LANGUAGES
from surveys.letters import Content, Letter, form_of, slots_of
from tasks.mail import Envelope, Outgoing, Sender, UnsafeHeaderError, blank_of, write
from tests.letters.lint import BASE, OPT_OUT, TIMEPOINTS, every, letter_of, others
from tests.mail.reference import arrived, built, told

SENDER = Sender("Riverside Clinic", "post@riverside.example", "desk@riverside.example")
ENVELOPE = Envelope(
    SENDER, "ana@patients.example", "<0195b7@riverside.example>", datetime(2026, 1, 5, tzinfo=UTC), OPT_OUT
)
NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=200)


def filled(letter: Letter, envelope: Envelope = ENVELOPE) -> Outgoing:
    return blank_of(form_of(letter), envelope.sender).fill(envelope, slots_of(letter))


def same(letter: Letter, envelope: Envelope = ENVELOPE) -> None:
    assert told(arrived(filled(letter, envelope))) == told(built(envelope, letter))


@given(name=NAMES, language=st.sampled_from(LANGUAGES))
@example(name=".", language="en")
@example(name="..Ana =3D " * 20, language="de")
@example(name="محمد عبد الرحمن", language="ar")
@example(name="\u202eanA\u202c", language="ar")
@example(name='👩🏽‍🦽 Zoë "O\'Brien" <b>&amp;', language="es")
@example(name="{first_name} %s {{7*7}}", language="en")
@example(name="From ana\t", language="en")
@example(name="é" * 200, language="es")
@example(name="\U0010ff00\U0010ff01", language="en")
@settings(max_examples=60, deadline=None)
def test_any_name_is_filled_in_as_the_email_package_would_write_it(name: str, language: str) -> None:
    same(letter_of(language, "reminder_1", False, TIMEPOINTS[1], name))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_is_filled_in_as_the_email_package_would_write_it(language: str) -> None:
    for letter in every(language):
        if letter.timepoint in (None, TIMEPOINTS[0], TIMEPOINTS[3]):
            same(letter)


@pytest.mark.parametrize(
    "clinic",
    [
        "Clínica Ñandú del Río Grande y de la Costa",
        "عيادة ضفة النهر الكبرى للرعاية الأولية والمتابعة",
        "A & B (North) <x>",
    ],
)
def test_a_clinics_name_is_encoded_in_headers_and_bodies(clinic: str) -> None:
    envelope = replace(ENVELOPE, sender=replace(SENDER, name=clinic))
    letter = letter_of("es", "invitation", False, TIMEPOINTS[0], clinic=clinic)
    same(letter, envelope)
    assert filled(letter, envelope).text.isascii()
    (address,) = arrived(filled(letter, envelope))["From"].addresses
    assert address.addr_spec == SENDER.address


def test_no_line_is_longer_than_mail_allows_whatever_is_filled_in() -> None:
    letter = letter_of("ar", "invitation", True, TIMEPOINTS[2], "ش" * 200, others=others(3, started=False))
    head, _, body = filled(letter).text.partition(b"\r\n\r\n")
    assert max(len(line) for line in body.split(b"\r\n")) <= 77  # 76 and a doubled dot
    assert max(len(line) for line in head.split(b"\r\n")) < 998
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert body.count(b"\r\n.\r\n") == 1


def test_the_headers_of_e4_stand_in_one_piece() -> None:
    """RFC 8058: an address in encoded words is no address to the reader's software."""
    head = filled(letter_of("en", "invitation", False, None)).text.partition(b"\r\n\r\n")[0].decode()
    assert f"List-Unsubscribe: <{OPT_OUT}>,\r\n <mailto:desk@riverside.example?subject=unsubscribe>\r\n" in head
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in head
    assert "Message-ID: <0195b7@riverside.example>\r\n" in head
    assert "Auto-Submitted: auto-generated\r\n" in head
    assert "Date: Mon, 05 Jan 2026 00:00:00 +0000\r\n" in head
    assert len(re.findall(r"(?m)^(\S+):", head)) == len(set(re.findall(r"(?m)^(\S+):", head)))


def test_one_blank_serves_many_patients_and_keeps_them_apart() -> None:
    first, second = (letter_of("en", "invitation", False, TIMEPOINTS[0], name) for name in ("Ana", "Bea"))
    second = replace(second, url=f"{BASE}/q/other")
    assert blank_of(form_of(first), SENDER) is blank_of(form_of(second), SENDER)
    one, other = filled(first).text, filled(second, replace(ENVELOPE, recipient="bea@patients.example")).text
    assert b"Bea" not in one
    assert b"Ana" not in other
    assert b"ana@" not in other


@pytest.mark.parametrize("name", ["Ana\r\nBcc: eve@example.org", "Ana\n", "Ana\r", "Ana\0"])
def test_a_name_with_a_line_break_is_refused(name: str) -> None:
    letter = letter_of("en", "invitation", False, None)
    with pytest.raises(UnsafeHeaderError):
        blank_of(form_of(letter), SENDER).fill(ENVELOPE, slots_of(letter) | {"first_name": name})


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "ana",
        "ana@@x.example",
        "ana@x.example,eve@x.example",
        "ana@x.example\r\nRCPT TO:<eve@x.example>",
        "ana@x.example> SIZE=1",
        "ana@x.example\0",
        "<ana@x.example>",
        "a b@x.example",
        '"a b"@x.example',
        "ana@münchen.example",
    ],
)
def test_the_envelope_takes_exactly_one_plain_address(recipient: str) -> None:
    with pytest.raises(UnsafeHeaderError):
        filled(letter_of("en", "invitation", False, None), replace(ENVELOPE, recipient=recipient))


def test_a_clinics_name_with_a_mark_of_ours_is_refused() -> None:
    with pytest.raises(UnsafeHeaderError):
        filled(letter_of("en", "invitation", False, None, clinic="Clinic\U0010ff00"))


def test_a_mail_whose_texts_stand_already_is_written_the_same_way() -> None:
    content = Content("Für Sie", "Grüße\n.\n", "<p>Grüße</p>\n")
    mail = arrived(write(replace(ENVELOPE, opt_out_url=None), content))
    assert mail["Subject"] == "Für Sie"
    assert mail["List-Unsubscribe"] is None
    assert told(mail)[1] == [("text/plain", "Grüße\n.\n"), ("text/html", "<p>Grüße</p>\n")]


def test_the_reference_can_tell_a_difference() -> None:
    letter = letter_of("en", "invitation", False, None)
    text = filled(letter).text.replace(b"Ana", b"Eva")
    broken = message_from_bytes(text[:-3], policy=default)
    assert told(broken) != told(built(ENVELOPE, letter))
