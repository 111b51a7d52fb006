"""Mixed models for repeated measures."""

from scoring.mixed.effects import Effect
from scoring.mixed.model import Structure, fit_mixed
from scoring.mixed.result import Difference, Mean, MixedModel

__all__ = ["Difference", "Effect", "Mean", "MixedModel", "Structure", "fit_mixed"]
