"""Texts as a channel: an HTTP request for each, filled from the operator's templates.

Until the request is out, nothing was handed over. After it, only the gateway's answer tells: without one it is
unknown. Every request carries the message's id as its idempotency key, so that a repetition is known as one.
"""

from __future__ import annotations

import logging
import select
import socket
import time
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ssl import create_default_context
from urllib.parse import urlsplit

from flask import current_app

from surveys.access.links import link_url
from surveys.access.opt_out import opt_out_url
from surveys.channels.gateway import Gateway, Request
from surveys.channels.telephone import international
from surveys.config import Config
from surveys.letters import compose_text, letter
from surveys.outbox import Outcome, Sendable
from surveys.people.patients import contact
from tasks.channels import Handed, RelayUnreachableError

log = logging.getLogger(__name__)
TIMEOUT = 20.0  # seconds for each word of the gateway
LONGEST_REPLY = 64 * 1024  # bytes; beyond them nothing is read
NUMBER_GONE = 410
REQUEST_REFUSED = frozenset({400, 422})  # the number's fault, or that of a template of ours, which must stop no number
NOT_FOUND = 404  # the number's, where the number stands in the address; else SMS_URL is wrong
PERHAPS = 504  # a proxy did not hear from the gateway, which may have the text


class SmsChannel:
    """One connection for a batch, as long as the gateway keeps it."""

    name = "sms"

    def __init__(self, settings: Config) -> None:
        self._settings = settings

    def reach(self) -> None:
        """Open a line and close it again."""
        greet(self._gateway())

    def hand_over(self, batch: Sequence[Sendable], *, deadline: float) -> Iterator[Handed]:
        """Hand text after text over; raises RelayUnreachableError, also where no gateway is set up."""
        gateway = self._gateway()
        door = _Door(gateway)
        try:
            for sendable in batch:
                yield self._send(door, gateway, sendable, deadline)
        finally:
            door.close()

    def close(self) -> None:
        """No line outlives its batch."""

    def _gateway(self) -> Gateway:
        if self._settings.sms is None:
            raise RelayUnreachableError("SMS_URL is not set")
        return self._settings.sms

    def _send(self, door: _Door, gateway: Gateway, sendable: Sendable, deadline: float) -> Handed:
        try:
            request = self._written(gateway, sendable)
        except Exception as error:  # one poisoned text keeps no other back
            log.error("message %s could not be written: %s", sendable.claim.id, type(error).__name__)
            return Handed(sendable, Outcome.NOT_TAKEN)
        if request is None:
            return Handed(sendable, Outcome.BOUNCED)
        if time.monotonic() > deadline:
            return Handed(sendable, Outcome.NOT_TAKEN)
        return Handed(sendable, *door.ask(request))

    def _written(self, gateway: Gateway, sendable: Sendable) -> Request | None:
        """Write one text; None where the number on file does not say its country."""
        facts, settings = sendable.situation, self._settings
        person = contact(current_app.extensions["vault"], facts.patient)
        number = international(person.phone or "")
        if number is None:
            return None
        base, whose = settings.public_base_url, (facts.clinic.id, facts.visit.episode_id)
        stop = opt_out_url(base, settings.secret_key, *whose, facts.patient.phone_index)
        others = tuple((each.situation, link_url(base, each.token)) for each in sendable.companions)
        text = compose_text(letter(facts, person.first_name, link_url(base, sendable.token), stop, others))
        return gateway.request(number, text, str(sendable.claim.id))


class _Door:
    """The line to the gateway; it opens with the first text and again whenever the other side has closed it."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._line: HTTPConnection | None = None
        self._silent = False

    def ask(self, request: Request) -> tuple[Outcome, str | None]:
        """Send one request; raises RelayUnreachableError where no line could be had, or the last one got no answer.

        A gateway that has fallen silent makes one text unknown, and not a whole batch.
        """
        if self._silent:
            raise RelayUnreachableError("it gave no answer")
        line = self._open()
        try:
            line.request(request.method, request.target, request.body or None, dict(request.headers))
        except (OSError, HTTPException) as error:
            log.warning("the text gateway broke off a request: %s", type(error).__name__)
            self.close()
            return Outcome.NOT_TAKEN, None  # it lacks its end, so nothing came of it
        try:
            status, words = self._answer(line.getresponse())
        except (OSError, HTTPException) as error:
            log.warning("the text gateway gave no answer: %s", type(error).__name__)
            self.close()
            self._silent = True
            return Outcome.UNKNOWN, None
        if 200 <= status < 300 and self._gateway.taken and not self._gateway.taken.search(words):
            log.error("the text gateway answers HTTP %d without what SMS_OK asks for", status)
            return Outcome.REJECTED, f"HTTP {status} without SMS_OK"  # not tried again: SMS_OK may be wrong
        return self._outcome(status), f"HTTP {status}"

    def greet(self) -> bool:
        """Open the line; returns whether it is encrypted. Nothing is asked. Raises RelayUnreachableError."""
        return isinstance(self._open(), HTTPSConnection)

    def _answer(self, response: HTTPResponse) -> tuple[int, str]:
        rest = response.read(LONGEST_REPLY + 1)
        if len(rest) > LONGEST_REPLY or response.will_close:
            self.close()
        return response.status, rest[:LONGEST_REPLY].decode("utf-8", "replace")

    def _outcome(self, status: int) -> Outcome:
        if 200 <= status < 300:
            return Outcome.ACCEPTED
        if status == NUMBER_GONE or (status == NOT_FOUND and "{to}" in self._gateway.url):
            return Outcome.BOUNCED
        if status == PERHAPS:
            return Outcome.UNKNOWN
        if status < 500 and status not in (408, 425, 429):
            log.error("the text gateway refuses us with HTTP %d; look at SMS_URL, SMS_BODY and SMS_TOKEN", status)
        return Outcome.REJECTED if status in REQUEST_REFUSED else Outcome.NOT_TAKEN

    def _open(self) -> HTTPConnection:
        if self._line is not None and _hung_up(self._line.sock):
            self.close()
        if self._line is None:
            self._line = self._connected()
        return self._line

    def _connected(self) -> HTTPConnection:
        address = urlsplit(self._gateway.url)
        host = address.hostname or ""
        line = (
            HTTPSConnection(host, address.port, timeout=TIMEOUT, context=create_default_context())
            if address.scheme == "https"
            else HTTPConnection(host, address.port, timeout=TIMEOUT)
        )
        try:
            line.connect()
        except OSError as error:
            line.close()
            raise RelayUnreachableError(type(error).__name__) from error
        return line

    def close(self) -> None:
        """Close the line."""
        line, self._line = self._line, None
        if line is not None:
            line.close()


def _hung_up(sock: socket.socket | None) -> bool:
    """Whether an idle line has something to read: the gateway's farewell, since nothing was asked."""
    if sock is None:
        return True
    waiting = select.poll()
    waiting.register(sock, select.POLLIN)
    return bool(waiting.poll(0))


def greet(gateway: Gateway) -> bool:
    """Open and close a line, for the doctor; returns whether it is encrypted. Raises RelayUnreachableError."""
    door = _Door(gateway)
    try:
        return door.greet()
    finally:
        door.close()
