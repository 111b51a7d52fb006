"""What a claim computes: everything beside the rows, fixed when it is made."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from scoring.endpoint import ENDPOINT_VERSION, Endpoint
from scoring.responder import RESPONDER_VERSION
from scoring.survival import SURVIVAL_VERSION
from scoring.trajectories import TRAJECTORY_VERSION
from surveys.outcomes.plans.canonical import dumps

CLAIMS_VERSION = "claims-2"
SCORER = "; ".join((CLAIMS_VERSION, ENDPOINT_VERSION, RESPONDER_VERSION, SURVIVAL_VERSION, TRAJECTORY_VERSION))
GOAL = "goal"  # rated 0 to 10 by the patient; a goal's words stay with the goal
DOSE = "mme_per_day"  # staff record it; no instrument asks for it
LOW_COMPLETENESS = 0.6  # below it a banner stands over the claim


@dataclass(frozen=True, slots=True)
class ArmAt:
    """An arm as the protocol names it; ``conventional``: no product is given in it."""

    code: str
    label: str
    conventional: bool


@dataclass(frozen=True, slots=True)
class Point:
    """A timepoint. ``months``: after the index date, as a text, "0" at the baseline; ``window``: in words.

    ``asked``: those of the scales that the protocol asks for at it.
    """

    code: str
    words: str
    months: str
    window: str
    baseline: bool
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Specification:
    """What to compute, whose rows to read, and the words that go with it.

    ``cohort``: the text of the filter language, without arm and timepoint; ``permitted``: a consent that everyone
    counted gave, None for the clinic's own figures. ``scales``: code and, for an index, value set. ``endpoint``: its
    text, None where the kind has no rule. ``patient``: the number of a case report's patient. ``planned``: the
    verdict on the plan. ``as_of``: the moment of the data. ``enrolled``: where a consent is needed, how many of each
    arm there were before it was asked for.
    """

    kind: str
    title: str
    scorer: str
    protocol: str
    protocol_version: int
    protocol_title: str
    cohort: str
    cohort_words: str
    permitted: str | None
    arms: tuple[ArmAt, ...]
    reference: str
    timepoints: tuple[Point, ...]
    timepoint: str
    scales: tuple[tuple[str, str | None], ...]
    facts: tuple[str, ...]
    endpoint: str | None
    patient: int | None
    planned: str
    as_of: str
    enrolled: tuple[tuple[str, int], ...] = ()

    @property
    def text(self) -> str:
        """Canonical JSON."""
        return dumps(asdict(self))

    @property
    def limits(self) -> str:
        """What was chosen within the protocol, in words; empty where nothing was."""
        return self.cohort_words.removeprefix(self.protocol_title).removeprefix(", ")

    @property
    def baseline(self) -> Point:
        """The timepoint that change is counted from."""
        return next(point for point in self.timepoints if point.baseline)

    @property
    def follow_ups(self) -> tuple[Point, ...]:
        """Every timepoint after it."""
        return tuple(point for point in self.timepoints if not point.baseline)

    @property
    def point(self) -> Point:
        """The timepoint that the statement is about."""
        return next(point for point in self.timepoints if point.code == self.timepoint)

    @property
    def judged_by(self) -> Endpoint:
        """The endpoint of a kind that has one."""
        assert self.endpoint is not None  # noqa: S101 - a kind that judges asks for a rule
        return Endpoint.parse(self.endpoint)

    @property
    def treated(self) -> tuple[ArmAt, ...]:
        """Every arm but the reference; of one arm, that one."""
        return tuple(arm for arm in self.arms if arm.code != self.reference) or self.arms


def read_specification(text: str) -> Specification:
    """A specification as it is kept."""
    kept: dict[str, Any] = json.loads(text)
    parts = {
        "arms": tuple(ArmAt(**arm) for arm in kept["arms"]),
        "timepoints": tuple(Point(**(point | {"asked": tuple(point["asked"])})) for point in kept["timepoints"]),
        "scales": tuple((code, value_set) for code, value_set in kept["scales"]),
        "facts": tuple(kept["facts"]),
        "enrolled": tuple((arm, n) for arm, n in kept["enrolled"]),
    }
    return Specification(**(kept | parts))
