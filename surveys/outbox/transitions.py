"""What the last look decided, written for a whole batch: a statement for each kind of change."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.orm import Session

from surveys.answering.languages import asked_in
from surveys.db import UNSYNCED
from surveys.models import Message
from surveys.outbox.claiming import Claim
from surveys.outbox.eligibility import Refusal
from surveys.outbox.settling import RESENT_ONCE
from surveys.outbox.situation import Situation
from surveys.outbox.staff_tasks import open_task

NEEDS_A_PERSON = {  # the kind of the task that a refusal opens
    "no_address": "no_channel",
    "no_permission": "no_channel",
    "suppressed": "no_channel",
    "no_wording": "language",
}
Refused = tuple[Situation, Refusal]
Group = Sequence[Situation]  # what goes in one message, its carrier first


def write_refusals(session: Session, refused: Sequence[Refused], *, now: datetime) -> Counter[str]:
    """Write the end or the new due time of each; returns how many came to which state."""
    alike: dict[tuple[tuple[str, Any], ...], list[UUID]] = defaultdict(list)
    for facts, refusal in refused:
        alike[tuple(sorted(_refused(facts, refusal, now).items()))].append(facts.message.id)
    for values, ids in alike.items():
        _write(session, ids, dict(values))
    for facts, refusal in refused:
        if task := NEEDS_A_PERSON.get(refusal.reason):
            open_task(session, facts.message, task, now=now)
    return Counter({dict(values)["state"]: len(ids) for values, ids in alike.items()})


def _refused(facts: Situation, refusal: Refusal, now: datetime) -> dict[str, Any]:
    """What becomes of it: it waits, it expires with its window, or it is refused for good."""
    if refusal.until and refusal.until < facts.visit.closes_at:
        return {"state": "planned", "due_at": refusal.until}
    if refusal.until or refusal.reason == "window_closed":
        return {"state": "expired", "cause": refusal.reason, "settled_at": now}
    return {"state": "refused", "refusal": refusal.reason, "settled_at": now}


def write_for_staff(session: Session, tasks: Sequence[Situation], *, now: datetime) -> None:
    """Open the tasks that these messages are; with that they are done."""
    for facts in tasks:
        by_phone = facts.message.step == "phone_task" and facts.may_phone
        open_task(session, facts.message, "phone" if by_phone else "no_channel", now=now)
        if not asked_in(facts.protocol, facts.visit.timepoint, facts.patient.language):
            open_task(session, facts.message, "language", now=now)
    _write(session, [facts.message.id for facts in tasks], {"state": "sent", "settled_at": now})


def write_sending(
    session: Session,
    groups: Sequence[Sequence[Situation]],
    mine: Mapping[UUID, Claim],
    *,
    now: datetime,
    lease: timedelta,
) -> dict[UUID, Claim]:
    """Let each group's head carry the rest, all of them ``sending``; returns every message's claim.

    What goes along is taken from whoever has claimed it by a higher fence.
    """
    tries = func.least(Message.attempts + 1, RESENT_ONCE)  # a restore lets one go that has used them up
    begun = {"state": "sending", "sending_at": now, "attempts": tries, "carried_by": None}
    taken = {**begun, "claimed_at": now, "fence": Message.fence + 1}
    until = func.clock_timestamp() + lease
    heads = [group[0].message.id for group in groups]
    _write(session, [head for head in heads if head in mine], begun, until)
    _write(session, [head for head in heads if head not in mine], taken, until)
    for head, *rest in groups:
        _write(session, [each.message.id for each in rest], {**taken, "carried_by": head.message.id}, until)
    kept = {head: mine[head] for head in heads if head in mine}
    return {each.message.id: kept.get(each.message.id) or _taken(each.message) for group in groups for each in group}


def _taken(message: Message) -> Claim:
    return Claim(message.clinic_id, message.id, message.fence + 1)


def _write(
    session: Session, ids: Sequence[UUID], values: Mapping[str, Any], lease_until: ColumnElement[datetime] | None = None
) -> None:
    """Change rows that are locked; what was read of them stays as it was read."""
    if ids:
        change = update(Message).where(Message.id.in_(ids)).values(**values, lease_until=lease_until)
        session.execute(change, execution_options=UNSYNCED)
