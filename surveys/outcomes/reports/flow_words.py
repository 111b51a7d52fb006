"""The flow of patients as boxes of words, a column per arm."""

from __future__ import annotations

from typing import Any

from scoring.proportions import wilson
from surveys.i18n import gettext as _
from surveys.outcomes.look import Look
from surveys.outcomes.reports.flow import Stream, streams
from surveys.outcomes.tables import reason_words
from surveys.outcomes.words import interval_words, percent, timepoint_words

PER_ROW = 3  # arms beside each other


def flow_words(look: Look) -> dict[str, Any]:
    """``rows``: arms that stand beside each other; each with boxes, and what leaves the flow after each box."""
    arms = [_arm(look, each) for each in streams(look)]
    early = sum(each.early for each in streams(look))
    notes = [_("Arms are as recorded, not randomised: differences between them may have other reasons.")]
    if early:
        notes.append(_("Answered while the window is still open: %(n)d. They count once it is over.", n=early))
    return {
        "title": _("From enrolment to responders at %(when)s", when=timepoint_words(look.focus)),
        "top": _("Enrolled and chosen: %(n)d", n=look.enrolled),
        "rows": [arms[at : at + PER_ROW] for at in range(0, len(arms), PER_ROW)],
        "notes": notes if arms else [],
    }


def _arm(look: Look, stream: Stream) -> dict[str, Any]:
    counts = stream.counts
    when = timepoint_words(look.focus)
    complete = _("%(percent)s of the expected", percent=percent(counts.completeness))
    rate = f"{percent(counts.rate)} ({interval_words(wilson(counts.responders, counts.evaluable))})"
    boxes = [
        _box(
            _("Enrolled"),
            counts.enrolled,
            _("first treatment done: %(n)d", n=stream.treated),
            _("baseline that counts: %(n)d", n=stream.with_baseline),
        ),
        _box(_("Expected at %(when)s", when=when), counts.expected, _("of these had left: %(n)d", n=counts.withdrawn)),
        _box(_("Answered in the window"), counts.answered, complete),
        _box(_("Evaluable"), counts.evaluable),
        _box(_("Responders"), counts.responders, rate if counts.evaluable else ""),
    ]
    out = [
        [[_("Not yet due"), counts.not_yet_due], [_("Died before"), counts.died]],
        [[_("No answer in the window"), stream.unanswered], [_("of these late"), counts.late]],
        [[reason_words()[reason], number] for reason, number in stream.reasons] or [[_("Not evaluable"), 0]],
        [[_("Non-responders"), counts.evaluable - counts.responders]],
    ]
    return {"label": stream.label, "boxes": boxes, "out": out}


def _box(title: str, n: int, *lines: str) -> dict[str, Any]:
    return {"title": title, "n": n, "lines": [line for line in lines if line]}
