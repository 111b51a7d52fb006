"""How a screen was used: measured beside the answer it belongs to, and never needed to read that answer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveys.db import Base
from surveys.models.checks import one_of

ORIENTATIONS = ("portrait", "landscape")
POINTERS = ("touch", "mouse", "pen", "keyboard")
INPUT_PATHS = ("typed", "tapped", "stepped")


class ScreenUse(Base):
    """What is known of one acknowledged answer's screen. Append-only.

    What the browser measures is NULL without scripts, and NULL where it is out of its range. Milliseconds count from
    the moment the screen was shown; pixels are CSS pixels; ``text_size`` is in per cent of the usual one.
    """

    __tablename__ = "screen_use"
    clinic_id: Mapped[UUID]
    answer_id: Mapped[UUID]
    recorded_at: Mapped[datetime]  # the real clock of the server
    language: Mapped[str]
    wording_hash: Mapped[str]
    layout: Mapped[str]  # which drawing of the screen, such as rows-1
    app_version: Mapped[str]
    first_input_ms: Mapped[int | None]
    confirmed_ms: Mapped[int | None]
    changes: Mapped[int | None]  # of the choice before it was confirmed
    slips: Mapped[int | None]  # quick corrections to a neighbouring row: mis-taps
    backs: Mapped[int | None]  # how often the screen was come back to
    viewport_width: Mapped[int | None]
    viewport_height: Mapped[int | None]
    row_height: Mapped[int | None]
    text_size: Mapped[int | None]
    orientation: Mapped[str | None]
    pointer: Mapped[str | None]
    input_path: Mapped[str | None]  # how a number came to be
    translated: Mapped[bool | None]  # the browser had translated the page
    queued: Mapped[bool] = mapped_column(default=False)  # confirmed without a line, and sent when it returned
    __table_args__ = (
        PrimaryKeyConstraint("clinic_id", "answer_id"),
        ForeignKeyConstraint(["clinic_id", "answer_id"], ["answer.clinic_id", "answer.id"]),
        one_of("orientation", *ORIENTATIONS),
        one_of("pointer", *POINTERS),
        one_of("input_path", *INPUT_PATHS),
        CheckConstraint("changes >= 0 AND slips >= 0 AND backs >= 0", name="counted"),
        CheckConstraint("first_input_ms >= 0 AND confirmed_ms >= 0", name="timed"),
    )
