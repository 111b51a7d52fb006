"""The ways out: each channel with its relay's bucket of tokens, and whether it is open."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from surveys.config import Config
from surveys.outbox import bucket
from tasks.channels import Channel, RelayUnreachableError
from tasks.mail_channel import EmailChannel
from tasks.sms import SmsChannel

log = logging.getLogger(__name__)
ITSELF = "staff"  # tasks for a person need no relay
PLENTY = 1_000_000
AWAY = "unreachable"  # why a door is shut
NOT_SET = "not set"
_away: set[str] = set()  # relays that this process could not reach when it last asked


@dataclass
class Door:
    """One channel during one drain. ``relay``: its name in the bucket's table; ``per_minute``: None for no limit.

    ``shut``: why nothing more goes this way before the next drain, ``unreachable``, ``limit`` or ``not set``.
    """

    channel: Channel
    relay: str
    per_minute: int | None
    shut: str | None = None

    def take(self, session: Session, wanted: int) -> int:
        """Take tokens for up to so many messages, and commit; where there are none, the door is shut.

        A relay that was away is asked for a line first, so that no message is begun, and given no link, in vain.
        """
        if self.shut or not wanted or not self._reached():
            return 0
        if self.per_minute is None:
            return wanted
        taken = bucket.take(session, self.relay, wanted, self.per_minute)
        session.commit()
        if not taken:
            self.shut = "limit"
        return taken

    def away(self, why: RelayUnreachableError) -> None:
        """Note that no line could be had: nothing more goes this way before the next drain."""
        log.warning("the relay of %s cannot be reached: %s", self.channel.name, why)
        self.shut = AWAY
        _away.add(self.relay)

    def _reached(self) -> bool:
        if self.relay not in _away:
            return True
        try:
            self.channel.reach()
        except RelayUnreachableError as error:
            self.away(error)
            return False
        _away.discard(self.relay)
        return True

    def put_back(self, session: Session, unused: int) -> None:
        """Put back what nothing went out for."""
        if self.per_minute is not None and unused > 0:
            bucket.put_back(session, self.relay, unused, self.per_minute)
            session.commit()


@dataclass
class Doors:
    """All of them, by the channel's name."""

    by_name: Mapping[str, Door] = field(default_factory=dict)

    def open_channels(self) -> tuple[str, ...]:
        """What to claim: empty where nothing is shut, which is the quick way to ask."""
        if not any(door.shut for door in self.by_name.values()):
            return ()
        return (ITSELF, *(name for name, door in self.by_name.items() if not door.shut))

    def unreachable(self) -> list[str]:
        """The channels whose relay did not answer."""
        return [name for name, door in self.by_name.items() if door.shut == AWAY]

    def not_set(self) -> list[str]:
        """The channels for which the operator has named no way out."""
        return [name for name, door in self.by_name.items() if door.shut == NOT_SET]


@contextmanager
def doors(settings: Config) -> Iterator[Doors]:
    """Yield the ways out that the settings name; their lines are closed afterwards."""
    mail, texts = EmailChannel(settings), SmsChannel(settings)
    gateway, missing = (settings.sms.url, None) if settings.sms else ("", NOT_SET)
    known = {
        mail.name: Door(mail, _relay(settings.smtp_url), settings.relay_per_minute),
        texts.name: Door(texts, _relay(gateway), settings.sms_per_minute, missing),
    }
    try:
        yield Doors(known)
    finally:
        for door in known.values():
            door.channel.close()


def _relay(url: str) -> str:
    """The relay's host and port, without whoever signs in there."""
    address = urlsplit(url)
    return f"{address.hostname or ''}:{address.port or ''}"
