"""What a relay's reply means: each verb has its own reading, and a recipient is only blamed for itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from surveys.outbox import Outcome

ENHANCED = re.compile(rb"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?= |$)")
OURS_TO_MEND = frozenset({500, 501, 502, 503, 504, 521, 530, 534, 535, 538})  # how we speak or sign in
NO_SUCH_MAILBOX = frozenset({550, 551, 553})
CLOSING, GO_ON = 421, 354
CODES = 14  # bytes of a line that hold both codes


@dataclass(frozen=True)
class Reply:
    """A reply's code and enhanced status (RFC 3463), empty where none was given; its words are not kept."""

    code: int
    enhanced: str = ""

    @property
    def status(self) -> str:
        """Such as ``550 5.1.1``: all that is stored."""
        return f"{self.code} {self.enhanced}".rstrip()

    @property
    def good(self) -> bool:
        """Whether the verb was done."""
        return 200 <= self.code < 300


@lru_cache(maxsize=256)
def read_reply(line: bytes) -> Reply:
    """Read the first ``CODES`` bytes of a reply's last line; raises ValueError for anything that is no reply."""
    code = int(line[:3])
    if not 200 <= code <= 599 or line[3:4] not in (b" ", b""):
        raise ValueError("no reply")
    found = ENHANCED.match(line, 4)
    return Reply(code, found[1].decode() if found else "")


def envelope_refusal(sender: Reply, recipient: Reply, data: Reply) -> tuple[Outcome, Reply] | None:
    """Return why the relay does not wait for the text, by the first verb it refused; None where it does."""
    if not sender.good:
        return Outcome.NOT_TAKEN, sender  # about us, even where for good: the patient's address is not to blame
    if not recipient.good:
        return _about_recipient(recipient), recipient
    if data.code == GO_ON:
        return None
    return (Outcome.REJECTED if _for_good(data) else Outcome.NOT_TAKEN), data


def after_text(reply: Reply) -> Outcome:
    """Return what became of a mail whose final dot was answered."""
    if reply.good:
        return Outcome.ACCEPTED
    if reply.code < 400:
        return Outcome.UNKNOWN  # no answer to a text
    return _about_recipient(reply, otherwise=Outcome.REJECTED)


def _for_good(reply: Reply) -> bool:
    return reply.code >= 500 and reply.code not in OURS_TO_MEND


def _about_recipient(reply: Reply, otherwise: Outcome | None = None) -> Outcome:
    """5.1.x: no such mailbox; 5.2.2: full, which passes; 5.7.x: a policy, under which the address may be right.

    ``otherwise``: what 5xx without an enhanced status means, where not what RFC 5321 says of RCPT.
    """
    if not _for_good(reply) and not reply.enhanced.startswith("5.1."):
        return Outcome.NOT_TAKEN
    by_status = {"5.1.7": Outcome.NOT_TAKEN, "5.1.8": Outcome.NOT_TAKEN, "5.2.1": Outcome.BOUNCED}
    by_status["5.2.2"] = Outcome.NOT_TAKEN
    by_subject = {"5.1": Outcome.BOUNCED, "5.7": Outcome.REJECTED}
    known = by_status.get(reply.enhanced) or by_subject.get(reply.enhanced[:3])
    return known or otherwise or _by_code(reply.code)


def _by_code(code: int) -> Outcome:
    if code == 552:
        return Outcome.NOT_TAKEN
    return Outcome.BOUNCED if code in NO_SUCH_MAILBOX else Outcome.REJECTED
