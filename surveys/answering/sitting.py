"""A patient's visit as a request sees it: who, where, until when, and whether answers are taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, text
from sqlalchemy.orm import Session

from scoring.instrument import load_instruments
from surveys.access.tokens import digest
from surveys.answering.answers import Current
from surveys.answering.battery import Screen, screens_of
from surveys.db import UtcDateTime
from surveys.models import Visit
from surveys.protocols.model import Protocol
from surveys.protocols.store import protocol_with_hash

_Answers = Mapping[tuple[str, str], Current]
IDLE = timedelta(hours=12)  # patients pause for hours; the signed item token saves even beyond
TOUCH = timedelta(minutes=5)  # not a write per page
KIOSK_IDLE = timedelta(minutes=10)  # a clinic's tablet lies about; its pages ask after eight
COLUMNS = """s.clinic_id, s.link_id, s.visit_id, s.episode_id, s.patient_id, {language} AS language, s.timepoint,
    s.closes_at, s.now, s.state, s.takes_answers, clock_timestamp() AS real,
    s.protocol_hash, s.clinic_name, s.sender_name, s.phone"""
OF_PATIENT, OF_SESSION = (
    COLUMNS.format(language="s.language"),
    COLUMNS.format(language="coalesce(b.language, s.language)"),
)
NEWEST = "newest_answers(s.clinic_id, s.visit_id, :instrument, CAST(:items AS text[]))"
MOMENTS = {"closes_at": UtcDateTime(), "now": UtcDateTime(), "real": UtcDateTime()}
BY_TOKEN = text(
    f"""SELECT {OF_PATIENT} FROM patient_link l CROSS JOIN LATERAL sitting_of(l.id) s
    WHERE l.token_digest = :token AND (l.expires_at IS NULL OR l.expires_at > clock_timestamp())"""  # noqa: S608
).columns(**MOMENTS)
BY_LINK = text(f"SELECT {OF_PATIENT}, {NEWEST} AS answers FROM sitting_of(:link) s").columns(**MOMENTS)  # noqa: S608
BY_SESSION = text(
    f"""SELECT {OF_SESSION}, {NEWEST} AS answers, b.id AS browser_id, b.respondent, b.year_pending, b.staff_id, b.kiosk,
        b.kiosk OR clock_timestamp() - b.last_seen_at > :touch AS unseen
    FROM patient_session b CROSS JOIN LATERAL sitting_of(b.link_id) s
    WHERE b.token_digest = :token AND b.revoked_at IS NULL
        AND b.last_seen_at > clock_timestamp() - CASE WHEN b.kiosk THEN :kiosk_idle ELSE :idle END"""  # noqa: S608
).columns(**MOMENTS)
SEEN = text("UPDATE patient_session SET last_seen_at = clock_timestamp() WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Browser:
    """A patient's session: its id, who fills in, and whether the year of birth is still to be given.

    ``year_pending`` on a device of the clinic: who fills in, and consent, are still to be asked.
    ``staff_id``: who enters an interview or a paper form. ``kiosk``: a device of the clinic, which forgets.
    """

    id: UUID
    respondent: str
    year_pending: bool
    staff_id: UUID | None
    kiosk: bool


@dataclass(frozen=True, slots=True)
class ClinicFace:
    """What a patient's page shows of the clinic."""

    name: str
    sender_name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Sitting:
    """One visit opened through one link. ``now`` is the domain clock, ``real`` the session clock.

    ``state``: ``open``, ``sent`` or ``over`` (not open yet, closed, cancelled, ended, or its link revoked).
    ``takes_answers``: whether the visit is open, whatever became of the link.
    """

    clinic_id: UUID
    link_id: UUID
    visit_id: UUID
    episode_id: UUID
    patient_id: UUID
    language: str
    timepoint: str
    closes_at: datetime
    now: datetime
    state: str
    takes_answers: bool
    real: datetime
    protocol: Protocol
    clinic: ClinicFace
    answers: _Answers  # of the instrument that was asked for

    @property
    def screens(self) -> tuple[Screen, ...]:
        """Every screen of the visit, in order."""
        return screens_of(self.protocol, self.timepoint)

    def screen(self, instrument: str, position: int) -> Screen | None:
        """Return the screen at an address, or None where the visit does not ask it."""
        found = (s for s in self.screens if s.instrument == instrument and s.position == position)
        return next(found, None)

    def first_unanswered(self, current: Mapping[tuple[str, str], Current]) -> Screen | None:
        """Return where to resume, or None where every item is answered or declined."""
        return next((s for s in self.screens if not _settled(current, s)), None)


def _settled(current: Mapping[tuple[str, str], Current], screen: Screen) -> bool:
    answer = current.get((screen.instrument, screen.item.code))
    return answer is not None and answer.settled


def by_token(session: Session, token: str) -> Sitting | None:
    """Return the sitting of a mailed token inside the bound clinic."""
    row = session.execute(BY_TOKEN, {"token": digest(token)}).one_or_none()
    return _sitting(session, row, {}) if row else None


def by_link(connection: Connection, link_id: UUID, instrument: str) -> Sitting | None:
    """Return the sitting of a link by its id, with the current answers of one instrument."""
    row = connection.execute(BY_LINK, {"link": link_id, **_asked(instrument)}).one_or_none()
    return _sitting(connection, row, _answers(instrument, row.answers)) if row else None


def by_session(
    connection: Connection, token: str, instrument: str = "", *, touch: bool = True
) -> tuple[Sitting, Browser] | None:
    """Return sitting and browser of a cookie's token; None where unknown, revoked or idle too long.

    One read holds all of it, with the current answers of one instrument. ``touch``: whether somebody is there,
    rather than a page that opened by itself.
    """
    spans = {"idle": IDLE, "kiosk_idle": KIOSK_IDLE, "touch": TOUCH}
    values = {"token": digest(token), **spans, **_asked(instrument)}
    row = connection.execute(BY_SESSION, values).one_or_none()
    if row is None:
        return None
    if row.unseen and touch:
        connection.execute(SEEN, {"id": row.browser_id})
    browser = Browser(row.browser_id, row.respondent, row.year_pending, row.staff_id, row.kiosk)
    return _sitting(connection, row, _answers(instrument, row.answers)), browser


def _asked(instrument: str) -> dict[str, object]:
    known = load_instruments().get(instrument)
    return {"instrument": instrument, "items": [item.code for item in known.items] if known else []}


def _answers(instrument: str, found: Mapping[str, tuple[str, str, int | None]] | None) -> _Answers:
    return {
        (instrument, item): Current(UUID(answer_id), instrument, item, status, level)
        for item, (answer_id, status, level) in (found or {}).items()
    }


def _sitting(source: Session | Connection, row: Row[Any], answers: _Answers) -> Sitting:
    columns: Sequence[Any] = row
    clinic, protocol = ClinicFace(*columns[13:16]), protocol_with_hash(source, row.protocol_hash)
    values: list[Any] = [*columns[:12], protocol, clinic, answers]
    return Sitting(*values)


def next_visit(session: Session, sitting: Sitting) -> Visit | None:
    """Return the episode's next visit that has not opened yet."""
    later = (
        Visit.episode_id == sitting.episode_id,
        Visit.opens_at > sitting.now,
        Visit.cancelled_at.is_(None),
    )
    return session.scalar(select(Visit).where(*later).order_by(Visit.opens_at).limit(1))


def has_answers(current: Mapping[tuple[str, str], Current]) -> bool:
    """Whether anything is answered or declined."""
    return any(answer.settled for answer in current.values())
