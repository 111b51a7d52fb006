"""A patient's answer saved in one statement: what the form's signed token allows, under the response's lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from surveys.access.tokens import digest
from surveys.answering.battery import Screen, screens_of
from surveys.answering.item_token import ItemToken
from surveys.answering.screen_use import DAY
from surveys.answering.sitting import IDLE
from surveys.db import uuid7
from surveys.protocols.store import protocol_with_hash
from surveys.wordings import Wording, in_use

Outcome = Literal["saved", "sent", "over", "unknown"]
SAVE = text(
    """SELECT outcome, protocol, planned_as, EXISTS (
        SELECT FROM patient_session b WHERE b.token_digest = :browser AND b.link_id = :link
            AND b.revoked_at IS NULL AND b.last_seen_at > clock_timestamp() - :idle) AS same_browser
    FROM (SELECT (1000 * (extract(epoch FROM clock_timestamp()) - :shown))::bigint AS ms) lay_open,
        save_screen(:clinic, :link, :visit, :until, :instrument, :language, :wording, :item, :status, :level,
        :nonce, :based_on, :mode, :author, :response_id, :answer_id, jsonb_build_object(
            'confirmed_ms', CASE WHEN ms BETWEEN 0 AND :longest THEN ms END) || :used)"""
).bindparams(bindparam("used", type_=JSONB))


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of an answer, and what is needed to go on to the next screen.

    ``outcome`` other than ``saved``: nothing was stored, since the visit was ``sent``, is ``over``, or the link
    is ``unknown``. ``same_browser``: the browser's session belongs to the link the form came from.
    """

    outcome: Outcome
    same_browser: bool
    screens: tuple[Screen, ...]  # of the visit, where it was saved


def save_answer(
    connection: Connection,
    token: ItemToken,
    wording: Wording,
    status: str,
    level: int | None,
    browser: str,
    used: Mapping[str, object],
) -> Saved:
    """Append one answer durably; the connection is in autocommit.

    ``browser``: the token of its cookie, or empty. ``used``: how the screen was used, as columns of ``screen_use``;
    where it does not say how long that took, the database counts from the second in which the form was drawn.
    """
    row = connection.execute(
        SAVE,
        {
            "clinic": token.clinic_id,
            "link": token.link_id,
            "visit": token.visit_id,
            "until": datetime.fromtimestamp(token.expires, UTC),
            "instrument": token.instrument,
            "language": wording.language,
            "wording": wording.hash,
            "item": token.item,
            "status": status,
            "level": level,
            "nonce": token.nonce,
            "based_on": token.based_on,
            "mode": token.respondent,
            "author": token.author_id,
            "used": dict(used),
            "shown": token.shown,
            "longest": DAY,
            "response_id": uuid7(),
            "answer_id": uuid7(),
            "browser": digest(browser),
            "idle": IDLE,
        },
    ).one()
    if row.outcome != "saved":
        return Saved(row.outcome, row.same_browser, ())
    protocol = protocol_with_hash(connection, row.protocol)
    return Saved(row.outcome, row.same_browser, screens_of(protocol, row.planned_as))


def wording_read(token: ItemToken) -> Wording | None:
    """Return the wording the form showed, or None where it is no longer in force: its text has changed since."""
    known = in_use().values()
    same = (each for each in known if each.instrument == token.instrument and each.hash.startswith(token.wording_hash))
    return next(same, None)
