"""A protocol's rule at a timepoint as an endpoint: with window, population, missing answers and events."""

from __future__ import annotations

from scoring.endpoint import Endpoint, Event, MissingMethod, Strategy
from scoring.responder import Rule
from surveys.protocols.model import Protocol

MISSING: tuple[MissingMethod, ...] = ("complete_case", "non_responder", "locf", "multiple_imputation")
SURGERY: tuple[Strategy, ...] = ("treatment_policy", "composite")


def endpoint_of(
    protocol: Protocol,
    rule: Rule,
    timepoint: str,
    missing: MissingMethod = "complete_case",
    surgery: Strategy = "treatment_policy",
) -> Endpoint:
    """Return the endpoint that the clinic's figures judge by, unless told otherwise.

    The population is the expected; who died before the window was over, without an answer, is not among them.
    """
    point = protocol.timepoint(timepoint)
    strategies: tuple[tuple[Event, Strategy], ...] = (
        ("surgery", surgery),
        ("further_treatment", "treatment_policy"),
        ("rescue_injection", "treatment_policy"),
        ("death", "while_on_treatment"),
    )
    window = (point.opens_days_before, point.closes_days_after)
    return Endpoint(rule, point.code, window, "expected", missing, strategies)
