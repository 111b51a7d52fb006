"""Lists of people take the same choice of patients as the figures, so that a number leads to those it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy import Select, select

from surveys.db import db
from surveys.models import Episode, ProtocolVersion, SavedCohort
from surveys.outcomes.conditions import conditions
from surveys.outcomes.filter_words import words
from surveys.views.dashboard import enrolled_protocols, protocol_of
from surveys.views.filter_form import chosen_filters, filter_form, saved_cohort


@dataclass(frozen=True)
class Among:
    """The chosen episodes, the choice in words, and what the list's other addresses carry on."""

    episodes: Select[UUID]
    words: str
    saved: SavedCohort | None
    query: dict[str, Any]


def among() -> Among | None:
    """The choice that the address names by ``cohort`` or ``protocol``; None for everybody.

    The timepoint and the way of answering choose among answers, so they leave out nobody here.
    """
    if not (request.args.get("cohort") or request.args.get("protocol")):
        return None
    protocols = enrolled_protocols(db.session())
    if not protocols:
        return None
    form = filter_form([protocol for protocol, _count in protocols], baseline=True, alone=False)
    filters, protocol = chosen_filters(form), protocol_of(form, protocols)
    own = select(Episode.id).join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
    chosen = own.where(ProtocolVersion.code == filters.protocol, *conditions(filters))
    query = {name: value for name, value in request.args.items() if value and name in {"cohort", *form.data}}
    return Among(chosen, words(filters, protocol), saved_cohort(), query)
