"""A choice of patients that a form sends back: as a text, and as the saved choice that it was shown for."""

from __future__ import annotations

from flask import abort, request

from surveys.db import db
from surveys.i18n import gettext as _
from surveys.models import SavedCohort
from surveys.outcomes.filter_text import FilterError, parse
from surveys.outcomes.filters import Filters
from surveys.protocols import store as protocol_store
from surveys.protocols.model import Protocol
from surveys.views.saved_choice import find_saved, refuse_retired


def posted_filters(text: str) -> tuple[Filters, Protocol]:
    """The choice and its protocol; 422 with a sentence where they, or the arm or timepoint, are not known here."""
    try:
        filters = parse(text)
    except FilterError as problem:
        abort(422, str(problem))
    row = protocol_store.find(db.session(), filters.protocol)
    protocol = protocol_store.protocol_of(row) if row else None
    if protocol is None or not _known(filters, protocol):
        abort(422, _("This choice names a protocol, an arm or a timepoint that there is not here."))
    return filters, protocol


def posted_cohort() -> SavedCohort | None:
    """The saved choice that the form was shown for, None where it was for none; 409 where that is retired."""
    row = find_saved(request.form.get("cohort", ""))
    refuse_retired(row)
    return row


def _known(filters: Filters, protocol: Protocol) -> bool:
    arms, points = {arm.code for arm in protocol.arms}, {point.code for point in protocol.timepoints}
    return filters.arm in {None, *arms} and filters.timepoint in {None, *points}
