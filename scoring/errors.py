"""What scoring refuses, each with a sentence a person can act on."""


class ScoringError(ValueError):
    """Base of every refusal of this package."""


class InstrumentError(ScoringError):
    """An instrument file that cannot be trusted: which file, which key, and why."""

    def __init__(self, file: str, key: str, reason: str) -> None:
        super().__init__(f"{file}: {key}: {reason}")
        self.file = file
        self.key = key
        self.reason = reason


class AnswerError(ScoringError):
    """Answers that do not belong to the instrument or lie outside an item's levels."""


class ValueSetError(ScoringError):
    """An EQ-5D value set that is missing, unknown or refused."""


class RuleError(ScoringError):
    """A responder rule that cannot be read or makes no sense on its scale."""


class TableError(ScoringError):
    """A table that cannot be read or scored."""


class ModelError(ScoringError):
    """A model that the data cannot carry: too few patients, no variation, no convergence."""


class CohortError(ScoringError):
    """A cohort that nothing can be estimated from, or settings that make no sense for it."""
