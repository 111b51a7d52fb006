"""Handing mail over to a relay that takes everything: our way against the usual one and the floor."""

from __future__ import annotations

import smtplib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from statistics import median

from bench.growth import FLAT, exponent
from bench.report import Goal
from bench.sinks import compiled, sink
from local.ports import LOOPBACK
from surveys.letters import Letter, compose, form_of, slots_of
from surveys.outbox import Outcome
from tasks.mail import Envelope, Outgoing, Relay, RelayAddress, Sender, blank_of

FEW, MANY, TIMES = 2_000, 20_000, 10
SLOW = 400  # mails of the way that builds each anew
BATCH = 200
SENDER = Sender("Riverside Clinic", "post@riverside.example", "desk@riverside.example")
BASE = "https://outcomes.example.org"
MILLION = 1_000_000
PRODUCT, STEPWISE, USUAL = "mail, pipelined", "  without pipelining", "  new line, EmailMessage"
BARE, FLOOR = "  bare socket, Python, pipelined", "  bare socket, C, text by text"
Way = Callable[[int], None]


@dataclass(frozen=True)
class Rates:
    """Mails per second by way; ``growth``: the exponent of time against the number of mails."""

    by_way: Mapping[str, float]
    growth: float

    @property
    def floor(self) -> float | None:
        """Mails per second of the C client; None without a compiler."""
        return self.by_way.get(FLOOR)

    @property
    def goals(self) -> list[Goal]:
        """Ratios of the product's way."""
        rate = self.by_way[PRODUCT]
        against_floor = [] if self.floor is None else [Goal("mail / bare socket in C", rate / self.floor, 0.25)]
        return [
            *against_floor,
            Goal("mail / new line and EmailMessage each", rate / self.by_way[USUAL], 10),
            Goal("a million due, minutes to hand over", MILLION / rate / 60, 5, more=False),
            Goal("mail: growth with messages, exponent", self.growth, 1 + FLAT, more=False),
        ]


def handover_rates(runs: int, folder: Path, *, quick: bool = False) -> Rates:
    """Measure every way in turn, ``runs`` times over; medians. Letters are at hand, no database is read."""
    program, share = compiled(folder), 10 if quick else 1
    text = folder / "mail"
    text.write_bytes(_outgoing(0).text)
    with sink(program, pipelining=True) as pipelined, sink(program, pipelining=False) as stepwise:
        ways: dict[str, tuple[Way, int]] = {
            PRODUCT: (lambda count: _product(pipelined, count), MANY // share),
            STEPWISE: (lambda count: _product(stepwise, count), FEW // share),
            USUAL: (lambda count: _usual(stepwise, count), SLOW // share),
            BARE: (lambda count: _bare(pipelined, count), MANY // share),
        }
        if program is not None:
            floor = [str(program), "client", str(pipelined)]
            ways[FLOOR] = (lambda count: _run([*floor, str(count), str(text)]), MANY // share)
        ways["few"] = (ways[PRODUCT][0], FEW // share)
        found = _alternate(ways, runs)
    few = found.pop("few")
    return Rates(found, exponent(FEW / few, MANY / found[PRODUCT], TIMES))


def _alternate(ways: Mapping[str, tuple[Way, int]], runs: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(runs + 1):  # the first warms up
        for name, (way, count) in ways.items():
            begun = time.perf_counter()
            way(count)
            if number:
                times[name].append(time.perf_counter() - begun)
    return {name: count / median(times[name]) for name, (_way, count) in ways.items()}


def _letter(number: int) -> Letter:
    token = f"{number:043d}"
    return Letter(
        language="es",
        step="reminder_1",
        started=False,
        timepoint=None,
        screens=28,
        first_name=f"María {number}",
        clinic=SENDER.name,
        phone="+44 20 7946 0000",
        until=date(2026, 3, 1),
        url=f"{BASE}/q/{token}",
        opt_out_url=f"{BASE}/u/{token}{token}",
    )


def _envelope(number: int, opt_out: str) -> Envelope:
    to, message_id = f"patient{number}@patients.example", f"<{number}@riverside.example>"
    return Envelope(SENDER, to, message_id, datetime(2026, 1, 5, tzinfo=UTC), opt_out)


def _outgoing(number: int) -> Outgoing:
    """One patient's mail as the channel writes it."""
    letter = _letter(number)
    return blank_of(form_of(letter), SENDER).fill(_envelope(number, letter.opt_out_url), slots_of(letter))


def _product(port: int, count: int) -> None:
    """Write and hand over batch after batch, as a drain does."""
    relay = Relay(RelayAddress("smtp", LOOPBACK, port))
    for batch in _batches(count):
        told = relay.hand_over([_outgoing(number) for number in batch], deadline=time.monotonic() + 60)
        assert all(each.outcome is Outcome.ACCEPTED for each in told)
    relay.close()


def _batches(count: int) -> Iterator[range]:
    return (range(first, min(first + BATCH, count)) for first in range(0, count, BATCH))


def _usual(port: int, count: int) -> None:
    """A mail built for each patient, on a line of its own."""
    for number in range(count):
        letter = _letter(number)
        content, envelope = compose(letter), _envelope(number, letter.opt_out_url)
        mail = EmailMessage(policy=SMTP)
        mail["From"] = Address(SENDER.name, addr_spec=SENDER.address)
        mail["To"], mail["Reply-To"] = envelope.recipient, SENDER.reply_to
        mail["Subject"], mail["Message-ID"] = content.subject, envelope.message_id
        mail["List-Unsubscribe"] = f"<{letter.opt_out_url}>"
        mail.set_content(content.plain, cte="quoted-printable")
        mail.add_alternative(content.html, subtype="html", cte="quoted-printable")
        with smtplib.SMTP(LOOPBACK, port, local_hostname="bench") as line:
            line.send_message(mail, SENDER.address, [envelope.recipient])


def _bare(port: int, count: int) -> None:
    """The same bytes again and again, the next envelope with each text, and only line ends are counted."""
    mail = _outgoing(0)
    envelope = b"".join(mail.envelope)
    both = mail.text + envelope
    with socket.create_connection((LOOPBACK, port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for said, replies in ((b"EHLO bench\r\n", 3), (envelope, 3), *((both, 4) for _mail in range(count - 1))):
            line.sendall(said)
            seen = 0
            while seen < replies:
                seen += line.recv(4096).count(b"\n")
        line.sendall(mail.text)
        line.recv(4096)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True)
