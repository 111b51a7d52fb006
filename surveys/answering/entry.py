"""A whole instrument entered by staff, from paper or an interview."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from scoring.instrument import Item, load_instruments
from surveys.access.chain.audit import Actor, record
from surveys.answering.battery import battery_of, items_asked
from surveys.answering.responses import current_answers, lock_visit, open_response, record_answer, submit
from surveys.db import uuid7
from surveys.models import Visit
from surveys.protocols.loading import Protocol
from surveys.wordings import wording_for

ENTRY_MODES = ("paper", "interview", "tablet", "proxy")
WHOLE = re.compile(r"-?[0-9]{1,3}")
DECLINED = "declined"


@dataclass(frozen=True)
class Sheet:
    """What was read off one instrument: a level, None for declined; items left empty are absent."""

    instrument: str
    levels: Mapping[str, int | None]


def read_sheet(
    protocol: Protocol, timepoint: str, instrument: str, typed: Mapping[str, str]
) -> tuple[Sheet, list[str]]:
    """Read the typed levels; also return the items that hold something else than a level of theirs."""
    levels: dict[str, int | None] = {}
    wrong = []
    for code in items_asked(protocol, timepoint, instrument):
        text = typed.get(code, "").strip()
        if text == DECLINED:
            levels[code] = None
        elif _fits(text, load_instruments()[instrument].item(code)):
            levels[code] = int(text)
        elif text:
            wrong.append(code)
    return Sheet(instrument, levels), wrong


def _fits(text: str, item: Item) -> bool:
    return bool(WHOLE.fullmatch(text)) and item.minimum <= int(text) <= item.maximum


def enter_sheet(
    session: Session, visit: Visit, sheet: Sheet, *, mode: str, language: str, author_id: UUID, now: datetime
) -> None:
    """Append what differs from the current answers; raises AlreadySent after submission.

    The visit is locked before its answers, as by whoever sends it at the same time.
    """
    lock_visit(session, visit)
    wording = wording_for(sheet.instrument, language)
    response = open_response(
        session, visit, sheet.instrument, mode=mode, language=language, wording_hash=wording.hash, now=now
    )
    current = current_answers(session, visit.id)
    for item, level in sheet.levels.items():
        known = current.get((sheet.instrument, item))
        status = "answered" if level is not None else DECLINED
        if known is not None and (known.status, known.level) == (status, level):
            continue
        record_answer(
            session,
            response,
            item,
            status,
            level,
            nonce=uuid7(),
            based_on=known.id if known else None,
            mode=mode,
            author_id=author_id,
            now=now,
        )
    what = {"instrument": sheet.instrument, "mode": mode, "items": len(sheet.levels)}
    subject = ("response", response.id)
    record(session, visit.clinic_id, Actor("staff", author_id), "entered", subject, now=now, new=what)


def complete(session: Session, visit: Visit, protocol: Protocol) -> bool:
    """Whether every item of the battery is answered or declined."""
    current = current_answers(session, visit.id)
    asked = [(entry.instrument, item) for entry in battery_of(protocol, visit.timepoint) for item in entry.items]
    return all(key in current and current[key].settled for key in asked)


def send_entered(session: Session, visit: Visit, protocol: Protocol, *, actor: Actor, now: datetime) -> bool:
    """Submit what was entered; False where it was sent already."""
    return submit(session, visit, protocol, now=now, actor=actor)
