"""How the figures came about, by the items that CONSORT-PRO asks of patient-reported outcomes.

The sentences are those of the claims' paragraphs, in the reader's language.
"""

from __future__ import annotations

from typing import Any

from scoring.imputed_responders import DATA_SETS, SEED
from scoring.instrument import Scale, find_scale, load_instruments
from scoring.presets import presets
from scoring.responder import Rule
from surveys.i18n import gettext as _
from surveys.outcomes.dashboard import Dashboard
from surveys.outcomes.words import rule_words, timepoint_words, window_words
from surveys.protocols.model import Protocol


def methods(board: Dashboard, planned: str, *, held: bool) -> dict[str, Any]:
    """``planned``: the verdict on the plan in words; ``held``: whether a plan names the rule and its timepoint."""
    protocol = board.protocol
    return {
        "items": [list(pair) for pair in _items(board, planned, held=held).items()],
        "statistics": _statistics(),
        "windows": [[timepoint_words(point), window_words(point)] for point in protocol.timepoints],
        "rules": [_rule(rule) for rule in board.look.rules],
        "measures": _measures(protocol),
        "words": _words(),
    }


def _items(board: Dashboard, planned: str, *, held: bool) -> dict[str, str]:
    point = board.look.focus
    hypothesis = (
        _("Outcome, domain and timepoint were written down in the analysis plan.")
        if held
        else _("No plan fixed outcome, domain and timepoint beforehand: the figures describe and test nothing.")
    )
    measure = find_scale(board.rule.scale).label
    arms = _("The arms were not randomised.") if board.look.treated else _("There was no comparison group.")
    return {
        "P1b": _("The outcome: %(rule)s. It is %(planned)s.", rule=board.headline_rule, planned=planned),
        "P2b": _("Read at %(when)s: %(window)s.", when=timepoint_words(point), window=window_words(point))
        + f" {hypothesis}",
        "P6a": _("Measured by %(measure)s.", measure=measure)
        + " "
        + _(
            "Answered on a phone, the clinic's tablet, by interview or on paper; answers given for the patient are "
            "left out."
        ),
        "P12a": _missing(),
        "P20/21": f"{arms} "
        + _(
            "Answers are the patients' own and were not blinded. They speak of patients of one clinic who were "
            "enrolled under this protocol: %(cohort)s.",
            cohort=board.filters_words,
        ),
    }


def _missing() -> str:
    return _(
        "Missing answers: complete cases: patients without follow-up are left out. After an operation: answers count "
        "whatever happened before them; an operation on the spine as no response stands beside it. Patients counted: "
        "enrolled patients whose window has closed, the withdrawn included, the dead without an answer not; and those "
        "who have answered while it is open. The rate under every other way to treat the missing is shown, and a plain "
        "envelope: none of them, and all of them, had responded."
    )


def _statistics() -> str:
    return _(
        "All intervals are 95 %%. A rate has Wilson's, a difference of rates Newcombe's, a mean Student's t, a "
        "difference of means Welch's; the number needed to treat has none where the difference's includes 0. Survival "
        "is Kaplan–Meier with a log-log band; adverse events have exact Poisson limits per time followed. Multiple "
        "imputation: %(sets)d data sets within arm, seed %(seed)d. Change is signed so that positive is better. "
        "Nothing is adjusted for covariates or for several looks, unless a figure says so.",
        sets=DATA_SETS,
        seed=SEED,
    )


def _rule(rule: Rule) -> list[str]:
    """A rule in words with the publications that its threshold stands in."""
    found = {each.rule.text: each.threshold for each in presets(rule.scale, rule.value_set)}
    source = found.get(rule.text)
    return [rule_words(rule), rule.text, f"{source.source}; {source.population}" if source else "–"]


def _measures(protocol: Protocol) -> list[list[str]]:
    instruments = load_instruments()
    return [
        [scale.label, f"{instrument.name}, {instrument.version}", _span(scale), scale.missing]
        for instrument in (instruments[code] for code in protocol.instruments)
        for scale in instrument.scales
        if scale.direction != "none"
    ]


def _span(scale: Scale) -> str:
    better = _("lower is better") if scale.direction == "higher_is_worse" else _("higher is better")
    span = _("%(low)g to %(high)g", low=scale.minimum, high=scale.maximum)
    return f"{span}; {better}"


def _words() -> list[list[str]]:
    """What the columns of the figures mean; the dashboard's own words."""
    return [
        [
            _("Expected"),
            _(
                "Enrolled patients whose window at the timepoint is over, the withdrawn included. Those who died "
                "before it was over stand apart."
            ),
        ],
        [_("Completeness"), _("Answered in the window, of those expected.")],
        [_("Lost"), _("Expected and not answered in the window: withdrawn, late, or silent.")],
        [
            _("Rate"),
            _(
                "Responders of those evaluable, in complete cases. Answers count once their window is over; late and "
                "proxy answers are left out."
            ),
        ],
        [
            _("Not evaluable"),
            _(
                "No baseline before the first treatment, or a baseline from which the threshold cannot be reached. "
                "Missing answers stand beside them."
            ),
        ],
        [
            _("Operations"),
            _(
                "Answers count whatever happened before them (treatment policy). Beside it stands the rate in which an "
                "operation, recorded by staff or told by the patient by the end of the window, is no response "
                "(composite)."
            ),
        ],
    ]
