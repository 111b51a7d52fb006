"""Which claims of a clinic everybody may see, and what each of them still shows once small groups are hidden."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scoring.types import BoolArray
from surveys.i18n import LazyText
from surveys.models import Claim, ClaimSignature
from surveys.outcomes.claims.frame import KEY, Frame
from surveys.outcomes.claims.kinds.treatment_series import MOST as MOST_TREATMENTS
from surveys.outcomes.claims.specification import Point, Specification, read_specification
from surveys.outcomes.claims.standing import SIGNERS, state_of
from surveys.outcomes.public.disclosure import SMALLEST, Group, hidden

PERMISSION = "public_aggregates"
OF_FEW = re.compile(r"\b\d+/(\d+)\b|\bn = (\d+)\b|\bof (\d+) patients?\b|\bin (\d+) patients?\b")
Key = tuple[str, str, str]  # what is judged, arm, timepoint
HARMS, ALWAYS = "harms", ""  # adverse events are counted of everybody in an arm, at no timepoint

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
        return not self.few and not now and not self.hidden & large


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
    """The chosen claims that may stand, in the order that was chosen."""
    chosen = select(Claim).where(Claim.public_at.is_not(None)).order_by(Claim.public_position, Claim.number)
    signed = signed_counts(session)
    claims = [claim for claim in session.scalars(chosen) if why_not(claim, signed.get(claim.id, 0), now=now) is None]
    return cut([claim for claim in claims if claim.stale_at is None], [claim for claim in claims if claim.stale_at])


def cut(standing: Sequence[Claim], revised: Sequence[Claim] = ()) -> list[Shown]:
    """Hide small groups, across claims too: two statements of one outcome must not tell their difference."""
    groups = [(claim, key, group) for claim in standing for key, group in _groups(claim.specification, claim.rows)]
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


@lru_cache(maxsize=64)
def _groups(specification: str, rows: str) -> tuple[tuple[Key, Group], ...]:
    """Who answered in each arm at each timepoint, and in each part that the statement speaks of.

    The outcome is what is judged, however missing answers are counted.
    """
    read, frame = read_specification(specification), Frame.read(rows)
    outcome = read.judged_by.rule.text if read.endpoint else read.kind
    keys, found = frame.text(KEY), []
    for arm in read.arms:
        found.append(((HARMS, arm.code, ALWAYS), frozenset(keys[frame.arm == arm.code].tolist())))
    for point in read.follow_ups:
        answered = _answered(read, frame, point)
        parts = _parts(read, frame) if point == read.point else {}
        for name, own in ({arm.code: frame.arm == arm.code for arm in read.arms} | parts).items():
            found.append(((outcome, name, point.code), frozenset(keys[own & answered].tolist())))
    return tuple((key, group) for key, group in found if group)


def _parts(read: Specification, frame: Frame) -> dict[str, BoolArray]:
    """Groups beside the arms that the sentence of a kind gives figures of, or lets work out."""
    if read.kind == "by_diagnosis":
        of = frame.text("pain_generator")
        pairs = [(arm.code, str(each)) for arm in read.arms for each in sorted(set(of.tolist()))]
        return {f"{arm}/{each}": (frame.arm == arm) & (of == each) for arm, each in pairs}
    if read.kind == "treatment_series":
        done = np.minimum(frame.number("treatments"), MOST_TREATMENTS)
        return {f"series/{each:g}": done == each for each in sorted(set(done.tolist()))}
    if read.kind == "dose_response":
        known = np.isfinite(frame.number("dose"))
        return {"dose/known": known, "dose/unknown": ~known}
    return {}


def _answered(read: Specification, frame: Frame, point: Point) -> BoolArray:
    """Who gave a value of the first scale both times; everybody where the kind reads no scale."""
    if not read.scales:
        return np.ones(frame.size, dtype=np.bool_)
    scale = read.scales[0][0]
    before = np.isfinite(frame.value(read.baseline.code, scale)) | (read.endpoint is None)
    both: BoolArray = before & np.isfinite(frame.value(point.code, scale))
    return both
