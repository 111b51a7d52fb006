"""Kinds, states and methods of claims in the reader's language; the claims themselves stay as they were signed."""

from __future__ import annotations

from collections.abc import Mapping

from surveys.i18n import LazyText

KIND_WORDS: Mapping[str, LazyText] = {
    "responders_two_arms": LazyText("Responders in two arms"),
    "responders_over_time": LazyText("Responders over time"),
    "battery_means": LazyText("Means of several scales"),
    "opioid_change": LazyText("Change in opioid use"),
    "covariate_effects": LazyText("What response goes along with"),
    "dose_response": LazyText("Cell dose and response"),
    "surgery_avoided": LazyText("Surgery avoided"),
    "percent_improvement": LazyText("Mean improvement in per cent"),
    "perceived_effect": LazyText("Global perceived effect"),
    "case_report": LazyText("Case report"),
    "treatment_series": LazyText("After the nth treatment"),
    "trajectories": LazyText("Shares of courses"),
    "complications": LazyText("Complication rate"),
    "functional_goal": LazyText("The patient's own goal"),
    "by_diagnosis": LazyText("Result by diagnosis"),
}
STATE_WORDS: Mapping[str, tuple[str, LazyText]] = {  # the badge's tone, and its words
    "withdrawn": ("bad", LazyText("withdrawn")),
    "stale": ("bad", LazyText("stale: answers changed")),
    "expired": ("warn", LazyText("expired")),
    "unsigned": ("warn", LazyText("not signed")),
    "half_signed": ("warn", LazyText("signed by one")),
    "signed": ("good", LazyText("signed by two")),
}
MISSING_WORDS: Mapping[str, LazyText] = {
    "complete_case": LazyText("missing answers are left out"),
    "non_responder": LazyText("no follow-up counts as no"),
    "locf": LazyText("the last answer is carried forward"),
    "multiple_imputation": LazyText("multiple imputation, if the plan names it"),
}
SURGERY_WORDS: Mapping[str, LazyText] = {
    "treatment_policy": LazyText("answers count after an operation too"),
    "composite": LazyText("an operation counts as no response"),
}


def kind_words(code: str) -> str:
    """What a kind of claim is called."""
    return str(KIND_WORDS[code])


def state_words(state: str) -> tuple[str, str]:
    """The badge of a state: its tone and its words."""
    tone, text = STATE_WORDS[state]
    return tone, str(text)


def missing_words(method: str) -> str:
    """How missing answers are treated."""
    return str(MISSING_WORDS.get(method, method))


def surgery_words(strategy: str) -> str:
    """What an operation does to the verdict."""
    return str(SURGERY_WORDS.get(strategy, strategy))
