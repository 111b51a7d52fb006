"""What has to be said before the figures: nobody chosen, one patient, no answer, one arm, a rule without data."""

from __future__ import annotations

from scoring.instrument import find_scale
from surveys.i18n import gettext as _
from surveys.outcomes.look import Look
from surveys.outcomes.words import timepoint_words


def notices(look: Look) -> list[str]:
    """Sentences on what speaks against reading the figures, the gravest first; none where nothing does."""
    if not look.enrolled:
        return [_nobody(look)]
    judged = any(rate.evaluable for rate in look.rates)
    said = _elsewhere(look) if judged else [_no_data(look)]
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
    if look.cohort.filters.permitted:
        return _("No patient who allows their answers to be used outside the clinic fits this choice.")
    return _("No patient fits this choice.")


def _elsewhere(look: Look) -> list[str]:
    """Why the headline is of another timepoint than the protocol's own, where that one is kept back."""
    primary, cohort = look.protocol.primary, look.cohort
    if cohort.filters.timepoint or primary not in cohort.unsaid:
        return []
    when, instead = timepoint_words(look.protocol.timepoint(primary)), timepoint_words(look.focus)
    words = _(
        "%(when)s is not shown, because a part of it is about fewer than %(n)d patients. What stands first is of "
        "%(instead)s.",
        when=when,
        n=cohort.filters.fewest,
        instead=instead,
    )
    return [words]


def _no_data(look: Look) -> str:
    scale = find_scale(look.rule.scale).label
    if look.cohort.unsaid and not any(rate.counts.answered for rate in look.rates):
        return _(
            "Not shown: a part of what was answered is about fewer than %(n)d patients.", n=look.cohort.filters.fewest
        )
    if not look.asked(look.rule):
        return _(
            "No follow-up that is shown here asks for %(scale)s, so nobody can be judged by this rule.", scale=scale
        )
    if not any(rate.counts.answered for rate in look.rates):
        early = sum(rate.counts.early for rate in look.rates)
        if early:
            return _(
                "%(scale)s: %(n)d answers so far, all in windows that are still open. They count once those are over.",
                n=early,
                scale=scale,
            )
        return _("Nobody has answered a follow-up with %(scale)s yet, so nobody can be judged.", scale=scale)
    return _(
        "Nobody can be judged by this rule: baselines are missing, or leave no room for such a change in %(scale)s.",
        scale=scale,
    )
