"""Working a claim out again: its rows and its result have to be byte for byte what was kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from surveys.i18n import force_language
from surveys.models import Claim, ClaimSignature
from surveys.outcomes.claims.compute import compute
from surveys.outcomes.claims.specification import SCORER
from surveys.outcomes.plans.canonical import digest


def problems(claim: Claim, signed: Sequence[ClaimSignature]) -> Iterator[str]:
    """Every way in which a claim is not what it says, each as a sentence; nothing where it is."""
    if digest(claim.rows) != claim.rows_hash:
        yield "The frozen rows are not those whose hash was kept."
    if digest(claim.result) != claim.result_hash:
        yield "The result is not the one whose hash was kept."
    yield from _again(claim)
    for signature in signed:
        if signature.result_hash != claim.result_hash:
            yield "A signature stands under another result."


def _again(claim: Claim) -> Iterator[str]:
    try:
        with force_language("en"):
            result = compute(claim.specification, claim.rows)
    except (LookupError, ValueError, TypeError) as problem:  # whatever was written over it
        yield f"It cannot be worked out again: {problem}"
        return
    if result == claim.result:
        return
    other = f" It was made by {claim.scorer_version}; this is {SCORER}." if claim.scorer_version != SCORER else ""
    yield f"Worked out again, the result differs from the one that was kept.{other}"
