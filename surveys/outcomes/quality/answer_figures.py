"""The figures on the answers themselves: who gave them, and where they heap."""

from __future__ import annotations

from surveys.i18n import gettext as _
from surveys.outcomes.figure import Figure
from surveys.outcomes.quality import answer_rows as rows_of
from surveys.outcomes.quality.maker import Maker
from surveys.outcomes.quality.reading import Rows
from surveys.outcomes.quality.rows import Share
from surveys.outcomes.quality.screen_rows import dimension_shares


def answer_figures(make: Maker, rows: Rows) -> list[Figure]:
    """Modes, heaping, and questionnaires with one row throughout."""
    levels = rows["levels"]
    digits, pain = rows_of.digit_shares(levels), rows_of.pain_shares(levels)
    return [
        make.shares(
            "modes",
            _("Who filled the questionnaires in"),
            _("Of those begun."),
            _("Mode"),
            rows_of.mode_shares(rows["modes"]),
        ),
        make.shares(
            "vas-digits",
            _("EQ VAS: last digit"),
            _("Without rounding each digit would have about a tenth.") + _heaped(digits, make.fewest),
            _("Last digit"),
            digits,
        ),
        make.shares(
            "vas-paths",
            _("EQ VAS: how the number came to be"),
            _("The last way used before it was confirmed."),
            _("Way"),
            dimension_shares(rows["dimensions"], "input_path"),
        ),
        make.shares(
            "pain-levels",
            _("Pain ratings: levels chosen"),
            _("All ratings from 0 to 10 together. Peaks at 0, 5 and 10 beside empty neighbours hint at rounding."),
            _("Level"),
            pain,
        ),
        make.shares(
            "straight-lines",
            _("The same row in every question"),
            _("Of complete questionnaires. The lowest row throughout may be true: no trouble at all."),
            _("Questionnaire"),
            rows_of.straight_shares(rows["straight_lines"]),
        ),
    ]


def _heaped(digits: list[Share], fewest: int) -> str:
    """How many end in 0 and in 5, as a sentence to follow another."""
    zero, five = digits[0], digits[5]
    if not zero.whole or zero.patients < fewest:
        return ""
    said = {"zero": f"{zero.part}/{zero.whole}", "five": f"{five.part}/{five.whole}"}
    return " " + _("Ending in 0: %(zero)s, in 5: %(five)s.", **said)
