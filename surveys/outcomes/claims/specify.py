"""From choices to a specification: what a person chose, checked, with the protocol's words beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scoring.endpoint import MissingMethod, Strategy
from scoring.errors import ScoringError
from scoring.responder import Rule
from surveys.i18n import force_language
from surveys.i18n import gettext as _
from surveys.models import Episode
from surveys.outcomes.claims.asked import Scales, asked_at, asked_scales, scales_of
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
from surveys.outcomes.queries import chosen_episodes
from surveys.outcomes.words import months_of, timepoint_words, window_words
from surveys.protocols.model import Protocol

PUBLIC = "public_aggregates"
IMPUTED = "multiple_imputation"


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
    missing: MissingMethod = "complete_case"
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
    _check_imputed(choices, kind, found)
    with force_language("en"):
        made = Specification(
            kind=kind.code,
            title=_title(protocol, kind, choices, words(filters, protocol)),
            scorer=SCORER,
            protocol=protocol.code,
            protocol_version=protocol.version,
            protocol_title=protocol.title,
            cohort=print_text(filters),
            cohort_words=words(filters, protocol),
            permitted=PUBLIC if choices.public else None,
            arms=arms,
            reference=reference,
            timepoints=_points(protocol, [code for code, _value_set in scales]),
            timepoint=choices.timepoint,
            scales=scales,
            facts=tuple(dict.fromkeys((*kind.facts, *HARMS))),
            endpoint=endpoint,
            patient=choices.patient if "patient" in kind.asks else None,
            planned=_planned_words(found, public=choices.public),
            as_of=now.isoformat(),
            enrolled=_enrolled(session, filters, now) if choices.public else (),
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


def _check_imputed(choices: Choices, kind: Kind, found: Verdict) -> None:
    """Raise ClaimError where scores may not be imputed: after the results everybody finds a model that helps."""
    if choices.missing != IMPUTED or "rule" not in kind.asks:
        return
    if not kind.imputes:
        raise ClaimError(_("Multiple imputation is for responders in two arms and over time. Choose another method."))
    if found.planned_on is None:
        raise ClaimError(
            _(
                "Multiple imputation has to stand in an analysis plan that was written before the first result was in. "
                "Choose another method."
            )
        )


def _planned_words(found: Verdict, *, public: bool) -> str:
    """The verdict; a plan is of all its patients, so counting only some of them departs from it."""
    departs = public and found.planned_on
    return f"{found.words}, but counting only patients who allow public figures" if departs else found.words


def _enrolled(session: Session, filters: Filters, now: datetime) -> tuple[tuple[str, int], ...]:
    """Episodes by arm, whether or not the patients allow public figures."""
    chosen = chosen_episodes(filters).order_by(None).subquery()
    counted = select(Episode.arm, func.count()).join(chosen, chosen.c.id == Episode.id)
    rows = session.execute(counted.where(Episode.created_at <= now).group_by(Episode.arm).order_by(Episode.arm))
    return tuple((row[0], row[1]) for row in rows)


def _title(protocol: Protocol, kind: Kind, choices: Choices, cohort: str) -> str:
    return f"{kind.title}, {timepoint_words(protocol.timepoint(choices.timepoint))}, {cohort}"


def _points(protocol: Protocol, scales: Sequence[str]) -> tuple[Point, ...]:
    return tuple(
        Point(
            point.code,
            timepoint_words(point),
            f"{months_of(point):.4f}".rstrip("0").rstrip("."),
            window_words(point),
            point.is_baseline,
            asked_at(point, scales),
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
