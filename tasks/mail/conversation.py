"""The conversation with a relay: one line for many mails, and for each mail one outcome."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from surveys.outbox import Outcome
from tasks.channels import RelayUnreachableError
from tasks.mail.line import Line, LineError, Timeouts
from tasks.mail.opening import RelayAddress, open_line
from tasks.mail.outgoing import Outgoing, Told
from tasks.mail.replies import CLOSING, GO_ON, Reply, after_text, envelope_refusal

PATIENCE = 2  # new lines that may break one after the other, before the rest is given back
SKIPPED = Reply(503)  # in place of an answer to a verb that was not said


class Relay:
    """Opens its line with the first mail, and once more where a line used before turns out to be dead."""

    def __init__(self, address: RelayAddress, timeouts: Timeouts | None = None) -> None:
        self._address, self._timeouts = address, timeouts or address.timeouts
        self._line: Line | None = None
        self._ahead = False  # the envelope of the next mail went along with the text before it
        self._reset = False  # a refused envelope is still open
        self._broken = 0

    def hand_over(self, mails: Iterable[Outgoing], *, deadline: float) -> Iterator[Told]:
        """Hand mails over, telling of each in order. ``deadline`` (monotonic seconds): no text begins after it.

        Raises RelayUnreachableError where no line could be had, or the time is over after some: nothing went of what
        was not told of.
        """
        queue = list(mails)
        waiting: Outgoing | None = None  # the relay waits for its text
        try:
            for position, mail in enumerate(queue):
                if position and time.monotonic() > deadline:
                    raise RelayUnreachableError("it is too slow for the rest of a batch")
                told = self._begin(mail, deadline)
                if told is None:
                    waiting = mail
                    told = self._finish(mail, queue[position + 1 : position + 2], deadline)
                    waiting = None
                yield told
        finally:
            if waiting or self._ahead:  # nobody wants the next one any more, and the relay must not take it
                self._drop()

    def send(self, mail: Outgoing, *, deadline: float) -> Told:
        """Hand one mail over."""
        (told,) = self.hand_over((mail,), deadline=deadline)
        return told

    def greet(self) -> bool:
        """Connect and sign in; returns whether the line is encrypted. Raises RelayUnreachableError."""
        return self._open().encrypted

    def close(self) -> None:
        """Say goodbye where the other side still listens."""
        if self._line is not None:
            with suppress(LineError):
                self._line.write(b"QUIT\r\n", 1.0)
        self._drop()

    def _open(self) -> Line:
        if self._line is None:
            self._line = open_line(self._address, self._timeouts)
        return self._line

    def _drop(self) -> None:
        line, self._line, self._ahead, self._reset = self._line, None, False, False
        if line is not None:
            line.close()

    def _begin(self, mail: Outgoing, deadline: float) -> Told | None:
        """Name sender and recipient; None where the relay waits for the text.

        A line that was used before may have been closed since, which is no fault of this mail: a new one is tried.
        """
        if self._broken >= PATIENCE:
            raise RelayUnreachableError("its lines break before any mail is taken")
        status = None
        for _line in range(2):
            fresh = self._line is None
            try:
                return self._envelope(self._open(), mail, deadline)
            except LineError as error:
                self._drop()
                status = error.status
                if fresh:
                    self._broken += 1
                    break
        return Told(Outcome.NOT_TAKEN, status)

    def _envelope(self, line: Line, mail: Outgoing, deadline: float) -> Told | None:
        if not self._ahead and time.monotonic() > deadline:
            return Told(Outcome.NOT_TAKEN)
        sender, recipient, data = (
            self._pipelined(line, mail) if _pipelines(line) else self._stepwise(line, mail, deadline)
        )
        self._broken = 0
        refused = envelope_refusal(sender, recipient, data)
        if refused is None:
            return None
        outcome, reply = refused
        self._leave(line, data)
        return Told(outcome, None if reply is SKIPPED else reply.status)

    def _pipelined(self, line: Line, mail: Outgoing) -> list[Reply]:
        """All three in one breath, unless they went along with the text before."""
        if not self._ahead:
            self._say_reset(line)
            line.write(b"".join(mail.envelope), line.timeouts.word)
        self._ahead = False
        replies = [line.reply(line.timeouts.word) for _verb in mail.envelope]
        return [_still_there(reply) for reply in replies]

    def _stepwise(self, line: Line, mail: Outgoing, deadline: float) -> list[Reply]:
        """One after the other, up to the first refusal, and no DATA after the deadline."""
        self._say_reset(line)
        replies: list[Reply] = []
        for verb in mail.envelope:
            if time.monotonic() > deadline or (replies and not replies[-1].good):
                break
            replies.append(_still_there(line.ask(verb[:-2])))
        return replies + [SKIPPED] * (3 - len(replies))

    def _say_reset(self, line: Line) -> None:
        if self._reset:
            self._reset = False
            line.ask(b"RSET")

    def _leave(self, line: Line, data: Reply) -> None:
        """Get out of a refused envelope. A relay that waits for a text all the same is given none."""
        self._reset = True
        if data.good:  # it takes DATA for done: no word of it can be trusted
            self._drop()
        elif data.code == GO_ON:
            try:
                line.write(b".\r\n", line.timeouts.word)
                line.reply(line.timeouts.dot)
            except LineError:
                self._drop()

    def _finish(self, mail: Outgoing, following: list[Outgoing], deadline: float) -> Told:
        """Send the text, and where the relay pipelines the next envelope with it (RFC 2920, 3.1)."""
        line = self._open()
        if time.monotonic() > deadline:
            self._drop()
            return Told(Outcome.NOT_TAKEN)
        ahead = b"".join(following[0].envelope) if following and _pipelines(line) else b""
        try:
            line.write(mail.text + ahead, line.timeouts.text)
            self._ahead = bool(ahead)
            reply = line.reply(line.timeouts.dot)
        except LineError as error:
            self._drop()
            return Told(Outcome.UNKNOWN, error.status)  # only the relay knows whether it was whole
        if reply.code == CLOSING:
            self._drop()
        return Told(after_text(reply), reply.status)


def _pipelines(line: Line) -> bool:
    return "PIPELINING" in line.offers


def _still_there(reply: Reply) -> Reply:
    if reply.code == CLOSING:
        raise LineError(reply.status)
    return reply


@contextmanager
def relay(address: RelayAddress) -> Iterator[Relay]:
    """Yield a relay and close its line afterwards."""
    door = Relay(address)
    try:
        yield door
    finally:
        door.close()
