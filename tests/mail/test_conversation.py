"""What a relay may say, and what becomes of each mail: with and without pipelining, on one line or many (T13)."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from local.ports import LOOPBACK
from surveys.outbox import Outcome
from tasks.mail import Outgoing, Relay, RelayAddress, RelayUnreachableError, Timeouts, Told
from tests.servers.scripted_relay import HANG_UP, PIPELINING, SILENCE, Script, ScriptedRelay, scripted_relay

SHORT = Timeouts(connect=5, greeting=0.4, word=0.4, text=5, dot=0.4)
WAYS = pytest.mark.parametrize("offers", [PIPELINING, ()], ids=["pipelined", "stepwise"])
SOON = 60.0
TAKEN, LATER, UNKNOWN = Outcome.ACCEPTED, Outcome.NOT_TAKEN, Outcome.UNKNOWN
BOUNCED, REJECTED = Outcome.BOUNCED, Outcome.REJECTED


def outgoing(number: int) -> Outgoing:
    text = f"Subject: {number}\r\n\r\n..a dot\r\n.\r\n"
    return Outgoing(b"post@riverside.example", f"p{number}@patients.example".encode(), text.encode())


def door_to(server: ScriptedRelay, timeouts: Timeouts = SHORT) -> Relay:
    return Relay(RelayAddress("smtp", LOOPBACK, server.port), timeouts)


def hand_over(server: ScriptedRelay, *numbers: int, door: Relay | None = None) -> list[Told]:
    relay = door or door_to(server)
    told = list(relay.hand_over([outgoing(number) for number in numbers], deadline=time.monotonic() + SOON))
    if door is None:
        relay.close()
    return told


def outcomes(told: Sequence[Told]) -> list[Outcome]:
    return [each.outcome for each in told]


def recipients(server: ScriptedRelay) -> list[list[str]]:
    return [to for to, _text in server.taken]


@WAYS
def test_many_mails_go_over_one_line_each_to_one_recipient(offers: tuple[str, ...]) -> None:
    with scripted_relay(Script(offers=offers)) as server:
        assert hand_over(server, *range(5)) == [Told(TAKEN, "250 2.0.0")] * 5
    assert recipients(server) == [[f"p{number}@patients.example"] for number in range(5)]
    assert server.taken[2][1] == b"Subject: 2\r\n\r\n.a dot\r\n"
    assert server.lines == 1


def test_an_envelope_goes_in_one_write_with_the_text_before_it() -> None:
    with scripted_relay(Script()) as server:
        hand_over(server, 1, 2)
    assert [chunk.count(b"\r\n") for chunk in server.chunks if b"MAIL" in chunk] == [3, 7]
    assert any(chunk.startswith(b"Subject: 1") and chunk.endswith(b"DATA\r\n") for chunk in server.chunks)


def test_without_the_offer_nothing_is_pipelined() -> None:
    with scripted_relay(Script(offers=())) as server:
        hand_over(server, 1, 2)
    assert all(chunk.count(b"\r\n") == 1 for chunk in server.chunks if b"Subject" not in chunk)


@WAYS
def test_a_refused_recipient_between_others_touches_none_of_them(offers: tuple[str, ...]) -> None:
    refused = {"RCPT p1@patients.example": "550 5.1.1 nobody"}
    with scripted_relay(Script(refused, offers)) as server:
        told = hand_over(server, 0, 1, 2)
    assert told == [Told(TAKEN, "250 2.0.0"), Told(BOUNCED, "550 5.1.1"), Told(TAKEN, "250 2.0.0")]
    assert [to for (to,) in recipients(server)] == ["p0@patients.example", "p2@patients.example"]


def test_a_relay_that_takes_data_without_a_recipient_is_given_no_text() -> None:
    with scripted_relay(Script({"RCPT": "550 5.1.1 nobody"})) as server:
        assert outcomes(hand_over(server, 1, 2)) == [BOUNCED, BOUNCED]
    assert server.taken == []
    assert not any(b"Subject" in chunk for chunk in server.chunks)
    assert server.lines == 1


@WAYS
@pytest.mark.parametrize(
    ("verb", "reply", "outcome"),
    [
        ("MAIL", "451 4.3.0 later", LATER),
        ("MAIL", "550 5.1.8 who are you", LATER),
        ("MAIL", "553 5.7.1 not yours", LATER),
        ("RCPT", "450 4.2.0 busy", LATER),
        ("RCPT", "451 4.7.1 greylisted", LATER),
        ("RCPT", "550 5.1.1 nobody", BOUNCED),
        ("RCPT", "550 nobody", BOUNCED),
        ("RCPT", "551 5.1.6 moved", BOUNCED),
        ("RCPT", "553 no such name", BOUNCED),
        ("RCPT", "501 5.1.3 bad syntax", BOUNCED),
        ("RCPT", "550 5.2.1 disabled", BOUNCED),
        ("RCPT", "552 full", LATER),
        ("RCPT", "552 5.2.2 full", LATER),
        ("RCPT", "550 5.2.2 full", LATER),
        ("RCPT", "550 5.7.1 policy", REJECTED),
        ("RCPT", "554 5.0.0 never", REJECTED),
        ("RCPT", "530 5.7.0 sign in first", LATER),
        ("RCPT", "550 5.1.7 your address", LATER),
        ("DATA", "451 4.3.0 later", LATER),
        ("DATA", "554 5.0.0 never", REJECTED),
        (".", "452 4.3.1 no room", LATER),
        (".", "552 5.2.2 full", LATER),
        (".", "554 5.7.1 spam", REJECTED),
        (".", "552 5.3.4 too large", REJECTED),
        (".", "550 5.1.1 nobody", BOUNCED),
        (".", "550 no", REJECTED),
        (".", "354 go on", UNKNOWN),
    ],
)
def test_each_verb_is_read_in_its_own_way(offers: tuple[str, ...], verb: str, reply: str, outcome: Outcome) -> None:
    with scripted_relay(Script({verb: reply}, offers)) as server:
        (told,) = hand_over(server, 1)
    assert told.outcome is outcome
    code, _, words = reply.partition(" ")
    assert told.reply == (f"{code} {words.split()[0]}" if words[:1].isdigit() else code)


@WAYS
@pytest.mark.parametrize(("verb", "outcome"), [("MAIL", LATER), ("RCPT", LATER), ("DATA", LATER), (".", UNKNOWN)])
@pytest.mark.parametrize("fault", [HANG_UP, SILENCE, "nonsense"], ids=["cut", "silent", "nonsense"])
def test_a_line_that_fails_before_the_text_took_nothing_and_after_it_nobody_knows(
    offers: tuple[str, ...], verb: str, outcome: Outcome, fault: str
) -> None:
    with scripted_relay(Script({verb: fault}, offers)) as server:
        assert outcomes(hand_over(server, 1)) == [outcome]
        assert len(server.taken) == (1 if verb == "." else 0)


@WAYS
def test_a_relay_that_says_250_to_everything_is_given_no_text(offers: tuple[str, ...]) -> None:
    """Named outcome: not taken, with the code it gave, tried again later and then a person's."""
    with scripted_relay(Script({"DATA": "250 OK"}, offers)) as server:
        assert hand_over(server, 1, 2) == [Told(LATER, "250"), Told(LATER, "250")]
    assert not any(b"Subject" in chunk for chunk in server.chunks)


@WAYS
def test_a_relay_that_hangs_after_data_took_nothing_and_after_the_dot_is_unknown_once(offers: tuple[str, ...]) -> None:
    """Named outcomes: not taken before the text, unknown after it; the mail behind it is not lost."""
    with scripted_relay(Script({"DATA": SILENCE}, offers)) as server:
        assert outcomes(hand_over(server, 1)) == [LATER]
        assert server.taken == []
    with scripted_relay(Script({".": SILENCE}, offers)) as server:
        assert outcomes(hand_over(server, 1, 2)) == [UNKNOWN, UNKNOWN]
        assert recipients(server) == [["p1@patients.example"], ["p2@patients.example"]]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"CONNECT": "554 5.7.1 blocked"}, "its greeting: 554"),
        ({"CONNECT": HANG_UP}, "the line broke"),
        ({"CONNECT": SILENCE}, "the line broke"),
        ({"EHLO": "550 5.7.1 no"}, "EHLO: 550 5.7.1"),
        ({"EHLO": "250-" + "x" * 70_000}, "the line broke"),
    ],
)
def test_a_relay_that_does_not_let_us_in_is_unreachable(answers: dict[str, str], words: str) -> None:
    with scripted_relay(Script(answers)) as server, pytest.raises(RelayUnreachableError, match=words):
        hand_over(server, 1)
    assert server.taken == []


def test_a_relay_that_knows_no_ehlo_is_greeted_in_the_old_way() -> None:
    with scripted_relay(Script({"EHLO": "502 5.5.1 what", "HELO": "250 here"})) as server:
        assert outcomes(hand_over(server, 1)) == [TAKEN]
    assert [verb.split()[0] for verb in server.verbs[:3]] == ["EHLO", "HELO", "MAIL"]
