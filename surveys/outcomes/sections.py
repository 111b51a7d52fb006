"""The page's parts: which figures stand in each, and which of the cohort's data each needs.

The parts beyond the first load statistics that the first page does without, so each is imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from scoring.instrument import load_instruments
from surveys.i18n import LazyText
from surveys.outcomes.figure import Figure
from surveys.outcomes.figures.distribution import distribution_figure
from surveys.outcomes.figures.funnel import funnel_figure
from surveys.outcomes.figures.means import means_figure
from surveys.outcomes.figures.rates import rates_figure, strategies_figure
from surveys.outcomes.figures.waterfall import waterfall_figure
from surveys.outcomes.look import Look


@dataclass(frozen=True, slots=True)
class Section:
    """``codes``: beginnings of the codes of its figures. ``facts``: whether they need more than scores.

    ``scales``: those they need beside the rule's; None: those of all the protocol's rules.
    """

    code: str
    title: LazyText
    build: Callable[[Look], list[Figure]]
    codes: tuple[str, ...]
    facts: bool = False
    scales: tuple[str, ...] | None = ()


def _overview(look: Look) -> list[Figure]:
    """The rule in charge in four pictures, and how many were lost."""
    figures = [rates_figure(look, look.rule, 1), funnel_figure(look.cohort), means_figure(look.cohort, *look.key)]
    return [*figures, distribution_figure(look.cohort, look.rule, look.focus.code), waterfall_figure(look)]


def _measures(look: Look) -> list[Figure]:
    """The protocol's other rules and scales."""
    others = look.rules[1:]
    bars = [rates_figure(look, rule, at) for at, rule in enumerate(others, start=2)]
    scales = [key for key in dict.fromkeys((rule.scale, rule.value_set) for rule in others) if key != look.key]
    means = [means_figure(look.cohort, *key) for key in scales]
    by_scale = {rule.scale: rule for rule in reversed(others) if rule.scale != look.rule.scale}
    shares = [distribution_figure(look.cohort, rule, look.focus.code) for rule in reversed(by_scale.values())]
    return [*bars, *means, *shares]


def _effect(look: Look) -> list[Figure]:
    from surveys.outcomes.figures.compared import compared_figure  # noqa: PLC0415
    from surveys.outcomes.figures.difference import difference_figure  # noqa: PLC0415
    from surveys.outcomes.figures.percent_improved import percent_figure  # noqa: PLC0415

    return [compared_figure(look), difference_figure(look), percent_figure(look), strategies_figure(look)]


def _missing(look: Look) -> list[Figure]:
    from surveys.outcomes.figures.same_patients import same_figure  # noqa: PLC0415
    from surveys.outcomes.figures.sensitivity import sensitivity_figure  # noqa: PLC0415
    from surveys.outcomes.figures.thresholds import thresholds_figure  # noqa: PLC0415

    return [sensitivity_figure(look), same_figure(look), thresholds_figure(look)]


def _subgroups(look: Look) -> list[Figure]:
    from surveys.outcomes.figures.dose import dose_figure  # noqa: PLC0415
    from surveys.outcomes.figures.subgroups import subgroups_figure  # noqa: PLC0415

    return [subgroups_figure(look), dose_figure(look)]


def _course(look: Look) -> list[Figure]:
    from surveys.outcomes.figures.opioid_dose import opioid_dose_figure  # noqa: PLC0415
    from surveys.outcomes.figures.perceived_levels import levels_figure  # noqa: PLC0415
    from surveys.outcomes.figures.shares import opioids_figure, perceived_figure  # noqa: PLC0415
    from surveys.outcomes.figures.trajectories import trajectories_figure  # noqa: PLC0415

    stated = replace(means_figure(look.cohort, "improvement"), code="improvement")
    perceived = [perceived_figure(look), levels_figure(look)]
    return [*perceived, trajectories_figure(look), stated, opioids_figure(look), opioid_dose_figure(look)]


def _harms(look: Look) -> list[Figure]:
    from surveys.outcomes.figures.adverse import adverse_figure  # noqa: PLC0415
    from surveys.outcomes.figures.survival import survival_figure  # noqa: PLC0415

    return [adverse_figure(look), survival_figure(look)]


OVERVIEW = "overview"
SECTIONS = (
    Section(OVERVIEW, LazyText("Overview"), _overview, ("responders-1", "mean-", "change-", "waterfall", "funnel")),
    Section("effect", LazyText("Effect"), _effect, ("rates-compared", "difference", "percent-improved", "strategies")),
    Section("missing", LazyText("Missing data"), _missing, ("sensitivity", "same-patients", "thresholds")),
    Section("subgroups", LazyText("Subgroups"), _subgroups, ("subgroups", "dose"), facts=True),
    Section(
        "course",
        LazyText("Course"),
        _course,
        ("trajectories", "perceived", "improvement", "opioids", "opioid-dose"),
        facts=True,
        scales=("gpe", "improvement", "daily_opioid"),
    ),
    Section("harms", LazyText("Harms"), _harms, ("adverse-events", "survival"), facts=True),
    Section("measures", LazyText("Other measures"), _measures, ("responders-", "mean-", "change-"), scales=None),
)
BY_CODE = {section.code: section for section in SECTIONS}


def section_of(figure: str, scale: str) -> Section | None:
    """The part that a figure stands in while a rule on ``scale`` is in charge; None for a code of no figure."""
    own = {"responders-1", f"mean-{scale}", f"change-{scale}", "waterfall", "funnel"}
    if figure in own:
        return BY_CODE[OVERVIEW]
    others = (section for section in SECTIONS if section.code != OVERVIEW)
    return next((section for section in others if figure.startswith(section.codes)), None)


def scales_of(sections: Sequence[Section], rule_scales: Sequence[str], asked: Sequence[str]) -> list[str]:
    """Every scale that the parts need; ``rule_scales``: of the protocol's rules, the one in charge first."""
    wanted = {rule_scales[0]}
    for section in sections:
        wanted |= set(rule_scales if section.scales is None else section.scales)
    offered = {own.code for code in asked for own in load_instruments()[code].scales}
    return sorted(wanted & offered)
