"""A look for whoever reads a clinic's figures without names: nothing of a group smaller than that reader needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from scoring.responder import Rule
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.dashboard import Dashboard, describe
from surveys.outcomes.look import Look
from surveys.outcomes.registry.narrowing import narrowed
from surveys.outcomes.registry.screening import told
from surveys.outcomes.sections import Section


def look_at(cohort: Cohort, rule: Rule, sections: Sequence[Section]) -> Dashboard:
    """The figures of a cohort; where its filters say how many a group needs, without what would speak of fewer."""
    fewest = cohort.filters.fewest
    if not fewest:
        return describe(cohort, rule, sections)
    narrow = narrowed(cohort, Look(cohort, rule).rules)
    kept_back = bool(narrow.closed or narrow.unsaid)
    return replace(describe(narrow, rule, sections), screen=partial(told, smallest=fewest, kept_back=kept_back))
