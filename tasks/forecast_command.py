"""``flask messages preview``: what would go out on a day to come, and why not to the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys.db import app_now, clinic_scope, clinic_session, db
from surveys.models import Clinic
from surveys.outbox.forecast import Going, foresee
from surveys.outbox.kept_back import Kept, kept_back, without_visit
from surveys.schedule import local_date
from surveys.views.words import WORDS
from tasks.messages_group import tell

AHEAD = 3660  # days


@click.command("preview")
@with_appcontext
@click.option("--on", "moment", type=click.DateTime(["%Y-%m-%d"]), required=True, help="A day, such as 2027-03-01.")
@click.option("--clinic", "code", default=None, help="One clinic's code; without it, every clinic.")
def preview_command(moment: datetime, code: str | None) -> None:
    """Rehearse a day: who would get which message, and why the others get none. Nothing is sent or changed."""
    found = False
    for clinic_id in _ids():
        with clinic_session(clinic_id) as session:
            clinic = session.get_one(Clinic, clinic_id)
            if code in (None, clinic.code):
                found = True
                for line in _told(session, clinic, moment.date()):
                    tell(line)
            session.rollback()
    if not found:
        raise click.UsageError(f"There is no clinic {code!r}. Check the code." if code else "There is no clinic yet.")


def _ids() -> list[UUID]:
    with clinic_scope(None), Session(db.engine) as session:
        return list(session.scalars(text("SELECT * FROM clinic_ids()")))


def _told(session: Session, clinic: Clinic, day: date) -> Iterator[str]:
    now = app_now(session)
    today = local_date(now, ZoneInfo(clinic.time_zone))
    if not today <= day <= today + timedelta(days=AHEAD):
        raise click.UsageError(f"In {clinic.code} it is {today}. Choose a day from then to ten years ahead.")
    going = foresee(session, clinic, day, now=now)
    reached = {each.patient.id for each in going}
    kept = kept_back(session, clinic, day, reached, now=now)
    others = without_visit(session, clinic, reached | {each.patient.id for each in kept})
    yield f"{clinic.code} on {day}: {_counted(going)}"
    if current_app.extensions["backstory"].sms is None and any(each.channel == "sms" for each in going):
        yield "  SMS_URL is not set: the texts below would wait, and their patients would be tasks for staff"
    yield from map(_going_line, going)
    yield from _kept_lines(kept, others)


def _counted(going: Sequence[Going]) -> str:
    tasks = sum(each.channel == "staff" for each in going)
    return f"{len(going) - tasks} messages, {tasks} tasks for staff"


def _going_line(going: Going) -> str:
    clock = f"{going.at.astimezone(ZoneInfo(going.patient.time_zone)):%H:%M}"
    parts = " + ".join(
        f"{part.timepoint}: {_said(part.step)}{' (has begun)' if part.started else ''}" for part in going.parts
    )
    return f"  {clock} {going.patient.time_zone}  patient {going.patient.number}  {_said(going.channel)}  {parts}"


def _kept_lines(kept: Sequence[Kept], others: int) -> Iterator[str]:
    """Reasons with their numbers, then each open visit that waits for something."""
    for reason, number in Counter(each.reason for each in kept).most_common():
        yield f"  no message to {number}: {_said(reason)}"
    if others:
        yield f"  no message to {others}: no questionnaire open"
    for each in kept:
        until = f" until {each.until:%Y-%m-%d %H:%M} UTC" if each.until else ""
        yield f"    patient {each.patient.number}  {each.timepoint}  {_said(each.reason)}{until}"


def _said(code: str) -> str:
    """Staff's words for a code, in English as all commands."""
    known = WORDS.get(code)
    return known.spoken("en") if known else code
