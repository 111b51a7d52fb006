"""Whether what a claim stands on is still so: today's rows against the frozen ones, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Interval, exists, literal, select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM, record
from surveys.models import Claim, ClaimEpisode, OutcomeChange
from surveys.outcomes.claims.frame import read_rows
from surveys.outcomes.claims.freeze import freeze
from surveys.outcomes.claims.specification import read_specification

Change = dict[str, Any]
COMMITTED = timedelta(minutes=15)  # a change is noted when it is made, and seen when its transaction ends
LATE = ("late", "late_proxy")
MOST_KEPT = 200  # changes that are kept with a claim; more are counted in the last


def check(session: Session, claim: Claim, *, now: datetime, checked_at: datetime) -> Sequence[Change]:
    """Compare today's rows with the frozen ones, and mark the claim; returns what changed."""
    session.refresh(claim, with_for_update=True)
    live = freeze(session, read_specification(claim.specification))
    found = list(changes(claim.rows, live.rows)) if live.rows != claim.rows else []
    claim.checked_at = checked_at
    _mark(session, claim, found[:MOST_KEPT], len(found), now=now)
    return found


def changes(frozen: str, live: str) -> Iterator[Change]:
    """What differs: patient, timepoint and column, before and after; an answer that came late since is no change."""
    before, after = read_rows(frozen), read_rows(live)
    for key in sorted(before.keys() | after.keys(), key=lambda each: tuple(int(part) for part in each.split("-"))):
        patient = key.partition("-")[0]
        if key not in after:
            yield {"patient": patient, "timepoint": "", "what": "row", "before": "counted", "after": "not counted"}
        elif key not in before:
            yield {"patient": patient, "timepoint": "", "what": "row", "before": "not counted", "after": "counted"}
        else:
            yield from _differing(patient, before[key], after[key])


def _differing(patient: str, before: dict[str, str], after: dict[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name, ""), after.get(name, "")
        if old == new or (not old and new in LATE):
            continue
        timepoint, dot, what = name.partition(".")
        place = {"timepoint": timepoint if dot else "", "what": what if dot else name}
        yield {"patient": patient, **place, "before": old, "after": new}


def _mark(session: Session, claim: Claim, kept: list[Change], total: int, *, now: datetime) -> None:
    """Note what changed; a claim whose rows are again as they were stands again."""
    if kept == (claim.stale_changes or []):
        return
    was = claim.stale_at
    claim.stale_at, claim.stale_changes = (was or now, kept) if kept else (None, None)
    action = "claim_stale" if kept else "claim_stands_again"
    what = {"number": claim.number, "changes": total}
    record(session, claim.clinic_id, SYSTEM, action, ("claim", claim.id), now=now, new=what)


def touched(session: Session) -> Sequence[Claim]:
    """Claims that are not over and whose episodes changed since they were last compared."""
    changed = exists().where(
        ClaimEpisode.claim_id == Claim.id,
        OutcomeChange.episode_id == ClaimEpisode.episode_id,
        OutcomeChange.clinic_id == ClaimEpisode.clinic_id,
        OutcomeChange.at > Claim.checked_at - literal(COMMITTED, Interval()),
    )
    return session.scalars(select(Claim).where(Claim.withdrawn_at.is_(None), changed).order_by(Claim.number)).all()
