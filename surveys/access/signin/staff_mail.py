"""Mail to staff as rows: planned in the transaction that wants it, claimed, handed over and settled by the worker.

Times are of the real clock. No row holds a token: it is made when the mail is handed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, case, func, insert, literal, or_, select, tuple_, update
from sqlalchemy.orm import Session

from surveys.db import UNSYNCED, made_at, uuid7
from surveys.models import Alert, Clinic, Staff, StaffMail
from surveys.outbox.claiming import LEASE, Claim
from surveys.outbox.settling import PAUSES, Outcome

STALE = timedelta(hours=1)  # a password reset that could not be sent for so long is not wanted any more


@dataclass(frozen=True)
class Errand:
    """What a mail to staff is made of. ``language``: the clinic's first."""

    claim: Claim
    purpose: str
    message_id: str
    person: Staff
    clinic: Clinic


def plan(session: Session, person: Staff, purpose: str, request: UUID, *, now: datetime | None = None) -> None:
    """Plan one mail. Whoever asks again for the same ``request`` adds nothing.

    ``now``: the real clock; None where the caller knows only the domain's, and the database tells it.
    """
    known = select(StaffMail.id).where(StaffMail.staff_id == person.id, StaffMail.purpose == purpose)
    if session.scalar(known.where(StaffMail.request == request)) is None:
        _insert(session, person.id, purpose, request, now)


def plan_reset(session: Session, staff_id: UUID | None, *, now: datetime) -> None:
    """Plan a mail with a link to a new password, if the account can use one; runs alike for nobody (None)."""
    _insert(session, staff_id, "password_reset", uuid7(), now, Staff.password_hash.is_not(None))


def _insert(
    session: Session,
    staff_id: UUID | None,
    purpose: str,
    request: UUID,
    now: datetime | None,
    *rules: ColumnElement[bool],
) -> None:
    due = func.clock_timestamp() if now is None else literal(now, StaffMail.due_at.type)
    domain = func.substring(Clinic.sender_address, "@(.*)$")
    values = {
        "clinic_id": Staff.clinic_id,
        "id": literal(uuid7()),
        "staff_id": Staff.id,
        "purpose": literal(purpose),
        "request": literal(request),
        "state": literal("planned"),
        "due_at": due,
        "message_id": func.concat(f"<{uuid4().hex}@", domain, ">"),
        "attempts": literal(0),
        "fence": literal(0),
    }
    reachable = Staff.id == staff_id, Staff.email_enc.is_not(None), Staff.disabled_at.is_(None)
    rows = select(*values.values()).join(Clinic, Clinic.id == Staff.clinic_id).where(*reachable, *rules)
    session.execute(insert(StaffMail).from_select(list(values), rows, include_defaults=False))


def claim(session: Session, limit: int) -> list[Claim]:
    """Claim up to ``limit`` due mails of the bound clinic, passing over rows that others are claiming."""
    real = func.clock_timestamp()
    due = (StaffMail.state == "planned") & (StaffMail.due_at <= real)
    abandoned = (StaffMail.state == "claimed") & (StaffMail.lease_until < real)
    chosen = select(StaffMail.id).where(or_(due, abandoned)).order_by(StaffMail.due_at).limit(limit)
    taken = (
        update(StaffMail)
        .where(StaffMail.id.in_(chosen.with_for_update(skip_locked=True).scalar_subquery()))
        .values(state="claimed", fence=StaffMail.fence + 1, lease_until=real + LEASE)
        .returning(StaffMail.clinic_id, StaffMail.id, StaffMail.fence)
    )
    return [Claim(row.clinic_id, row.id, row.fence) for row in session.execute(taken, execution_options=UNSYNCED)]


def begin(session: Session, mine: Claim, *, now: datetime) -> Errand | None:
    """Turn a claim into ``sending``, or cancel what nobody needs any more; the caller commits before SMTP."""
    held = StaffMail.id == mine.id, StaffMail.fence == mine.fence, StaffMail.state == "claimed"
    mail = session.scalar(select(StaffMail).where(*held).with_for_update().execution_options(populate_existing=True))
    if mail is None:
        return None
    person, clinic = session.get_one(Staff, mail.staff_id), session.get_one(Clinic, mail.clinic_id)
    if ending := _not_wanted(session, mail, person, now):
        mail.state, mail.settled_at, mail.lease_until = ending, now, None
        session.flush()
        return None
    mail.state, mail.attempts = "sending", mail.attempts + 1
    mail.lease_until = func.clock_timestamp() + LEASE
    session.flush()
    return Errand(mine, mail.purpose, mail.message_id, person, clinic)


def settle(session: Session, mine: Claim, outcome: Outcome, *, now: datetime) -> None:
    """Write how the hand-over ended, unless the row is another's by now."""
    held = StaffMail.id == mine.id, StaffMail.fence == mine.fence, StaffMail.state.in_(("sending", "unknown"))
    mail = session.scalar(select(StaffMail).where(*held).with_for_update().execution_options(populate_existing=True))
    if mail is None or (mail.state == "unknown" and outcome is not Outcome.ACCEPTED):
        return
    mail.lease_until = None
    _write(mail, outcome, now)
    session.flush()


def give_back(session: Session, claims: Sequence[Claim]) -> None:
    """Let what was certainly not handed over wait as before, uncounted: the relay cannot be reached."""
    mine = tuple_(StaffMail.id, StaffMail.fence).in_([(each.id, each.fence) for each in claims])
    tried = StaffMail.attempts - case((StaffMail.state == "sending", 1), else_=0)
    waiting = update(StaffMail).where(mine, StaffMail.state.in_(("claimed", "sending")))
    as_before = waiting.values(state="planned", attempts=tried, lease_until=None)
    session.execute(as_before, execution_options=UNSYNCED)


def settle_lost(session: Session, *, now: datetime) -> None:
    """Settle as unknown what is ``sending`` beyond its lease: its worker died. An admin may invite again."""
    lost = StaffMail.state == "sending", StaffMail.lease_until < func.clock_timestamp()
    gone = {"state": "unknown", "settled_at": now, "lease_until": None}
    session.execute(update(StaffMail).where(*lost).values(**gone), execution_options=UNSYNCED)


def newest(session: Session, purpose: str) -> dict[UUID, str]:
    """Return the state of the newest mail of that purpose to each person of the bound clinic."""
    rows = session.execute(
        select(StaffMail.staff_id, StaffMail.state).where(StaffMail.purpose == purpose).order_by(StaffMail.id)
    )
    return {row[0]: row[1] for row in rows}


def _write(mail: StaffMail, outcome: Outcome, now: datetime) -> None:
    if outcome is Outcome.NOT_TAKEN and mail.attempts <= len(PAUSES):
        mail.state, mail.due_at = "planned", now + PAUSES[mail.attempts - 1]
        return
    mail.settled_at = now
    if outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN):
        mail.state = "sent" if outcome is Outcome.ACCEPTED else "unknown"
    else:
        mail.state, mail.refusal = "refused", outcome.value


def _not_wanted(session: Session, mail: StaffMail, person: Staff, now: datetime) -> str | None:
    """Return the end of a mail that nobody needs: the account is closed, or has its password, or waited too long.

    A mail about alerts is wanted as long as any waits for somebody.
    """
    if person.disabled_at or person.email_enc is None:
        return "cancelled"
    if mail.purpose == "invitation":
        return "cancelled" if person.password_hash else None
    if mail.purpose == "alert":
        waiting = select(Alert.id).where(Alert.clinic_id == mail.clinic_id, Alert.acknowledged_at.is_(None)).limit(1)
        return None if session.scalar(waiting) else "cancelled"
    return "expired" if now - made_at(mail.id) > STALE else None
