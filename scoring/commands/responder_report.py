"""What ``responders`` prints: the fixed JSON document, and the same figures as tables."""

from collections.abc import Mapping
from dataclasses import asdict

from scoring.commands.report import Row, Section
from scoring.missing import METHOD_WORDS
from scoring.responders import Denominators, MethodResult, ResponderAnalysis
from scoring.two_arms import Proportion, TwoArms

FIGURES = (
    "risk_difference",
    "newcombe",
    "nnt",
    "nnt_ci",
    "risk_ratio",
    "risk_ratio_ci",
    "odds_ratio",
    "odds_ratio_ci",
    "chi2_p",
    "fisher_p",
)


def arm_document(arm: Proportion) -> dict[str, object]:
    """One arm as JSON prints it."""
    return {"responders": arm.responders, "n": arm.n, "rate": arm.rate, "wilson": arm.wilson}


def comparison_document(compared: TwoArms) -> dict[str, object]:
    """One comparison as JSON prints it; null where ``notes`` says why it is not estimable."""
    return {name: getattr(compared, name) for name in FIGURES} | {"notes": compared.notes}


def method_document(result: MethodResult) -> dict[str, object]:
    """One method: with two arms the comparison stands beside the arms, with more each under its own arm."""
    arms: dict[str, object] = {"arms": {arm: arm_document(own) for arm, own in result.arms.items()}}
    compared = {arm: comparison_document(each) for arm, each in result.comparisons.items()}
    if len(compared) == 1:
        return arms | next(iter(compared.values()))
    return arms | {"comparisons": compared}


def analysis_document(analysis: ResponderAnalysis) -> dict[str, object]:
    """The whole analysis as JSON prints it."""
    return {
        "rule": analysis.rule,
        "reference": analysis.reference,
        "denominators": {arm: asdict(counts) for arm, counts in analysis.denominators.items()},
        "methods": {name: method_document(result) for name, result in analysis.methods.items()},
    }


def analysis_sections(analysis: ResponderAnalysis) -> list[Section]:
    """The whole analysis as tables: who is judged, the rate of each arm, each arm against the reference."""
    arms = [
        {"method": name, "arm": arm} | arm_document(own)
        for name, result in analysis.methods.items()
        for arm, own in result.arms.items()
    ]
    words = [f"{name}: {METHOD_WORDS[name]}." for name in analysis.methods]
    return [
        Section(f"Rule: {analysis.rule}", _counted(analysis.denominators)),
        Section("Responders with Wilson 95 % interval", arms, words),
        Section(f"Against {analysis.reference}, 95 % intervals", _compared(analysis), _notes(analysis)),
    ]


def _counted(counts: Mapping[str, Denominators]) -> list[Row]:
    return [{"arm": arm} | asdict(each) for arm, each in counts.items()]


def _compared(analysis: ResponderAnalysis) -> list[Row]:
    return [
        {"method": name, "arm": arm} | {figure: getattr(each, figure) for figure in FIGURES}
        for name, result in analysis.methods.items()
        for arm, each in result.comparisons.items()
    ]


def _notes(analysis: ResponderAnalysis) -> list[str]:
    found = [
        f"{name}, {arm}: {note}."
        for name, result in analysis.methods.items()
        for arm, each in result.comparisons.items()
        for note in each.notes
    ]
    return [*found, "An association between arm and outcome; in arms that were not randomised, no effect of treatment."]
