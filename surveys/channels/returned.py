"""What becomes of returned mail: a lost address takes no further mail, and a person is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM, record
from surveys.access.keys.encryption import Vault
from surveys.channels.bounces import Report
from surveys.models import Episode, Message, Patient, Visit
from surveys.outbox.staff_tasks import ask_staff
from surveys.outbox.suppressing import suppress_of, wait_for_hand_overs

REASONS = {"failed": "bounced", "complaint": "complaint"}


@dataclass(frozen=True)
class Returned:
    """Our message that a report is about, and whose it is."""

    message: Message
    visit: Visit
    patient: Patient


def note_returned(session: Session, vault: Vault, report: Report, *, now: datetime) -> str | None:
    """Act on a report in the bound clinic; returns what was done, or None where the message is not the clinic's.

    ``suppressed``; ``known``: it was before; ``changed``: the patient has another address by now; ``noted``: a delay.
    The Message-ID is random and stands in our mail alone, so whoever names it has had that mail.
    """
    found = _find(session, report.message_id)
    if found is None:
        return None
    wait_for_hand_overs(session, [found.patient.id])  # first: permissions come before messages in every transaction
    found.message.reply = f"returned {report.status or report.kind}"[:40]
    if report.kind not in REASONS:
        return "noted"
    if not _still_theirs(vault, found.patient, report):
        return "changed"
    if not suppress_of(session, found.patient, "email", REASONS[report.kind], now=now):
        return "known"
    _tell(session, found, report, now)
    return "suppressed"


def _tell(session: Session, found: Returned, report: Report, now: datetime) -> None:
    what = {"kind": report.kind, "status": report.status, "step": found.message.step}
    subject = ("patient", found.patient.id)
    record(session, found.patient.clinic_id, SYSTEM, "address_suppressed", subject, now=now, new=what)
    ask_staff(session, found.message.clinic_id, found.visit.id, "bounced", now=now)


def _find(session: Session, message_id: str) -> Returned | None:
    wanted = (
        select(Message, Visit, Patient)
        .join(Visit, Visit.id == Message.visit_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .where(Message.message_id == message_id, Message.channel == "email", Message.sending_at.is_not(None))
    )
    row = session.execute(wanted).first()
    return Returned(*row) if row else None


def _still_theirs(vault: Vault, patient: Patient, report: Report) -> bool:
    """Whether the address on file is one the report names; a complaint may leave out whose it is, for privacy."""
    if patient.email_index is None:
        return False
    named = {index for address in report.recipients for index in vault.indexes(address, "email")}
    return patient.email_index in named or (report.kind == "complaint" and not named)
