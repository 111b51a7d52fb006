"""A mail relay that refuses, puts off, cuts the line or falls silent at each word (T13), and what becomes of a message.

Where no line can be had the message waits as before, uncounted. Before the text, whatever else happens leaves it to be
tried again, unless the relay refuses the recipient or the mail for good. Once the text has begun to go, only the
relay's answer to the final dot tells; without one the end is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from local.ports import LOOPBACK, free_port
from surveys.models import Message
from tests.faults.counting import FULL, Fault
from tests.faults.dispatchers import drain_here
from tests.faults.service import DueClinic, Service, due_clinic
from tests.faults.sink import DROP, HANG, Sink, listening
from tests.servers.processes import wait_until

pytestmark = pytest.mark.faults
LATER, NEVER, GONE = "451 4.3.0 later", "554 5.0.0 never", "550 5.1.1 no such mailbox"
SILENCE = 0.3  # seconds that the relay may be silent, by its address
KINDS = {"later": LATER, "never": NEVER, "gone": GONE, "drop": DROP, "hang": HANG}
FAULTS = ("later", "never", "drop", "hang")


@dataclass(frozen=True)
class End:
    """What becomes of the message. ``tries``: how many were counted; ``taken``: how many texts the relay has."""

    state: str
    refusal: str | None = None
    tasks: tuple[str, ...] = ()
    tries: int = 1
    taken: int = 0


AGAIN = End("planned")
AWAY = End("planned", tries=0)  # no line could be had: it is no message's fault
UNKNOWN = End("unknown", None, ("unknown_handover",), taken=1)
REJECTED = End("refused", "relay_rejected", ("failed_message",))
SENT = End("sent", taken=1)
OPENING, ENVELOPE = ("CONNECT", "EHLO", "AUTH", "STARTTLS"), ("MAIL", "RCPT", "DATA")
TABLE: dict[tuple[str, str], End] = {
    **{(verb, kind): AWAY for verb in OPENING for kind in FAULTS},
    **{(verb, kind): AGAIN for verb in ENVELOPE for kind in FAULTS},
    ("RCPT", "never"): REJECTED,
    ("RCPT", "gone"): End("refused", "bounced", ("bounced",)),
    ("DATA", "never"): REJECTED,
    ("BODY", "drop"): End("unknown", None, ("unknown_handover",)),
    ("BODY", "hang"): End("unknown", None, ("unknown_handover",)),
    (".", "later"): End("planned", taken=1),
    (".", "never"): End("refused", "relay_rejected", ("failed_message",), taken=1),
    (".", "drop"): UNKNOWN,
    (".", "hang"): UNKNOWN,
    **{("QUIT", kind): SENT for kind in FAULTS},
}
OFFERS = (("PIPELINING",), ()) if FULL else (("PIPELINING",),)


@contextmanager
def relay_that(verb: str, kind: str, offers: tuple[str, ...]) -> Iterator[tuple[Sink, str]]:
    """Yield a relay with this fault, and its address, which asks for what the fault needs and little patience."""
    more = {"AUTH": ("AUTH PLAIN LOGIN",), "STARTTLS": ("STARTTLS",)}.get(verb, ())
    with listening(Sink((*offers, *more))) as sink:
        sink.says[verb] = KINDS[kind]
        if verb == "EHLO":  # whoever is refused may ask in the old words
            sink.says["HELO"] = KINDS[kind]
        port = sink.server_address[1]
        name = "somebody:secret@" if verb == "AUTH" else ""
        scheme = "smtp+starttls" if verb == "STARTTLS" else "smtp"
        yield sink, f"{scheme}://{name}{LOOPBACK}:{port}/?timeout={SILENCE}"


def end_of(clinic: DueClinic, sink: Sink) -> End:
    (message,) = clinic.messages()
    tasks = tuple(sorted(clinic.tasks().elements()))
    return End(message.state, message.refusal, tasks, message.attempts, len(sink.taken))


@pytest.mark.parametrize("offers", OFFERS, ids=lambda offers: "pipelined" if offers else "plain")
@pytest.mark.parametrize(("verb", "kind"), list(TABLE))
def test_t13_what_becomes_of_a_message_at_this_word(
    service: Service, record_fault: Fault, verb: str, kind: str, offers: tuple[str, ...]
) -> None:
    clinic = due_clinic(1)
    with relay_that(verb, kind, offers) as (sink, url):
        drain_here(service, url)
        record_fault.inject(f"{kind} at {verb}")
        wait_until(lambda: sink.heard[verb] > 0, f"the relay, to hear {verb}", 10)
        end = end_of(clinic, sink)
        record_fault.count(**{end.state: 1})
        assert end == TABLE[verb, kind]
    (message,) = clinic.messages()
    assert message.lease_until is None


def test_t13_a_refused_connection_leaves_every_message_waiting(service: Service, record_fault: Fault) -> None:
    clinic = due_clinic(3)
    for _ in range(6):  # more than a message has tries
        drain_here(service, f"smtp://{LOOPBACK}:{free_port()}")
        record_fault.inject("connection refused")
    record_fault.count(**clinic.states())
    assert clinic.states() == {"planned": 3}
    assert clinic.tasks() == {}
    assert {message.attempts for message in clinic.messages()} == {0}
    assert all(message.lease_until is None for message in clinic.messages())


@pytest.mark.parametrize("offers", [("PIPELINING",), ()], ids=["pipelined", "plain"])
def test_t13_one_refused_recipient_holds_up_no_other(
    service: Service, record_fault: Fault, offers: tuple[str, ...]
) -> None:
    gone, others = "gone@patients.example", 4
    clinic = due_clinic(others + 1, change=lambda number, one: replace(one, email=gone) if number == 2 else one)
    with listening(Sink(offers)) as sink:
        sink.refused[gone] = GONE
        drain_here(service, sink.url)
        record_fault.inject("550 at one RCPT")
        record_fault.count(**clinic.states())
        assert clinic.states() == {"sent": others, "refused": 1}
        assert clinic.tasks() == {"bounced": 1}
        assert max(sink.ids().values()) == 1


def test_t13_a_line_cut_after_the_final_dot_is_repeated_once_where_the_clinic_says_so(
    service: Service, record_fault: Fault
) -> None:
    clinic = due_clinic(1, policy="resend_once")
    with listening(Sink()) as sink:
        sink.says["."] = DROP
        for _ in range(4):
            drain_here(service, sink.url)
            clinic.change(Message.state == "planned", due_at=Message.planned_at)
            record_fault.inject("drop at .")
        (message,) = clinic.messages()
        record_fault.count(taken=len(sink.taken), **{message.state: 1})
        assert message.state == "unknown"
        assert sink.ids() == {message.message_id: 2}
