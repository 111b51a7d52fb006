"""How long a line is kept, and when no further mail goes over it: dead lines, deadlines, nobody who asks."""

from __future__ import annotations

import threading
import time

import pytest

from local.ports import LOOPBACK
from tasks.mail import Relay, RelayAddress, RelayUnreachableError, Told
from tests.mail.test_conversation import LATER, SOON, TAKEN, WAYS, door_to, hand_over, outcomes, outgoing, recipients
from tests.servers.scripted_relay import HANG_UP, Script, scripted_relay


@WAYS
def test_a_line_that_died_between_two_batches_costs_no_try(offers: tuple[str, ...]) -> None:
    with scripted_relay(Script(offers=offers, mails_per_line=1)) as server:
        door = door_to(server)
        told = hand_over(server, 1, 2, door=door) + hand_over(server, 3, door=door)
        door.close()
    assert outcomes(told) == [TAKEN] * 3
    assert recipients(server) == [[f"p{number}@patients.example"] for number in (1, 2, 3)]
    assert server.lines == 3


def test_a_line_is_used_again_for_the_next_batch() -> None:
    with scripted_relay(Script()) as server:
        door = door_to(server)
        assert outcomes(hand_over(server, 1, door=door) + hand_over(server, 2, door=door)) == [TAKEN] * 2
        door.close()
    assert server.lines == 1


def test_a_relay_whose_lines_break_again_and_again_is_left_alone() -> None:
    with scripted_relay(Script({"MAIL": HANG_UP})) as server:
        door = door_to(server)
        told: list[Told] = []
        with pytest.raises(RelayUnreachableError):
            told.extend(door.hand_over([outgoing(number) for number in range(50)], deadline=time.monotonic() + SOON))
        assert server.lines == 2


def test_no_text_begins_after_the_deadline() -> None:
    late = threading.Event()
    with scripted_relay(Script()) as server:
        server.before = lambda verb: void(late.wait(5)) if verb == "DATA" else None
        deadline = time.monotonic() + 0.1
        threading.Timer(0.2, late.set).start()
        door = Relay(RelayAddress("smtp", LOOPBACK, server.port))
        telling = iter(door.hand_over([outgoing(1), outgoing(2)], deadline=deadline))
        assert next(telling) == Told(LATER, None)
        with pytest.raises(RelayUnreachableError, match="too slow"):
            next(telling)
        door.close()
        assert server.taken == []


def test_no_data_is_said_after_the_deadline_without_pipelining() -> None:
    late = threading.Event()
    with scripted_relay(Script(offers=())) as server:
        server.before = lambda verb: void(late.wait(5)) if verb == "RCPT" else None
        threading.Timer(0.2, late.set).start()
        door = Relay(RelayAddress("smtp", LOOPBACK, server.port))
        assert door.send(outgoing(1), deadline=time.monotonic() + 0.1) == Told(LATER, None)
        door.close()
        assert "DATA" not in server.verbs


def test_who_stops_asking_stops_the_next_mail_too() -> None:
    with scripted_relay(Script()) as server:
        door = door_to(server)
        telling = door.hand_over([outgoing(1), outgoing(2)], deadline=time.monotonic() + SOON)
        assert next(iter(telling)).outcome is TAKEN
        telling.close()  # type: ignore[attr-defined]
        door.close()
    assert recipients(server) == [["p1@patients.example"]]


def void(_result: object) -> None:
    """For what is waited for and not looked at."""
