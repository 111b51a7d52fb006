"""Making claims, signing, withdrawing and finding them. What was computed never changes; only its standing does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.db import uuid7
from surveys.i18n import gettext as _
from surveys.models import Claim, ClaimEpisode, ClaimSignature, Clinic
from surveys.outcomes.claims.compute import compute
from surveys.outcomes.claims.found import ClaimError
from surveys.outcomes.claims.freeze import freeze
from surveys.outcomes.claims.specification import Specification
from surveys.outcomes.claims.standing import SIGNERS, state_of
from surveys.outcomes.plans.canonical import digest
from surveys.outcomes.plans.verdict import Verdict
from surveys.schedule import add_months

LASTS = 12  # months


def make(
    session: Session,
    clinic_id: UUID,
    specification: Specification,
    planned: Verdict,
    cohort_id: UUID | None,
    *,
    actor: Actor,
    now: datetime,
    checked_at: datetime,
) -> Claim:
    """Freeze the rows, compute, and keep both; ``checked_at``: by the real clock, as the feed of changes has it.

    Raises ClaimError where nothing can be said.
    """
    assert actor.id is not None  # noqa: S101 - staff sign in
    frozen = freeze(session, specification)
    result = compute(specification.text, frozen.rows)
    session.get_one(Clinic, clinic_id, with_for_update=True)  # numbers follow each other without a gap or a double
    number = session.scalar(select(func.coalesce(func.max(Claim.number), 0) + 1))
    claim = Claim(
        clinic_id=clinic_id,
        id=uuid7(),
        number=number,
        kind=specification.kind,
        title=specification.title,
        specification=specification.text,
        result=result,
        result_hash=digest(result),
        rows=frozen.rows,
        rows_hash=digest(frozen.rows),
        cohort_id=cohort_id,
        plan_id=planned.plan_id,
        scorer_version=specification.scorer,
        data_as_of=now,
        made_by=actor.id,
        made_at=now,
        expires_at=_in_a_year(now),
        checked_at=checked_at,
    )
    session.add(claim)
    session.flush()
    own = {"clinic_id": clinic_id, "claim_id": claim.id}
    session.add_all(ClaimEpisode(**own, episode_id=episode_id) for episode_id in frozen.episodes.values())
    what = {"number": number, "kind": claim.kind, "result": claim.result_hash, "rows": claim.rows_hash}
    record(session, clinic_id, actor, "claim_made", ("claim", claim.id), now=now, new=what)
    return claim


def _in_a_year(now: datetime) -> datetime:
    return datetime.combine(add_months(now.date(), LASTS), now.timetz())


def sign(session: Session, claim: Claim, *, actor: Actor, now: datetime) -> ClaimSignature:
    """Put a person's name under a result; raises ClaimError for one who has signed, and for a claim that is over."""
    assert actor.id is not None  # noqa: S101 - staff sign in
    session.refresh(claim, with_for_update=True)
    signed = signatures(session, claim)
    state = state_of(claim, len(signed), now=now)
    if state in ("stale", "expired", "withdrawn"):
        raise ClaimError(_("This statement no longer stands, so it cannot be signed. Make a new one."))
    if actor.id in {each.staff_id for each in signed}:
        raise ClaimError(_("You have signed it already. Two different people sign a statement."))
    if len(signed) >= SIGNERS:
        raise ClaimError(_("Two people have signed it already."))
    row = ClaimSignature(
        clinic_id=claim.clinic_id,
        id=uuid7(),
        claim_id=claim.id,
        staff_id=actor.id,
        result_hash=claim.result_hash,
        signed_at=now,
    )
    session.add(row)
    session.flush()
    what = {"number": claim.number, "result": claim.result_hash}
    record(session, claim.clinic_id, actor, "claim_signed", ("claim", claim.id), now=now, new=what)
    return row


def withdraw(session: Session, claim: Claim, reason: str, *, actor: Actor, now: datetime) -> None:
    """Take a claim back, with a reason; it leaves the public page."""
    session.refresh(claim, with_for_update=True)
    if claim.withdrawn_at is not None:
        raise ClaimError(_("It is withdrawn already."))
    claim.withdrawn_at, claim.withdrawn_by, claim.withdrawal_reason = now, actor.staff_id, reason
    claim.public_at = claim.public_position = None
    what = {"number": claim.number}
    record(session, claim.clinic_id, actor, "claim_withdrawn", ("claim", claim.id), now=now, new=what, reason=reason)


def signatures(session: Session, claim: Claim) -> Sequence[ClaimSignature]:
    """Who signed, the first first."""
    of_claim = select(ClaimSignature).where(ClaimSignature.claim_id == claim.id)
    return session.scalars(of_claim.order_by(ClaimSignature.signed_at, ClaimSignature.id)).all()


def signed_counts(session: Session) -> dict[UUID, int]:
    """How many signed each claim."""
    counted = select(ClaimSignature.claim_id, func.count()).group_by(ClaimSignature.claim_id)
    return {row[0]: row[1] for row in session.execute(counted)}


def listing(session: Session) -> Sequence[Claim]:
    """Every claim of the clinic, the newest first."""
    return session.scalars(select(Claim).order_by(Claim.number.desc())).all()


def find(session: Session, number: int) -> Claim | None:
    """One claim by its number in the clinic."""
    return session.scalars(select(Claim).where(Claim.number == number)).one_or_none()
