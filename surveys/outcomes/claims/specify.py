"""From choices to a specification: what a person chose, checked, with the protocol's words beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from scoring.endpoint import Strategy
from scoring.errors import ScoringError
from scoring.missing import Method
from scoring.responder import Rule
from surveys.i18n import force_language
from surveys.i18n import gettext as _
from surveys.outcomes.claims.asked import Scales, asked_scales, scales_of
from surveys.outcomes.claims.facts import HARMS
from surveys.outcomes.claims.found import ClaimError, Kind
from surveys.outcomes.claims.kinds import KINDS
from surveys.outcomes.claims.specification import SCORER, ArmAt, Point, Specification
from surveys.outcomes.filter_text import print_text
from surveys.outcomes.filter_words import words
from surveys.outcomes.filters import Filters
from surveys.outcomes.plans import store as plans
from surveys.outcomes.plans.endpoints import endpoint_of
from surveys.outcomes.plans.verdict import Verdict, Wanted, verdict
from surveys.outcomes.words import months_of, timepoint_words, window_words
from surveys.protocols.model import Protocol

PUBLIC = "public_aggregates"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose. ``rule``: a text, empty where the kind has none; ``patient``: of a case report.

    ``public``: only patients who allow their answers in public figures are counted.
    """

    kind: str
    filters: Filters
    timepoint: str
    rule: str = ""
    scales: tuple[str, ...] = ()
    patient: int | None = None
    missing: Method = "complete_case"
    failed_by_surgery: bool = False
    public: bool = False


def specify(session: Session, protocol: Protocol, choices: Choices, *, now: datetime) -> tuple[Specification, Verdict]:
    """Return the specification and the verdict on the plan; raises ClaimError where the choices do not fit."""
    kind = KINDS.get(choices.kind)
    if kind is None:
        raise ClaimError(_("There is no such kind of statement."))
    _check(protocol, choices, kind)
    rule = _rule(protocol, choices, kind)
    scales = scales_of(protocol, choices.scales, kind, rule)
    surgery: Strategy = "composite" if choices.failed_by_surgery else "treatment_policy"
    endpoint = endpoint_of(protocol, rule, choices.timepoint, choices.missing, surgery).text if rule else None
    filters = replace(choices.filters, timepoint=None, permitted=None, fewest=0)
    arms = tuple(ArmAt(arm.code, arm.label, arm.conventional) for arm in protocol.arms)
    reference = next((arm.code for arm in arms if arm.conventional), arms[-1].code)
    found = _planned(session, protocol, choices, kind, print_text(filters), endpoint, scales, reference)
    with force_language("en"):
        made = Specification(
            kind=kind.code,
            title=_title(protocol, kind, choices),
            scorer=SCORER,
            protocol=protocol.code,
            protocol_version=protocol.version,
            protocol_title=protocol.title,
            cohort=print_text(filters),
            cohort_words=words(filters, protocol),
            permitted=PUBLIC if choices.public else None,
            arms=arms,
            reference=reference,
            timepoints=_points(protocol),
            timepoint=choices.timepoint,
            scales=scales,
            facts=tuple(dict.fromkeys((*kind.facts, *HARMS))),
            endpoint=endpoint,
            patient=choices.patient if "patient" in kind.asks else None,
            planned=found.words,
            as_of=now.isoformat(),
        )
    return made, found


def _check(protocol: Protocol, choices: Choices, kind: Kind) -> None:
    if choices.filters.arm:
        raise ClaimError(_("A statement shows every arm. Take the arm out of the choice of patients."))
    followed = {point.code for point in protocol.timepoints if not point.is_baseline}
    if choices.timepoint not in followed:
        raise ClaimError(_("Choose a follow-up of this protocol: %(codes)s.", codes=", ".join(sorted(followed))))
    if "patient" in kind.asks and choices.patient is None:
        raise ClaimError(_("A case report is of one patient: enter the patient's number."))
    if kind.code == "responders_two_arms" and len(protocol.arms) < 2:
        raise ClaimError(_("The protocol has one arm only: there is nothing to compare. Choose responders over time."))


def _title(protocol: Protocol, kind: Kind, choices: Choices) -> str:
    return f"{kind.title}, {timepoint_words(protocol.timepoint(choices.timepoint))}, {protocol.title}"


def _points(protocol: Protocol) -> tuple[Point, ...]:
    return tuple(
        Point(
            point.code,
            timepoint_words(point),
            f"{months_of(point):.4f}".rstrip("0").rstrip("."),
            window_words(point),
            point.is_baseline,
        )
        for point in protocol.timepoints
    )


def _rule(protocol: Protocol, choices: Choices, kind: Kind) -> Rule | None:
    if "rule" not in kind.asks:
        return None
    if not choices.rule:
        raise ClaimError(_("Choose a rule, such as odi change >= 10."))
    try:
        rule = Rule.parse(choices.rule, value_set=protocol.value_set)
    except ScoringError as problem:
        raise ClaimError(str(problem)) from problem
    if rule.scale not in asked_scales(protocol):
        raise ClaimError(_("This protocol does not ask for %(scale)s. Choose another rule.", scale=rule.scale))
    return rule


def _planned(
    session: Session,
    protocol: Protocol,
    choices: Choices,
    kind: Kind,
    cohort: str,
    endpoint: str | None,
    scales: Scales,
    reference: str,
) -> Verdict:
    treated = next((arm.code for arm in protocol.arms if arm.code != reference), None)
    wanted = Wanted(
        cohort=cohort,
        timepoint=choices.timepoint,
        kind=kind.code,
        endpoint=endpoint,
        scales=frozenset() if kind.scales or "opioids" in kind.asks else frozenset(code for code, _value_set in scales),
        comparison=f"{treated} minus {reference}" if kind.compares and treated else None,
    )
    return verdict(session, plans.versions(session, protocol.code), wanted)
