"""Which claims of a clinic everybody may see, and what each of them still shows once small groups are hidden."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, not_, select
from sqlalchemy.orm import Session

from surveys.i18n import LazyText
from surveys.models import Claim, ClaimEpisode, ClaimSignature, Episode
from surveys.outcomes.claims.specification import Specification, read_specification
from surveys.outcomes.claims.standing import SIGNERS, state_of
from surveys.outcomes.public.disclosure import SMALLEST, hidden
from surveys.outcomes.public.groups import ALWAYS, groups_of
from surveys.people.counted import counted

PERMISSION = "public_aggregates"
OF_FEW = re.compile(r"\b\d+/(\d+)\b|\bn = (\d+)\b|\bof (\d+) patients?\b|\bin (\d+) patients?\b")

REASONS = {
    "case_report": LazyText("A case report is of one person, so it stays inside the clinic."),
    "not_permitted": LazyText("It counts patients who did not allow public figures. Make it anew for those who did."),
    "unsigned": LazyText("Two people have to sign it first."),
    "expired": LazyText("It is older than twelve months. Make it anew."),
    "withdrawn": LazyText("It was withdrawn."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A claim as everybody may see it. ``result``: what was computed; ``few``: codes of arms too small to speak of."""

    claim: Claim
    revised: bool
    specification: Specification
    result: dict[str, Any]
    hidden: frozenset[tuple[str, str]]  # arm and timepoint
    few: frozenset[str]

    @property
    def harms(self) -> bool:
        """Whether the line on harms may stand."""
        return not self.few and not any(at == ALWAYS for _arm, at in self.hidden)

    @property
    def whole(self) -> bool:
        """Whether its sentences may stand: they speak of every arm at once, and of some at every timepoint."""
        large = {(each["arm"], each["timepoint"]) for each in self.result["figures"] if each["n"] >= SMALLEST}
        now = {cell for cell in self.hidden if cell[1] == self.specification.timepoint}
        told = self.harms or self.specification.kind != "complications"  # its sentence says what the line on harms says
        return told and not self.few and not now and not self.hidden & large


def why_not(claim: Claim, signed: int, *, now: datetime) -> str | None:
    """Why a claim may not stand on the page, as a code of ``REASONS``; None where it may."""
    if claim.kind == "case_report":
        return "case_report"
    if read_specification(claim.specification).permitted != PERMISSION:
        return "not_permitted"
    state = state_of(claim, signed, now=now)
    if state in ("withdrawn", "expired"):
        return state
    if claim.expires_at <= now:  # a stale one is called so first
        return "expired"
    return "unsigned" if signed < SIGNERS else None


def signed_counts(session: Session) -> dict[Any, int]:
    """How many different people put their names under each claim as it stands."""
    people = func.count(func.distinct(ClaimSignature.staff_id))
    same = (ClaimSignature.claim_id == Claim.id) & (ClaimSignature.result_hash == Claim.result_hash)
    counted = select(Claim.id, people).join(ClaimSignature, same).group_by(Claim.id)
    return {row[0]: row[1] for row in session.execute(counted)}


def shown_claims(session: Session, *, now: datetime) -> list[Shown]:
    """The chosen claims that may stand, in the order that was chosen.

    One that stands on somebody who has taken the permission back is being revised from that moment, compared or not.
    """
    chosen = select(Claim).where(Claim.public_at.is_not(None)).order_by(Claim.public_position, Claim.number)
    signed = signed_counts(session)
    claims = [claim for claim in session.scalars(chosen) if why_not(claim, signed.get(claim.id, 0), now=now) is None]
    taken_back = set(session.scalars(_without_permission([claim.id for claim in claims])))
    revised = [claim for claim in claims if claim.stale_at or claim.id in taken_back]
    return cut([claim for claim in claims if claim not in revised], revised)


def _without_permission(claim_ids: Sequence[UUID]) -> Select[UUID]:
    """Of some claims those that count somebody who does not allow public figures now."""
    rows = select(ClaimEpisode.claim_id).join(Episode, Episode.id == ClaimEpisode.episode_id)
    return rows.where(ClaimEpisode.claim_id.in_(claim_ids), not_(counted(PERMISSION))).distinct()


def cut(standing: Sequence[Claim], revised: Sequence[Claim] = ()) -> list[Shown]:
    """Hide small groups, across claims too: two statements of one outcome must not tell their difference."""
    groups = [(claim, key, group) for claim in standing for key, group in groups_of(claim.specification, claim.rows)]
    gone: set[tuple[Any, str, str]] = set()
    for outcome in {(key[0], key[2]) for _claim, key, _group in groups}:
        same = [(claim, key, group) for claim, key, group in groups if (key[0], key[2]) == outcome]
        for at in hidden([group for _claim, _key, group in same]):
            claim, key, _group = same[at]
            gone.add((claim.id, key[1], key[2]))
    found = [_shown(claim, gone) for claim in standing] + [_shown(claim, gone, revised=True) for claim in revised]
    return sorted(found, key=lambda each: (each.claim.public_position or 0, each.claim.number))


def _shown(claim: Claim, gone: set[tuple[Any, str, str]], *, revised: bool = False) -> Shown:
    specification, result = read_specification(claim.specification), json.loads(claim.result)
    cells = {(arm, at) for claim_id, arm, at in gone if claim_id == claim.id}
    cells |= {(each["arm"], each["timepoint"]) for each in result["figures"] if 0 < each["n"] < SMALLEST}
    few = frozenset(arm for arm, patients in result["patients"].items() if patients < SMALLEST)
    return Shown(claim, revised, specification, result, frozenset(cells), few)


def speaks_of_few(text: str) -> bool:
    """Whether a sentence gives a figure of a group of fewer than ten."""
    return any(int(number) < SMALLEST for match in OF_FEW.findall(text) for number in match if number)
