"""E-mail as a channel: each message filled in for its patient and given to the mail relay."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from flask import current_app

from surveys.access.links import link_url
from surveys.access.opt_out import opt_out_url
from surveys.config import Config
from surveys.letters import form_of, letter, slots_of
from surveys.outbox import Outcome, Sendable
from surveys.people.patients import contact
from tasks import mail
from tasks.channels import Handed

log = logging.getLogger(__name__)


class EmailChannel:
    """One line to the relay, kept from batch to batch until ``close``."""

    name = "email"

    def __init__(self, settings: Config) -> None:
        self._settings = settings
        self._relay = mail.Relay(mail.relay_address(settings))

    def reach(self) -> None:
        """Open the line, which the first mail then uses."""
        self._relay.greet()

    def hand_over(self, batch: Sequence[Sendable], *, deadline: float) -> Iterator[Handed]:
        """Write all mails of the batch, then hand them over; one that cannot be written holds up no other."""
        written = [(sendable, self._written(sendable)) for sendable in batch]
        yield from (Handed(sendable, Outcome.NOT_TAKEN) for sendable, outgoing in written if outgoing is None)
        ready = [(sendable, outgoing) for sendable, outgoing in written if outgoing is not None]
        tellings = self._relay.hand_over([outgoing for _sendable, outgoing in ready], deadline=deadline)
        for (sendable, _outgoing), told in zip(ready, tellings, strict=True):
            yield Handed(sendable, told.outcome, told.reply)

    def close(self) -> None:
        """Say goodbye to the relay."""
        self._relay.close()

    def _written(self, sendable: Sendable) -> mail.Outgoing | None:
        try:
            return outgoing_mail(sendable, self._settings)
        except Exception as error:
            log.error("message %s could not be written: %s", sendable.claim.id, type(error).__name__)
            return None


def outgoing_mail(sendable: Sendable, settings: Config) -> mail.Outgoing:
    """Write one patient's mail."""
    facts = sendable.situation
    clinic = facts.clinic
    person = contact(current_app.extensions["vault"], facts.patient)
    base, whose = settings.public_base_url, (clinic.id, facts.visit.episode_id)
    stop = opt_out_url(base, settings.secret_key, *whose, facts.patient.email_index)
    along = tuple((each.situation, link_url(base, each.token)) for each in sendable.companions)
    texts = letter(facts, person.first_name, link_url(base, sendable.token), stop, along)
    sender = mail.Sender(clinic.sender_name, clinic.sender_address, clinic.reply_to)
    envelope = mail.Envelope(
        sender=sender,
        recipient=person.email or "",
        message_id=facts.message.message_id,
        date=sendable.begun_at,
        opt_out_url=stop,
    )
    return mail.blank_of(form_of(texts), sender).fill(envelope, slots_of(texts))
