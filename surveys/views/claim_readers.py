"""Who may see which claim, the same for its page and its files."""

from __future__ import annotations

import json

from flask import abort

from surveys.access import policy
from surveys.db import db
from surveys.models import Claim
from surveys.outcomes.claims import store
from surveys.outcomes.public.groups import groups_of
from surveys.views.filter_form import FEWEST
from surveys.views.guard import identity


def claim_of(number: int) -> Claim:
    """The clinic's claim; one that is not there, or shows a handful of people to a reader without names, is 404."""
    claim = store.find(db.session(), number) if number < 2**31 else None
    return claim if claim is not None and may_see(claim) else abort(404)


def may_see(claim: Claim) -> bool:
    """Whoever reads without names sees no case report, and no figure of fewer than five.

    Figures are of those who answered, so each group that a rate or a sentence counts has to be large enough, not the
    arms alone.
    """
    if not nameless():
        return True
    counts = json.loads(claim.result)["patients"].values()
    if claim.kind == "case_report" or any(0 < n < FEWEST for n in counts):
        return False
    return all(len(group) >= FEWEST for _key, group in groups_of(claim.specification, claim.rows))


def nameless() -> bool:
    """Whether who reads may not know whose figures they are."""
    return identity().role in policy.NAMELESS
