"""Who stands behind a rate, arm by arm, as CONSORT-PRO asks."""

from dataclasses import dataclass

import numpy as np

from scoring.errors import ScoringError
from scoring.types import BoolArray, TextArray
from scoring.verdict import ResponderResult, Status

CITATION = "Calvert et al., JAMA 2013;309:814-822"
ITEMS = {
    "P1b": "The abstract names the patient-reported outcome as primary or secondary.",
    "P2b": "The hypothesis says which outcome, which domains and which timepoint.",
    "P6a": "The instrument is named with the evidence that it is valid and reliable, and how it was answered.",
    "P12a": "The ways of treating missing answers are stated.",
    "P20/21": "Limits of the patient-reported outcomes and to whom they apply are discussed.",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where n patients stand at one timepoint, each of shape (n,).

    ``closed``: the window is over. ``answered``: in the window. ``late``: answered after it.
    ``died``, ``withdrawn``: before the window was over.
    """

    closed: BoolArray
    answered: BoolArray
    late: BoolArray
    died: BoolArray
    withdrawn: BoolArray

    def __post_init__(self) -> None:
        lengths = {len(self.closed), len(self.answered), len(self.late), len(self.died), len(self.withdrawn)}
        if len(lengths) != 1:
            raise ScoringError(f"The standing of patients differs in length: {sorted(lengths)}.")
        if (self.answered & self.late).any():
            raise ScoringError("A patient cannot have answered both in the window and late.")


@dataclass(frozen=True, slots=True)
class ArmFlow:
    """Patients of one arm at one timepoint; ``enrolled`` = ``not_yet_due`` + ``died`` + ``expected``.

    ``expected``: the window has closed, the withdrawn included; who died before that without an answer is not.
    ``withdrawn``, ``answered``, ``late``, ``evaluable`` and ``responders`` are counted among the expected.
    """

    arm: str
    enrolled: int
    not_yet_due: int
    died: int
    withdrawn: int
    expected: int
    answered: int
    late: int
    evaluable: int
    responders: int

    @property
    def completeness(self) -> float | None:
        """Answered in the window of those expected, 0 to 1; None where nobody is expected."""
        return self.answered / self.expected if self.expected else None

    @property
    def rate(self) -> float | None:
        """Responders of the evaluable, 0 to 1; None where nobody is evaluable."""
        return self.responders / self.evaluable if self.evaluable else None

    @property
    def text(self) -> str:
        """The counts in the order in which they are printed."""
        words = (
            f"enrolled {self.enrolled}, not yet due {self.not_yet_due}, died {self.died}, withdrawn {self.withdrawn}, "
            f"expected {self.expected}, answered in window {self.answered}, late {self.late}, "
            f"evaluable {self.evaluable}, responders {self.responders}"
        )
        return f"{self.arm}: {words}"


def expected(standing: Standing) -> BoolArray:
    """Whose answer there should be, shape (n,)."""
    due: BoolArray = standing.closed & (~standing.died | standing.answered)
    return due


def flow(arm: TextArray, standing: Standing, result: ResponderResult) -> tuple[ArmFlow, ...]:
    """Count each arm, shape (n,), in alphabetical order; ``result`` is judged from answers in the window."""
    if not len(arm) == len(standing.closed) == len(result.status):
        raise ScoringError("Arms, standing and verdicts are of different patients.")
    if not len(arm):
        raise ScoringError("There is no patient to count.")
    return tuple(_arm_flow(name, arm == name, standing, result) for name in sorted(set(arm.tolist())))


def _arm_flow(name: str, own: BoolArray, standing: Standing, result: ResponderResult) -> ArmFlow:
    due = own & expected(standing)
    dead = own & standing.died & ~standing.answered
    counted = {
        "enrolled": own,
        "not_yet_due": own & ~due & ~dead,
        "died": dead,
        "withdrawn": due & standing.withdrawn,
        "expected": due,
        "answered": due & standing.answered,
        "late": due & standing.late,
        "evaluable": due & np.isin(result.status, (Status.YES.value, Status.NO.value)),
        "responders": due & (result.status == Status.YES.value),
    }
    return ArmFlow(name, **{key: int(np.count_nonzero(flags)) for key, flags in counted.items()})
