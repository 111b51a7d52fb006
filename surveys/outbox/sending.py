"""The last look before messages are handed over: fence, eligibility, and the state ``sending``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.links import issue_links
from surveys.models import Message
from surveys.outbox.claiming import LEASE, Claim, release
from surveys.outbox.companions import candidates, together
from surveys.outbox.deciding import parted
from surveys.outbox.locking import Owned, hold, hold_more, lock_patients, owners
from surveys.outbox.settling import RESENT_ONCE, not_taken
from surveys.outbox.situation import Situation, situations
from surveys.outbox.transitions import Group, Refused, write_for_staff, write_refusals, write_sending

ALL = 1_000_000  # more than any batch


@dataclass(frozen=True)
class Companion:
    """Another visit of the same patient that goes in the same message."""

    claim: Claim
    situation: Situation
    token: str


@dataclass(frozen=True)
class Sendable:
    """What a message is made of. A ``token`` opens a visit and exists in clear only here and in the message.

    ``begun_at``: by the domain clock, for the message's date.
    """

    claim: Claim
    situation: Situation
    token: str
    begun_at: datetime
    companions: tuple[Companion, ...] = ()


@dataclass(frozen=True)
class Begun:
    """What became of a batch of claims.

    ``done``: those that end or wait without a hand-over, by state. ``alone``: those passed over, because somebody
    holds their rows or their patient has another one here; begin each alone. ``over``: those given back, because no
    more may go.
    """

    sendables: list[Sendable] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    alone: list[Claim] = field(default_factory=list)
    over: list[Claim] = field(default_factory=list)


@dataclass
class _Look:
    """What the last look decided, message by message."""

    refused: list[Refused] = field(default_factory=list)
    for_staff: list[Situation] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    over: list[Claim] = field(default_factory=list)


def begin_sending(session: Session, mine: Claim, *, now: datetime, lease: timedelta = LEASE) -> Sendable | None:
    """Begin one message, waiting for whoever holds its rows; the caller commits before the relay sees anything.

    None: another worker has it, it was cancelled meanwhile, it waits, it is refused, or it was a task
    for staff, which is done by opening it.
    """
    begun = begin_batch(session, [mine], now=now, lease=lease, wait=True)
    return begun.sendables[0] if begun.sendables else None


def begin_batch(
    session: Session,
    claims: Sequence[Claim],
    *,
    now: datetime,
    lease: timedelta = LEASE,
    most: Mapping[str, int] | None = None,
    wait: bool = False,
    unshared: bool = False,
) -> Begun:
    """Turn claims into ``sending``, or write why not; the caller commits before the relay sees anything.

    ``most``: how many may go by each channel; what may go beyond that is given back, uncounted. One message of a
    patient goes at a time, and takes along what is due for the patient's other visits. Each message is decided as it
    would be alone. ``unshared``: this transaction has made the patients, so that there is nobody to lock them against.
    """
    firsts, others = _first_of_each(owners(session, claims))
    if not firsts:
        return Begun()
    if not unshared:
        lock_patients(session, claims[0].clinic_id, [each.patient_id for each in firsts])
    along = candidates(session, {each.patient_id for each in firsts}, but=[each.claim.id for each in firsts], now=now)
    held = {each.claim.id for each in firsts} if unshared else hold(session, firsts, wait=wait)
    going = [each for each in firsts if each.claim.id in held]
    theirs = {each.patient_id for each in going}
    more = hold_more(session, [(each.id, each.visit_id) for each in along if each.patient_id in theirs])
    look = _decide([each.claim for each in going], situations(session, [*held, *more], now=now), dict(most or {}), now)
    done = write_refusals(session, look.refused, now=now)
    done["staff"] = len(look.for_staff)
    write_for_staff(session, look.for_staff, now=now)
    release(session, look.over)
    sendables = _begin(session, look.groups, {mine.id: mine for mine in claims}, now, lease)
    busy = [each.claim for each in firsts if each.claim.id not in held] if not wait else []
    return Begun(sendables, +done, [*busy, *(each.claim for each in others)], look.over)


def _first_of_each(owned: Sequence[Owned]) -> tuple[list[Owned], list[Owned]]:
    """Part each patient's first message from the others, that come after it."""
    first: dict[UUID, Owned] = {}
    for each in owned:
        first.setdefault(each.patient_id, each)
    chosen = {each.claim.id for each in first.values()}
    return list(first.values()), [each for each in owned if each.claim.id not in chosen]


def _decide(going: Sequence[Claim], facts: Mapping[UUID, Situation], most: dict[str, int], now: datetime) -> _Look:
    """Decide on each claim in turn; the rest of the situations may go along."""
    look, beside = _Look(), defaultdict(list)
    claimed = {mine.id: mine for mine in going}
    for message_id, other in facts.items():
        if message_id not in claimed:
            beside[other.patient.id].append(other)
    look.refused, may_go = parted([facts[mine.id] for mine in going], now=now)
    for one in may_go:
        if one.message.channel == "staff":
            look.for_staff.append(one)
        elif most.get(one.message.channel, ALL) < 1:
            look.over.append(claimed[one.message.id])
        else:
            most[one.message.channel] = most.get(one.message.channel, ALL) - 1
            look.groups.append(together(one, beside[one.patient.id], now=now))
    return look


def _begin(
    session: Session,
    groups: Sequence[Group],
    mine: Mapping[UUID, Claim],
    now: datetime,
    lease: timedelta,
) -> list[Sendable]:
    """Write ``sending`` and a link for each visit."""
    claims = write_sending(session, groups, mine, now=now, lease=lease)
    tokens = issue_links(session, [each.visit for group in groups for each in group], now=now)
    begun = []
    for head, *rest in groups:
        along = tuple(Companion(claims[each.message.id], each, tokens[each.visit.id]) for each in rest)
        begun.append(Sendable(claims[head.message.id], head, tokens[head.visit.id], now, along))
    return begun


def put_off(session: Session, mine: Claim, *, now: datetime) -> None:
    """Count a try that could not even begin; after the fifth a person is told, like after any other."""
    held = (Message.id == mine.id) & (Message.state == "claimed") & (Message.fence == mine.fence)
    wanted = select(Message).where(held).with_for_update().execution_options(populate_existing=True)
    message = session.scalars(wanted).one_or_none()
    if message is not None:
        message.attempts = min(message.attempts + 1, RESENT_ONCE)
        not_taken(session, message, now)
        session.flush()
