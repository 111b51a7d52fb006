"""What a responder rule says of n patients."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from scoring.types import TextArray


class Status(StrEnum):
    """What a rule says of one patient."""

    YES = "yes"
    NO = "no"
    NOT_EVALUABLE = "not_evaluable"


class Reason(StrEnum):
    """Why a rule says nothing. Only ``NO_FOLLOW_UP`` may be imputed."""

    NONE = ""
    NO_BASELINE = "no_baseline"
    BELOW_MINIMUM_BASELINE = "below_minimum_baseline"
    UNATTAINABLE = "unattainable"
    NO_FOLLOW_UP = "no_follow_up"


YES, NO, NOT_EVALUABLE = Status.YES, Status.NO, Status.NOT_EVALUABLE


@dataclass(frozen=True, slots=True)
class ResponderResult:
    """One ``Status`` and one ``Reason`` per patient, as texts; the reason is empty where evaluable."""

    status: TextArray
    reason: TextArray

    def count(self, word: Status | Reason) -> int:
        """How many patients have this status or this reason."""
        column = self.status if isinstance(word, Status) else self.reason
        return int(np.count_nonzero(column == word.value))

    @property
    def responders(self) -> int:
        """Patients who meet the rule."""
        return self.count(YES)

    @property
    def evaluable(self) -> int:
        """Patients who meet the rule or do not: the denominator of the rate."""
        return self.count(YES) + self.count(NO)
