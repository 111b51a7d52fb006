"""Saved choices that a form names: one that is retired is looked at as before, and nothing new is made with it."""

from __future__ import annotations

from uuid import UUID

from flask import abort

from surveys.db import db
from surveys.i18n import gettext as _
from surveys.models import SavedCohort
from surveys.outcomes import saved_cohorts
from surveys.outcomes.filter_text import FilterError, parse
from surveys.outcomes.filters import Filters
from surveys.outcomes.retired_cohorts import is_retired


def find_saved(text: str) -> SavedCohort | None:
    """The version that an id in a form names; None where it is no id, or none of the clinic's."""
    try:
        return saved_cohorts.find(db.session(), UUID(text))
    except ValueError:
        return None


def filters_of(cohort: SavedCohort) -> Filters:
    """What a saved choice chooses; 422 for one of an older filter language."""
    try:
        return parse(cohort.filters)
    except FilterError as problem:
        told = _("The saved choice %(name)s can no longer be read: %(why)s", name=cohort.name, why=problem)
        abort(422, f"{told} " + _("Choose on the dashboard and save that under the same name."))


def retired_words(cohort: SavedCohort | None) -> str:
    """Why nothing new is made with a choice; empty where something may be."""
    if cohort is None or not is_retired(db.session(), cohort.name):
        return ""
    return retired_sentence(cohort.name)


def retired_sentence(name: str) -> str:
    """What is said of a name that is retired."""
    told = _("The saved choice %(name)s is retired: nothing new is made with it. Bring it back first.", name=name)
    return str(told)


def refuse_retired(cohort: SavedCohort | None) -> None:
    """409 with that sentence."""
    if told := retired_words(cohort):
        abort(409, told)
