"""What changed under a claim, in words, and the choices that make it anew; the changes are kept as codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scoring.endpoint import Endpoint
from scoring.instrument import load_scales
from surveys.i18n import LazyText
from surveys.models import Claim
from surveys.outcomes.claims.specification import DOSE, GOAL, Specification
from surveys.views.words import visit_words, words

WHAT: Mapping[str, LazyText] = {
    "row": LazyText("Whether the patient counts"),
    "arm": LazyText("Arm"),
    GOAL: LazyText("The patient's own goal"),
    DOSE: LazyText("Opioid dose, MME a day"),
}
STANDING = LazyText("How the patient stood")
SHOWN = 50


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """One value that is no longer as it was; ``timepoint`` is empty where it belongs to none."""

    patient: str
    timepoint: str
    what: str
    before: str
    after: str


def changes_in_words(claim: Claim, times: Mapping[str, str]) -> list[ChangeWords]:
    """The first of the changes; ``times``: the codes of the claim's timepoints."""
    return [_told(each, times) for each in (claim.stale_changes or [])[:SHOWN]]


def anew(claim: Claim, specification: Specification) -> dict[str, Any]:
    """What the form for a new claim is filled with to state the same of today's answers."""
    chosen: dict[str, Any] = {"protocol": specification.protocol, "kind": claim.kind, "cohort": specification.cohort}
    chosen |= {"timepoint": specification.timepoint, "patient": specification.patient}
    if specification.endpoint is None:
        chosen["scale"] = [code for code, _value_set in specification.scales]
    else:
        endpoint = Endpoint.parse(specification.endpoint)
        chosen |= {"rule": endpoint.rule.text, "missing": endpoint.missing, "surgery": endpoint.strategy("surgery")}
    return chosen | ({"public": "y"} if specification.permitted else {})


def _told(change: Mapping[str, Any], times: Mapping[str, str]) -> ChangeWords:
    code, what = change["timepoint"], change["what"]
    standing = not code and what in times
    timepoint = visit_words(what if standing else code) if code or standing else ""
    named = str(STANDING) if standing else _what(what)
    return ChangeWords(change["patient"], timepoint, named, _value(change["before"]), _value(change["after"]))


def _what(code: str) -> str:
    scale = load_scales().get(code)
    return scale.label if scale else str(WHAT.get(code) or words(code))


def _value(text: str) -> str:
    """A number as it is; words of codes without their signs."""
    return ", ".join(words(part) for part in text.split("+")) if text else "–"
