"""Two ways to one cohort, and how to tell that they agree."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from sqlalchemy.orm import Session

from surveys.db import current_clinic
from surveys.outcomes.cohort import Cohort, Reading, Standing
from surveys.outcomes.columns.serving import cohort_of
from surveys.outcomes.columns.statements import Wanted
from surveys.outcomes.columns.store import Store
from surveys.outcomes.columns.stores import STORES
from surveys.outcomes.filters import Filters
from surveys.outcomes.loading import load_cohort
from surveys.protocols.model import Protocol


def store_of(session: Session, protocol: Protocol) -> Store:
    """The clinic's store, however small the clinic."""
    return STORES.find(session, str(current_clinic()), Wanted.of(protocol))


def both(
    session: Session, protocol: Protocol, filters: Filters, scales: Sequence[str], now: datetime
) -> tuple[Cohort, Cohort]:
    """The cohort from kept columns, and as the database has it."""
    kept = cohort_of(session, store_of(session, protocol), protocol, filters, scales, now=now)
    assert kept is not None
    return kept, load_cohort(session, protocol, filters, scales, now=now)


def assert_same(kept: Cohort, fresh: Cohort) -> None:
    """Every element of every column of the protocol's timepoints."""
    codes = {point.code for point in fresh.protocol.timepoints}
    assert list(kept.ids) == list(fresh.ids)
    assert list(kept.arms) == list(fresh.arms)
    assert kept.declined.tolist() == fresh.declined.tolist()
    assert set(kept.standings) == set(fresh.standings) & codes
    assert set(kept.readings) == {name for name in fresh.readings if name[0] in codes}
    for code in kept.standings:
        for name in Standing.__slots__:
            ours, theirs = (getattr(each.standing(code), name) for each in (kept, fresh))
            assert ours.tolist() == theirs.tolist(), (code, name)
    for at in kept.readings:
        for name in Reading.__slots__:
            ours, theirs = (getattr(each.reading(*at), name) for each in (kept, fresh))
            np.testing.assert_array_equal(ours, theirs, err_msg=f"{at} {name}")
