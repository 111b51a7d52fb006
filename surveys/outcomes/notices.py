"""What has to be said before the figures: nobody chosen, one patient, no answer, one arm, a rule without data."""

from __future__ import annotations

from scoring.instrument import find_scale
from surveys.i18n import gettext as _
from surveys.outcomes.look import Look


def notices(look: Look) -> list[str]:
    """Sentences on what speaks against reading the figures, the gravest first; none where nothing does."""
    if not look.enrolled:
        return [_nobody(look)]
    said = [_no_data(look)] if not any(rate.evaluable for rate in look.rates) else []
    if look.enrolled == 1:
        said.append(
            _("One patient is chosen. A share of one tells of that patient, not of a treatment: nothing is drawn.")
        )
    elif look.reference is None:
        arm = look.protocol.arm(look.arms[0]).label
        said.append(_("Everyone chosen is in one arm, %(arm)s: there is nothing to compare with.", arm=arm))
    return said


def _nobody(look: Look) -> str:
    if look.cohort.withheld_arms():
        return _("Too few patients fit this choice to be shown without telling who they are.")
    return _("No patient fits this choice.")


def _no_data(look: Look) -> str:
    scale = find_scale(look.rule.scale).label
    if not look.asked(look.rule):
        return _(
            "No follow-up that is shown here asks for %(scale)s, so nobody can be judged by this rule.", scale=scale
        )
    answered = any(rate.counts.answered or rate.counts.early for rate in look.rates)
    if not answered:
        return _("Nobody has answered a follow-up with %(scale)s yet, so nobody can be judged.", scale=scale)
    return _(
        "Nobody can be judged by this rule: baselines are missing, or leave no room for such a change in %(scale)s.",
        scale=scale,
    )
