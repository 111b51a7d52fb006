"""Mixed models for repeated measures."""

from scoring.mixed.effects import Effect
from scoring.mixed.model import Difference, Mean, MixedModel, Structure, fit_mixed

__all__ = ["Difference", "Effect", "Mean", "MixedModel", "Structure", "fit_mixed"]
