"""E-mail as a channel: each message written for its patient and given to the mail relay."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from flask import current_app

from surveys.access.links import link_url
from surveys.access.opt_out import opt_out_url
from surveys.config import Config
from surveys.outbox import Outcome, Sendable
from surveys.people.patients import contact
from tasks import mail
from tasks.channels import Handed, RelayUnreachableError
from tasks.compose import Content, compose, letter

log = logging.getLogger(__name__)


class EmailChannel:
    """One connection for a batch."""

    name = "email"

    def __init__(self, settings: Config) -> None:
        self._settings = settings

    def hand_over(self, batch: Sequence[Sendable], *, deadline: float) -> Iterator[Handed]:
        """Hand mail after mail over."""
        with mail.relay(self._settings.smtp_url) as relay:
            for sendable in batch:
                yield Handed(sendable, self._send(relay, sendable, deadline))

    def _send(self, relay: mail.Relay, sendable: Sendable, deadline: float) -> Outcome:
        """Write the mail and give it to the relay. What cannot be written was not handed over."""
        try:
            envelope, content = self._written(sendable)
            message = mail.build(envelope, content)
            return relay.send(message, sender=envelope.sender, recipient=envelope.recipient, deadline=deadline)
        except RelayUnreachableError:
            raise
        except Exception as error:
            log.error("message %s could not be written: %s", sendable.claim.id, type(error).__name__)
            return Outcome.NOT_TAKEN

    def _written(self, sendable: Sendable) -> tuple[mail.Envelope, Content]:
        facts, settings = sendable.situation, self._settings
        person = contact(current_app.extensions["vault"], facts.patient)
        stop = opt_out_url(settings.public_base_url, settings.secret_key, facts.clinic.id, facts.visit.episode_id)
        link = link_url(settings.public_base_url, sendable.token)
        content = compose(letter(facts, person.first_name, link, stop))
        clinic = facts.clinic
        envelope = mail.Envelope(
            sender_name=clinic.sender_name,
            sender=clinic.sender_address,
            reply_to=clinic.reply_to,
            recipient=person.email or "",
            message_id=facts.message.message_id,
            date=sendable.begun_at,
            opt_out_url=stop,
        )
        return envelope, content
